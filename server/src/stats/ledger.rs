//! Exact totals from the nodes' cumulative counters. Pure.
//!
//! ```text
//! node one: mapping/user      8 ─▶ 9 ┐ differences, each source by itself
//! node one: mapping/user@2    3 ─▶ 5 ├──▶ + 1 + 2 + 4 ─▶ total of the mapping `user`
//! node two: mapping/user      0 ─▶ 4 ┘
//! ```
//! For each node the last value of each source is kept, and the difference is added to the totals
//! that it belongs to. A lost flush, a reconnect or a second node therefore neither loses nor
//! doubles a request; when a node's process is new, its counters begin at zero.

use std::collections::{HashMap, HashSet};

use super::{
    checkpoint::Checkpoint,
    counters::{Counts, Target},
};
use crate::{envoy::source::Source, xds::node::NodeId};

/// Keeps the totals and what they were added up from.
#[derive(Debug, Default)]
pub struct Ledger {
    totals: HashMap<Target, Counts>,
    seen: HashMap<NodeId, HashMap<Source, Counts>>,
    changed_totals: HashSet<Target>,
    changed_seen: HashSet<(NodeId, Source)>,
    unseen: HashSet<(NodeId, Source)>,
    gone: HashSet<Target>,
    restarted: HashSet<NodeId>,
}

impl Ledger {
    /// Continues from a checkpoint.
    pub fn resume(checkpoint: Checkpoint) -> Self {
        let mut ledger =
            Self { totals: checkpoint.totals.into_iter().collect(), ..Self::default() };
        for ((node, source), counts) in checkpoint.seen {
            ledger.seen.entry(node).or_default().insert(source, counts);
        }
        ledger
    }

    /// Returns all requests of `target`.
    pub fn total(&self, target: &Target) -> Counts {
        self.totals.get(target).copied().unwrap_or_default()
    }

    /// Notes that the process behind `node` is new and counts from zero.
    pub fn node_started(&mut self, node: &NodeId) {
        self.seen.remove(node);
        self.changed_seen.retain(|(changed, _)| changed != node);
        self.restarted.insert(node.clone());
    }

    /// Takes in a cumulative value of what is no more: Envoy counts requests that were under way.
    /// They belong to nobody, and a new target of that name must not inherit them.
    pub fn observe(&mut self, node: &NodeId, source: &Source, counts: Counts) {
        self.record(node, source, counts, []);
    }

    /// Takes in a cumulative value; returns the requests that are new, and adds them to `targets`.
    pub fn record(
        &mut self,
        node: &NodeId,
        source: &Source,
        counts: Counts,
        targets: impl IntoIterator<Item = Target>,
    ) -> Counts {
        let seen = self.seen.entry(node.clone()).or_default();
        let before = seen.insert(source.clone(), counts).unwrap_or_default();
        if before == counts {
            return Counts::default();
        }
        let key = (node.clone(), source.clone());
        self.unseen.remove(&key);
        self.changed_seen.insert(key);
        let increment = counts.since(before);
        if increment == Counts::default() {
            return increment;
        }
        for target in targets {
            self.totals.entry(target.clone()).or_default().add(increment);
            self.gone.remove(&target);
            self.changed_totals.insert(target);
        }
        increment
    }

    /// Notes which counters `node` still has. One that it has no more begins at zero when it comes
    /// again: Envoy drops a cluster's counters with the cluster.
    pub fn retain_seen(&mut self, node: &NodeId, has: impl Fn(&Source) -> bool) {
        let Some(seen) = self.seen.get_mut(node) else { return };
        let (unseen, changed) = (&mut self.unseen, &mut self.changed_seen);
        seen.retain(|source, _| {
            let kept = has(source);
            if !kept {
                let key = (node.clone(), source.clone());
                changed.remove(&key);
                unseen.insert(key);
            }
            kept
        });
    }

    /// Forgets the total of a target that is no more. What the nodes reported of it is kept: they
    /// may go on reporting for a while, and a new target of that name must not inherit it.
    pub fn forget(&mut self, target: &Target) {
        if self.totals.remove(target).is_some() {
            self.changed_totals.remove(target);
            self.gone.insert(target.clone());
        }
    }

    /// Returns every target that has a total.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.totals.keys()
    }

    /// Takes what has changed since the last checkpoint.
    pub fn take_checkpoint(&mut self) -> Checkpoint {
        let totals = self.changed_totals.drain().map(|target| {
            let total = self.totals.get(&target).copied().unwrap_or_default();
            (target, total)
        });
        let seen = self.changed_seen.drain().filter_map(|(node, source)| {
            let counts = *self.seen.get(&node)?.get(&source)?;
            Some(((node, source), counts))
        });
        Checkpoint {
            totals: totals.collect(),
            seen: seen.collect(),
            unseen: self.unseen.drain().collect(),
            gone: self.gone.drain().collect(),
            restarted: self.restarted.drain().collect(),
        }
    }

    /// Puts back a checkpoint that could not be written, so that the next one includes it.
    pub fn put_back(&mut self, checkpoint: &Checkpoint) {
        let totals = checkpoint.totals.iter().map(|(target, _)| target.clone());
        self.changed_totals.extend(totals.filter(|target| self.totals.contains_key(target)));
        self.changed_seen.extend(checkpoint.seen.iter().map(|(key, _)| key.clone()));
        let has_seen = |(node, source): &&(NodeId, Source)| {
            self.seen.get(node).is_some_and(|seen| seen.contains_key(source))
        };
        let unseen = checkpoint.unseen.iter().filter(|key| !has_seen(key));
        self.unseen.extend(unseen.cloned());
        let gone = checkpoint.gone.iter().filter(|target| !self.totals.contains_key(target));
        self.gone.extend(gone.cloned());
        self.restarted.extend(checkpoint.restarted.iter().cloned());
    }
}

#[cfg(test)]
mod tests;
