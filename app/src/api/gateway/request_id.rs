//! What a request is known by, from the client to the service.

use serde::{Deserialize, Serialize};

/// What becomes of `x-request-id`, which every request has on its way to a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RequestIdSettings {
    /// Whether what a client sends is kept; otherwise it is replaced.
    pub keep_from_clients: bool,
    /// Whether the response has it, too.
    pub in_responses: bool,
}
