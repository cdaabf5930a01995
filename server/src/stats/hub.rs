//! The task that owns the live statistics: reports come in, one [`Tick`] a second goes out.
//!
//! Viewers never talk to it: they read the last tick from a `watch`, so that their number and
//! their speed do not matter here.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use app::api::live::{Gateway, LiveMapping, Members};
use chrono::{DateTime, Utc};
use imbl::OrdMap;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

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
        mapping::{Mapping, MappingName, Revision},
        order::OrderKey,
        service::ServiceName,
    },
    publisher::Published,
    store::{Store, StoreError},
    xds::node::{NodeId, Nodes},
};

/// Time between two ticks, and so between two frames.
const TICK: Duration = Duration::from_secs(1);

/// A node has gone silent when two flushes are missing, with half of one for delays on the way.
const SILENT_AFTER: Duration = Duration::from_millis(STATS_FLUSH_INTERVAL.as_secs() * 2_500);

/// Seconds over which the rate is taken: enough to be steady, short enough to be live.
const RATE_SECONDS: usize = 5;

/// Seconds of traffic that health is judged by.
const HEALTH_SECONDS: usize = 60;

/// Ticks between two checkpoints: what a crash makes us count again from the nodes.
const CHECKPOINT_TICKS: u64 = 5;

/// Deleted mappings that are remembered for viewers who resume.
const GONE_REMEMBERED: usize = 4096;

type Saving = Pin<Box<dyn Future<Output = (Arc<Checkpoint>, Result<(), StoreError>)> + Send>>;

/// Owns the statistics.
pub struct Hub {
    reports: mpsc::Receiver<Report>,
    published: watch::Receiver<Arc<Published>>,
    nodes: Nodes,
    store: Store,
    ticks: watch::Sender<Arc<Tick>>,
    ledger: Ledger,
    /// Only mappings with recent traffic have a window.
    windows: HashMap<MappingName, Window>,
    /// Requests of the second that is under way.
    second: HashMap<MappingName, Counts>,
    members: HashMap<NodeId, HashMap<ServiceName, Members>>,
    heard: HashMap<NodeId, Instant>,
    last_flush: (Instant, DateTime<Utc>),
    listed: HashMap<MappingName, OrderKey>,
    listed_at: Revision,
    saving: Option<Saving>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("listed", &self.listed.len()).finish_non_exhaustive()
    }
}

