//! Who counts requests for all nodes together.

use serde::{Deserialize, Serialize};

/// A service that counts requests (`envoy.service.ratelimit.v3`), for the limits of all mappings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RateLimitService {
    /// Where it is: it is found as services of mappings are, and spoken to by gRPC.
    #[cfg_attr(feature = "ssr", schema(example = "ratelimit:8081"))]
    pub service: String,
    /// Under which of its sets of rules it looks.
    pub domain: String,
    /// How long a request may wait for it, in milliseconds.
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 10_000))]
    pub timeout_ms: u32,
    /// What becomes of a request when it does not answer.
    pub fail: OnFailure,
}

impl Default for RateLimitService {
    fn default() -> Self {
        Self {
            service: String::new(),
            domain: "chancery".to_owned(),
            timeout_ms: 100,
            fail: OnFailure::Open,
        }
    }
}

/// What becomes of a request when a service that decides about it does not answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It passes.
    #[default]
    Open,
    /// It is refused with 503.
    Closed,
}
