//! Calls by gRPC-Web.

use axum::{
    Router,
    extract::Request,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use http_body_util::BodyExt;
use serde_json::json;

use super::Bench;

/// A message as gRPC frames it: not compressed, three bytes long.
const FRAME: &[u8] = b"\0\0\0\0\x03abc";

/// Answers with the frames that it was sent, and tells by headers how it was called.
fn service() -> Router {
    async fn answer(request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let frames = body.collect().await.unwrap().to_bytes();
        let header = |headers: &HeaderMap, name: &str| {
            headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let seen = [
            ("content-type", "application/grpc".to_owned()),
            ("x-seen-type", header(&parts.headers, "content-type")),
            ("x-seen-te", header(&parts.headers, "te")),
            ("x-seen-path", parts.uri.path().to_owned()),
        ];
        (seen, frames).into_response()
    }
    Router::new().fallback(answer)
}

#[tokio::test]
async fn a_call_from_a_browser_reaches_the_service_as_grpc() {
    let bench = Bench::start(service()).await;
    bench.map("m", json!({ "grpc_web": true })).await;

    let kind = [("content-type", "application/grpc-web+proto"), ("x-grpc-web", "1")];
    let (binary, frames) = bench.send(Method::POST, "/m/shop.Cart/Add", &kind, FRAME).await;
    let kind = [
        ("content-type", "application/grpc-web-text"),
        ("accept", "application/grpc-web-text"),
        ("x-grpc-web", "1"),
    ];
    let (text, encoded) =
        bench.send(Method::POST, "/m/shop.Cart/Add", &kind, STANDARD.encode(FRAME)).await;

    for parts in [&binary, &text] {
        assert_eq!(parts.status, 200, "{parts:?}");
        assert_eq!(parts.headers["x-seen-type"], "application/grpc");
        assert_eq!(parts.headers["x-seen-te"], "trailers");
        assert_eq!(parts.headers["x-seen-path"], "/shop.Cart/Add");
    }
    assert_eq!(binary.headers["content-type"], "application/grpc-web+proto");
    assert_eq!(text.headers["content-type"], "application/grpc-web-text+proto");
    assert!(frames.starts_with(FRAME), "{frames:?}");
    let encoded = String::from_utf8(encoded.to_vec()).unwrap();
    assert!(encoded.starts_with(&STANDARD.encode(FRAME)[..8]), "{encoded}");
}

#[tokio::test]
async fn other_requests_and_other_mappings_are_left_alone() {
    let bench = Bench::start(service()).await;
    bench.map("m", json!({ "grpc_web": true })).await;
    bench.map("plain", json!({})).await;

    let json = [("content-type", "application/json")];
    let (other, _) = bench.send(Method::POST, "/m/x", &json, "{}").await;
    let web = [("content-type", "application/grpc-web")];
    let (plain, _) = bench.send(Method::POST, "/plain/x", &web, FRAME).await;

    assert_eq!(other.headers["x-seen-type"], "application/json");
    assert_eq!(plain.headers["x-seen-type"], "application/grpc-web");
}
