//! The edge with its private keys in the clear, on its way to Envoy.

use std::{collections::BTreeMap, sync::Arc};

use super::{Certificate, Edge, EdgeName, GatewaySettings, TrustBundle};
use crate::{
    auth::{
        seal::{SealError, Sealer},
        secret::Secret,
    },
    gateway::cluster_policy::ClusterSpec,
};

/// A certificate that can be served.
#[derive(Debug, Clone)]
pub struct OpenCertificate {
    pub certificate: Arc<Certificate>,
    pub key: Secret,
}

/// What Envoy is told of an [`Edge`].
#[derive(Debug, Clone, Default)]
pub struct OpenEdge {
    pub settings: Arc<GatewaySettings>,
    pub certificates: BTreeMap<EdgeName, OpenCertificate>,
    pub trust_bundles: BTreeMap<EdgeName, Arc<TrustBundle>>,
}

impl OpenEdge {
    /// Opens all keys of `edge`; a certificate whose key can't be opened is left out, and named
    /// with the reason.
    pub fn of(edge: &Edge, sealer: &Sealer) -> (Self, Vec<(EdgeName, SealError)>) {
        let mut open = Self {
            settings: Arc::clone(edge.settings()),
            trust_bundles: edge
                .trust_bundles()
                .map(|bundle| (bundle.name.clone(), Arc::clone(bundle)))
                .collect(),
            certificates: BTreeMap::new(),
        };
        let mut closed = Vec::new();
        for certificate in edge.certificates() {
            let name = certificate.name.clone();
            match sealer.open_key(name.as_str(), &certificate.key) {
                Ok(key) => {
                    let certificate = Arc::clone(certificate);
                    open.certificates.insert(name, OpenCertificate { certificate, key });
                }
                Err(error) => closed.push((name, error)),
            }
        }
        (open, closed)
    }

    /// Returns the clusters of services that the gateway speaks to whatever the mappings are.
    pub fn clusters(&self) -> Vec<ClusterSpec> {
        self.settings.clusters()
    }

    /// Returns the certificate for clients that ask for no name, or for one that none is for.
    pub fn default_certificate(&self) -> Option<&OpenCertificate> {
        self.certificates.get(self.settings.values.tls.default_certificate.as_deref()?)
    }
}
