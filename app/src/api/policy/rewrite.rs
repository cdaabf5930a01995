//! What becomes of a request's path, and answers that need no service.

use serde::{Deserialize, Serialize};

/// Rewrites what a pattern finds in the path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegexRewrite {
    /// An RE2 expression; each match in the path, without its query, is replaced.
    #[schema(example = "^/user/([0-9]+)/photo$")]
    pub pattern: String,
    /// Takes its place; `\1` to `\9` are what the pattern's groups have found.
    #[schema(example = r"/photos/\1")]
    pub substitution: String,
}

/// Sends the client elsewhere; what is absent stays as it was in the request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Redirect {
    /// `http` or `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https")]
    pub scheme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "www.example.com")]
    pub host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Takes the place of the whole path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Takes the place of the mapping's prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/new/")]
    pub prefix: Option<String>,
    /// 301, 302, 303, 307 or 308; absent means 301.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 308)]
    pub code: Option<u16>,
    /// Leaves the query out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub strip_query: bool,
}

/// An answer by the gateway itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Respond {
    #[schema(example = 503, minimum = 200, maximum = 599)]
    pub status: u16,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "We are moving; back at noon.")]
    pub body: String,
    /// Of the body; absent means `text/plain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "text/html")]
    pub content_type: Option<String>,
}
