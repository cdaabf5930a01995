//! What clients may ask of a node.

use serde::{Deserialize, Serialize};

/// What a connection or a request may take at the most; of a node, not of all together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct LimitSettings {
    /// Headers of a request, all together, in KiB; beyond it the answer is 431.
    #[cfg_attr(feature = "ssr", schema(minimum = 4, maximum = 1024))]
    pub max_request_headers_kb: u32,
    /// Headers of a request, by number; beyond it the answer is 431.
    #[cfg_attr(feature = "ssr", schema(minimum = 20, maximum = 1000))]
    pub max_request_headers: u32,
    /// Seconds within which a request's headers must have come.
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 300))]
    pub request_headers_timeout_s: u32,
    /// Seconds within which the whole of a request must have come; absent: no limit.
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 86_400))]
    pub request_timeout_s: Option<u32>,
    /// Seconds after which a connection without a request is closed.
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 86_400))]
    pub idle_timeout_s: u32,
    /// Seconds after which a connection takes no more requests; absent: no limit.
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 604_800))]
    pub max_connection_duration_s: Option<u32>,
    /// Requests after which a connection takes no more; absent: no limit.
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 1_000_000))]
    pub max_requests_per_connection: Option<u32>,
    /// Requests that a connection of HTTP/2 may have under way.
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 1000))]
    pub max_concurrent_streams: u32,
}

/// What Envoy's documentation gives for an edge proxy, and Envoy's own values for the rest.
impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            max_request_headers_kb: 60,
            max_request_headers: 100,
            request_headers_timeout_s: 10,
            request_timeout_s: None,
            idle_timeout_s: 60 * 60,
            max_connection_duration_s: None,
            max_requests_per_connection: None,
            max_concurrent_streams: 100,
        }
    }
}
