//! What nodes are given of a service and of a shard.

use std::{collections::BTreeSet, sync::Arc};

use super::Compiler;
use crate::{
    envoy::{
        cluster::{cluster, load_assignment},
        routes::{route_configuration, scope},
        shard::ShardKey,
        upstream_tls::Trust,
    },
    gateway::{
        cluster_policy::ClusterSpec, endpoints::Endpoints, mapping::Mapping, upstream::Upstream,
    },
    xds::resource::{Kind, Resource, ResourceKey},
};

impl Compiler {
    pub(super) fn render_upstream(&mut self, upstream: &Upstream) {
        let name: Arc<str> = upstream.to_string().into();
        let clusters = self.clusters.get(&upstream.service);
        let used = clusters.and_then(|clusters| clusters.get(&upstream.variant));
        let policy = used.map(|used| Arc::clone(&used.policy));
        let key = |kind| ResourceKey { kind, name: Arc::clone(&name) };
        match (self.next.endpoints.get(&upstream.service), policy) {
            (Some(endpoints), Some(policy)) => {
                let assignment = load_assignment(upstream, endpoints);
                let unresolved = matches!(endpoints, Endpoints::Unresolved { .. });
                let mut endpoints = Resource::new(key(Kind::Endpoints), assignment, [], []);
                endpoints.is_tentative = unresolved;
                self.put(endpoints);
                if self.next.resources.get(&key(Kind::Cluster)).is_none() {
                    let trust = Trust { system: &self.ca_file, written: None };
                    let cluster = cluster(upstream, &policy, trust, self.readiness);
                    self.put(Resource::new(key(Kind::Cluster), cluster, [], []));
                }
            }
            _ => {
                self.remove(&key(Kind::Cluster));
                self.remove(&key(Kind::Endpoints));
            }
        }
    }

    pub(super) fn render_shard(&mut self, shard: &ShardKey, mappings: &[Arc<Mapping>]) {
        let name: Arc<str> = shard.to_string().into();
        let key = |kind| ResourceKey { kind, name: Arc::clone(&name) };
        if mappings.is_empty() {
            self.remove(&key(Kind::Scope));
            self.remove(&key(Kind::Routes));
            return;
        }
        let routes = route_configuration(&name, mappings.iter().map(AsRef::as_ref), &self.around);
        let around = |mapping: &Arc<Mapping>| self.around.cluster_for(&mapping.spec.policy);
        let around = mappings.iter().filter_map(around).map(ClusterSpec::upstream);
        let needed = mappings.iter().flat_map(|mapping| mapping.spec.needed_upstreams());
        let needed = needed.chain(around);
        let needs: BTreeSet<Arc<str>> =
            needed.map(|upstream| upstream.to_string().into()).collect();
        self.put(Resource::new(key(Kind::Routes), routes, needs, mappings.iter().cloned()));
        self.put(Resource::new(key(Kind::Scope), scope(shard), [], []));
    }
}
