//! Counting with other replicas: which process of a node counts, and which of its flushes is the
//! newest, by whichever way they come.
//!
//! Every replica takes in the flushes of all nodes. The streams of one node may lead to different
//! replicas, and a node may move from one to another: what it pushed first must not come after what
//! it pushed later, and that its process is new is learned from whoever saw it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;

use super::{Board, Now, targets_of};
use crate::{
    envoy::source::Source,
    fleet::replica::ReplicaId,
    gateway::table::Table,
    stats::{
        Flush,
        counters::{Counts, Target},
        told::{Counted, Process, Run, Told},
    },
    xds::node::NodeId,
};

/// A flush on its way is late by less, also when a replica was stopped and goes on. One that looks
/// older is of a node whose clock was set back.
const LATE_MAX_MS: i64 = 3_600_000;

/// How long another replica may need to notice that a mapping is gone.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::seconds(30);

/// Totals that are told at once.
const TOTALS_AT_ONCE: usize = 10_000;

/// How the newest flush of a node came.
#[derive(Debug)]
pub(super) struct Latest {
    /// By which other replica it came.
    via: Option<ReplicaId>,
    taken_at: Instant,
}

/// The newest flushes and processes of the nodes, as far as they were heard since the start.
#[derive(Debug, Default)]
pub(super) struct Newest {
    flushes: HashMap<NodeId, Latest>,
    /// Since when the process behind a node is there.
    started: HashMap<NodeId, Instant>,
    /// How we compare with a replica that has just begun to tell.
    pub(super) compared: HashMap<ReplicaId, Compared>,
}

/// What we have counted beyond another replica, when it tells what it has counted.
#[derive(Debug, Default)]
pub(super) struct Compared {
    nodes: HashSet<NodeId>,
    ahead: HashMap<Target, Counts>,
    /// Targets whose totals can't be compared.
    unsure: HashSet<Target>,
}

impl Compared {
    fn note_ahead(&mut self, source: &Source, counts: Counts, table: &Table) {
        if counts != Counts::default() {
            for target in targets_of(source, table) {
                self.ahead.entry(target).or_default().add(counts);
            }
        }
    }
}

impl Board {
    /// Takes in that a node of ours is a new process; returns what others should know.
    pub(super) fn start_node(&mut self, node: NodeId, now: Now) -> Told {
        let seen_at = Run(u64::try_from(now.at.timestamp_millis()).unwrap_or_default());
        let run = Run(self.ledger.process(&node).run.0 + 1).max(seen_at);
        self.begin_run(&node, run, now.instant, now);
        Told::Started { node, run, age: Duration::ZERO }
    }

    /// Takes in a flush of a node of ours; returns what others should know.
    pub(super) fn take_in_own(&mut self, flush: Flush, table: &Table, now: Now) -> Option<Told> {
        if !self.is_newest(&flush.node, None, flush.sent_at_ms, now) {
            return None;
        }
        self.take_in_flush(&flush, table, now);
        Some(Told::Flush { run: self.ledger.process(&flush.node).run, flush: Arc::new(flush) })
    }

    /// Takes in what another replica tells; returns what yet others should know.
    pub(super) fn take_in_told(
        &mut self,
        by: &ReplicaId,
        told: Told,
        table: &Table,
        now: Now,
    ) -> Option<Told> {
        match told {
            Told::Started { node, run, age } => self.learn(&node, run, Some(age), now),
            Told::Flush { run, flush } => {
                self.newest.compared.remove(by);
                let news = self.learn(&flush.node, run, Some(Duration::ZERO), now);
                // of a process that is no more
                let is_over = run < self.ledger.process(&flush.node).run;
                if !is_over && self.is_newest(&flush.node, Some(by), flush.sent_at_ms, now) {
                    self.take_in_flush(&flush, table, now);
                }
                news
            }
            Told::Counted(counted) => {
                let Counted { node, process, age, heard, counts } = counted;
                let news = self.learn(&node, process.run, age, now);
                let known = self.ledger.process(&node);
                let started = self.newest.started.get(&node).copied();
                let heard = heard.and_then(|ago| now.instant.checked_sub(ago));
                // they may have heard the newer process without knowing that it is one
                let is_newer = heard.zip(started).is_some_and(|(heard, started)| heard > started);
                let is_same = process.run == known.run || is_newer;
                if is_same && process.sent_at_ms > known.sent_at_ms {
                    self.note(&node, Some(by), process.sent_at_ms, now);
                    self.count(&node, &counts, table);
                }
                // unless nobody can tell
                if is_same || started.is_some() || heard.is_none() {
                    self.compare(by, &node, is_same, &counts, table);
                } else if let Some(compared) = self.newest.compared.get_mut(by) {
                    compared.nodes.insert(node);
                    compared.unsure.extend(counts.keys().flat_map(|it| targets_of(it, table)));
                }
                news
            }
            Told::Totals(totals) => {
                self.make_up(by, totals, table, now);
                None
            }
        }
    }

    /// Notes what we have counted of a node beyond another replica, which has just told what it has:
    /// after that, what both have seen of the nodes is the same.
    fn compare(
        &mut self,
        by: &ReplicaId,
        node: &NodeId,
        is_same: bool,
        counts: &HashMap<Source, Counts>,
        table: &Table,
    ) {
        let Some(compared) = self.newest.compared.get_mut(by) else { return };
        compared.nodes.insert(node.clone());
        // of a process that they had yet to learn of they have counted nothing
        for (source, seen) in self.ledger.seen(node) {
            let before = counts.get(source).copied().filter(|_| is_same).unwrap_or_default();
            compared.note_ahead(source, seen.since(before), table);
        }
    }

