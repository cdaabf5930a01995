//! Computes, change by change, what the nodes should have. Pure: no IO and no clock.
//!
//! ```text
//! table ──▶ shown ──▶ shards ───▶ routes, scopes
//!   ▲         │  └──▶ upstreams ─▶ clusters, endpoints
//! change      └ holds back what waits for discovery, and what Envoy refused (quarantine)
//! ```
//! The cost of a change is that of the shards and services it touches, not of the table.

mod callers;
mod counter;
mod edge;
mod quarantine;
mod rendering;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
};

pub use self::quarantine::Quarantine;
use self::{callers::Callers, counter::Counting};
use super::{Published, REMEMBERED_GENERATIONS, placement::Placement};
use crate::{
    envoy::{
        around::Around, cluster::Readiness, listener::Addresses, shard::Layout,
        upstream_tls::NodeCaFile,
    },
    gateway::{
        cluster_policy::{ClusterPolicy, ClusterSpec},
        edge::OpenEdge,
        endpoints::Endpoints,
        mapping::{Change, ChangeKind, Mapping, MappingName, Revision},
        matching::MatchKey,
        service::ServiceName,
        table::Table,
        upstream::{Upstream, Variant},
    },
    xds::resource::{Kind, Resource, ResourceKey},
};

/// The state that changes are applied to.
#[derive(Debug)]
pub struct Compiler {
    next: Published,
    addresses: Addresses,
    ca_file: NodeCaFile,
    readiness: Readiness,
    edge: OpenEdge,
    around: Around,
    counting: Counting,
    callers: Callers,
    placement: Placement,
    /// The clusters of each service. One whose last user has gone is kept for a while: requests
    /// under way end, and a mapping that is made again finds the cluster's counters going on.
    clusters: HashMap<ServiceName, BTreeMap<Variant, UsedCluster>>,
    newly_idle: Vec<Upstream>,
    changed_upstreams: HashSet<Upstream>,
    followed: HashSet<ServiceName>,
    /// Services whose following may have to begin or end.
    to_check: HashSet<ServiceName>,
    /// Who is shown with a match; not its owner while that waits and nobody else has taken it.
    shown_at: HashMap<MatchKey, MappingName>,
    /// What was shown of a mapping before its newest shown revision.
    before: HashMap<MappingName, Arc<Mapping>>,
    /// Mappings that were refused together, to be tried again one by one, by route configuration.
    trials: HashMap<Arc<str>, VecDeque<MappingName>>,
    /// Shown mappings that do not fix their first segment.
    catch_alls: usize,
    touched: Vec<ResourceKey>,
    /// The table or its surroundings have changed in a way that readers see.
    changed: bool,
}

/// A cluster and how many use it: shown mappings, and the edge.
#[derive(Debug)]
struct UsedCluster {
    policy: Arc<ClusterPolicy>,
    users: usize,
}

impl Compiler {
    /// Begins with an empty table and an edge without certificates.
    pub fn new(addresses: Addresses) -> Self {
        let mut compiler = Self {
            next: Published::default(),
            addresses,
            ca_file: NodeCaFile::default(),
            readiness: Readiness::default(),
            edge: OpenEdge::default(),
            around: Around::default(),
            counting: Counting::default(),
            callers: Callers::default(),
            placement: Placement::default(),
            clusters: HashMap::new(),
            newly_idle: Vec::new(),
            changed_upstreams: HashSet::new(),
            followed: HashSet::new(),
            to_check: HashSet::new(),
            shown_at: HashMap::new(),
            before: HashMap::new(),
            trials: HashMap::new(),
            catch_alls: 0,
            touched: Vec::new(),
            changed: true,
        };
        compiler.use_layout(Layout::Segment);
        compiler
    }

    /// Says where the nodes have the authorities that their system trusts.
    #[must_use]
    pub fn with_ca_file(mut self, ca_file: NodeCaFile) -> Self {
        self.ca_file = ca_file;
        self
    }

