//! The clusters that a mapping needs besides those of the services that answer its requests.

use app::api::policy::{ExternalProtocol, Policy, Protocol};

use super::auth;
use crate::gateway::{
    cluster_policy::{ClusterPolicy, ClusterSpec},
    service::Service,
};

/// The clusters, by what they are for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherClusters {
    /// Of each entry of `mirror`.
    pub mirrors: Vec<ClusterSpec>,
    /// Of the host of `auth.jwt.jwks_url`.
    pub jwks: Option<ClusterSpec>,
    /// Of `auth.external.service`.
    pub external: Option<ClusterSpec>,
}

impl OtherClusters {
    /// Finds them in groups that have been checked. `own` is how the mapping's services are spoken
    /// to.
    pub(super) fn of(policy: &Policy, own: &ClusterPolicy) -> Self {
        let mirrors = policy.mirror.iter().filter_map(|it| Service::parse(&it.service).ok());
        // what gets a copy is spoken to as what answers is
        let mirrors = mirrors.map(|service| ClusterSpec::new(service, own.clone())).collect();
        let jwt = policy.auth.jwt.as_ref();
        let jwks = jwt.and_then(|jwt| auth::jwks_service(jwt.jwks_url.as_deref()?));
        let jwks = jwks.map(|service| ClusterSpec::new(service, ClusterPolicy::default()));
        let external = policy.auth.external.as_ref().and_then(|external| {
            let service = Service::parse(&external.service).ok()?;
            let protocol = match external.protocol {
                ExternalProtocol::Http => Protocol::Http1,
                ExternalProtocol::Grpc => Protocol::Http2,
            };
            let policy = ClusterPolicy { protocol, ..ClusterPolicy::default() };
            Some(ClusterSpec::new(service, policy))
        });
        Self { mirrors, jwks, external }
    }

    pub fn iter(&self) -> impl Iterator<Item = &ClusterSpec> {
        self.mirrors.iter().chain(&self.jwks).chain(&self.external)
    }
}
