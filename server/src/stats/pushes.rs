//! Who has pushed, when, and which endpoints each node sees. Pure: the clock is handed in.

use std::{collections::HashMap, time::Duration};

use app::api::live::Members;
use chrono::{DateTime, Utc};

use super::board::Now;
use crate::{
    envoy::bootstrap::STATS_FLUSH_INTERVAL, gateway::upstream::Upstream, xds::node::NodeId,
};

/// A node has gone silent when two flushes are missing, with half of one for delays on the way.
const SILENT_AFTER: Duration = Duration::from_millis(STATS_FLUSH_INTERVAL.as_secs() * 2_500);

/// How long it is known when a node that fell silent has pushed last, or that it was new.
const REPORTED_REMEMBERED: Duration = Duration::from_secs(3_600);

/// Keeps what each node has pushed last, besides its counters.
#[derive(Debug)]
pub struct Pushes {
    /// The endpoints as each node that is not silent has seen them last.
    members: HashMap<NodeId, HashMap<Upstream, Members>>,
    /// When each node has pushed last.
    heard: HashMap<NodeId, Now>,
    /// Nodes that are new processes and have not pushed yet.
    started: HashMap<NodeId, Now>,
    /// When any node has, or since when none has.
    last: Now,
}

impl Pushes {
    /// Begins at `now` with no node heard.
    pub fn new(now: Now) -> Self {
        let (members, heard, started) = Default::default();
        Self { members, heard, started, last: now }
    }

    /// Notes that the process behind `node` is new.
    pub fn node_started(&mut self, node: NodeId, now: Now) {
        self.heard.remove(&node);
        self.started.insert(node, now);
    }

    /// Notes a push, and returns how much time it tells of. `None` if that is unknown: the node was
    /// there before us, and what it has counted without us belongs to the totals only.
    pub fn push(
        &mut self,
        node: NodeId,
        members: HashMap<Upstream, Members>,
        now: Now,
    ) -> Option<Duration> {
        self.last = now;
        self.members.insert(node.clone(), members);
        let is_new = self.started.remove(&node).is_some();
        match self.heard.insert(node, now) {
            Some(before) => Some(now.instant.saturating_duration_since(before.instant)),
            None => is_new.then_some(STATS_FLUSH_INTERVAL),
        }
    }

    /// Drops what nodes that have gone silent by `now` have seen; returns how many are left.
    pub fn end_second(&mut self, now: Now) -> usize {
        for nodes in [&mut self.heard, &mut self.started] {
            nodes.retain(|_, since| elapsed(*since, now) <= REPORTED_REMEMBERED);
        }
        let heard = &self.heard;
        self.members.retain(|node, _| {
            heard.get(node).is_some_and(|heard| elapsed(*heard, now) <= SILENT_AFTER)
        });
        self.members.len()
    }

    /// Returns since when no node has pushed, if that is too long.
    pub fn silent_since(&self, now: Now) -> Option<DateTime<Utc>> {
        (elapsed(self.last, now) > SILENT_AFTER).then_some(self.last.at)
    }

    /// Returns when each node has pushed last.
    pub fn reported(&self) -> HashMap<NodeId, DateTime<Utc>> {
        self.heard.iter().map(|(node, heard)| (node.clone(), heard.at)).collect()
    }

    /// Returns the endpoints of each cluster as the node sees them that sees the fewest healthy.
    pub fn members(&self) -> HashMap<Upstream, Members> {
        let mut worst: HashMap<Upstream, Members> = HashMap::new();
        for (upstream, members) in self.members.values().flatten() {
            match worst.get_mut(upstream) {
                None => {
                    worst.insert(upstream.clone(), *members);
                }
                Some(worst) => *worst = fewest(*worst, *members),
            }
        }
        worst
    }
}

/// Returns what is to be said of endpoints that are seen in two ways.
pub fn fewest(one: Members, other: Members) -> Members {
    Members {
        healthy_members: one.healthy_members.min(other.healthy_members),
        total_members: one.total_members.max(other.total_members),
    }
}

fn elapsed(since: Now, now: Now) -> Duration {
    now.instant.saturating_duration_since(since.instant)
}
