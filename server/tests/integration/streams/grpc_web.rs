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
use rstest::rstest;
use serde_json::json;

use super::Bench;

/// A message as gRPC frames it: not compressed, three bytes long.
const FRAME: &[u8] = b"\0\0\0\0\x03abc";

/// Answers by trailers alone, as gRPC does for a failure, and tells by headers how it was called:
/// this service speaks HTTP/1.1, which has no other trailers that the gateway would read.
fn service() -> Router {
    async fn answer(request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let frames = body.collect().await.unwrap().to_bytes();
        let header = |headers: &HeaderMap, name: &str| {
            headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let seen = [
            ("content-type", "application/grpc".to_owned()),
            ("grpc-status", "5".to_owned()),
            ("grpc-message", "no such cart".to_owned()),
            ("x-seen-type", header(&parts.headers, "content-type")),
            ("x-seen-te", header(&parts.headers, "te")),
            ("x-seen-path", parts.uri.path().to_owned()),
            ("x-seen-frames", STANDARD.encode(frames)),
        ];
        (seen, "").into_response()
    }
    Router::new().fallback(answer)
}

#[rstest]
#[case("application/grpc-web+proto", FRAME.to_vec(), "application/grpc-web+proto")]
#[case(
    "application/grpc-web-text",
    STANDARD.encode(FRAME).into_bytes(),
    "application/grpc-web-text+proto"
)]
#[tokio::test]
async fn a_call_from_a_browser_reaches_the_service_as_grpc(
    #[case] sent: &str,
    #[case] body: Vec<u8>,
    #[case] received: &str,
) {
    let bench = Bench::start(service()).await;
    bench.map("m", json!({ "grpc_web": true })).await;

    let headers = [("content-type", sent), ("accept", sent), ("x-grpc-web", "1")];
    let (answer, _) = bench.send(Method::POST, "/m/shop.Cart/Add", &headers, body).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["x-seen-type"], "application/grpc");
    assert_eq!(answer.headers["x-seen-te"], "trailers");
    assert_eq!(answer.headers["x-seen-path"], "/shop.Cart/Add");
    assert_eq!(answer.headers["x-seen-frames"], STANDARD.encode(FRAME).as_str());
    assert_eq!(answer.headers["content-type"], received);
    assert_eq!(answer.headers["grpc-status"], "5");
    assert_eq!(answer.headers["grpc-message"], "no such cart");
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
