//! What must survive a restart of the server so that counters stay exact.

use super::{
    counters::{Counts, Target},
    told::Process,
};
use crate::{envoy::source::Source, xds::node::NodeId};

/// The counters that have changed since the checkpoint before.
///
/// Totals and the nodes' last values belong together: with both, what a node has counted since
/// then is its new value less the one seen here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Requests of a target since it exists.
    pub totals: Vec<(Target, Counts)>,
    /// The cumulative values that a node has reported last.
    pub seen: Vec<((NodeId, Source), Counts)>,
    /// What a node counts no more.
    pub unseen: Vec<(NodeId, Source)>,
    /// Targets that are no more.
    pub gone: Vec<Target>,
    /// Nodes whose earlier values mean nothing any more, since a new process has their name.
    /// Forgotten, as `unseen` is, before `seen` is written.
    pub restarted: Vec<NodeId>,
    /// Which process is behind a node.
    pub processes: Vec<(NodeId, Process)>,
    /// These are all there are: what is not in it was not counted.
    pub is_whole: bool,
}

impl Checkpoint {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
