//! The websocket: one full frame, then deltas; resume; strangers are kept out.

use app::api::live::Frame;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

use crate::support::{PATIENCE, server::TestServer};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(server: &TestServer, query: &str) -> Socket {
    let url = format!("ws://{}/api/v1/live{query}", server.server.http);
    connect_async(url).await.unwrap().0
}

async fn next(socket: &mut Socket) -> Frame {
    let message = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

/// Reads deltas until one mentions `name`.
async fn until_mentioned(socket: &mut Socket, name: &str) -> app::api::live::Delta {
    loop {
        match next(socket).await {
            Frame::Delta(delta) => {
                let changed = delta.changed.iter().any(|live| live.mapping.name == name);
                if changed || delta.removed.iter().any(|removed| removed == name) {
                    return delta;
                }
            }
            Frame::Full(_) => panic!("only the first frame is full"),
        }
    }
}

#[tokio::test]
async fn a_viewer_gets_everything_once_and_then_only_what_changes() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let mut socket = connect(&server, "").await;

    let Frame::Full(full) = next(&mut socket).await else { panic!("the first frame is full") };
    let mut seq = full.seq;
    server.map("grue", "/grue/", "127.0.0.1:9").await;
    loop {
        let Frame::Delta(delta) = next(&mut socket).await else { panic!("then come deltas") };
        assert_eq!(delta.since, seq, "no frame is missing");
        seq = delta.seq;
        if delta.changed.iter().any(|live| live.mapping.name == "grue") {
            break;
        }
    }
    server.unmap("user").await;

    assert_eq!(until_mentioned(&mut socket, "user").await.removed, ["user"]);
}

#[tokio::test]
async fn a_viewer_who_comes_back_gets_what_it_missed_and_not_everything() {
    let server = TestServer::start().await;
    for name in ["kept", "gone", "changed"] {
        server.map(name, &format!("/{name}/"), "127.0.0.1:9").await;
    }
    let mut socket = connect(&server, "").await;
    let mut frame = next(&mut socket).await;
    let (epoch, mut seq) = match &frame {
        Frame::Full(full) => (full.epoch.clone(), full.seq),
        Frame::Delta(_) => panic!("the first frame is full"),
    };
    // until the three have settled
    let mut quiet = 0;
    while quiet < 2 {
        frame = next(&mut socket).await;
        if let Frame::Delta(delta) = &frame {
            seq = delta.seq;
            quiet = if delta.changed.is_empty() { quiet + 1 } else { 0 };
        }
    }
    drop(socket);

    server.unmap("gone").await;
    server.map("changed", "/elsewhere/", "127.0.0.1:9").await;
    let mut watcher = connect(&server, "").await;
    let _full = next(&mut watcher).await;
    let _tick = next(&mut watcher).await;
    let mut socket = connect(&server, &format!("?epoch={epoch}&since={seq}")).await;

    let Frame::Delta(delta) = next(&mut socket).await else { panic!("a resume is a delta") };
    assert_eq!(delta.since, seq);
    assert_eq!(delta.removed, ["gone"]);
    let changed: Vec<_> = delta.changed.iter().map(|live| live.mapping.prefix.as_str()).collect();
    assert_eq!(changed, ["/elsewhere/"]);
}

#[tokio::test]
async fn a_viewer_of_another_run_begins_anew() {
    let server = TestServer::start().await;

    let mut socket = connect(&server, "?epoch=before&since=7").await;

    assert!(matches!(next(&mut socket).await, Frame::Full(_)));
}

#[tokio::test]
async fn another_websites_page_is_refused() {
    let server = TestServer::start().await;
    let mut request =
        format!("ws://{}/api/v1/live", server.server.http).into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://evil.example".parse().unwrap());

    let refused = connect_async(request).await.unwrap_err();

    let tungstenite::Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(response.status(), 403);
}

#[tokio::test]
async fn a_viewer_who_talks_too_much_is_dropped() {
    let server = TestServer::start().await;
    let mut socket = connect(&server, "").await;
    let _full = next(&mut socket).await;

    let _refused = socket.send(Message::text("x".repeat(10_000))).await;

    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
        if matches!(message, None | Some(Err(_) | Ok(Message::Close(_)))) {
            break;
        }
    }
}
