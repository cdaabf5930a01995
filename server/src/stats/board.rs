//! The state of the live statistics and how it becomes a [`Tick`]. Pure: the clock is handed in.
//!
//! A tick looks only at mappings whose numbers can have changed: those with traffic in the last
//! minute, those whose delivery is under way, and those that the table, discovery or a node's report
//! touched. Its cost is that of the traffic, of the changes and of the services, not of the
//! mappings: what is counted over all of them is kept as they change.

mod elsewhere;
mod following;
mod numbers;
mod summary;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    iter,
    sync::Arc,
    time::Instant,
};

use app::api::{
    live::{ConfigState, Gateway, Members},
    series::{Around, Series, Span},
};
use chrono::{DateTime, Utc};
use imbl::OrdMap;

use self::elsewhere::{Compared, Newest};
use super::{
    Flush, Report,
    checkpoint::Checkpoint,
    counters::{Counts, Target},
    history::{self, Recent},
    ledger::Ledger,
    pushes::Pushes,
    standing::Standings,
    tick::{Entry, Gone, Tick},
    told::Told,
    traffic::Traffic,
    window::Window,
};
use crate::{
    envoy::source::Source,
    gateway::{
        backends::Side,
        mapping::{MappingName, Revision},
        order::OrderKey,
        service::ServiceName,
        table::Table,
        upstream::Upstream,
    },
    publisher::Published,
    xds::node::{NodeCount, NodeId},
};

/// Seconds over which the rate is taken: enough to be steady, short enough to be live.
const RATE_SECONDS: usize = 5;

/// Seconds of traffic that health is judged by.
const HEALTH_SECONDS: usize = 60;

/// Deleted mappings that are remembered for viewers who resume.
const GONE_REMEMBERED: usize = 4096;

/// One moment on the two clocks that are needed.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// For what has elapsed.
    pub instant: Instant,
    /// For what people read.
    pub at: DateTime<Utc>,
}

/// What the last tick was made of, besides traffic.
#[derive(Debug, Default)]
struct Surroundings {
    published: Arc<Published>,
    members: HashMap<Upstream, Members>,
    nodes: NodeCount,
    is_stale: bool,
    /// Whether there is data from which rates can be taken.
    has_rates: bool,
}

/// Holds everything that ticks are made of.
#[derive(Debug)]
pub struct Board {
    ledger: Ledger,
    traffic: Traffic,
    standings: Standings,
    pushes: Pushes,
    newest: Newest,
    last: Surroundings,
    /// Mappings that some node has not acknowledged yet.
    unsettled: HashSet<MappingName>,
}

impl Board {
    /// Continues from a checkpoint, which may be older than `table`: what has gone since is
    /// forgotten.
    pub fn resume(checkpoint: Checkpoint, table: &Table, now: Now) -> Self {
        let mut ledger = Ledger::resume(checkpoint);
        let gone: Vec<_> =
            ledger.targets().filter(|target| !exists(table, target)).cloned().collect();
        gone.iter().for_each(|target| ledger.forget(target));
        Self {
            ledger,
            traffic: Traffic::default(),
            standings: Standings::default(),
            pushes: Pushes::new(now),
            newest: Newest::default(),
            last: Surroundings::default(),
            unsettled: HashSet::new(),
        }
    }

    /// Takes what has changed since the last checkpoint.
    pub fn take_checkpoint(&mut self) -> Checkpoint {
        self.ledger.take_checkpoint()
    }

    /// Puts back a checkpoint that could not be written.
    pub fn put_back(&mut self, checkpoint: &Checkpoint) {
        self.ledger.put_back(checkpoint);
    }

    /// Takes everything, for who can't build on the last checkpoint.
    pub fn take_whole_checkpoint(&mut self) -> Checkpoint {
        self.ledger.take_whole_checkpoint()
    }

    /// Takes in a report, and returns what other replicas should know; `table` is the newest, which
    /// is always ahead of the nodes.
    pub fn take_in(&mut self, report: Report, table: &Table, now: Now) -> Option<Told> {
        match report {
            Report::NodeStarted(node) => Some(self.start_node(node, now)),
            Report::Flush(flush) => self.take_in_own(flush, table, now),
            Report::Heard(replica) => {
                self.newest.compared.insert(replica, Compared::default());
                None
            }
            Report::Elsewhere(replica, told) => self.take_in_told(&replica, told, table, now),
        }
    }

