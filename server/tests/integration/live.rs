//! The websocket: one full frame, then deltas; resume; strangers are kept out.

use app::api::live::{Delta, Frame, Full, Watch};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

use crate::support::{PATIENCE, server::TestServer, until};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(server: &TestServer, query: &str) -> Socket {
    let url = format!("ws://{}/api/v1/live{query}", server.server.http);
    connect_async(url).await.unwrap().0
}

async fn next(socket: &mut Socket) -> Frame {
    let message = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

async fn next_full(socket: &mut Socket) -> Full {
    loop {
        if let Frame::Full(full) = next(socket).await {
            return full;
        }
    }
}

async fn next_delta(socket: &mut Socket) -> Delta {
    match next(socket).await {
        Frame::Delta(delta) => delta,
        Frame::Full(full) => panic!("not a delta: {full:?}"),
    }
}

async fn watch(socket: &mut Socket, names: Option<&[&str]>, overview: bool) {
    let names = names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let watch = Watch { mappings: names, overview };
    socket.send(Message::text(serde_json::to_string(&watch).unwrap())).await.unwrap();
}

fn names(full: &Full) -> Vec<&str> {
    full.mappings.iter().map(|live| live.mapping.name.as_str()).collect()
}

/// Waits until the code with which the server closes.
async fn closed(socket: &mut Socket) -> Option<CloseCode> {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code),
            Some(Ok(_)) => {}
            None | Some(Err(_)) => return None,
        }
    }
}

/// Reads deltas until one mentions `name`.
async fn until_mentioned(socket: &mut Socket, name: &str) -> Delta {
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

    let _refused = socket.send(Message::text("x".repeat(20_000))).await;

    closed(&mut socket).await;
}

#[tokio::test]
async fn a_viewer_is_sent_what_it_names_and_always_the_gateway() {
    let server = TestServer::start().await;
    for name in ["a", "b", "c"] {
        server.map(name, &format!("/{name}/"), "127.0.0.1:9").await;
    }
    let mut of_two = connect(&server, "?mappings=a,c,missing").await;
    let mut of_none = connect(&server, "?mappings=").await;

    assert_eq!(names(&next_full(&mut of_two).await), ["a", "c"]);
    let full = next_full(&mut of_none).await;
    assert_eq!((names(&full), full.gateway.mappings), (vec![], 3));
    server.unmap("b").await;
    server.unmap("c").await;

    assert_eq!(until_mentioned(&mut of_two, "c").await.removed, ["c"]);
    loop {
        let delta = next_delta(&mut of_none).await;
        assert!(delta.changed.is_empty() && delta.removed.is_empty(), "{delta:?}");
        if delta.gateway.mappings == 1 {
            break;
        }
    }
}

#[tokio::test]
async fn a_watch_is_answered_with_everything_that_is_watched_from_then_on() {
    let server = TestServer::start().await;
    for name in ["a", "b"] {
        server.map(name, &format!("/{name}/"), "127.0.0.1:9").await;
    }
    let mut socket = connect(&server, "?mappings=a").await;
    let before = next_full(&mut socket).await;
    assert!(before.overview.is_none(), "only those who ask get it");

    watch(&mut socket, Some(&["b"]), true).await;
    let full = next_full(&mut socket).await;
    assert_eq!(names(&full), ["b"]);
    assert!(full.overview.is_some());
    assert!(full.seq >= before.seq, "{} < {}", full.seq, before.seq);
    let delta = next_delta(&mut socket).await;
    assert!(delta.overview.is_some());
    assert_eq!(delta.since, full.seq, "deltas go on from it");

    watch(&mut socket, None, false).await;
    let full = next_full(&mut socket).await;
    assert_eq!(names(&full), ["a", "b"]);
    assert!(full.overview.is_none());
}

#[tokio::test]
async fn a_viewer_of_some_who_comes_back_gets_what_it_missed_of_them() {
    let server = TestServer::start().await;
    for name in ["kept", "gone", "other"] {
        server.map(name, &format!("/{name}/"), "127.0.0.1:9").await;
    }
    let mut socket = connect(&server, "?mappings=kept,gone").await;
    let Full { epoch, seq, .. } = next_full(&mut socket).await;
    drop(socket);
    server.unmap("gone").await;
    server.unmap("other").await;
    until("the mappings are gone from the numbers", async || {
        let tick = server.server.ticks.borrow().clone();
        (tick.entries.len() == 1).then_some(())
    })
    .await;

    let resume = format!("?mappings=kept,gone&epoch={epoch}&since={seq}");
    let mut socket = connect(&server, &resume).await;

    let delta = next_delta(&mut socket).await;
    assert_eq!((delta.since, delta.removed), (seq, vec!["gone".to_owned()]));
}

#[tokio::test]
async fn a_message_that_cannot_be_read_closes_the_websocket_with_a_reason() {
    let server = TestServer::start().await;
    for message in [Message::text("hello"), Message::text("[1]"), Message::binary(vec![1])] {
        let mut socket = connect(&server, "?mappings=").await;
        let _full = next(&mut socket).await;

        socket.send(message).await.unwrap();

        assert_eq!(closed(&mut socket).await, Some(CloseCode::Policy));
    }
}

#[tokio::test]
async fn as_many_mappings_can_be_watched_as_a_page_has_rows() {
    let server = TestServer::start().await;
    let longest: Vec<_> = (0..200).map(|index| format!("{index:a>64}")).collect();
    let longest: Vec<_> = longest.iter().map(String::as_str).collect();
    let mut socket = connect(&server, &format!("?mappings={}", longest.join(","))).await;
    let _full = next_full(&mut socket).await;

    watch(&mut socket, Some(&longest), true).await;
    assert!(next_full(&mut socket).await.overview.is_some());
    let more: Vec<_> = (0..201).map(|_| "a").collect();
    watch(&mut socket, Some(&more), false).await;
    assert_eq!(closed(&mut socket).await, Some(CloseCode::Policy));

    let url = format!("ws://{}/api/v1/live?mappings={}", server.server.http, more.join(","));
    let refused = connect_async(url).await.unwrap_err();
    let tungstenite::Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn the_numbers_can_be_asked_for_once() {
    let server = TestServer::start().await;
    for name in ["a", "b"] {
        server.map(name, &format!("/{name}/"), "127.0.0.1:9").await;
    }
    let ask = async |query: &str| {
        let answer = server.get(&format!("/api/v1/stats{query}")).await;
        serde_json::from_str::<Full>(&answer.body)
            .unwrap_or_else(|error| panic!("{error}: {answer}"))
    };

    let all = ask("").await;
    assert_eq!(names(&all), ["a", "b"]);
    assert!(all.overview.is_none());
    assert_eq!(names(&ask("?mappings=b").await), ["b"]);
    let none = ask("?mappings=&overview=true").await;
    assert!(names(&none).is_empty() && none.overview.is_some());
    let refused = server.get("/api/v1/stats?overview=maybe").await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/overview");
}
