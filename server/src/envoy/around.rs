//! What routes are made of besides their mappings: the settings of the gateway that matter to them.

use app::api::gateway::{RateLimitService, Settings};

use crate::gateway::{
    cluster_policy::ClusterSpec,
    edge::{Credentials, settings::rate_limits},
    policy::Policy,
    service::ServiceName,
};

/// What routes are made of besides their mappings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Whether requests may meet faults on purpose.
    pub has_faults: bool,
    /// Who counts requests for all nodes together, once its endpoints are known.
    pub counter: Option<Counter>,
    /// What consumers are known by.
    pub credentials: Credentials,
}

/// A service that counts requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    pub service: RateLimitService,
    pub cluster: ClusterSpec,
}

impl Around {
    /// Takes out of the settings what matters to routes; `is_known` tells whether a service can have
    /// a cluster yet. No consumer is known.
    pub fn of(settings: &Settings, is_known: impl FnOnce(&ServiceName) -> bool) -> Self {
        let counter = settings.rate_limit_service.as_ref().and_then(|service| {
            let cluster = rate_limits::cluster(service)?;
            let is_known = is_known(&cluster.service.name);
            is_known.then(|| Counter { service: service.clone(), cluster })
        });
        let has_faults = settings.fault_injection;
        Self { has_faults, counter, credentials: Credentials::default() }
    }

    /// Tells whether the routes of a mapping that asks for `policy` are others than they were
    /// `before`.
    pub fn matters_to(&self, policy: &Policy, before: &Self) -> bool {
        (self.has_faults != before.has_faults && policy.fault != Default::default())
            || (self.counter != before.counter && policy.global_rate_limit.is_some())
    }

    /// Returns the cluster that the routes of a mapping need besides its own.
    pub fn cluster_for(&self, policy: &Policy) -> Option<&ClusterSpec> {
        let counter = self.counter.as_ref().filter(|_| policy.global_rate_limit.is_some());
        counter.map(|counter| &counter.cluster)
    }
}