    /// Says who finds out whether endpoints want requests.
    #[must_use]
    pub fn with_readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = readiness;
        self
    }

    /// Takes over a whole table.
    pub fn load(&mut self, table: Table) {
        let names: Vec<_> = table.iter().map(|mapping| mapping.name().clone()).collect();
        self.to_check.extend(table.services().cloned());
        self.next.table = table;
        self.changed = true;
        names.iter().for_each(|name| self.reconcile(name));
    }

    pub fn revision(&self) -> Revision {
        self.next.table.revision()
    }

    /// Applies a committed change.
    pub fn apply(&mut self, change: &Change) {
        let name = match &change.kind {
            ChangeKind::Put(mapping) => mapping.name(),
            ChangeKind::Delete(name) => name,
        }
        .clone();
        let before = self.next.table.apply(change);
        let before = before.iter().flat_map(|mapping| mapping.spec.reached_services());
        self.to_check.extend(before.cloned());
        if let ChangeKind::Put(mapping) = &change.kind {
            self.to_check.extend(mapping.spec.reached_services().cloned());
            // an older revision of another mapping may still be shown there
            if let Some(other) = self.shown_at.get(&mapping.spec.match_key()).cloned() {
                self.reconcile(&other);
            }
        }
        self.changed = true;
        self.next.quarantined.remove(&name);
        self.reconcile(&name);
        if matches!(change.kind, ChangeKind::Delete(_)) {
            self.before.remove(&name);
        }
    }

    /// Takes in what discovery knows of a service.
    pub fn resolve(&mut self, service: &ServiceName, endpoints: Endpoints) {
        if !self.followed.contains(service) || self.next.endpoints.get(service) == Some(&endpoints)
        {
            return;
        }
        let first = self.next.endpoints.insert(service.clone(), endpoints).is_none();
        self.changed = true;
        let variants = self.clusters.get(service).into_iter().flat_map(BTreeMap::keys);
        let upstreams =
            variants.map(|variant| Upstream { service: service.clone(), variant: *variant });
        self.changed_upstreams.extend(upstreams);
        if first {
            let waiting: Vec<_> = self.next.table.users_of(service).cloned().collect();
            waiting.iter().for_each(|name| self.reconcile(name));
            self.follow_settings();
        }
    }

    /// Takes the services that discovery should begin to follow.
    pub fn take_wanted(&mut self) -> Vec<ServiceName> {
        let wanted: Vec<_> = self
            .to_check
            .iter()
            .filter(|service| self.is_used(service) && !self.followed.contains(*service))
            .cloned()
            .collect();
        self.followed.extend(wanted.iter().cloned());
        wanted
    }

    /// Takes the services that discovery should stop following.
    pub fn take_unwanted(&mut self) -> Vec<ServiceName> {
        let checked = std::mem::take(&mut self.to_check);
        let unwanted: Vec<_> = checked
            .into_iter()
            .filter(|service| !self.is_used(service) && self.followed.contains(service))
            .collect();
        for service in &unwanted {
            self.followed.remove(service);
            self.next.endpoints.remove(service);
        }
        unwanted
    }

    fn is_used(&self, service: &ServiceName) -> bool {
        self.clusters.contains_key(service) || self.next.table.users_of(service).next().is_some()
    }

    /// Tells whether discovery has yet to answer for a service that is in use.
    pub fn awaits_discovery(&self) -> bool {
        self.followed.len() > self.next.endpoints.len()
    }

    /// Declares the state fit for nodes: before, they keep what they have.
    pub fn set_ready(&mut self) {
        self.changed |= !self.next.is_ready;
        self.next.is_ready = true;
    }

    /// Stops serving the layout that the listener no longer uses.
    pub fn drop_inactive_layout(&mut self) {
        for layout in [Layout::Segment, Layout::Character] {
            if layout != self.next.layout {
                self.placement.withdraw(layout);
            }
        }
        self.changed = true;
    }

    /// Returns the new state if anything has changed since the last call.
    pub fn publish(&mut self) -> Option<Published> {
        self.follow_layout();
        self.render();
        let awaits_discovery = self.awaits_discovery();
        self.changed |= awaits_discovery != self.next.awaits_discovery;
        self.next.awaits_discovery = awaits_discovery;
        if !self.changed && self.touched.is_empty() {
            return None;
        }
        self.changed = false;
        self.next.generation += 1;
        self.next.on_trial = !self.trials.is_empty();
        self.next.touched.push_back(std::mem::take(&mut self.touched).into());
        if self.next.touched.len() > REMEMBERED_GENERATIONS {
            self.next.touched.pop_front();
        }
        Some(self.next.clone())
    }

    /// Decides what the nodes are told of a mapping, and makes it so.
    fn reconcile(&mut self, name: &MappingName) {
        let shown = self.next.shown.get(name).cloned();
        let wanted = self.wanted(name, shown.as_ref());
        let same = match (&shown, &wanted) {
            (Some(shown), Some(wanted)) => Arc::ptr_eq(shown, wanted),
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        if let Some(shown) = shown {
            self.hide(&shown);
            if !self.next.quarantined.contains_key(name) {
                self.before.insert(name.clone(), shown);
            }
        }
        if let Some(wanted) = wanted {
            self.show(&wanted);
        }
    }

    fn wanted(&mut self, name: &MappingName, shown: Option<&Arc<Mapping>>) -> Option<Arc<Mapping>> {
        let committed = self.next.table.get(name)?;
        let quarantine = self.next.quarantined.get(name);
        let is_refused = quarantine.is_some_and(|known| known.revision == committed.revision);
        let is_known = |service: &ServiceName| self.next.endpoints.contains_key(service);
        let is_ready = || self.has_secrets(committed);
        if !is_refused && committed.spec.reached_services().all(is_known) && is_ready() {
            self.next.quarantined.remove(name);
            return Some(Arc::clone(committed));
        }
        // until discovery has answered and secrets are there, requests go where they went before
        let instead = quarantine.map_or_else(|| shown.cloned(), |known| known.good.clone());
        // but not to who had the match before
        let is_free = |older: &Arc<Mapping>| self.next.table.check_collision(&older.spec).is_ok();
        instead.filter(|older| self.has_secrets(older) && is_free(older))
    }

    fn show(&mut self, mapping: &Arc<Mapping>) {
        mapping.spec.clusters().for_each(|cluster| self.use_cluster(cluster));
        self.shown_at.insert(mapping.spec.match_key(), mapping.name().clone());
        self.catch_alls += usize::from(mapping.spec.first_segment().is_none());
        self.callers.show(mapping);
        self.placement.insert(mapping);
        self.next.shown.insert(mapping.name().clone(), Arc::clone(mapping));
    }

    fn hide(&mut self, mapping: &Mapping) {
        mapping.spec.clusters().for_each(|cluster| self.leave_cluster(&cluster));
        self.catch_alls -= usize::from(mapping.spec.first_segment().is_none());
        self.callers.hide(mapping);
        self.placement.remove(mapping);
        if self.shown_at.get(&mapping.spec.match_key()) == Some(mapping.name()) {
            self.shown_at.remove(&mapping.spec.match_key());
        }
        self.next.shown.remove(mapping.name());
    }

    fn use_cluster(&mut self, cluster: ClusterSpec) {
        let upstream = cluster.upstream();
        // discovery may have stopped following it since it was used last
        self.to_check.insert(upstream.service.clone());
        let clusters = self.clusters.entry(upstream.service.clone()).or_default();
        let unused = || UsedCluster { policy: cluster.policy, users: 0 };
        clusters.entry(upstream.variant).or_insert_with(unused).users += 1;
        self.changed_upstreams.insert(upstream);
    }

    fn leave_cluster(&mut self, cluster: &ClusterSpec) {
        let upstream = cluster.upstream();
        let clusters = self.clusters.get_mut(&upstream.service);
        if let Some(used) = clusters.and_then(|clusters| clusters.get_mut(&upstream.variant)) {
            used.users -= 1;
            if used.users == 0 {
                self.keep_idle(&upstream);
            }
        }
        self.to_check.insert(upstream.service.clone());
        self.changed_upstreams.insert(upstream);
    }

    fn keep_idle(&mut self, upstream: &Upstream) {
        let key = ResourceKey { kind: Kind::Cluster, name: upstream.to_string().into() };
        let cluster = self.next.resources.get(&key);
        // one that Envoy has refused is made anew for its next user
        if cluster.is_some_and(|cluster| cluster.rejected().is_none()) {
            self.newly_idle.push(upstream.clone());
        } else {
            self.drop_idle(upstream);
        }
    }

    /// Takes the upstreams whose last user has gone since the last call.
    pub fn take_newly_idle(&mut self) -> Vec<Upstream> {
        std::mem::take(&mut self.newly_idle)
    }

    /// Gives up the cluster of an upstream, if it still has no user.
    pub fn drop_idle(&mut self, upstream: &Upstream) {
        let Upstream { service, variant } = upstream;
        let Some(clusters) = self.clusters.get_mut(service) else { return };
        if clusters.get(variant).is_some_and(|used| used.users == 0) {
            clusters.remove(variant);
            if clusters.is_empty() {
                self.clusters.remove(service);
            }
            self.changed_upstreams.insert(upstream.clone());
            self.to_check.insert(service.clone());
        }
    }

    fn follow_layout(&mut self) {
        let needed = if self.catch_alls > 0 { Layout::Character } else { Layout::Segment };
        if needed != self.next.layout {
            self.use_layout(needed);
            if self.next.generation == 0 {
                self.drop_inactive_layout();
            }
        }
    }

    fn use_layout(&mut self, layout: Layout) {
        self.placement.serve(layout, self.next.shown.values());
        self.next.layout = layout;
        self.render_listeners();
    }

    fn render(&mut self) {
        for upstream in std::mem::take(&mut self.changed_upstreams) {
            self.render_upstream(&upstream);
        }
        for (shard, mappings) in self.placement.take_changed() {
            self.render_shard(&shard, &mappings);
        }
    }

    fn put(&mut self, resource: Resource) {
        let key = resource.key.clone();
        if self.next.resources.put(resource) {
            self.touched.push(key);
        }
    }

    fn remove(&mut self, key: &ResourceKey) {
        if self.next.resources.remove(key) {
            self.touched.push(key.clone());
        }
    }
}
