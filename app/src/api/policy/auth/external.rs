//! A service that is asked about each request.

use serde::{Deserialize, Serialize};

use crate::api::policy::is_default;

/// Asks a service whether a request may go on: Envoy's external authorization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct External {
    /// How it is asked; absent: by HTTP.
    #[serde(skip_serializing_if = "is_default")]
    pub protocol: ExternalProtocol,
    #[schema(example = "authsvc:8080")]
    pub service: String,
    /// Put before the path of the request; with `http` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/check")]
    pub path_prefix: Option<String>,
    /// How long its answer may take, in milliseconds; absent means 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
    /// What becomes of requests while it does not answer; absent: they are refused.
    #[serde(skip_serializing_if = "is_default")]
    pub fail: OnFailure,
    /// Headers of the request that it sees, besides `authorization`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["cookie"]))]
    pub request_headers: Vec<String>,
    /// Headers of its answer that the mapping's service sees. A client's own never pass, unless they
    /// are among `request_headers`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["x-user"]))]
    pub response_headers: Vec<String>,
    /// Lets it see the body of requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<ExternalBody>,
}

/// How the service is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExternalProtocol {
    /// With the method, path and headers of the request; 200 lets it pass.
    #[default]
    Http,
    /// By `envoy.service.auth.v3.Authorization`.
    Grpc,
}

/// What becomes of requests about which nobody can be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// They are refused with 503.
    #[default]
    Closed,
    /// They pass.
    Open,
}

/// How much of a body the service sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalBody {
    /// In bytes; a longer body is refused with 413.
    #[schema(example = 65536)]
    pub max_bytes: u32,
}
