//! The version of HTTP that a service speaks.

use serde::{Deserialize, Serialize};

/// What the gateway speaks to the endpoints, whatever the clients speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    #[default]
    Http1,
    /// From the first byte, as gRPC wants it; by TLS it is agreed by ALPN.
    Http2,
}
