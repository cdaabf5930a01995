//! Calls by gRPC-Web to a service that speaks gRPC.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Method, Version};
use http_body_util::{BodyExt, Full};
use rstest::rstest;
use serde_json::json;

use super::Bench;

/// A message as gRPC frames it: not compressed, three bytes long.
const FRAME: &[u8] = b"\0\0\0\0\x03abc";

/// Answers with the message that it was sent and with trailers, and tells by headers how it was
/// called.
fn service() -> Router {
    async fn answer(request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let frames = body.collect().await.unwrap().to_bytes();
        let header = |headers: &HeaderMap, name: &str| {
            headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        assert_eq!(parts.version, Version::HTTP_2);
        let kind = header(&parts.headers, "content-type");
        let seen = [
            ("x-seen-te", header(&parts.headers, "te")),
            ("x-seen-path", parts.uri.path().to_owned()),
            ("content-type", kind.clone()),
            ("x-seen-type", kind),
        ];
        let trailer =
            |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let trailers =
            [trailer("grpc-status", "5"), trailer("grpc-message", "no such cart")].into_iter();
        let trailers = async move { Some(Ok(HeaderMap::from_iter(trailers))) };
        (seen, Body::new(Full::from(frames).with_trailers(trailers))).into_response()
    }
    Router::new().fallback(answer)
}

fn mapping() -> serde_json::Value {
    json!({ "protocol": "http2", "grpc_web": true })
}

/// Returns the message and the trailers of an answer, which gRPC-Web frames like messages, with the
/// highest bit of the first byte set.
fn parted(body: &[u8]) -> (&[u8], &str) {
    let (frame, rest) = body.split_at(FRAME.len());
    let (head, trailers) = rest.split_at(5);
    assert_eq!(head[0], 0x80, "{body:?}");
    assert_eq!(u32::from_be_bytes(head[1..].try_into().unwrap()) as usize, trailers.len());
    (frame, std::str::from_utf8(trailers).unwrap())
}

/// Decodes base64 whose parts were encoded one by one, each with an ending of its own.
fn decoded(text: &[u8]) -> Vec<u8> {
    text.chunks(4).flat_map(|four| STANDARD.decode(four).unwrap()).collect()
}

#[rstest]
#[case(false, "application/grpc-web+proto")]
#[case(true, "application/grpc-web-text+proto")]
#[tokio::test]
async fn a_call_from_a_browser_reaches_the_service_as_grpc_and_back(
    #[case] is_text: bool,
    #[case] kind: &str,
) {
    let bench = Bench::start_http2(service()).await;
    bench.map("m", mapping()).await;
    let sent = if is_text { STANDARD.encode(FRAME).into_bytes() } else { FRAME.to_vec() };

    let headers = [("content-type", kind), ("accept", kind), ("x-grpc-web", "1")];
    let (answer, body) = bench.send(Method::POST, "/m/shop.Cart/Add", &headers, sent).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["x-seen-type"], "application/grpc");
    assert_eq!(answer.headers["x-seen-te"], "trailers");
    assert_eq!(answer.headers["x-seen-path"], "/shop.Cart/Add");
    assert_eq!(answer.headers["content-type"], kind);
    let body = if is_text { decoded(&body) } else { body.to_vec() };
    let (frame, trailers) = parted(&body);
    assert_eq!(frame, FRAME);
    let trailers: Vec<_> = trailers.lines().map(|line| line.replace(": ", ":")).collect();
    assert!(trailers.contains(&"grpc-status:5".to_owned()), "{trailers:?}");
    assert!(trailers.contains(&"grpc-message:no such cart".to_owned()), "{trailers:?}");
}

#[tokio::test]
async fn other_requests_and_other_mappings_are_left_alone() {
    let bench = Bench::start_http2(service()).await;
    bench.map("m", mapping()).await;
    bench.map("plain", json!({ "protocol": "http2" })).await;

    let json = [("content-type", "application/json")];
    let (other, _) = bench.send(Method::POST, "/m/x", &json, "{}").await;
    let web = [("content-type", "application/grpc-web")];
    let (plain, _) = bench.send(Method::POST, "/plain/x", &web, FRAME).await;

    assert_eq!(other.headers["x-seen-type"], "application/json");
    assert_eq!(plain.headers["x-seen-type"], "application/grpc-web");
}