    fn take_in_flush(&mut self, flush: &Flush, table: &Table, now: Now) {
        let covers = self.pushes.push(flush.node.clone(), flush.members.clone(), now);
        self.traffic.cover(covers.unwrap_or_default().as_secs_f32());
        for (source, counts) in &flush.counts {
            let increment = self.add(&flush.node, source, *counts, table);
            if let Source::Route { mapping, side, .. } = source
                && covers.is_some()
            {
                self.traffic.count(mapping, increment);
                if has_side(table, mapping, *side) {
                    self.traffic.count_side(mapping, *side, increment);
                }
            }
        }
        for ((name, side), latency) in &flush.latency {
            self.traffic.measure(name, latency);
            if has_side(table, name, *side) {
                self.traffic.measure_side(name, *side, latency);
            }
        }
        self.ledger.retain_seen(&flush.node, |source| flush.counts.contains_key(source));
    }

    /// Adds what is new of a cumulative value to all that it is counted for; returns it.
    fn add(&mut self, node: &NodeId, source: &Source, counts: Counts, table: &Table) -> Counts {
        let is_known = match source {
            Source::Route { mapping, .. } => table.get(mapping).is_some(),
            Source::Cluster(upstream) => table.users_of(&upstream.service).next().is_some(),
        };
        if !is_known {
            self.ledger.observe(node, source, counts);
            return Counts::default();
        }
        let targets = iter::once_with(|| targets_of(source, table)).flatten();
        self.ledger.record(node, source, counts, targets)
    }

    /// Ends a second: returns the state that follows `before`, with `nodes` connected.
    pub fn tick(
        &mut self,
        before: &Tick,
        published: &Arc<Published>,
        nodes: NodeCount,
        now: Now,
    ) -> Tick {
        let silent_since = self.pushes.silent_since(now);
        let is_stale = silent_since.is_some();
        let pushing = self.pushes.end_second(now);
        let seq = before.seq + 1;
        let second = u32::try_from(seq).unwrap_or(u32::MAX);
        let exists = |name: &MappingName| published.table.get(name).is_some();
        self.traffic.end_second(second, pushing, exists);
        let surroundings = Surroundings {
            published: Arc::clone(published),
            members: self.pushes.members(),
            nodes: nodes.clone(),
            is_stale,
            has_rates: !is_stale && self.traffic.coverage().last(second, RATE_SECONDS) > 0.0,
        };
        let mut entries = before.entries.clone();
        let mut touched = self.touched(&surroundings);
        let removed = self.follow_table(published, &mut entries, &mut touched);
        self.last = surroundings;
        let changed = self.refresh(seq, touched, &mut entries);

        let mut gone = Arc::clone(&before.gone);
        let mut resumable_from = before.resumable_from;
        if !removed.is_empty() {
            let gone = Arc::make_mut(&mut gone);
            gone.extend(removed.into_iter().map(|(name, team)| Gone { seq, name, team }));
            resumable_from = resumable_from.max(forget_oldest(gone));
        }
        let services = self.services();
        let gateway = Gateway {
            revision: published.table.revision().0,
            nodes: nodes.nodes,
            nodes_current: nodes.current,
            stale_since: silent_since,
            mappings: saturated(published.table.len()),
            services: saturated(services.len()),
        };
        Tick {
            epoch: Arc::clone(&before.epoch),
            seq,
            at: now.at,
            gateway,
            nodes,
            totals: self.totals(&services),
            standings: self.standings.clone(),
            table: published.table.clone(),
            entries,
            changed,
            services: Arc::new(services),
            reported: Arc::new(self.pushes.reported()),
            gone,
            resumable_from,
            ..Tick::default()
        }
    }

    /// Returns the charts of a mapping, or of the whole gateway.
    pub fn series(&self, mapping: Option<&MappingName>, span: Span) -> Series {
        let none = Window::default();
        let window = match mapping {
            Some(name) => self.traffic.window(name).unwrap_or(&none),
            None => self.traffic.whole(),
        };
        history::series(window, self.traffic.coverage(), self.traffic.now(), span)
    }

    /// Returns the traffic before and after a change of a mapping.
    pub fn around(&self, change: Revision) -> [Option<Around>; 2] {
        self.traffic.marks().around(change)
    }

    /// Returns the last five minutes of a mapping.
    pub fn recent(&self, mapping: &MappingName) -> Recent {
        let window = self.traffic.window(mapping);
        window.map_or_else(Recent::default, |window| {
            history::recent(window, self.traffic.coverage(), self.traffic.now())
        })
    }

