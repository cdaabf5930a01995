//! How much of a service a node may use at once.

use serde::{Deserialize, Serialize};

/// Limits of one node for the service as the mapping reaches it; what is beyond is refused at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CircuitBreakers {
    /// Connections; absent means 1024.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 100)]
    pub max_connections: Option<u32>,
    /// Requests that wait for a connection; absent means 1024.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pending: Option<u32>,
    /// Requests under way; absent means 1024.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<u32>,
    /// Retries under way; absent means 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<u32>,
}
