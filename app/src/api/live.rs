//! Frames of the websocket `/api/v1/live`.
//!
//! ```text
//! server                                  browser
//!   │── full   seq 41, every mapping ──────▶│   on connect
//!   │── delta  seq 42, since 41 ───────────▶│   at most one a second
//!   │── delta  seq 45, since 42 ───────────▶│   a slow viewer gets the newest state
//!   │          … connection lost …          │
//!   │◀───── ?epoch=E&since=45 ──────────────│   resume
//!   │── delta  seq 61, since 45 ───────────▶│
//! ```
//! A frame holds absolute values, never increments: applying one twice does no harm.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::mapping::Mapping;

/// One message from the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    /// Replaces everything the viewer has.
    Full(Full),
    /// Brings a viewer that is at `since` to `seq`.
    Delta(Delta),
}

/// The whole state at `seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Full {
    /// Names this run of the server; sequence numbers of another run mean nothing.
    pub epoch: String,
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub gateway: Gateway,
    /// In match order.
    pub mappings: Vec<LiveMapping>,
}

/// What differs between `since` and `seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    pub since: u64,
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub gateway: Gateway,
    /// Mappings that are new or differ; each whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<LiveMapping>,
    /// Names of mappings that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
}

/// The fleet as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// Newest committed change.
    pub revision: u64,
    /// Envoys that are connected.
    pub nodes: u32,
    /// Envoys that have acknowledged everything up to `revision`.
    pub nodes_current: u32,
    /// Since when no Envoy has reported counters; `None` while reports come in.
    pub stale_since: Option<DateTime<Utc>>,
}

/// One mapping with its live numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveMapping {
    pub mapping: Mapping,
    pub counters: Counters,
    /// Requests a second over the last five seconds; `None` when data is missing.
    pub rate: Option<f64>,
    pub members: Option<Members>,
    pub health: Health,
    pub config: ConfigState,
}

/// Requests of a mapping or a service, all since it exists; the three are disjoint and their
/// sum is all requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Answered with 1xx, 2xx or 3xx.
    pub upstream_ok: u64,
    /// Answered with 4xx.
    pub upstream_4xx: u64,
    /// Answered with 5xx, or not at all: connect failure, timeout, reset.
    pub upstream_bad: u64,
}

impl Counters {
    /// Returns the number of all requests.
    pub fn total(self) -> u64 {
        self.upstream_ok + self.upstream_4xx + self.upstream_bad
    }
}

/// How many endpoints of a service there are, and how many of them pass their health check.
///
/// Where the nodes disagree, the node that sees the fewest healthy endpoints counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    pub healthy_members: u32,
    pub total_members: u32,
}

impl Members {
    /// Returns the healthy share in percent, rounded; 0 when there are no endpoints.
    pub fn healthy_percent(self) -> u32 {
        if self.total_members == 0 {
            return 0;
        }
        (self.healthy_members * 100 + self.total_members / 2) / self.total_members
    }
}

/// How a mapping's traffic of the last minute and its endpoints look.
///
/// Never derived from configuration: that is [`ConfigState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Endpoints are healthy and at most 1 % of the recent requests were bad.
    Healthy,
    /// Some endpoints are down, or more than 1 % of the recent requests were bad.
    Degraded,
    /// No endpoint is healthy, or more than 10 % of the recent requests were bad.
    Failing,
    /// Endpoints are healthy and no request came in the last minute.
    Idle,
    /// No Envoy has reported for two flushes.
    Stale,
}

/// Whether the fleet runs the mapping's newest revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConfigState {
    /// Every connected node has acknowledged it.
    Live { nodes: u32 },
    /// `acked` of `nodes` connected nodes have acknowledged it.
    Pending { acked: u32, nodes: u32 },
    /// Envoy refused it; the mapping keeps its last good version.
    Rejected { reason: String },
    /// No node is connected.
    NoNodes,
}
