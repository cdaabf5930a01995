//! What the gateway has besides mappings, and the clusters that wait for its secrets.
//!
//! A cluster that names a secret waits for it, and keeps the node from taking others meanwhile: so
//! nodes are told only of clusters whose secrets are there.
//!
//! A secret is missing where a private key can't be opened, and for the moment in which a mapping
//! is known before the certificate that was put just before it.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use prost::{Message, Name};

use super::Compiler;
use crate::{
    envoy::{
        listener::{Routes, listeners},
        tls,
        upstream_tls::secrets,
    },
    gateway::{edge::OpenEdge, mapping::Mapping, upstream::Upstream},
    publisher::Published,
    xds::resource::{Kind, Resource, ResourceKey},
};

impl Published {
    /// Returns the names of the secrets that a mapping needs and that are not there.
    pub(in crate::publisher) fn missing_secrets(
        &self,
        mapping: &Mapping,
    ) -> impl Iterator<Item = String> {
        secrets(&mapping.spec.policy.upstream_tls).filter(|name| !self.has_secret(name))
    }

    fn has_secret(&self, name: &str) -> bool {
        self.resources.get(&ResourceKey { kind: Kind::Secret, name: name.into() }).is_some()
    }
}

impl Compiler {
    /// Takes in what the gateway has besides mappings and consumers; resources that do not differ
    /// stay.
    pub fn set_edge(&mut self, edge: OpenEdge) {
        self.edge = edge;
        if self.next.settings != self.edge.settings {
            self.changed = true;
            self.next.settings = Arc::clone(&self.edge.settings);
            self.counting.try_again();
        }
        self.follow_settings();
        if self.render_secrets() {
            self.follow_secrets();
        }
        self.render_listeners();
    }

    /// Tells whether a mapping's clusters can be warm as soon as they are on a node.
    pub(super) fn has_secrets(&self, mapping: &Mapping) -> bool {
        self.next.missing_secrets(mapping).next().is_none()
    }

    /// Puts the edge's secrets in place; tells whether some have come or gone.
    fn render_secrets(&mut self) -> bool {
        let certificates = self.edge.certificates.values().map(tls::certificate);
        let bundles = self.edge.trust_bundles.values().map(|bundle| tls::trust(bundle));
        let secrets: Vec<_> =
            certificates.chain(bundles).map(|secret| (secret.name.clone(), secret)).collect();
        let known: HashSet<_> = self.next.resources.names(Kind::Secret).cloned().collect();
        let are_the_same = known.len() == secrets.len()
            && secrets.iter().all(|(name, _)| known.contains(name.as_str()));
        self.put_all(Kind::Secret, secrets);
        !are_the_same
    }

    pub(super) fn render_listeners(&mut self) {
        let routes = Routes::Sharded(self.next.layout);
        let listeners = listeners(self.addresses, &self.edge, &routes);
        let listeners =
            listeners.into_iter().map(|listener| (listener.name.clone(), listener)).collect();
        self.put_all(Kind::Listener, listeners);
    }

    /// Puts all resources of a kind in place; there are no others of it then.
    fn put_all<M: Message + Name>(&mut self, kind: Kind, messages: Vec<(String, M)>) {
        let gone: Vec<_> = self
            .next
            .resources
            .names(kind)
            .filter(|known| messages.iter().all(|(name, _)| **name != ***known))
            .cloned()
            .collect();
        for (name, message) in messages {
            self.put(Resource::new(ResourceKey { kind, name: name.into() }, message, [], []));
        }
        for name in gone {
            self.remove(&ResourceKey { kind, name });
        }
    }

    /// Decides anew about the mappings that name secrets, and gives up the idle clusters whose
    /// secrets have gone: a node that starts would wait for them.
    fn follow_secrets(&mut self) {
        let names_one =
            |mapping: &Mapping| secrets(&mapping.spec.policy.upstream_tls).next().is_some();
        let table = self.next.table.iter().filter(|mapping| names_one(mapping));
        let shown = self.next.shown.values().filter(|mapping| names_one(mapping));
        let names: BTreeSet<_> = table.chain(shown).map(|mapping| mapping.name().clone()).collect();
        names.iter().for_each(|name| self.reconcile(name));
        let mut gone = Vec::new();
        for (service, clusters) in &self.clusters {
            for (variant, used) in clusters.iter().filter(|(_, used)| used.users == 0) {
                if secrets(&used.policy.tls).any(|name| !self.next.has_secret(&name)) {
                    gone.push(Upstream { service: service.clone(), variant: *variant });
                }
            }
        }
        gone.iter().for_each(|upstream| self.drop_idle(upstream));
    }
}
