//! Who counts requests for all nodes together, and what is counted while nodes can't have who is set.
//!
//! ```text
//! the service that is set ─ is looked up, or refused by Envoy ─▶ the one that counts until now
//!                                                           └─▶ the one before ─▶ nobody: `fail`
//! ```
//! A limit is not lifted by looking for another service that counts, nor by one that can't be had.

use std::{collections::HashMap, sync::Arc};

use super::Compiler;
use crate::{
    envoy::around::{Around, Counter},
    gateway::{cluster_policy::ClusterSpec, edge::settings::RateLimitService, upstream::Upstream},
};

/// What is remembered of services that count, besides the one that does.
#[derive(Debug, Default)]
pub(super) struct Counting {
    /// Who counted before.
    before: Option<Counter>,
    /// Clusters that Envoy has refused since the settings were written, with its words.
    refused: HashMap<Upstream, Arc<str>>,
    /// Clusters that the edge uses by now.
    used: Vec<ClusterSpec>,
}

impl Counting {
    /// Forgets what Envoy has refused: the settings are others.
    pub(super) fn try_again(&mut self) {
        self.refused.clear();
    }
}

impl Compiler {
    /// Follows what the gateway's settings say of routes and clusters, as far as nodes can have it
    /// by now; the routes to which something of it matters are rendered again.
    pub(super) fn follow_settings(&mut self) {
        let settings = Arc::clone(&self.edge.settings);
        let (counter, clusters) = self.counter();
        self.use_for_edge(clusters);
        let refused = Counter::of(&settings.values)
            .and_then(|wanted| self.counting.refused.get(&wanted.cluster.upstream()).cloned());
        self.changed |= refused != self.next.refused_counter;
        self.next.refused_counter = refused;

        let has_faults = settings.values.fault_injection;
        let credentials = self.around.credentials.clone();
        let around = Around { has_faults, counter, credentials };
        if around == self.around {
            return;
        }
        let before = std::mem::replace(&mut self.around, around);
        for mapping in self.next.shown.values() {
            if self.around.matters_to(&mapping.spec.policy, &before) {
                self.placement.touch(mapping);
            }
        }
        self.remember(before.counter);
    }

    /// Takes in that a node has refused a cluster: if it is to count, it does not.
    pub(super) fn counter_rejected(&mut self, upstream: Upstream, reason: &Arc<str>) {
        let wanted = Counter::of(&self.edge.settings.values);
        let mut counters = wanted.iter().chain(&self.around.counter).chain(&self.counting.before);
        if counters.any(|counter| counter.cluster.upstream() == upstream) {
            self.counting.refused.insert(upstream, Arc::clone(reason));
            self.follow_settings();
        }
    }

    /// Returns who counts, and the clusters that the edge needs.
    fn counter(&self) -> (Option<Counter>, Vec<ClusterSpec>) {
        let is_refused =
            |cluster: &ClusterSpec| self.counting.refused.contains_key(&cluster.upstream());
        let mut clusters = self.edge.clusters();
        clusters.retain(|cluster| !is_refused(cluster));
        let Some(wanted) = Counter::of(&self.edge.settings.values) else { return (None, clusters) };
        let until_now = self.around.counter.iter().filter(|counter| counter.is_there);
        let is_known =
            |counter: &Counter| self.next.endpoints.contains_key(&counter.cluster.service.name);
        for candidate in [&wanted].into_iter().chain(until_now).chain(&self.counting.before) {
            if is_refused(&candidate.cluster) {
                continue;
            }
            if !clusters.contains(&candidate.cluster) {
                clusters.push(candidate.cluster.clone());
            }
            if is_known(candidate) {
                return (Some(in_place_of(&wanted.service, candidate)), clusters);
            }
        }
        (Some(Counter { is_there: false, ..wanted }), clusters)
    }

    /// Remembers who counted `before`, as long as there is someone in its place.
    fn remember(&mut self, before: Option<Counter>) {
        let Some(counter) = &self.around.counter else {
            self.counting.before = None;
            return;
        };
        let is_another = |before: &Counter| before.is_there && before.cluster != counter.cluster;
        if let Some(before) = before.filter(is_another) {
            self.counting.before = Some(before);
        }
    }

    fn use_for_edge(&mut self, clusters: Vec<ClusterSpec>) {
        if clusters == self.counting.used {
            return;
        }
        // first the new ones: a cluster that both need is never without a user
        clusters.iter().cloned().for_each(|cluster| self.use_cluster(cluster));
        let before = std::mem::replace(&mut self.counting.used, clusters);
        before.iter().for_each(|cluster| self.leave_cluster(cluster));
    }
}

/// Returns `counter` as it counts for who has set `wanted`: whose rules it has is its own business,
/// how long requests wait and what becomes of them without it is the gateway's.
fn in_place_of(wanted: &RateLimitService, counter: &Counter) -> Counter {
    if counter.service.service == wanted.service {
        return Counter { service: wanted.clone(), ..counter.clone() };
    }
    let service = RateLimitService {
        timeout_ms: wanted.timeout_ms,
        fail: wanted.fail,
        ..counter.service.clone()
    };
    Counter { service, ..counter.clone() }
}
