//! Live statistics: from the nodes' counters to what viewers see.
//!
//! ```text
//! Envoy ── MetricsService, 1 s ──▶ ingest ─▶ Report, bounded ─▶ hub (one task)
//! xds ── NodeStarted ───────────────────────────▲                 │ board ── Told ─▶ other replicas
//! fleet ── Told by other replicas ──────────────┘                 │
//!                                                                 ▼ 1 s
//!                       websockets, REST ◀── watch<Arc<Tick>> ── tick ── checkpoint ─▶ store
//!                       REST ◀─────── series, trends ───────── query
//! ```
//! `ledger` keeps the exact totals. `traffic` has a `window` of the last hour for each mapping that
//! had any, with its `latency`, and `marks` measures it before and after each change; `pushes` knows
//! the nodes, `coverage` knows where data is missing, `history` makes charts of both. `health`
//! judges a mapping, `standing` compares them. `board` puts them together, `seen` is what of it a
//! viewer may see, and `frame` what they are sent: all pure.

pub mod board;
pub mod checkpoint;
pub mod counters;
pub mod coverage;
pub mod frame;
pub mod health;
pub mod history;
pub mod hub;
pub mod ingest;
pub mod latency;
pub mod ledger;
pub mod marks;
pub mod pushes;
pub mod query;
pub mod seen;
pub mod sparse;
pub mod standing;
pub mod tick;
pub mod told;
pub mod traffic;
pub mod window;

use std::collections::HashMap;

use app::api::live::Members;

use self::{counters::Counts, latency::Buckets, told::Told};
use crate::{
    envoy::source::Source,
    fleet::replica::ReplicaId,
    gateway::{backends::Side, mapping::MappingName, upstream::Upstream},
    xds::node::NodeId,
};

/// Reports that may wait for the hub: a flush of 64 nodes. When it is full, streams wait, and
/// Envoy drops flushes, which loses nothing since counters are cumulative.
pub const REPORT_QUEUE: usize = 64;

/// What the hub is told.
#[derive(Debug)]
pub enum Report {
    /// The process behind the node is new: its counters begin at zero.
    NodeStarted(NodeId),
    /// One flush.
    Flush(Flush),
    /// Another replica begins to tell: first all that it has counted, then what comes.
    Heard(ReplicaId),
    /// What another replica's hub tells.
    Elsewhere(ReplicaId, Told),
}

/// The statistics that a node has pushed at once.
#[derive(Debug)]
pub struct Flush {
    pub node: NodeId,
    /// Envoy's time of the push, in milliseconds since 1970.
    pub sent_at_ms: i64,
    /// Cumulative since the node's process started.
    pub counts: HashMap<Source, Counts>,
    pub members: HashMap<Upstream, Members>,
    /// Of the requests since the push before, not cumulative: what is lost on the way stays lost.
    pub latency: HashMap<(MappingName, Side), Buckets>,
}

impl Flush {
    /// Returns the flush of a node that has nothing to tell.
    pub fn of(node: NodeId) -> Self {
        Self {
            node,
            sent_at_ms: 0,
            counts: HashMap::new(),
            members: HashMap::new(),
            latency: HashMap::new(),
        }
    }
}
