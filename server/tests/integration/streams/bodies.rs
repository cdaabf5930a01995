//! Limits of bodies, and bodies that are taken in whole.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Bench;
use crate::support::until;

/// How a client says where its body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length,
    Chunked,
}

/// Counts the requests that have come by their first path segment, and answers with what it was
/// sent: so many bytes, and whether it was told beforehand.
fn measure(begun: Arc<AtomicUsize>) -> Router {
    Router::new().fallback(async move |request: Request| {
        begun.fetch_add(1, Ordering::SeqCst);
        let is_told = request.headers().contains_key("content-length");
        match request.into_body().collect().await {
            Ok(body) => format!("{} {is_told}", body.to_bytes().len()).into_response(),
            Err(_cut_off) => Response::new(StatusCode::BAD_REQUEST.to_string().into()),
        }
    })
}

/// A POST on a connection of its own.
struct Post {
    connection: TcpStream,
    framing: Framing,
}

impl Post {
    async fn begin(bench: &Bench, path: &str, framing: Framing, size: usize) -> Self {
        let mut connection = TcpStream::connect(bench.server.server.gateway_http).await.unwrap();
        let frame = match framing {
            Framing::Length => format!("content-length: {size}"),
            Framing::Chunked => "transfer-encoding: chunked".to_owned(),
        };
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{frame}\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        Self { connection, framing }
    }

    fn part(framing: Framing, size: usize) -> Vec<u8> {
        let body = vec![b'x'; size];
        match framing {
            Framing::Length => body,
            Framing::Chunked => [format!("{size:x}\r\n").as_bytes(), &body, b"\r\n"].concat(),
        }
    }

    async fn send(&mut self, size: usize) {
        self.connection.write_all(&Self::part(self.framing, size)).await.unwrap();
    }

    /// Sends the last bytes and returns the status and the body of the answer.
    async fn end(self, size: usize) -> (u16, String) {
        let mut last = Self::part(self.framing, size);
        if self.framing == Framing::Chunked {
            last.extend_from_slice(b"0\r\n\r\n");
        }
        let (mut reads, mut writes) = self.connection.into_split();
        // who is refused early may be cut off while it sends
        let sent = tokio::spawn(async move {
            let _ = writes.write_all(&last).await;
            writes
        });
        let mut answer = Vec::new();
        let _ = reads.read_to_end(&mut answer).await;
        drop(sent.await.unwrap());
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

#[tokio::test]
async fn a_body_that_just_fits_goes_through_and_one_more_byte_gets_413() {
    let bench = Bench::start(measure(Arc::default())).await;
    // more than the node keeps for a connection by itself
    bench.map("streamed", json!({ "body": { "max_bytes": 300_000 } })).await;
    bench.map("whole", json!({ "body": { "max_bytes": 300_000, "buffer": true } })).await;
    bench.map("usual", json!({ "body": { "buffer": true } })).await;
    bench.map("tiny", json!({ "body": { "max_bytes": 1 } })).await;

    let limits =
        [("streamed", 300_000), ("whole", 300_000), ("usual", 1_048_576), ("tiny", 1_usize)];
    for (name, limit) in limits {
        for framing in [Framing::Length, Framing::Chunked] {
            let path = format!("/{name}/");
            let fitting = Post::begin(&bench, &path, framing, limit).await.end(limit).await;
            let larger = Post::begin(&bench, &path, framing, limit + 1).await.end(limit + 1).await;

            // a body that was taken in whole has a length that the service is told
            let is_told = framing == Framing::Length || matches!(name, "whole" | "usual");
            assert_eq!(fitting, (200, format!("{limit} {is_told}")), "{name} {framing:?}");
            assert_eq!(larger.0, 413, "{name} {framing:?}");
        }
    }
}

#[tokio::test]
async fn a_body_has_no_limit_of_its_own_and_may_be_absent() {
    let bench = Bench::start(measure(Arc::default())).await;
    bench.map("free", json!({})).await;
    bench.map("whole", json!({ "body": { "max_bytes": 5, "buffer": true } })).await;

    let size = 3_000_000;
    let large = Post::begin(&bench, "/free/", Framing::Chunked, size).await.end(size).await;
    let empty = Post::begin(&bench, "/whole/", Framing::Length, 0).await.end(0).await;

    assert_eq!(large, (200, "3000000 false".to_owned()));
    assert_eq!(empty, (200, "0 true".to_owned()));
}

#[tokio::test]
async fn a_service_sees_a_body_that_is_taken_in_whole_when_all_of_it_has_come() {
    let begun: Arc<AtomicUsize> = Arc::default();
    let bench = Bench::start(measure(Arc::clone(&begun))).await;
    bench.map("whole", json!({ "body": { "buffer": true } })).await;
    bench.map("streamed", json!({})).await;
    let so_far = || begun.load(Ordering::SeqCst);

    let mut whole = Post::begin(&bench, "/whole/", Framing::Chunked, 0).await;
    whole.send(100_000).await;
    let mut streamed = Post::begin(&bench, "/streamed/", Framing::Chunked, 0).await;
    streamed.send(100_000).await;
    until("the service sees one of them", async || (so_far() > 0).then_some(())).await;
    let while_sent = so_far();
    let streamed = streamed.end(100_000).await;
    let before_the_end = so_far();
    let whole = whole.end(100_000).await;

    assert_eq!((while_sent, before_the_end), (1, 1));
    assert_eq!(streamed, (200, "200000 false".to_owned()));
    assert_eq!(whole, (200, "200000 true".to_owned()));
}
