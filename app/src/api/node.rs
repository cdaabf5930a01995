//! Nodes: the Envoys that are connected.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One connected Envoy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Node {
    /// As its bootstrap says.
    pub id: String,
    /// Envoy's version, for example `1.40.0`.
    pub version: Option<String>,
    /// The replica that it is connected to: where that listens for the others. `null` where there is
    /// one server only.
    pub replica: Option<String>,
    pub connected_at: DateTime<Utc>,
    /// The newest revision of which the node has acknowledged everything.
    pub revision: u64,
    /// Whether that is the newest of all.
    pub is_current: bool,
    /// When it has last pushed its counters.
    pub reported_at: Option<DateTime<Utc>>,
    pub last_ack: Option<Answer>,
    pub last_nack: Option<Answer>,
}

/// What a node has said of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Answer {
    pub at: DateTime<Utc>,
    /// Kind and name of the resource, or of the first of several: `routes segment/user`.
    pub resource: String,
    /// Why it was refused, in Envoy's words; `null` when it was acknowledged.
    pub reason: Option<String>,
}

/// Answers `GET /api/v1/nodes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NodeList {
    /// Sorted by id.
    pub items: Vec<Node>,
    /// Number of the newest committed change.
    pub revision: u64,
    /// The cluster whose Services are followed; `null` where names are looked up in DNS alone.
    pub kubernetes: Option<Kubernetes>,
}

/// How the connection to the Kubernetes API server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Kubernetes {
    pub state: KubernetesState,
    /// Since when it is not `synced`; `null` when it is.
    pub since: Option<DateTime<Utc>>,
    /// What has failed last; `null` when nothing is wrong.
    pub error: Option<String>,
    /// Services that are known.
    pub services: u32,
    /// EndpointSlices that are known.
    pub endpoint_slices: u32,
}

/// What is known of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KubernetesState {
    /// Not everything has been listed yet.
    Starting,
    /// All that happens is seen.
    Synced,
    /// The API server is away; what was known stays in use.
    Reconnecting,
}
