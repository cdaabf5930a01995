//! Compressed answers.

use std::io::{Read, Write};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use http::{Method, response::Parts};
use rstest::rstest;
use serde_json::json;

use super::Bench;

/// What the service has, on every path; with a tag.
fn text() -> String {
    (0..2000).map(|line| format!("{line}: the quick brown fox\n")).collect()
}

fn gzipped() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text().as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn service() -> Router {
    async fn answer(request: Request) -> Response {
        let tag = ("etag", "\"v1\"");
        match request.uri().path() {
            "/small" => ([("content-type", "text/plain")], "x".repeat(29)).into_response(),
            "/least" => ([("content-type", "text/plain")], "x".repeat(30)).into_response(),
            "/json" => ([("content-type", "application/json"), tag], text()).into_response(),
            "/image" => ([("content-type", "image/png"), tag], text()).into_response(),
            "/part" => {
                let range = ("content-range", "bytes 0-9/10000");
                let headers = [("content-type", "text/plain"), range];
                (StatusCode::PARTIAL_CONTENT, headers, text()).into_response()
            }
            "/as-it-is" => {
                let headers = [("content-type", "text/plain"), ("cache-control", "no-transform")];
                (headers, text()).into_response()
            }
            "/encoded" => {
                let headers = [("content-type", "text/html"), ("content-encoding", "gzip")];
                (headers, gzipped()).into_response()
            }
            _ => ([("content-type", "text/html; charset=utf-8"), tag], text()).into_response(),
        }
    }
    Router::new().fallback(answer)
}

async fn get(bench: &Bench, path: &str, accepted: &str) -> (Parts, Bytes) {
    bench.send(Method::GET, path, &[("accept-encoding", accepted)], "").await
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

/// Decodes a body as its header says.
fn decoded(parts: &Parts, body: &[u8]) -> String {
    let mut text = String::new();
    match header(&parts.headers, "content-encoding") {
        "gzip" => GzDecoder::new(body).read_to_string(&mut text).unwrap(),
        "br" => {
            brotli_decompressor::Decompressor::new(body, 4096).read_to_string(&mut text).unwrap()
        }
        _ => {
            text = String::from_utf8(body.to_vec()).unwrap();
            text.len()
        }
    };
    text
}

#[rstest]
#[case("gzip", "gzip")]
#[case("br", "br")]
#[case("gzip, deflate, br", "br")]
#[case("gzip, br;q=0.5", "gzip")]
#[case("deflate, zstd", "")]
#[case("identity", "")]
#[tokio::test]
async fn a_client_gets_what_it_accepts_and_decodes_it_to_what_was_sent(
    #[case] accepted: &str,
    #[case] encoding: &str,
) {
    let bench = Bench::start(service()).await;
    bench.map("m", json!({ "compression": { "algorithms": ["brotli", "gzip"] } })).await;

    let (parts, body) = get(&bench, "/m/page", accepted).await;

    assert_eq!(header(&parts.headers, "content-encoding"), encoding);
    assert!(header(&parts.headers, "vary").eq_ignore_ascii_case("accept-encoding"), "{parts:?}");
    assert_eq!(decoded(&parts, &body), text());
    // a tag promises the same bytes, which a compressed answer does not have
    let tag = if encoding.is_empty() { "\"v1\"" } else { "W/\"v1\"" };
    assert_eq!(header(&parts.headers, "etag"), tag);
    assert!(encoding.is_empty() || body.len() < text().len() / 2, "{} bytes", body.len());
}

#[tokio::test]
async fn the_mapping_says_what_is_compressed() {
    let bench = Bench::start(service()).await;
    bench.map("plain", json!({})).await;
    bench.map("usual", json!({ "compression": { "algorithms": ["gzip", "brotli"] } })).await;
    let chosen = json!({
        "algorithms": ["brotli"], "min_bytes": 100, "content_types": ["Application/JSON"],
    });
    bench.map("chosen", json!({ "compression": chosen })).await;

    let cases = [
        ("/plain/page", ""),
        ("/usual/page", "gzip"),
        ("/usual/json", "gzip"),
        ("/usual/least", "gzip"),
        ("/usual/small", ""),
        ("/usual/image", ""),
        ("/usual/part", ""),
        ("/usual/as-it-is", ""),
        ("/chosen/json", "br"),
        ("/chosen/page", ""),
        ("/chosen/least", ""),
    ];
    for (path, encoding) in cases {
        let (parts, _) = get(&bench, path, "gzip, br").await;
        assert_eq!(header(&parts.headers, "content-encoding"), encoding, "{path}");
    }
}

#[tokio::test]
async fn what_the_service_has_compressed_is_left_alone() {
    let bench = Bench::start(service()).await;
    bench.map("m", json!({ "compression": { "algorithms": ["gzip", "brotli"] } })).await;

    let (parts, body) = get(&bench, "/m/encoded", "gzip, br").await;

    assert_eq!(header(&parts.headers, "content-encoding"), "gzip");
    assert_eq!(body, gzipped());
}
