//! What a mapping asks of the gateway besides its place and its service, as the REST API has it.
//!
//! ```text
//! Mapping, MappingDraft ─ flattened ─▶ Policy ─▶ one group each: redirect, retries, …
//! ```
//! A group that is absent has its default; what is at its default is left out. The browser's build
//! has none of it: no island needs it.

mod auth;
mod balancing;
mod breakers;
mod headers;
mod health_check;
mod outliers;
mod protection;
mod protocol;
mod rewrite;
mod streams;
mod traffic;
mod upstream_tls;

use serde::{Deserialize, Serialize};

pub use self::auth::{
    ApiKey, Auth, Basic, ClaimHeader, ClientCertificate, External, ExternalBody, ExternalProtocol,
    Jwks, Jwt, OnFailure, RequiredClaim, TokenFrom,
};
pub use self::balancing::{BalancingPolicy, HashCookie, HashOn, LoadBalancing};
pub use self::breakers::CircuitBreakers;
pub use self::headers::HeaderChanges;
pub use self::health_check::{HealthCheck, HealthCheckKind};
pub use self::outliers::OutlierDetection;
pub use self::protection::{AddressRules, Cors, Fault, GlobalRateLimit, Per, RateLimit};
pub use self::protocol::Protocol;
pub use self::rewrite::{Redirect, RegexRewrite, Respond};
pub use self::streams::{Compression, RequestBody, StickySession};
pub use self::traffic::{Mirror, Retries, Timeouts};
pub use self::upstream_tls::{UpstreamTls, Verification};

/// All groups of policy that a mapping can have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Policy {
    /// Rewrites the path by a regular expression, instead of `rewrite`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex_rewrite: Option<RegexRewrite>,
    /// The host that the service sees: a name, or `service` for the service's own. Absent: the
    /// host of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "service")]
    pub host_rewrite: Option<String>,
    /// Sends the client elsewhere, instead of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// Answers by the gateway itself, instead of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respond: Option<Respond>,
    /// What becomes of the headers that the service sees.
    #[serde(skip_serializing_if = "is_default")]
    pub request_headers: HeaderChanges,
    /// What becomes of the headers that the client sees.
    #[serde(skip_serializing_if = "is_default")]
    pub response_headers: HeaderChanges,
    /// Services that get a copy of the requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mirror: Vec<Mirror>,
    /// How long an answer may take.
    #[serde(skip_serializing_if = "is_default")]
    pub timeouts: Timeouts,
    /// When a request is tried again.
    #[serde(skip_serializing_if = "is_default")]
    pub retries: Retries,
    /// How much of a service a node may use at once.
    #[serde(skip_serializing_if = "is_default")]
    pub circuit_breakers: CircuitBreakers,
    /// When an endpoint gets no requests because of what it has answered.
    #[serde(skip_serializing_if = "is_default")]
    pub outlier_detection: OutlierDetection,
    /// How the gateway finds out which endpoints live.
    #[serde(skip_serializing_if = "is_default")]
    pub health_check: HealthCheck,
    /// Which endpoint of a service gets a request.
    #[serde(skip_serializing_if = "is_default")]
    pub load_balancing: LoadBalancing,
    /// What the gateway speaks to the endpoints; absent means `http1`.
    #[serde(skip_serializing_if = "is_default")]
    pub protocol: Protocol,
    /// Calls by gRPC-Web reach the service as gRPC.
    #[serde(skip_serializing_if = "is_default")]
    pub grpc_web: bool,
    /// The protocols that a connection may be upgraded to, such as `websocket`. None: 403.
    #[serde(skip_serializing_if = "is_default")]
    #[schema(example = json!(["websocket"]))]
    pub upgrades: Vec<String>,
    /// Which answers are compressed.
    #[serde(skip_serializing_if = "is_default")]
    pub compression: Compression,
    /// How large requests may be.
    #[serde(skip_serializing_if = "is_default")]
    pub body: RequestBody,
    /// Keeps a client with one endpoint of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sticky_session: Option<StickySession>,
    /// How often requests may come, counted by each node for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// How often requests may come, counted for all nodes together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_rate_limit: Option<GlobalRateLimit>,
    /// Which pages of other origins may call it from a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<Cors>,
    /// From which addresses clients may come.
    #[serde(skip_serializing_if = "is_default")]
    pub ip: AddressRules,
    /// Faults on purpose.
    #[serde(skip_serializing_if = "is_default")]
    pub fault: Fault,
    /// How services that begin with `https://` prove who they are, and the gateway to them.
    #[serde(skip_serializing_if = "is_default")]
    pub upstream_tls: UpstreamTls,
    /// Who may call.
    #[serde(skip_serializing_if = "is_default")]
    pub auth: Auth,
}

/// Tells whether a group is what it is without being asked for.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
