//! How much of a service a node may use at once, and how many retries that may be.

use super::super::{
    config::number,
    proto::{
        config::cluster::v3::{
            CircuitBreakers,
            circuit_breakers::{Thresholds, thresholds::RetryBudget},
        },
        r#type::v3::Percent,
    },
};
use crate::gateway::cluster_policy::ClusterPolicy;

/// Returns the limits; what is not asked for is Envoy's default: 1024, and 3 retries.
pub(super) fn circuit_breakers(policy: &ClusterPolicy) -> Option<CircuitBreakers> {
    let asked = &policy.circuit_breakers;
    let thresholds = Thresholds {
        max_connections: asked.max_connections.and_then(number),
        max_pending_requests: asked.max_pending.and_then(number),
        max_requests: asked.max_requests.and_then(number),
        max_retries: asked.max_retries.and_then(number),
        retry_budget: policy.retry_budget.map(|budget| RetryBudget {
            budget_percent: Some(Percent { value: budget.percent.into() }),
            min_retry_concurrency: number(budget.least),
            ..RetryBudget::default()
        }),
        ..Thresholds::default()
    };
    let is_asked = thresholds != Thresholds::default();
    is_asked.then(|| CircuitBreakers { thresholds: vec![thresholds], ..CircuitBreakers::default() })
}
