//! The state of the live statistics and how it becomes a [`Tick`]. Pure: the clock is handed in.
//!
//! A tick looks only at mappings whose numbers can have changed: those with recent traffic, those
//! whose delivery is under way, and those that the table, discovery or a node's report touched.
//! Its cost is that of the traffic, of the changes and of the services, not of the mappings.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use app::api::live::{ConfigState, Delta, Frame, Gateway, LiveMapping, Members, Totals};
use chrono::{DateTime, Utc};
use imbl::{OrdMap, ordmap::DiffItem};

use super::{
    Flush, Report,
    checkpoint::Checkpoint,
    counters::{Counts, Target},
    health::judge,
    ledger::Ledger,
    tick::{Entry, ServiceStats, Tick, encode},
    window::Window,
};
use crate::{
    envoy::bootstrap::STATS_FLUSH_INTERVAL,
    gateway::{
        mapping::{Mapping, MappingName},
        order::OrderKey,
        service::ServiceName,
        table::Table,
    },
    publisher::Published,
    xds::node::NodeId,
};

/// A node has gone silent when two flushes are missing, with half of one for delays on the way.
const SILENT_AFTER: Duration = Duration::from_millis(STATS_FLUSH_INTERVAL.as_secs() * 2_500);

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

/// What a node has pushed last.
#[derive(Debug)]
struct View {
    heard: Instant,
    members: HashMap<ServiceName, Members>,
}

/// What the last tick was made of, besides traffic.
#[derive(Debug, Default)]
struct Surroundings {
    published: Arc<Published>,
    members: HashMap<ServiceName, Members>,
    nodes: u32,
    is_stale: bool,
}

/// Holds everything that ticks are made of.
#[derive(Debug)]
pub struct Board {
    ledger: Ledger,
    /// Only mappings with recent traffic have a window.
    windows: HashMap<MappingName, Window>,
    /// Requests of the second that is under way.
    second: HashMap<MappingName, Counts>,
    views: HashMap<NodeId, View>,
    last_flush: Now,
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
            windows: HashMap::new(),
            second: HashMap::new(),
            views: HashMap::new(),
            last_flush: now,
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

    /// Takes in what a node has said; `table` is the newest, which is always ahead of the nodes.
    pub fn take_in(&mut self, report: Report, table: &Table, now: Now) {
        match report {
            Report::NodeStarted(node) => self.ledger.node_started(&node),
            Report::Flush(flush) => self.take_in_flush(flush, table, now),
        }
    }

    fn take_in_flush(&mut self, flush: Flush, table: &Table, now: Now) {
        self.last_flush = now;
        for (target, counts) in &flush.counts {
            if !exists(table, target) {
                self.ledger.observe(&flush.node, target, *counts);
                continue;
            }
            let increment = self.ledger.record(&flush.node, target, *counts);
            if let Target::Mapping(name) = target
                && increment.total() > 0
            {
                self.second.entry(name.clone()).or_default().add(increment);
            }
        }
        self.ledger.retain_seen(&flush.node, |target| flush.counts.contains_key(target));
        self.views.insert(flush.node, View { heard: now.instant, members: flush.members });
    }

