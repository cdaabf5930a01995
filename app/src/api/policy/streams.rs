//! How large requests may be, which answers are compressed, and which endpoint a client stays with.

use serde::{Deserialize, Serialize};

/// Limits of what clients send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RequestBody {
    /// Largest body in bytes; a larger one gets 413. Absent means no limit, with `buffer` 1 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 10_485_760)]
    pub max_bytes: Option<u32>,
    /// The service sees a request when all of its body has come.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub buffer: bool,
}

/// Which answers are compressed, for clients that accept it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Compression {
    /// `gzip` and `brotli`; the first is taken where the client likes both. None: nothing is
    /// compressed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["brotli", "gzip"]))]
    pub algorithms: Vec<String>,
    /// Answers whose `Content-Length` is smaller stay as they are; absent means 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1024)]
    pub min_bytes: Option<u32>,
    /// The media types that are compressed, without parameters. None: HTML, CSS, plain text, XML,
    /// JavaScript, JSON, XHTML and SVG.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["application/json"]))]
    pub content_types: Vec<String>,
}

/// Keeps a client with the endpoint that has answered it first, by a cookie.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StickySession {
    /// Name of the cookie, which the gateway sets.
    #[schema(example = "session-endpoint")]
    pub cookie: String,
    /// Requests below this path belong to the session; absent means `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How long the session lasts in seconds, from its first answer on; absent means until the
    /// browser is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_s: Option<u32>,
}
