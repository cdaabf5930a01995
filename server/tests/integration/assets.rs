//! What a browser loads: named by its content, sent compressed, kept for ever.

use std::path::Path;

use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;

use crate::support::{client::Answer, server::TestServer};

const ACCEPTS: (&str, &str) = ("accept-encoding", "gzip, deflate, br, zstd");

/// Returns what `make site` has written; `None` if it has not been run.
fn manifest() -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site/manifest.json");
    Some(serde_json::from_str(&std::fs::read_to_string(file).ok()?).unwrap())
}

async fn get(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Answer {
    server.client.send(Method::GET, &server.url(path), headers, "").await
}

#[rstest]
#[case("style", "text/css; charset=utf-8")]
#[case("start", "text/javascript; charset=utf-8")]
#[case("module", "text/javascript; charset=utf-8")]
#[case("wasm", "application/wasm")]
#[tokio::test]
async fn a_page_loads_its_files_once(#[case] file: &str, #[case] content_type: &str) {
    let server = TestServer::start().await;
    let page = server.get("/about").await;
    let Some(manifest) = manifest() else {
        assert!(!page.body.contains("<script"), "a script that was not built: {page}");
        return;
    };
    let address = format!("/pkg/{}", manifest[file]["name"].as_str().unwrap());
    assert!(page.body.contains(&address), "{address} is not in {page}");

    let compressed = get(&server, &address, &[ACCEPTS]).await;
    let plain = get(&server, &address, &[]).await;
    let tag = compressed.headers["etag"].to_str().unwrap();
    let again = get(&server, &address, &[ACCEPTS, ("if-none-match", tag)]).await;

    assert_eq!(compressed.status, StatusCode::OK);
    assert_eq!(compressed.headers["content-type"], content_type);
    assert_eq!(compressed.headers["content-encoding"], "br");
    assert_eq!(compressed.headers["vary"], "accept-encoding");
    assert_eq!(
        compressed.headers["cache-control"], "public, max-age=31536000, immutable",
        "{address}"
    );
    assert_eq!(compressed.headers["x-content-type-options"], "nosniff");
    assert_eq!(compressed.headers["cross-origin-resource-policy"], "same-origin");
    let length = manifest[file]["brotli_bytes"].as_u64().unwrap().to_string();
    assert_eq!(compressed.headers["content-length"], length);
    assert!(!plain.headers.contains_key("content-encoding"));
    assert_ne!(plain.headers["etag"], tag, "the same tag for other bytes");
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[rstest]
#[case("/pkg/chancery.js")]
#[case("/pkg/..%2Fmanifest.json")]
#[case("/pkg/%2e%2e%2f%2e%2e%2fCACHEDIR.TAG")]
#[tokio::test]
async fn only_what_the_site_names_is_sent(#[case] path: &str) {
    let server = TestServer::start().await;

    let answer = server.get(path).await;

    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer}");
}