    /// Ends a second: returns the state that follows `before`. `nodes` are those connected, and
    /// those of them that are at the newest revision.
    pub fn tick(
        &mut self,
        before: &Tick,
        published: &Arc<Published>,
        (nodes, nodes_current): (u32, u32),
        now: Now,
    ) -> Tick {
        let elapsed = |since: Instant| now.instant.saturating_duration_since(since);
        let is_stale = elapsed(self.last_flush.instant) > SILENT_AFTER;
        self.views.retain(|_, view| elapsed(view.heard) <= SILENT_AFTER);
        self.end_second(published, is_stale);
        let surroundings = Surroundings {
            published: Arc::clone(published),
            members: self.members_by_service(),
            nodes,
            is_stale,
        };
        let seq = before.seq + 1;
        let mut entries = before.entries.clone();
        let mut touched = self.touched(&surroundings);
        let removed = self.follow_table(published, &mut entries, &mut touched);
        self.last = surroundings;
        let changed = self.refresh(seq, touched, &mut entries);

        let mut gone = Arc::clone(&before.gone);
        let mut resumable_from = before.resumable_from;
        if !removed.is_empty() {
            let gone = Arc::make_mut(&mut gone);
            gone.extend(removed.iter().map(|name| (seq, name.clone())));
            resumable_from = resumable_from.max(forget_oldest(gone));
        }
        let gateway = Gateway {
            revision: published.table.revision().0,
            nodes,
            nodes_current,
            stale_since: is_stale.then_some(self.last_flush.at),
            mappings: 0,
            services: 0,
        };
        let delta = encode(&Frame::Delta(Delta {
            since: before.seq,
            seq,
            at: now.at,
            gateway: gateway.clone(),
            totals: Totals::default(),
            overview: None,
            changed,
            removed: removed.iter().map(ToString::to_string).collect(),
        }));
        Tick {
            epoch: Arc::clone(&before.epoch),
            seq,
            at: now.at,
            gateway,
            entries,
            services: Arc::new(self.services()),
            gone,
            resumable_from,
            delta,
            ..Tick::default()
        }
    }

    fn end_second(&mut self, published: &Published, is_stale: bool) {
        let second = std::mem::take(&mut self.second);
        for name in second.keys() {
            // Envoy may count for a while after a mapping has gone
            if published.table.get(name).is_some() {
                self.windows.entry(name.clone()).or_default();
            }
        }
        self.windows.retain(|name, window| {
            let requests = second.get(name).copied().unwrap_or_default();
            window.push((!is_stale).then_some(requests));
            let idle = window.is_idle();
            if idle {
                // its rate has to become zero once more
                self.unsettled.insert(name.clone());
            }
            !idle
        });
    }

    /// Returns the endpoints of each service as the node sees them that sees the fewest healthy.
    fn members_by_service(&self) -> HashMap<ServiceName, Members> {
        let mut worst: HashMap<ServiceName, Members> = HashMap::new();
        for (service, members) in self.views.values().flat_map(|view| &view.members) {
            match worst.get_mut(service) {
                None => {
                    worst.insert(service.clone(), *members);
                }
                Some(worst) => {
                    worst.healthy_members = worst.healthy_members.min(members.healthy_members);
                    worst.total_members = worst.total_members.max(members.total_members);
                }
            }
        }
        worst
    }