    /// Returns the mappings whose numbers may differ from the last tick's.
    fn touched(&mut self, now: &Surroundings) -> HashSet<MappingName> {
        let (last, table) = (&self.last, &now.published.table);
        let mut touched = std::mem::take(&mut self.unsettled);
        let of_all = |of: &Surroundings| (of.nodes.nodes, of.is_stale, of.has_rates);
        if of_all(last) != of_all(now) {
            touched.extend(table.iter().map(|mapping| mapping.name().clone()));
            return touched;
        }
        touched.extend(self.traffic.moving().cloned());
        let mut services: HashSet<&ServiceName> = HashSet::new();
        services.extend(differing(&last.members, &now.members).map(|upstream| &upstream.service));
        if !last.published.endpoints.ptr_eq(&now.published.endpoints) {
            let (before, after) = (&last.published.endpoints, &now.published.endpoints);
            services.extend(before.keys().filter(|service| !after.contains_key(*service)));
            let changed =
                after.iter().filter(|(service, known)| before.get(*service) != Some(*known));
            services.extend(changed.map(|(service, _)| service));
        }
        for service in services {
            touched.extend(table.users_of(service).cloned());
        }
        touched.extend(last.published.quarantined.keys().cloned());
        touched.extend(now.published.quarantined.keys().cloned());
        touched
    }

    /// Computes the touched mappings anew; returns those that differ.
    fn refresh(
        &mut self,
        seq: u64,
        touched: HashSet<MappingName>,
        entries: &mut OrdMap<OrderKey, Arc<Entry>>,
    ) -> HashMap<MappingName, Arc<Entry>> {
        let mut changed = HashMap::new();
        let published = Arc::clone(&self.last.published);
        for name in touched {
            let Some(mapping) = published.table.get(&name) else { continue };
            let live = self.live(mapping);
            if matches!(live.config, ConfigState::Pending { .. }) {
                self.unsettled.insert(name.clone());
            }
            let key = OrderKey::of(mapping);
            let before = entries.get(&key);
            if before.is_some_and(|entry| entry.live == live) {
                continue;
            }
            let entry = Arc::new(Entry::new(seq, Arc::clone(mapping), live));
            match before {
                Some(before) => self.standings.replace(&key, before, &entry),
                None => self.standings.put(&key, &entry),
            }
            changed.insert(name, Arc::clone(&entry));
            entries.insert(key, entry);
        }
        changed
    }
}

/// Returns what the requests of a source are counted for.
fn targets_of(source: &Source, table: &Table) -> Vec<Target> {
    match source {
        Source::Route { mapping, side, .. } => {
            let of_mapping = Target::Mapping(mapping.clone());
            let of_side =
                has_side(table, mapping, *side).then(|| Target::Side(mapping.clone(), *side));
            iter::once(of_mapping).chain(of_side).collect()
        }
        Source::Cluster(upstream) => vec![Target::Service(upstream.service.clone())],
    }
}

/// Tells whether requests to `target` belong to anybody.
fn exists(table: &Table, target: &Target) -> bool {
    match target {
        Target::Mapping(name) => table.get(name).is_some(),
        Target::Side(name, side) => has_side(table, name, *side),
        Target::Service(service) => table.users_of(service).next().is_some(),
    }
}

/// Tells whether `side` is one of several among which the mapping's requests are shared.
fn has_side(table: &Table, name: &MappingName, side: Side) -> bool {
    table.get(name).is_some_and(|mapping| mapping.spec.backends.get(side).is_some())
}

/// Returns the keys under which the two maps differ.
fn differing<'a>(
    before: &'a HashMap<Upstream, Members>,
    after: &'a HashMap<Upstream, Members>,
) -> impl Iterator<Item = &'a Upstream> {
    let gone = before.keys().filter(|upstream| !after.contains_key(*upstream));
    let changed = after.iter().filter(|(key, members)| before.get(*key) != Some(*members));
    gone.chain(changed.map(|(upstream, _)| upstream))
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Drops the oldest of the remembered; returns the oldest state from which the rest is complete.
fn forget_oldest(gone: &mut VecDeque<Gone>) -> u64 {
    let mut complete_from = 0;
    while gone.len() > GONE_REMEMBERED {
        complete_from = gone.pop_front().map_or(complete_from, |gone| gone.seq);
    }
    complete_from
}

#[cfg(test)]
mod tests;
