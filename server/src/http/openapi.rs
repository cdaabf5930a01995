//! The OpenAPI document: what the handlers say of themselves, and what holds for all of them.
//!
//! ```text
//! #[utoipa::path] of each handler ─▶ URL table ─▶ document() ─▶ /api/openapi.json, /api/docs,
//!                    words, examples, article ───────▲          chancery openapi, docs/openapi.json
//! ```
//! A route is in the document because it is in the table. What is true of every answer (who may
//! call, the request's id, the form of errors) is added here and not repeated at each handler.

pub(super) mod article;
mod bounds;
mod complete;
mod examples;
pub(super) mod native;
mod nulls;
mod policy;
pub(super) mod words;

use std::sync::LazyLock;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use utoipa::openapi::{
    InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder, tag::TagBuilder,
};

use self::words::tag;
use super::condition::is_known;

/// The document as it is sent: it does not change while the process runs.
static SENT: LazyLock<Sent> = LazyLock::new(Sent::new);

struct Sent {
    json: String,
    etag: Option<HeaderValue>,
}

impl Sent {
    fn new() -> Self {
        let json = serde_json::to_string(&document()).unwrap_or_default();
        let hash: String =
            Sha256::digest(&json).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { json, etag: HeaderValue::from_str(&format!("\"{hash}\"")).ok() }
    }
}

/// Returns the document of the whole API.
pub fn document() -> OpenApi {
    let mut document = super::table().into_openapi();
    complete::complete(&mut document);
    policy::spread(&mut document);
    nulls::allow(&mut document);
    bounds::bound(&mut document);
    document
}

/// Returns what the URL table adds its operations to.
pub(super) fn beginning() -> OpenApi {
    let tags = words::TAGS
        .map(|(name, description)| TagBuilder::new().name(name).description(Some(description)));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Chancery")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(words::ABOUT))
                .license(Some(
                    LicenseBuilder::new()
                        .name(env!("CARGO_PKG_LICENSE"))
                        .identifier(Some(env!("CARGO_PKG_LICENSE")))
                        .build(),
                ))
                .build(),
        )
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .tags(Some(tags.map(TagBuilder::build)))
        .build()
}

/// Gets this document
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    operation_id = "getOpenapi",
    tag = tag::OPERATIONS,
    params(("if-none-match" = Option<String>, Header)),
    responses(
        (
            status = OK,
            description = "The OpenAPI 3.1 document of this server",
            body = Object,
            content_type = "application/json",
            headers(("etag" = String)),
            example = json!({ "openapi": "3.1.0", "info": { "title": "Chancery" } }),
        ),
        (status = NOT_MODIFIED, description = "The caller has it already"),
    ),
)]
pub(super) async fn json(headers: HeaderMap) -> Response {
    let mut answer = HeaderMap::new();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Some(etag) = &SENT.etag {
        answer.insert(header::ETAG, etag.clone());
        if is_known(&headers, etag) {
            return (StatusCode::NOT_MODIFIED, answer).into_response();
        }
    }
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (answer, SENT.json.as_str()).into_response()
}
