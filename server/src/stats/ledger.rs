//! Exact totals from the nodes' cumulative counters. Pure.
//!
//! For each node the last value of each counter is kept, and the difference is added to the
//! total. A lost flush, a reconnect or a second node therefore neither loses nor doubles a
//! request; when a node's process is new, its counters begin at zero.

use std::collections::{HashMap, HashSet};

use super::{
    checkpoint::Checkpoint,
    counters::{Counts, Target},
};
use crate::xds::node::NodeId;

/// Keeps the totals and what they were added up from.
#[derive(Debug, Default)]
pub struct Ledger {
    totals: HashMap<Target, Counts>,
    seen: HashMap<NodeId, HashMap<Target, Counts>>,
    changed_totals: HashSet<Target>,
    changed_seen: HashSet<(NodeId, Target)>,
    unseen: HashSet<(NodeId, Target)>,
    gone: HashSet<Target>,
    restarted: HashSet<NodeId>,
}

impl Ledger {
    /// Continues from a checkpoint.
    pub fn resume(checkpoint: Checkpoint) -> Self {
        let mut ledger =
            Self { totals: checkpoint.totals.into_iter().collect(), ..Self::default() };
        for ((node, target), counts) in checkpoint.seen {
            ledger.seen.entry(node).or_default().insert(target, counts);
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

    /// Takes in a cumulative value of a target that is no more: Envoy counts requests that were
    /// under way. They belong to nobody, and a new target of that name must not inherit them.
    pub fn observe(&mut self, node: &NodeId, target: &Target, counts: Counts) {
        let seen = self.seen.entry(node.clone()).or_default();
        if seen.insert(target.clone(), counts) != Some(counts) {
            let key = (node.clone(), target.clone());
            self.unseen.remove(&key);
            self.changed_seen.insert(key);
        }
    }

    /// Takes in a cumulative value; returns the requests that are new.
    pub fn record(&mut self, node: &NodeId, target: &Target, counts: Counts) -> Counts {
        let seen = self.seen.entry(node.clone()).or_default();
        let before = seen.insert(target.clone(), counts).unwrap_or_default();
        if before == counts {
            return Counts::default();
        }
        let increment = counts.since(before);
        self.totals.entry(target.clone()).or_default().add(increment);
        self.gone.remove(target);
        self.changed_totals.insert(target.clone());
        let key = (node.clone(), target.clone());
        self.unseen.remove(&key);
        self.changed_seen.insert(key);
        increment
    }

    /// Notes which counters `node` still has. One that it has no more begins at zero when it comes
    /// again: Envoy drops a cluster's counters with the cluster.
    pub fn retain_seen(&mut self, node: &NodeId, has: impl Fn(&Target) -> bool) {
        let Some(seen) = self.seen.get_mut(node) else { return };
        let (unseen, changed) = (&mut self.unseen, &mut self.changed_seen);
        seen.retain(|target, _| {
            let kept = has(target);
            if !kept {
                let key = (node.clone(), target.clone());
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
        let seen = self.changed_seen.drain().filter_map(|(node, target)| {
            let counts = *self.seen.get(&node)?.get(&target)?;
            Some(((node, target), counts))
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
        let has_seen = |(node, target): &&(NodeId, Target)| {
            self.seen.get(node).is_some_and(|seen| seen.contains_key(target))
        };
        let unseen = checkpoint.unseen.iter().filter(|key| !has_seen(key));
        self.unseen.extend(unseen.cloned());
        let gone = checkpoint.gone.iter().filter(|target| !self.totals.contains_key(target));
        self.gone.extend(gone.cloned());
        self.restarted.extend(checkpoint.restarted.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::mapping::MappingName;

    fn user() -> Target {
        Target::Mapping(MappingName::parse("user").unwrap())
    }

    fn node(id: &str) -> NodeId {
        NodeId::reported(id)
    }

    fn ok(ok: u64) -> Counts {
        Counts { ok, ..Counts::default() }
    }

    #[test]
    fn two_nodes_and_a_repeated_flush_add_up_to_what_was_sent() {
        let mut ledger = Ledger::default();

        ledger.record(&node("a"), &user(), ok(3));
        ledger.record(&node("b"), &user(), ok(4));
        ledger.record(&node("a"), &user(), ok(3));
        ledger.record(&node("a"), &user(), ok(5));

        assert_eq!(ledger.total(&user()), ok(9));
    }

    #[test]
    fn a_new_process_counts_from_zero_even_when_it_is_already_past_the_old_value() {
        let mut ledger = Ledger::default();
        ledger.record(&node("a"), &user(), ok(5));

        ledger.node_started(&node("a"));
        ledger.record(&node("a"), &user(), ok(7));

        assert_eq!(ledger.total(&user()), ok(12));
    }

    #[test]
    fn a_counter_that_fell_has_begun_again() {
        let mut ledger = Ledger::default();
        ledger.record(&node("a"), &user(), ok(5));

        ledger.record(&node("a"), &user(), ok(2));

        assert_eq!(ledger.total(&user()), ok(7));
    }

    #[test]
    fn a_restart_of_the_server_goes_on_where_the_checkpoint_ended() {
        let mut before = Ledger::default();
        before.record(&node("a"), &user(), ok(5));
        let mut after = Ledger::resume(before.take_checkpoint());

        after.record(&node("a"), &user(), ok(8));

        assert_eq!(after.total(&user()), ok(8));
    }

    #[test]
    fn a_checkpoint_holds_only_what_changed_and_a_lost_one_is_made_good() {
        let mut ledger = Ledger::default();
        ledger.record(&node("a"), &user(), ok(5));
        let lost = ledger.take_checkpoint();
        assert!(ledger.take_checkpoint().is_empty());

        ledger.put_back(&lost);

        assert_eq!(ledger.take_checkpoint(), lost);
    }

    #[test]
    fn a_counter_that_envoy_has_dropped_begins_again_even_above_its_old_value() {
        let mut ledger = Ledger::default();
        ledger.record(&node("a"), &user(), ok(3));

        ledger.retain_seen(&node("a"), |_target| false);
        ledger.record(&node("a"), &user(), ok(5));

        assert_eq!(ledger.total(&user()), ok(8));
    }

    #[test]
    fn a_dropped_counter_is_dropped_in_the_checkpoint_too() {
        let mut before = Ledger::default();
        before.record(&node("a"), &user(), ok(3));
        before.take_checkpoint();

        before.retain_seen(&node("a"), |_target| false);

        assert_eq!(before.take_checkpoint().unseen, [(node("a"), user())]);
    }

    #[test]
    fn what_ends_after_its_mapping_has_gone_is_nobodys() {
        let mut ledger = Ledger::default();
        ledger.record(&node("a"), &user(), ok(5));
        ledger.forget(&user());

        ledger.observe(&node("a"), &user(), ok(6));
        assert_eq!(ledger.total(&user()), ok(0));
        ledger.record(&node("a"), &user(), ok(8));

        assert_eq!(ledger.total(&user()), ok(2));
    }

    #[test]
    fn a_mapping_made_again_under_its_old_name_begins_at_zero() {
        let mut ledger = Ledger::default();
        ledger.record(&node("a"), &user(), ok(5));

        ledger.forget(&user());
        ledger.record(&node("a"), &user(), ok(6));

        assert_eq!(ledger.total(&user()), ok(1));
    }
}