impl Hub {
    /// Continues from the last checkpoint; the first tick is at the receiver at once.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn start(
        reports: mpsc::Receiver<Report>,
        published: watch::Receiver<Arc<Published>>,
        nodes: Nodes,
        store: Store,
        epoch: Arc<str>,
    ) -> Result<(Self, watch::Receiver<Arc<Tick>>), StoreError> {
        let ledger = Ledger::resume(store.load_counters().await?);
        let (ticks, receiver) = watch::channel(Arc::new(Tick { epoch, ..Tick::default() }));
        let mut hub = Self {
            reports,
            published,
            nodes,
            store,
            ticks,
            ledger,
            windows: HashMap::new(),
            second: HashMap::new(),
            members: HashMap::new(),
            heard: HashMap::new(),
            last_flush: (Instant::now(), Utc::now()),
            listed: HashMap::new(),
            listed_at: Revision::default(),
            saving: None,
        };
        hub.tick();
        Ok((hub, receiver))
    }

    /// Ticks until `stop`, then saves a last checkpoint.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(report) = self.reports.recv() => self.take_in(report),
                (checkpoint, saved) = saved(&mut self.saving) => {
                    self.saving = None;
                    if let Err(error) = saved {
                        warn!("can't save counters, trying again: {error}");
                        self.ledger.put_back(&checkpoint);
                    }
                }
                _ = interval.tick() => {
                    self.tick();
                    if self.ticks.borrow().seq.is_multiple_of(CHECKPOINT_TICKS) {
                        self.save();
                    }
                }
            }
        }
        while let Ok(report) = self.reports.try_recv() {
            self.take_in(report);
        }
        if let Some(saving) = self.saving.take() {
            let (checkpoint, saved) = saving.await;
            if saved.is_err() {
                self.ledger.put_back(&checkpoint);
            }
        }
        self.save();
        if let Some((_, Err(error))) = match self.saving.take() {
            Some(saving) => Some(saving.await),
            None => None,
        } {
            warn!("can't save the last counters: {error}");
        }
    }

    fn save(&mut self) {
        if self.saving.is_some() {
            return;
        }
        let checkpoint = Arc::new(self.ledger.take_checkpoint());
        if checkpoint.is_empty() {
            return;
        }
        let store = self.store.clone();
        self.saving = Some(Box::pin(async move {
            let saved = store.save_counters(Arc::clone(&checkpoint)).await;
            (checkpoint, saved)
        }));
    }

    fn take_in(&mut self, report: Report) {
        match report {
            Report::NodeStarted(node) => self.ledger.node_started(&node),
            Report::Flush(flush) => self.take_in_flush(flush),
        }
    }

    fn take_in_flush(&mut self, flush: Flush) {
        let now = Instant::now();
        self.last_flush = (now, Utc::now());
        self.heard.insert(flush.node.clone(), now);
        for (target, counts) in &flush.counts {
            let increment = self.ledger.record(&flush.node, target, *counts);
            if let Target::Mapping(name) = target
                && increment.total() > 0
            {
                self.second.entry(name.clone()).or_default().add(increment);
            }
        }
        self.members.insert(flush.node, flush.members);
    }

    fn tick(&mut self) {
        let published = Arc::clone(&self.published.borrow_and_update());
        let before = Arc::clone(&self.ticks.borrow());
        self.forget_silent_nodes();
        let is_stale = self.last_flush.0.elapsed() > SILENT_AFTER;
        self.end_second(is_stale);
        let gateway = self.gateway(&published, is_stale);
        let seq = before.seq + 1;
        let mut entries = before.entries.clone();
        let mut gone = Arc::clone(&before.gone);
        let mut resumable_from = before.resumable_from;
        if published.table.revision() != self.listed_at || seq == 1 {
            let removed = self.follow_table(&published, &mut entries);
            if !removed.is_empty() {
                let gone = Arc::make_mut(&mut gone);
                gone.extend(removed.into_iter().map(|name| (seq, name)));
                resumable_from = resumable_from.max(forget_oldest(gone));
            }
        }
        let members = self.members_by_service();
        let mut changed = Vec::new();
        for mapping in published.table.iter() {
            let live = self.live(&published, mapping, gateway.nodes, is_stale, &members);
            let key = OrderKey::of(mapping);
            if entries.get(&key).is_none_or(|entry| entry.live != live) {
                changed.push(live.clone());
                entries.insert(key, Arc::new(Entry { seq, live }));
            }
        }
        let mut tick = Tick {
            epoch: Arc::clone(&before.epoch),
            seq,
            at: Utc::now(),
            gateway,
            entries,
            services: Arc::new(self.services(&published, &members)),
            gone,
            resumable_from,
            ..Tick::default()
        };
        let removed = tick.gone.iter().rev().take_while(|(gone_at, _)| *gone_at == seq);
        let removed = removed.map(|(_, name)| name.to_string()).collect();
        tick.delta = encode(&app::api::live::Frame::Delta(app::api::live::Delta {
            since: before.seq,
            seq,
            at: tick.at,
            gateway: tick.gateway.clone(),
            changed,
            removed,
        }));
        self.ticks.send_replace(Arc::new(tick));
    }

    /// Takes mappings that are gone, or that have moved in the order, off the list; returns the
    /// names of those that are gone.
    fn follow_table(
        &mut self,
        published: &Published,
        entries: &mut OrdMap<OrderKey, Arc<Entry>>,
    ) -> Vec<MappingName> {
        let table = &published.table;
        let mut removed = Vec::new();
        self.listed.retain(|name, key| match table.get(name) {
            Some(mapping) => {
                let now = OrderKey::of(mapping);
                if now != *key {
                    entries.remove(key);
                    *key = now;
                }
                true
            }
            None => {
                entries.remove(key);
                removed.push(name.clone());
                false
            }
        });
        for mapping in table.iter() {
            if !self.listed.contains_key(mapping.name()) {
                self.listed.insert(mapping.name().clone(), OrderKey::of(mapping));
            }
        }
        for name in &removed {
            self.windows.remove(name);
        }
        self.listed_at = table.revision();
        self.forget_targets(published);
        removed
    }

    fn forget_targets(&mut self, published: &Published) {
        let gone: Vec<_> = self
            .ledger
            .targets()
            .filter(|target| match target {
                Target::Mapping(name) => published.table.get(name).is_none(),
                Target::Service(service) => published.table.users_of(service).next().is_none(),
            })
            .cloned()
            .collect();
        gone.iter().for_each(|target| self.ledger.forget(target));
    }

    fn forget_silent_nodes(&mut self) {
        self.heard.retain(|_, heard| heard.elapsed() <= SILENT_AFTER);
        self.members.retain(|node, _| self.heard.contains_key(node));
    }

    fn end_second(&mut self, is_stale: bool) {
        let second = std::mem::take(&mut self.second);
        for name in second.keys() {
            if self.listed.contains_key(name) {
                self.windows.entry(name.clone()).or_default();
            }
        }
        self.windows.retain(|name, window| {
            let requests = second.get(name).copied().unwrap_or_default();
            window.push((!is_stale).then_some(requests));
            !window.is_idle()
        });
    }

    fn gateway(&self, published: &Published, is_stale: bool) -> Gateway {
        let revision = published.table.revision();
        let (nodes, nodes_current) = self.nodes.count(revision);
        Gateway {
            revision: revision.0,
            nodes,
            nodes_current,
            stale_since: is_stale.then_some(self.last_flush.1),
        }
    }

    /// Returns the endpoints of each service as the node sees them that sees the fewest healthy.
    fn members_by_service(&self) -> HashMap<&ServiceName, Members> {
        let mut worst: HashMap<&ServiceName, Members> = HashMap::new();
        for (service, members) in self.members.values().flatten() {
            worst
                .entry(service)
                .and_modify(|worst| {
                    worst.healthy_members = worst.healthy_members.min(members.healthy_members);
                    worst.total_members = worst.total_members.max(members.total_members);
                })
                .or_insert(*members);
        }
        worst
    }

    fn live(
        &self,
        published: &Published,
        mapping: &Arc<Mapping>,
        nodes: u32,
        is_stale: bool,
        members: &HashMap<&ServiceName, Members>,
    ) -> LiveMapping {
        let name = mapping.name();
        let window = self.windows.get(name);
        let members = members.get(&mapping.spec.service.name).copied();
        let recent = window.map(|window| window.last(HEALTH_SECONDS).0).unwrap_or_default();
        LiveMapping {
            mapping: published.view(mapping),
            counters: self.ledger.total(&Target::Mapping(name.clone())).into(),
            rate: (!is_stale).then(|| window.map_or(0.0, rate)),
            members,
            health: judge(is_stale, recent, members),
            config: published.config_state(mapping, nodes),
        }
    }

    fn services(
        &self,
        published: &Published,
        members: &HashMap<&ServiceName, Members>,
    ) -> HashMap<ServiceName, ServiceStats> {
        let stats = |service: &ServiceName| ServiceStats {
            counters: self.ledger.total(&Target::Service(service.clone())).into(),
            members: members.get(service).copied(),
        };
        published.table.services().map(|service| (service.clone(), stats(service))).collect()
    }
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

async fn saved(saving: &mut Option<Saving>) -> (Arc<Checkpoint>, Result<(), StoreError>) {
    match saving {
        Some(saving) => saving.await,
        None => std::future::pending().await,
    }
}
