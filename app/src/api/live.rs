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
//! A viewer may say what it shows, at first in the address and later by a [`Watch`] message; it is
//! then sent the frames of these mappings alone, beginning with a full one.
//!
//! A frame holds absolute values, never increments: applying one twice does no harm.

use chrono::{DateTime, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::mapping::Mapping;

/// One message from the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    /// Replaces everything the viewer has.
    Full(Full),
    /// Brings a viewer that is at `since` to `seq`.
    Delta(Delta),
}

/// The whole state at `seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Full {
    /// Names this run of the server; sequence numbers of another run mean nothing.
    pub epoch: String,
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub gateway: Gateway,
    pub totals: Totals,
    /// For viewers who ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overview: Option<Overview>,
    /// In match order; those that are watched.
    pub mappings: Vec<LiveMapping>,
}

/// What differs between `since` and `seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Delta {
    pub since: u64,
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub gateway: Gateway,
    pub totals: Totals,
    /// For viewers who ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overview: Option<Overview>,
    /// Mappings that are new or differ; each whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<LiveMapping>,
    /// Names of mappings that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
}

/// The fleet as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Gateway {
    /// Newest committed change.
    pub revision: u64,
    /// Envoys that are connected.
    pub nodes: u32,
    /// Envoys that have acknowledged everything up to `revision`.
    pub nodes_current: u32,
    /// Since when no Envoy has reported counters; `None` while reports come in.
    pub stale_since: Option<DateTime<Utc>>,
    pub mappings: u32,
    pub services: u32,
}

/// The traffic of all mappings together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Totals {
    /// Requests a second over the last five seconds; `None` when data is missing.
    pub rate: Option<f64>,
    /// Those of them that were `upstream_bad`.
    pub bad_rate: Option<f64>,
    /// Share of `upstream_ok` in the last minute's requests; `None` when there was none.
    pub ok_percent: Option<f64>,
    /// Requests of the second that has just ended, for charts; `None` when data is missing.
    pub second: Option<Counters>,
    pub latency: Option<Latency>,
    /// Endpoints of all services; `None` until a node has reported.
    pub members: Option<Members>,
    /// Mappings by their health.
    pub healthy: u32,
    pub degraded: u32,
    pub failing: u32,
    pub idle: u32,
    pub stale: u32,
    /// Mappings whose newest revision is not on every node yet.
    pub pending: u32,
    /// Mappings whose newest revision Envoy has refused.
    pub rejected: u32,
}

/// What the overview shows besides the totals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Overview {
    /// Mappings that need attention (rejected, failing, degraded), the worst first; at most 8.
    pub worst: Vec<LiveMapping>,
    /// Mappings with the most requests a second; at most 6.
    pub busiest: Vec<LiveMapping>,
}

/// What a viewer asks to be sent from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watch {
    /// Names of mappings, at most [`WATCHED_MAX`]; `None` means all.
    pub mappings: Option<Vec<String>>,
    pub overview: bool,
}

/// Most mappings that a viewer can name: the longest page of the list.
pub const WATCHED_MAX: usize = 200;

/// One mapping with its live numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LiveMapping {
    pub mapping: Mapping,
    pub counters: Counters,
    /// Requests a second over the last five seconds; `None` when data is missing.
    pub rate: Option<f64>,
    /// Those of them that were `upstream_bad`.
    pub bad_rate: Option<f64>,
    /// Share of `upstream_ok` in the last minute's requests; `None` when there was none.
    pub ok_percent: Option<f64>,
    /// Of the last minute; `None` when there was no request.
    pub latency: Option<Latency>,
    pub members: Option<Members>,
    pub health: Health,
    pub config: ConfigState,
    /// Requests a second in each ten seconds of the last five minutes, oldest first; `null` where
    /// data is missing. Only in lists, and only where there was traffic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trend: Vec<Option<f64>>,
    /// Each service by itself, in the order of `backends`; only where several share the requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sides: Vec<LiveSide>,
}

/// One of the services among which the requests of a mapping are shared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LiveSide {
    pub service: String,
    #[cfg(feature = "ssr")]
    pub weight: u32,
    /// Its share of the weights, with two digits: what it should get.
    pub percent: f64,
    /// Requests since the service is at this place among the mapping's backends.
    pub counters: Counters,
    /// Requests a second over the last five seconds; `None` when data is missing.
    pub rate: Option<f64>,
    /// Those of them that were `upstream_bad`.
    #[cfg(feature = "ssr")]
    pub bad_rate: Option<f64>,
    /// Share of `upstream_ok` in the last minute's requests; `None` when there was none.
    pub ok_percent: Option<f64>,
    /// Of the last minute; `None` when there was no request.
    pub latency: Option<Latency>,
    #[cfg(feature = "ssr")]
    pub members: Option<Members>,
}

/// Requests of a mapping or a service, all since it exists; the three are disjoint and their
/// sum is all requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
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

/// How long the answers of a service took, from the node's side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Latency {
    pub p50_ms: u32,
    pub p95_ms: u32,
    pub p99_ms: u32,
    /// Requests that the percentiles are made of.
    pub samples: u64,
}

/// How many endpoints of a service there are, and how many of them pass their health check.
///
/// Where the nodes disagree, the node that sees the fewest healthy endpoints counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
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

/// A [`ConfigState`] as it is written: all its fields side by side.
#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenConfigState {
    state: String,
    nodes: u32,
    acked: u32,
    reason: String,
}

/// Serde's own way to read a tagged value is a tenth of the browser's bundle.
impl<'de> Deserialize<'de> for ConfigState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenConfigState { state, nodes, acked, reason } =
            WrittenConfigState::deserialize(deserializer)?;
        match state.as_str() {
            "live" => Ok(Self::Live { nodes }),
            "pending" => Ok(Self::Pending { acked, nodes }),
            "rejected" => Ok(Self::Rejected { reason }),
            "no_nodes" => Ok(Self::NoNodes),
            _ => Err(D::Error::custom("an unknown state of the configuration")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_the_configuration_is_read_as_it_is_written() {
        let states = [
            ConfigState::Live { nodes: 3 },
            ConfigState::Pending { acked: 2, nodes: 3 },
            ConfigState::Rejected { reason: "no such cluster".to_owned() },
            ConfigState::NoNodes,
        ];

        for state in states {
            let written = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<ConfigState>(&written).unwrap(), state, "{written}");
        }
        assert!(serde_json::from_str::<ConfigState>(r#"{"state":"lively"}"#).is_err());
    }
}
