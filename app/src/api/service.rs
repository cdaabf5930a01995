//! Services: what mappings lead to, and where it can be reached.

use serde::{Deserialize, Serialize};

use super::live::{Counters, Members};

/// A service that is used by a mapping, that an operator has written down, or that Kubernetes has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Service {
    /// As mappings name it: `[scheme://]name[.namespace][:port]`.
    pub name: String,
    pub source: Source,
    pub state: Resolution,
    /// Why there are no endpoints, when the name does not resolve.
    pub reason: Option<String>,
    /// `ADDRESS:PORT` each, sorted; at most 100.
    pub endpoints: Vec<String>,
    /// How many endpoints pass their health check; `null` until a node has reported.
    pub members: Option<Members>,
    /// Requests of all its mappings.
    pub counters: Counters,
    /// Names of the mappings that use it, in match order; at most 100.
    pub mappings: Vec<String>,
    /// How many mappings use it.
    pub mapping_count: u32,
}

/// Where the endpoints come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Written down with `--service`.
    Fixed,
    /// The service is an address itself.
    Address,
    Dns,
    /// A Service of the cluster: its EndpointSlices, or DNS for an `ExternalName`.
    Kubernetes,
}

/// What is known of a service's endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    Known,
    /// It is being looked up.
    Pending,
    /// The name does not resolve.
    Unresolved,
    /// No mapping uses it yet, so that nobody has looked.
    Unused,
}

/// Answers `GET /api/v1/services`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ServicePage {
    /// Sorted by name.
    pub items: Vec<Service>,
    pub total: u32,
    pub matched: u32,
    pub next_cursor: Option<String>,
}

/// Answers `GET /api/v1/services/check?service=…`: would requests arrive?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ServiceCheck {
    pub service: String,
    pub state: Resolution,
    /// Why there are no endpoints.
    pub reason: Option<String>,
    /// At most eight are tried.
    pub endpoints: Vec<EndpointCheck>,
    /// A known service whose name is almost the same, when this one does not resolve.
    pub did_you_mean: Option<String>,
}

/// Whether a TCP connection to an endpoint could be opened just now, from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct EndpointCheck {
    pub address: String,
    pub is_reachable: bool,
    /// What the system said, when it is not.
    pub reason: Option<String>,
}
