//! What the gateway has besides mappings: certificates, trust bundles, consumers and its settings.
//!
//! ```text
//! Access ─▶ Edge ─▶ publisher ─▶ listeners, secrets and routes of Envoy
//! ```
//! Immutable and cheap to clone, as [`Access`](crate::auth::access::Access), of which it is a part:
//! decisions change it by the same edits, in the same transaction as their audit entry.

pub mod authorities;
pub mod chain;
pub mod consumer;
pub mod credentials;
mod facts;
mod name;
mod open;
mod pem;
mod private_key;
pub mod settings;
pub mod uses;

use std::sync::Arc;

pub use app::api::certificate::{AuthorityFacts, CertificateFacts};
use chrono::{DateTime, Utc};
use imbl::{OrdMap, ordmap::DiffItem};
use serde::{Deserialize, Serialize};

pub use self::{
    consumer::Consumer,
    credentials::Credentials,
    name::{EdgeName, EdgeNameError},
    open::{OpenCertificate, OpenEdge},
    settings::{GatewaySettings, TlsSettings},
};
use crate::auth::{names::TeamName, seal::SealedKey};

/// A certificate that the gateway shows to its clients, with its private key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub name: EdgeName,
    /// The team that looks after it; absent: the installation's admins.
    #[serde(default)]
    pub team: Option<TeamName>,
    /// The certificate, then its intermediates in order.
    pub chain_pem: String,
    /// The private key as PEM, sealed.
    pub key: SealedKey,
    pub facts: CertificateFacts,
    /// One more at each write.
    pub revision: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

/// Authorities that are trusted where the bundle is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustBundle {
    pub name: EdgeName,
    /// The team that looks after it; absent: the installation's admins.
    #[serde(default)]
    pub team: Option<TeamName>,
    pub pem: String,
    /// In the order of the PEM.
    pub authorities: Vec<AuthorityFacts>,
    /// One more at each write.
    pub revision: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

/// All of it at one moment.
#[derive(Debug, Clone, Default)]
pub struct Edge {
    certificates: OrdMap<EdgeName, Arc<Certificate>>,
    trust_bundles: OrdMap<EdgeName, Arc<TrustBundle>>,
    consumers: OrdMap<EdgeName, Arc<Consumer>>,
    settings: Arc<GatewaySettings>,
}

impl Edge {
    /// Returns all certificates, by name.
    pub fn certificates(&self) -> impl Iterator<Item = &Arc<Certificate>> {
        self.certificates.values()
    }

    pub fn certificate(&self, name: &EdgeName) -> Option<&Arc<Certificate>> {
        self.certificates.get(name)
    }

    /// Returns all trust bundles, by name.
    pub fn trust_bundles(&self) -> impl Iterator<Item = &Arc<TrustBundle>> {
        self.trust_bundles.values()
    }

    pub fn trust_bundle(&self, name: &EdgeName) -> Option<&Arc<TrustBundle>> {
        self.trust_bundles.get(name)
    }

    /// Returns all consumers, by name.
    pub fn consumers(&self) -> impl Iterator<Item = &Arc<Consumer>> {
        self.consumers.values()
    }

    pub fn consumer(&self, name: &EdgeName) -> Option<&Arc<Consumer>> {
        self.consumers.get(name)
    }

    /// Returns the consumers that have changed since `before`, as they were and as they are; what
    /// both share is not looked at.
    pub fn consumers_since<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = (Option<&'a Arc<Consumer>>, Option<&'a Arc<Consumer>>)> {
        before.consumers.diff(&self.consumers).map(|item| match item {
            DiffItem::Add(_, is) => (None, Some(is)),
            DiffItem::Update { old: (_, was), new: (_, is) } => (Some(was), Some(is)),
            DiffItem::Remove(_, was) => (Some(was), None),
        })
    }

    pub fn settings(&self) -> &Arc<GatewaySettings> {
        &self.settings
    }

    /// Tells, without comparing contents, whether nothing but consumers has changed since `before`.
    pub fn is_same(&self, before: &Self) -> bool {
        self.certificates.ptr_eq(&before.certificates)
            && self.trust_bundles.ptr_eq(&before.trust_bundles)
            && Arc::ptr_eq(&self.settings, &before.settings)
    }

    pub(crate) fn put_certificate(&mut self, certificate: &Arc<Certificate>) {
        self.certificates.insert(certificate.name.clone(), Arc::clone(certificate));
    }

    pub(crate) fn remove_certificate(&mut self, name: &EdgeName) {
        self.certificates.remove(name);
    }

    pub(crate) fn put_trust_bundle(&mut self, bundle: &Arc<TrustBundle>) {
        self.trust_bundles.insert(bundle.name.clone(), Arc::clone(bundle));
    }

    pub(crate) fn remove_trust_bundle(&mut self, name: &EdgeName) {
        self.trust_bundles.remove(name);
    }

    pub(crate) fn put_consumer(&mut self, consumer: &Arc<Consumer>) {
        self.consumers.insert(consumer.name.clone(), Arc::clone(consumer));
    }

    pub(crate) fn remove_consumer(&mut self, name: &EdgeName) {
        self.consumers.remove(name);
    }

    pub(crate) fn put_settings(&mut self, settings: &Arc<GatewaySettings>) {
        self.settings = Arc::clone(settings);
    }
}
