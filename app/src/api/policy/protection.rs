//! Who may come, from which pages, and how often.

use serde::{Deserialize, Serialize};

use super::is_default;

/// From which addresses clients may come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AddressRules {
    /// Addresses and ranges that may; none: all but `deny`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["192.0.2.0/24", "2001:db8::/32"]))]
    pub allow: Vec<String>,
    /// Addresses and ranges that may not, also where `allow` has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["192.0.2.66/32"]))]
    pub deny: Vec<String>,
}

/// Which pages of other origins may call it from a browser (the CORS protocol of the Fetch
/// standard).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// `https://www.example.com`, `https://*.example.com` for all hosts below the domain, or `*`
    /// for every page.
    #[schema(example = json!(["https://www.example.com", "https://*.example.org"]))]
    pub origins: Vec<String>,
    /// Methods beside GET, HEAD and POST that they may use, or `*` for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["PUT", "DELETE"]))]
    pub methods: Vec<String>,
    /// Headers that they may send, or `*` for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["content-type"]))]
    pub headers: Vec<String>,
    /// Headers of answers that they may read beside the usual ones, or `*` for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expose: Vec<String>,
    /// Whether they may send cookies and the like.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub credentials: bool,
    /// Seconds for which a browser need not ask again; absent means 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 600)]
    pub max_age_s: Option<u32>,
}

/// How often requests may come, counted by each node for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    #[schema(example = 100, minimum = 1, maximum = 1_000_000)]
    pub requests: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub per: Per,
    /// How many may come at once; absent means as many as `requests`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
    /// What is counted apart: `client_address`, or `header:` and a header's name; absent: all
    /// requests together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "client_address")]
    pub key: Option<String>,
    /// Whether answers say by `x-ratelimit-limit`, `x-ratelimit-remaining` and
    /// `x-ratelimit-reset` how much is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub headers: bool,
}

/// A time in which requests are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    #[default]
    Second,
    Minute,
    Hour,
    Day,
}

/// How often requests may come, counted for all nodes together by a service of the installation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GlobalRateLimit {
    /// What the service is told of each request: entries separated by spaces, each
    /// `client_address`, `method`, `path`, `header:` and a name, or `generic_key:` and a text.
    #[schema(example = json!(["generic_key:accounts client_address", "header:x-user"]))]
    pub descriptors: Vec<String>,
    /// Whether answers say by `x-ratelimit-limit`, `x-ratelimit-remaining` and
    /// `x-ratelimit-reset` how much is left.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub headers: bool,
}

/// Faults on purpose, to see how clients bear them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// How long a request waits, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 300)]
    pub delay_ms: Option<u32>,
    /// How many of a hundred requests wait; absent means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 50, minimum = 1, maximum = 100)]
    pub delay_percent: Option<u32>,
    /// The status that a request gets instead of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 503, minimum = 400, maximum = 599)]
    pub abort_status: Option<u16>,
    /// How many of a hundred requests get it; absent means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 10, minimum = 1, maximum = 100)]
    pub abort_percent: Option<u32>,
}
