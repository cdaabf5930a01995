//! How a service is spoken to: what its cluster is made of besides the endpoints.
//!
//! ```text
//! groups of a mapping's policy ─ of ─▶ ClusterPolicy ─ variant ─▶ Upstream, the cluster's name
//! ```
//! Two mappings that ask for the same of a service share a cluster. One that asks for nothing has
//! the service's plain one.

use std::sync::Arc;

use app::api::policy::{self as wire, is_default};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    service::Service,
    upstream::{Upstream, Variant},
};

/// What is asked of a cluster; what is not is left out of its JSON, which names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClusterPolicy {
    /// How long connecting to an endpoint may take, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    pub circuit_breakers: wire::CircuitBreakers,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_budget: Option<RetryBudget>,
    #[serde(skip_serializing_if = "is_default")]
    pub outlier_detection: wire::OutlierDetection,
    #[serde(skip_serializing_if = "is_default")]
    pub health_check: wire::HealthCheck,
    /// What is hashed is the business of routes.
    #[serde(skip_serializing_if = "is_default")]
    pub balancing: wire::BalancingPolicy,
    #[serde(skip_serializing_if = "is_default")]
    pub protocol: wire::Protocol,
    /// How it is spoken to by TLS, if its scheme is `https`.
    #[serde(skip_serializing_if = "wire::is_default")]
    pub tls: wire::UpstreamTls,
}

/// How many of the requests under way may be retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RetryBudget {
    pub percent: u32,
    /// However few requests there are.
    pub least: u32,
}

/// Envoy's own default, here made visible.
const BUDGET: RetryBudget = RetryBudget { percent: 20, least: 3 };

/// A cluster that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterSpec {
    pub service: Service,
    pub policy: Arc<ClusterPolicy>,
    /// The policy's.
    pub variant: Variant,
}

impl ClusterPolicy {
    /// Takes from a mapping's groups what is the business of clusters.
    pub fn of(policy: &wire::Policy) -> Self {
        Self {
            connect_ms: policy.timeouts.connect_ms,
            circuit_breakers: policy.circuit_breakers.clone(),
            retry_budget: RetryBudget::of(&policy.retries),
            outlier_detection: policy.outlier_detection.clone(),
            health_check: policy.health_check.clone(),
            balancing: policy.load_balancing.policy,
            protocol: policy.protocol,
            tls: policy.upstream_tls.clone(),
        }
    }

    /// Names it by its content.
    pub fn variant(&self) -> Variant {
        if *self == Self::default() {
            return Variant::default();
        }
        // nothing of it can fail to be JSON
        let json = serde_json::to_vec(self).unwrap_or_default();
        let hash = Sha256::digest(&json);
        let first = hash.iter().take(8).fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
        Variant::of_hash(first)
    }
}

impl RetryBudget {
    fn of(retries: &wire::Retries) -> Option<Self> {
        let given = retries.budget_percent.or(retries.budget_min);
        given.map(|_| Self {
            percent: retries.budget_percent.unwrap_or(BUDGET.percent),
            least: retries.budget_min.unwrap_or(BUDGET.least),
        })
    }
}

impl ClusterSpec {
    pub fn new(service: Service, policy: ClusterPolicy) -> Self {
        let variant = policy.variant();
        Self { service, policy: Arc::new(policy), variant }
    }

    /// Returns what names the cluster.
    pub fn upstream(&self) -> Upstream {
        Upstream { service: self.service.name.clone(), variant: self.variant }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_nothing_is_the_services_plain_cluster() {
        assert!(ClusterPolicy::default().variant().is_default());
        assert!(ClusterPolicy::of(&wire::Policy::default()).variant().is_default());
    }

    #[test]
    fn what_is_hashed_needs_no_cluster_of_its_own() {
        let on = |header: &str| wire::LoadBalancing {
            policy: wire::BalancingPolicy::Maglev,
            hash_on: wire::HashOn { header: Some(header.to_owned()), ..Default::default() },
        };
        let of = |header| {
            let load_balancing = on(header);
            ClusterPolicy::of(&wire::Policy { load_balancing, ..Default::default() }).variant()
        };

        assert_eq!(of("x-a"), of("x-b"));
        assert!(!of("x-a").is_default());
    }

    #[test]
    fn a_variant_is_named_by_its_content_and_by_nothing_else() {
        let of = |connect_ms| ClusterPolicy { connect_ms: Some(connect_ms), ..Default::default() };

        assert_eq!(of(100).variant(), of(100).variant());
        assert_ne!(of(100).variant(), of(200).variant());
        // the name is in statistics and in what nodes have: it must stay the same
        let service = Service::parse("usersvc").unwrap();
        let name = ClusterSpec::new(service, of(100)).upstream().to_string();
        assert_eq!(name, "usersvc+9de858a5522db499");
    }
}
