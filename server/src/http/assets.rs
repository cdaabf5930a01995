//! The portal's files: script, WebAssembly and style, inside the binary.

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

/// Made by `make site`. A debug build reads them from disk each time; a release build has them
/// inside. Without them the portal still works, as it does without JavaScript.
#[derive(Debug, RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site"]
#[allow_missing = true]
struct Site;

/// `GET /pkg/{path}`
pub(super) async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = Site::get(&format!("pkg/{path}")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag: String =
        file.metadata.sha256_hash().iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = HeaderValue::from_str(&format!("\"{tag}\""));
    let mut answer = HeaderMap::new();
    // the names carry no hash: browsers ask each time, and are told that nothing has changed
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = tag {
        if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
            return (StatusCode::NOT_MODIFIED, answer).into_response();
        }
        answer.insert(header::ETAG, tag);
    }
    if let Ok(kind) = HeaderValue::from_str(file.metadata.mimetype()) {
        answer.insert(header::CONTENT_TYPE, kind);
    }
    (answer, file.data).into_response()
}
