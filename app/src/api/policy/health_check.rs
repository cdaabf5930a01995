//! How the gateway finds out which endpoints live.

use serde::{Deserialize, Serialize};

use super::is_default;

/// What each node asks each endpoint, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HealthCheck {
    /// Absent means `tcp`.
    #[serde(skip_serializing_if = "is_default")]
    pub kind: HealthCheckKind,
    /// Of `http`: what is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/health")]
    pub path: Option<String>,
    /// Of `http` and `grpc`: the host that is asked; absent means the service's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Of `http`: the statuses of who lives, such as `200` and `200-299`; none means 200.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["200-299"]))]
    pub expected_statuses: Vec<String>,
    /// Of `grpc`: the name that is asked for; absent means the whole server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc_service: Option<String>,
    /// Time between two checks, in milliseconds; absent means 2000, and 5000 where there are no
    /// requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u32>,
    /// How long an answer may take, in milliseconds; absent means 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
    /// Checks in a row that bring an endpoint back; absent means 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy_threshold: Option<u32>,
    /// Failed checks in a row that take it out; absent means 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unhealthy_threshold: Option<u32>,
}

/// What a check is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthCheckKind {
    /// A connection that is accepted.
    #[default]
    Tcp,
    /// A request, and the status of its answer.
    Http,
    /// A call of `grpc.health.v1.Health/Check`.
    Grpc,
    /// None: every endpoint counts as healthy.
    Off,
}
