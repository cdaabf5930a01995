//! Live statistics: from the nodes' counters to what viewers see.
//!
//! ```text
//! Envoy ── MetricsService, 1 s ──▶ ingest ─▶ Report, bounded ─▶ hub (one task)
//! xds ── NodeStarted ───────────────────────────▲                 │ ledger, windows
//!                                                                 ▼ 1 s
//!                       websockets, REST ◀── watch<Arc<Tick>> ── tick ── checkpoint ─▶ store
//! ```
//! `ledger` keeps the exact totals, `window` the last minutes, `health` judges them, and `board`
//! puts them together: all pure.

pub mod board;
pub mod checkpoint;
pub mod counters;
pub mod health;
pub mod hub;
pub mod ingest;
pub mod ledger;
pub mod tick;
pub mod window;

use std::collections::HashMap;

use app::api::live::Members;

use self::counters::{Counts, Target};
use crate::{gateway::service::ServiceName, xds::node::NodeId};

/// Reports that may wait for the hub: a flush of 64 nodes. When it is full, streams wait, and
/// Envoy drops flushes, which loses nothing since counters are cumulative.
pub const REPORT_QUEUE: usize = 64;

/// What a node tells the hub.
#[derive(Debug)]
pub enum Report {
    /// The process behind the node is new: its counters begin at zero.
    NodeStarted(NodeId),
    /// One flush.
    Flush(Flush),
}

/// The statistics that a node has pushed at once.
#[derive(Debug)]
pub struct Flush {
    pub node: NodeId,
    /// Cumulative since the node's process started.
    pub counts: HashMap<Target, Counts>,
    pub members: HashMap<ServiceName, Members>,
}
