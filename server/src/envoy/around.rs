//! What routes are made of besides their mappings: the settings of the gateway that matter to them.

use app::api::gateway::{RateLimitService, Settings};

use crate::gateway::{
    cluster_policy::ClusterSpec,
    edge::{Credentials, settings::rate_limits},
    policy::Policy,
};

/// What routes are made of besides their mappings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Whether requests may meet faults on purpose.
    pub has_faults: bool,
    /// Who counts requests for all nodes together.
    pub counter: Option<Counter>,
    /// What consumers are known by.
    pub credentials: Credentials,
}

/// A service that counts requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    pub service: RateLimitService,
    pub cluster: ClusterSpec,
    /// Whether nodes can have its cluster. Without, Envoy finds nobody to ask, and does as
    /// `service.fail` says.
    pub is_there: bool,
}

impl Counter {
    /// Takes it out of the settings, with a cluster that nodes can have.
    pub fn of(settings: &Settings) -> Option<Self> {
        let service = settings.rate_limit_service.clone()?;
        let cluster = rate_limits::cluster(&service)?;
        Some(Self { service, cluster, is_there: true })
    }
}

impl Around {
    /// Takes out of the settings what matters to routes. No consumer is known.
    pub fn of(settings: &Settings) -> Self {
        let has_faults = settings.fault_injection;
        Self { has_faults, counter: Counter::of(settings), credentials: Credentials::default() }
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
        counter.filter(|counter| counter.is_there).map(|counter| &counter.cluster)
    }
}
