//! What is sent to nodes: resources that are encoded once and shared by all of them.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use envoy_types::util::pack_any;
use imbl::HashMap;
use prost::{Message, Name};
use sha2::{Digest, Sha256};

use crate::{
    envoy::{
        proto::{
            config::{
                cluster::v3::Cluster,
                endpoint::v3::ClusterLoadAssignment,
                listener::v3::Listener,
                route::v3::{RouteConfiguration, ScopedRouteConfiguration},
            },
            extensions::transport_sockets::tls::v3::Secret,
        },
        protobuf::Any,
    },
    gateway::mapping::Mapping,
};

/// The kinds of resources that nodes ask us for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Cluster,
    Endpoints,
    /// A certificate with its private key, or trusted authorities.
    Secret,
    Listener,
    Scope,
    Routes,
}

impl Kind {
    /// All kinds, in the order in which a change is made: what is used before what uses it.
    pub const ALL: [Self; 6] =
        [Self::Cluster, Self::Endpoints, Self::Secret, Self::Routes, Self::Scope, Self::Listener];

    /// Returns the word by which people call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Endpoints => "endpoints",
            Self::Secret => "secret",
            Self::Listener => "listener",
            Self::Scope => "scope",
            Self::Routes => "routes",
        }
    }

    /// Returns the type URL that names the kind on the wire.
    pub fn type_url(self) -> String {
        match self {
            Self::Cluster => Cluster::type_url(),
            Self::Endpoints => ClusterLoadAssignment::type_url(),
            Self::Secret => Secret::type_url(),
            Self::Listener => Listener::type_url(),
            Self::Scope => ScopedRouteConfiguration::type_url(),
            Self::Routes => RouteConfiguration::type_url(),
        }
    }

    /// Returns the kind that a type URL names.
    pub fn of_type_url(url: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.type_url() == url)
    }
}

/// Identifies the content of a resource: a hash, so that it is the same after a restart and on
/// every replica, and a node that reconnects is not sent what it has.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

impl Version {
    fn of(bytes: &[u8]) -> Self {
        let hash = Sha256::digest(bytes);
        // 64 bits: a collision would need billions of versions of one resource
        let text: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self(text.into())
    }

    /// Takes a version that a node has reported.
    pub fn reported(text: &str) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names a resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceKey {
    pub kind: Kind,
    pub name: Arc<str>,
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.word(), self.name)
    }
}

/// One encoded resource with what is needed to order it and to report on it.
pub struct Resource {
    pub key: ResourceKey,
    pub version: Version,
    pub body: Any,
    /// Clusters that must exist on a node before it gets this resource, in a fixed order.
    pub needs: Box<[Arc<str>]>,
    /// Mappings that this resource carries out.
    pub carries: Box<[Arc<Mapping>]>,
    /// What a node has from an earlier stream is better than this: a name that can't be resolved
    /// just now must not empty a cluster that works.
    pub is_tentative: bool,
    receipt: Receipt,
}

/// Without the body: a secret has a private key in it.
impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("key", &self.key)
            .field("version", &self.version)
            .field("receipt", &self.receipt)
            .finish_non_exhaustive()
    }
}

/// What the nodes have said of a resource.
#[derive(Debug, Default)]
struct Receipt {
    acked: AtomicU32,
    rejected: OnceLock<Arc<str>>,
}

impl Resource {
    /// Encodes a resource.
    pub fn new<M: Message + Name>(
        key: ResourceKey,
        message: M,
        needs: impl IntoIterator<Item = Arc<str>>,
        carries: impl IntoIterator<Item = Arc<Mapping>>,
    ) -> Self {
        let body = pack_any(message);
        Self {
            version: Version::of(&body.value),
            key,
            body,
            needs: needs.into_iter().collect(),
            carries: carries.into_iter().collect(),
            is_tentative: false,
            receipt: Receipt::default(),
        }
    }

    /// Returns how many connected nodes run this version.
    pub fn acked_by(&self) -> u32 {
        self.receipt.acked.load(Ordering::Relaxed)
    }

    /// Returns Envoy's words if a node has refused this version.
    pub fn rejected(&self) -> Option<&Arc<str>> {
        self.receipt.rejected.get()
    }

    pub(super) fn count_holder(&self) {
        self.receipt.acked.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn discount_holder(&self) {
        self.receipt.acked.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn reject(&self, reason: &str) {
        self.receipt.rejected.get_or_init(|| reason.into());
    }
}

/// Every resource that a node should have; a clone is cheap.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    by_key: HashMap<ResourceKey, Arc<Resource>>,
    names: HashMap<Kind, imbl::OrdSet<Arc<str>>>,
}

impl Resources {
    pub fn get(&self, key: &ResourceKey) -> Option<&Arc<Resource>> {
        self.by_key.get(key)
    }

    /// Returns the names of all resources of `kind`, sorted.
    pub fn names(&self, kind: Kind) -> impl Iterator<Item = &Arc<str>> {
        self.names.get(&kind).into_iter().flat_map(imbl::OrdSet::iter)
    }

    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Puts a resource in place; returns whether its content differs from what was there.
    ///
    /// A resource of the same content stays the one it was: nodes have acknowledged that one.
    pub fn put(&mut self, resource: Resource) -> bool {
        if self.by_key.get(&resource.key).is_some_and(|old| {
            old.version == resource.version
                && old.needs == resource.needs
                && same_mappings(&old.carries, &resource.carries)
        }) {
            return false;
        }
        let key = resource.key.clone();
        self.names.entry(key.kind).or_default().insert(Arc::clone(&key.name));
        self.by_key.insert(key, Arc::new(resource));
        true
    }

    /// Removes a resource; returns whether it was there.
    pub fn remove(&mut self, key: &ResourceKey) -> bool {
        if let Some(names) = self.names.get_mut(&key.kind) {
            names.remove(&key.name);
        }
        self.by_key.remove(key).is_some()
    }
}

fn same_mappings(left: &[Arc<Mapping>], right: &[Arc<Mapping>]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| Arc::ptr_eq(left, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_depends_on_the_content_alone() {
        assert_eq!(Version::of(b"a"), Version::of(b"a"));
        assert_ne!(Version::of(b"a"), Version::of(b"b"));
        assert_eq!(Version::of(b"").as_str(), "e3b0c44298fc1c14");
    }

    #[test]
    fn every_kind_is_known_by_its_type_url() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_type_url(&kind.type_url()), Some(kind));
        }
    }
}
