//! The clusters that a mapping needs besides those of the services that answer its requests.

use app::api::policy::Policy;

use crate::gateway::{
    cluster_policy::{ClusterPolicy, ClusterSpec},
    service::Service,
};

/// The clusters, by what they are for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherClusters {
    /// Of each entry of `mirror`.
    pub mirrors: Vec<ClusterSpec>,
}

impl OtherClusters {
    /// Finds them in groups that have been checked. `own` is how the mapping's services are spoken
    /// to.
    pub(super) fn of(policy: &Policy, own: &ClusterPolicy) -> Self {
        let mirrors = policy.mirror.iter().filter_map(|it| Service::parse(&it.service).ok());
        // what gets a copy is spoken to as what answers is
        Self { mirrors: mirrors.map(|service| ClusterSpec::new(service, own.clone())).collect() }
    }

    pub fn iter(&self) -> impl Iterator<Item = &ClusterSpec> {
        self.mirrors.iter()
    }
}
