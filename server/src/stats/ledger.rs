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
    told::Process,
};
use crate::{envoy::source::Source, xds::node::NodeId};

/// Forgotten targets that are remembered: nodes report of them for some seconds.
const ENDED_REMEMBERED: usize = 4096;

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
    processes: HashMap<NodeId, Process>,
    changed_processes: HashSet<NodeId>,
    /// Targets that were forgotten, of which nodes may go on to report.
    ended: HashSet<Target>,
}

impl Ledger {
    /// Continues from a checkpoint.
    pub fn resume(checkpoint: Checkpoint) -> Self {
        let mut ledger = Self {
            totals: checkpoint.totals.into_iter().collect(),
            processes: checkpoint.processes.into_iter().collect(),
            ..Self::default()
        };
        for ((node, source), counts) in checkpoint.seen {
            ledger.seen.entry(node).or_default().insert(source, counts);
        }
        ledger
    }

    /// Returns all requests of `target`.
    pub fn total(&self, target: &Target) -> Counts {
        self.totals.get(target).copied().unwrap_or_default()
    }

    /// Returns what is known of the process behind `node`.
    pub fn process(&self, node: &NodeId) -> Process {
        self.processes.get(node).copied().unwrap_or_default()
    }

    /// Notes what is known of the process behind `node`.
    pub fn set_process(&mut self, node: &NodeId, process: Process) {
        self.processes.insert(node.clone(), process);
        self.changed_processes.insert(node.clone());
    }

    /// Notes that the process behind `node` is new and counts from zero.
    pub fn node_started(&mut self, node: &NodeId) {
        self.seen.remove(node);
        self.changed_seen.retain(|(changed, _)| changed != node);
        self.restarted.insert(node.clone());
    }

    /// Takes in a cumulative value of what is no more: Envoy counts requests that were under way.
    /// They belong to nobody, and a new target of that name must not inherit them.
    ///
    /// What was never here is passed over: another replica may know of it sooner, and all of it
    /// counts as soon as it is known here.
    pub fn observe(&mut self, node: &NodeId, source: &Source, counts: Counts) {
        let was_seen = self.seen.get(node).is_some_and(|seen| seen.contains_key(source));
        if was_seen || self.ended.contains(&target_of(source)) {
            self.record(node, source, counts, []);
        }
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
        if self.ended.len() == ENDED_REMEMBERED {
            self.ended.clear();
        }
        self.ended.insert(target.clone());
        if self.totals.remove(target).is_some() {
            self.changed_totals.remove(target);
            self.gone.insert(target.clone());
        }
    }

    /// Raises the total of a target to what another replica has counted: this one has missed some of
    /// it.
    pub fn raise(&mut self, target: &Target, counted: Counts) {
        let total = self.total(target);
        let raised = Counts {
            ok: total.ok.max(counted.ok),
            c4xx: total.c4xx.max(counted.c4xx),
            bad: total.bad.max(counted.bad),
        };
        if raised != total {
            self.totals.insert(target.clone(), raised);
            self.gone.remove(target);
            self.changed_totals.insert(target.clone());
        }
    }

    /// Returns what was seen of a node last.
    pub fn seen(&self, node: &NodeId) -> impl Iterator<Item = (&Source, Counts)> {
        let seen = self.seen.get(node).into_iter().flatten();
        seen.map(|(source, counts)| (source, *counts))
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
        let processes = self.changed_processes.drain().filter_map(|node| {
            let process = *self.processes.get(&node)?;
            Some((node, process))
        });
        Checkpoint {
            totals: totals.collect(),
            seen: seen.collect(),
            unseen: self.unseen.drain().collect(),
            gone: self.gone.drain().collect(),
            restarted: self.restarted.drain().collect(),
            processes: processes.collect(),
            is_whole: false,
        }
    }

    /// Takes everything: for who can't build on the checkpoint before.
    pub fn take_whole_checkpoint(&mut self) -> Checkpoint {
        // what has changed is in it
        let _changes = self.take_checkpoint();
        let seen = self.seen.iter().flat_map(|(node, seen)| {
            seen.iter().map(|(source, counts)| ((node.clone(), source.clone()), *counts))
        });
        Checkpoint {
            totals: self.totals.iter().map(|(target, total)| (target.clone(), *total)).collect(),
            seen: seen.collect(),
            processes: self.processes.iter().map(|(node, it)| (node.clone(), *it)).collect(),
            is_whole: true,
            ..Checkpoint::default()
        }
    }

    /// Returns every node that has counted something or whose process is known, with what was seen
    /// of it last.
    pub fn nodes(&self) -> impl Iterator<Item = (&NodeId, HashMap<Source, Counts>)> {
        let nodes: HashSet<_> = self.seen.keys().chain(self.processes.keys()).collect();
        nodes.into_iter().map(|node| (node, self.seen.get(node).cloned().unwrap_or_default()))
    }

    /// Returns all totals.
    pub fn totals(&self) -> impl Iterator<Item = (&Target, Counts)> {
        self.totals.iter().map(|(target, total)| (target, *total))
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
        self.changed_processes.extend(checkpoint.processes.iter().map(|(node, _)| node.clone()));
    }
}

/// Returns the mapping or the service whose end is the end of a source.
fn target_of(source: &Source) -> Target {
    match source {
        Source::Route { mapping, .. } => Target::Mapping(mapping.clone()),
        Source::Cluster(upstream) => Target::Service(upstream.service.clone()),
    }
}

#[cfg(test)]
mod tests;