    /// Returns the mappings whose numbers may differ from the last tick's.
    fn touched(&mut self, now: &Surroundings) -> HashSet<MappingName> {
        let (last, table) = (&self.last, &now.published.table);
        let mut touched = std::mem::take(&mut self.unsettled);
        if last.nodes != now.nodes || last.is_stale != now.is_stale {
            touched.extend(table.iter().map(|mapping| mapping.name().clone()));
            return touched;
        }
        touched.extend(self.windows.keys().cloned());
        let mut services: HashSet<&ServiceName> = HashSet::new();
        services.extend(differing(&last.members, &now.members));
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

    /// Brings the entries to the order of the table; returns the names of mappings that are gone.
    fn follow_table(
        &mut self,
        published: &Published,
        entries: &mut OrdMap<OrderKey, Arc<Entry>>,
        touched: &mut HashSet<MappingName>,
    ) -> Vec<MappingName> {
        let table = &published.table;
        let before = Arc::clone(&self.last.published);
        let mut removed = Vec::new();
        for difference in before.table.in_order().diff(table.in_order()) {
            match difference {
                DiffItem::Add(_, mapping) => {
                    touched.insert(mapping.name().clone());
                }
                DiffItem::Update { old: (_, old), new: (_, new) } => {
                    let name = new.name();
                    touched.insert(name.clone());
                    // deleted and made again between two ticks
                    if old.created_at != new.created_at {
                        self.windows.remove(name);
                        self.ledger.forget(&Target::Mapping(name.clone()));
                    }
                }
                DiffItem::Remove(key, mapping) => {
                    entries.remove(key);
                    let name = mapping.name();
                    let now = table.get(name);
                    if now.is_none_or(|now| now.created_at != mapping.created_at) {
                        self.windows.remove(name);
                        self.ledger.forget(&Target::Mapping(name.clone()));
                    }
                    if now.is_none() {
                        removed.push(name.clone());
                    }
                    let service = &mapping.spec.service.name;
                    if table.users_of(service).next().is_none() {
                        self.ledger.forget(&Target::Service(service.clone()));
                    }
                }
            }
        }
        removed
    }

    /// Computes the touched mappings anew; returns those that differ.
    fn refresh(
        &mut self,
        seq: u64,
        touched: HashSet<MappingName>,
        entries: &mut OrdMap<OrderKey, Arc<Entry>>,
    ) -> Vec<LiveMapping> {
        let mut changed = Vec::new();
        let published = Arc::clone(&self.last.published);
        for name in touched {
            let Some(mapping) = published.table.get(&name) else { continue };
            let live = self.live(mapping);
            if matches!(live.config, ConfigState::Pending { .. }) {
                self.unsettled.insert(name);
            }
            let key = OrderKey::of(mapping);
            if entries.get(&key).is_none_or(|entry| entry.live != live) {
                changed.push(live.clone());
                entries.insert(key, Arc::new(Entry { seq, live }));
            }
        }
        changed
    }

    fn live(&self, mapping: &Arc<Mapping>) -> LiveMapping {
        let Surroundings { published, members, nodes, is_stale } = &self.last;
        let name = mapping.name();
        let window = self.windows.get(name);
        let members = members.get(&mapping.spec.service.name).copied();
        let recent = window.map(|window| window.last(HEALTH_SECONDS).0).unwrap_or_default();
        LiveMapping {
            mapping: published.view(mapping),
            counters: self.ledger.total(&Target::Mapping(name.clone())).into(),
            rate: (!is_stale).then(|| window.map_or(0.0, rate)),
            bad_rate: None,
            ok_percent: None,
            latency: None,
            trend: Vec::new(),
            members,
            health: judge(*is_stale, recent, members),
            config: published.config_state(mapping, *nodes),
        }
    }

    fn services(&self) -> HashMap<ServiceName, ServiceStats> {
        let stats = |service: &ServiceName| ServiceStats {
            counters: self.ledger.total(&Target::Service(service.clone())).into(),
            members: self.last.members.get(service).copied(),
        };
        let table = &self.last.published.table;
        table.services().map(|service| (service.clone(), stats(service))).collect()
    }
}

/// Tells whether requests to `target` belong to anybody.
fn exists(table: &Table, target: &Target) -> bool {
    match target {
        Target::Mapping(name) => table.get(name).is_some(),
        Target::Service(service) => table.users_of(service).next().is_some(),
    }
}

/// Returns the keys under which the two maps differ.
fn differing<'a>(
    before: &'a HashMap<ServiceName, Members>,
    after: &'a HashMap<ServiceName, Members>,
) -> impl Iterator<Item = &'a ServiceName> {
    let gone = before.keys().filter(|service| !after.contains_key(*service));
    let changed = after.iter().filter(|(service, members)| before.get(*service) != Some(*members));
    gone.chain(changed.map(|(service, _)| service))
}

/// Returns requests a second over the last seconds that have data.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2⁵³ requests in five seconds")]
fn rate(window: &Window) -> f64 {
    let (requests, known) = window.last(RATE_SECONDS);
    if known == 0 { 0.0 } else { requests.total() as f64 / known as f64 }
}

/// Drops the oldest of the remembered; returns the oldest state from which the rest is complete.
fn forget_oldest(gone: &mut VecDeque<(u64, MappingName)>) -> u64 {
    let mut complete_from = 0;
    while gone.len() > GONE_REMEMBERED {
        complete_from = gone.pop_front().map_or(complete_from, |(seq, _)| seq);
    }
    complete_from
}

#[cfg(test)]
mod tests;