    /// Makes up for what we have missed, such as what a node has counted before its end while the
    /// other replica was not heard.
    fn make_up(&mut self, by: &ReplicaId, totals: Vec<(Target, Counts)>, table: &Table, now: Now) {
        let Some(compared) = self.newest.compared.get_mut(by) else { return };
        for (node, seen) in self.ledger.nodes() {
            // of nodes that they have never heard they have counted nothing
            if compared.nodes.insert(node.clone()) {
                for (source, counts) in &seen {
                    compared.note_ahead(source, *counts, table);
                }
            }
        }
        for (target, mut counted) in totals {
            if is_old(table, &target, now) && !compared.unsure.contains(&target) {
                counted.add(compared.ahead.get(&target).copied().unwrap_or_default());
                self.ledger.raise(&target, counted);
            }
        }
    }

    /// Returns all that a replica needs which begins to count with us.
    pub fn beginning(&self, now: Now) -> Vec<Told> {
        let counted = self.ledger.nodes().map(|(node, counts)| {
            let started = self.newest.started.get(node);
            let heard = self.newest.flushes.get(node).map(|latest| latest.taken_at);
            Told::Counted(Counted {
                node: node.clone(),
                process: self.ledger.process(node),
                age: started.map(|at| now.instant.saturating_duration_since(*at)),
                heard: heard.map(|at| now.instant.saturating_duration_since(at)),
                counts,
            })
        });
        let totals: Vec<(Target, Counts)> =
            self.ledger.totals().map(|(target, total)| (target.clone(), total)).collect();
        let totals = totals.chunks(TOTALS_AT_ONCE).map(|some| Told::Totals(some.to_vec()));
        counted.chain(totals).collect()
    }

    /// Takes in the number of a node's process; returns what others should know if it is new.
    fn learn(&mut self, node: &NodeId, run: Run, age: Option<Duration>, now: Now) -> Option<Told> {
        if run <= self.ledger.process(node).run {
            return None;
        }
        let started = age.and_then(|age| now.instant.checked_sub(age));
        let heard = self.newest.flushes.get(node).map(|latest| latest.taken_at);
        // what was heard since is the new process's, and was counted when it came
        let is_counted = heard.is_some_and(|heard| started.is_none_or(|started| heard > started));
        if is_counted {
            let process = Process { run, ..self.ledger.process(node) };
            self.ledger.set_process(node, process);
        } else {
            self.begin_run(node, run, started.unwrap_or(now.instant), now);
        }
        Some(Told::Started { node: node.clone(), run, age: age.unwrap_or_default() })
    }

    fn begin_run(&mut self, node: &NodeId, run: Run, started: Instant, now: Now) {
        self.ledger.node_started(node);
        self.ledger.set_process(node, Process { run, sent_at_ms: 0 });
        self.newest.started.insert(node.clone(), started);
        self.newest.flushes.remove(node);
        self.pushes.node_started(node.clone(), now);
    }

    /// Tells whether a flush is newer than what was heard of the node, and notes it if so. What
    /// comes by one way comes in order.
    fn is_newest(
        &mut self,
        node: &NodeId,
        via: Option<&ReplicaId>,
        sent_at_ms: i64,
        now: Now,
    ) -> bool {
        let latest = self.newest.flushes.get(node);
        let is_in_order = latest.is_some_and(|latest| latest.via.as_ref() == via);
        let heard_ms = self.ledger.process(node).sent_at_ms;
        let is_late = heard_ms > 0 && (0..LATE_MAX_MS).contains(&(heard_ms - sent_at_ms));
        if is_late && !is_in_order {
            return false;
        }
        self.note(node, via, sent_at_ms, now);
        true
    }

    /// Notes the newest flush of a node.
    fn note(&mut self, node: &NodeId, via: Option<&ReplicaId>, sent_at_ms: i64, now: Now) {
        let latest = Latest { via: via.cloned(), taken_at: now.instant };
        self.newest.flushes.insert(node.clone(), latest);
        let process = Process { sent_at_ms, ..self.ledger.process(node) };
        self.ledger.set_process(node, process);
    }

    /// Adds to the totals what is new of a node's counters, but not to what is live: nobody knows
    /// when it came.
    fn count(&mut self, node: &NodeId, counts: &HashMap<Source, Counts>, table: &Table) {
        for (source, counts) in counts {
            self.add(node, source, *counts, table);
        }
        self.ledger.retain_seen(node, |source| counts.contains_key(source));
    }
}

/// Tells whether a target is there for so long that all replicas have forgotten one of its name.
fn is_old(table: &Table, target: &Target, now: Now) -> bool {
    let created_at = |name| table.get(name).map(|mapping| mapping.created_at);
    let oldest = match target {
        Target::Mapping(name) | Target::Side(name, _) => created_at(name),
        Target::Service(service) => table.users_of(service).filter_map(created_at).min(),
    };
    oldest.is_some_and(|created_at| now.at - created_at > FORGOTTEN_AFTER)
}
