//! Connections that are upgraded.

use std::time::{Duration, Instant};

use axum::{
    Router,
    extract::ws::{Message as ServiceMessage, WebSocket, WebSocketUpgrade},
    routing::any,
};
use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use serde_json::json;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message},
};

use super::Bench;

/// Sends every message back at `/ws`.
fn echo() -> Router {
    async fn answer(mut socket: WebSocket) {
        while let Some(Ok(message)) = socket.recv().await {
            // the next look answers it
            if matches!(message, ServiceMessage::Close(_)) {
                continue;
            }
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }
    let upgrade = async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(answer);
    Router::new().route("/ws", any(upgrade))
}

fn url(bench: &Bench, path: &str) -> String {
    bench.server.gateway(path).replacen("http", "ws", 1)
}

#[tokio::test]
async fn a_websocket_goes_through_where_the_mapping_allows_it() {
    let bench = Bench::start(echo()).await;
    bench.map("m", json!({ "upgrades": ["WebSocket"] })).await;

    let (mut socket, answer) = connect_async(url(&bench, "/m/ws")).await.unwrap();
    let messages = [
        Message::text("hello"),
        // far more than the node keeps for a connection
        Message::binary(vec![7; 300_000]),
        Message::text(""),
    ];
    for message in messages {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.close(None).await.unwrap();
    let last = socket.next().await.unwrap().unwrap();

    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert!(last.is_close(), "{last:?}");
}

#[tokio::test]
async fn what_the_mapping_does_not_allow_is_refused_by_the_gateway() {
    let bench = Bench::start(echo()).await;
    bench.map("plain", json!({})).await;
    bench.map("m", json!({ "upgrades": ["websocket"] })).await;

    let plain = connect_async(url(&bench, "/plain/ws")).await.unwrap_err();
    let upgrade = [("connection", "upgrade"), ("upgrade", "spdy/3.1")];
    let (other, _) = bench.send(Method::GET, "/m/ws", &upgrade, "").await;
    let elsewhere = connect_async(url(&bench, "/m/elsewhere")).await.unwrap_err();

    let status = |error: Error| match error {
        Error::Http(answer) => answer.status(),
        error => panic!("{error}"),
    };
    assert_eq!(status(plain), StatusCode::FORBIDDEN);
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    // what is allowed, and the service knows nothing of, is answered by the service
    assert_eq!(status(elsewhere), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn silence_ends_a_websocket_and_no_other_timeout_does() {
    let bench = Bench::start(echo()).await;
    let policy = json!({
        "upgrades": ["websocket"],
        "timeouts": { "request_ms": 500, "idle_ms": 1 },
        "retries": { "on": ["connect-failure"], "per_try_timeout_ms": 500 },
    });
    bench.map("m", policy).await;

    let (mut socket, _) = connect_async(url(&bench, "/m/ws")).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    let echoed = socket.next().await.unwrap().unwrap();
    let quiet = Instant::now();
    let end = socket.next().await;

    assert_eq!(echoed, Message::text("hello"));
    assert!(matches!(end, None | Some(Err(_))), "{end:?}");
    // ten seconds after the limit for silence; had another one counted, it were half a second
    assert!(quiet.elapsed() > Duration::from_secs(5), "{:?}", quiet.elapsed());
}
