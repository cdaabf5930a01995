//! Timeouts, retries and copies of a route's requests.

use std::time::Duration;

use app::api::policy::Retries;

use super::super::{
    config::{duration, number},
    proto::{
        config::{
            core::v3::RuntimeFractionalPercent,
            route::v3::{
                RetryPolicy, RouteAction, retry_policy::RetryBackOff,
                route_action::RequestMirrorPolicy,
            },
        },
        r#type::v3::{FractionalPercent, fractional_percent::DenominatorType},
    },
    protobuf,
};
use crate::gateway::{cluster_policy::ClusterSpec, policy::Policy};

/// Ends a request on which a service has sent nothing for this long. A little less than the
/// listener's own limit for streams, whose 504 is counted for no mapping.
const SERVICE_IDLE_TIMEOUT: Duration = Duration::from_secs(290);

/// How much longer than its service's the limit of a mapping's own streams is, for the same reason.
const STREAM_MARGIN: Duration = Duration::from_secs(10);

/// The greatest wait between two tries in units of the first, as Envoy has it by default.
const BACKOFF_GROWTH: u32 = 10;

pub(super) fn apply(policy: &Policy, action: &mut RouteAction) {
    let timeouts = &policy.timeouts;
    let idle = timeouts.idle_ms.map(milliseconds);
    // Envoy's own default would cut every answer off after 15 s
    action.timeout = Some(
        timeouts.request_ms.map(milliseconds).map_or_else(protobuf::Duration::default, duration),
    );
    action.idle_timeout = idle.map(|idle| duration(idle + STREAM_MARGIN));
    action.request_mirror_policies = mirrors(policy);
    action.retry_policy = Some(RetryPolicy {
        per_try_idle_timeout: Some(duration(idle.unwrap_or(SERVICE_IDLE_TIMEOUT))),
        ..retry_policy(&policy.retries)
    });
}

fn mirrors(policy: &Policy) -> Vec<RequestMirrorPolicy> {
    let percents = policy.mirror.iter().map(|mirror| mirror.percent.unwrap_or(100));
    let mirror = |(cluster, numerator): (&ClusterSpec, u32)| RequestMirrorPolicy {
        cluster: cluster.upstream().to_string(),
        runtime_fraction: Some(RuntimeFractionalPercent {
            default_value: Some(FractionalPercent {
                numerator,
                denominator: DenominatorType::Hundred.into(),
            }),
            ..RuntimeFractionalPercent::default()
        }),
        ..RequestMirrorPolicy::default()
    };
    policy.other_clusters().mirrors.iter().zip(percents).map(mirror).collect()
}

/// Returns when to try again; without conditions Envoy does not.
fn retry_policy(retries: &Retries) -> RetryPolicy {
    if retries.on.is_empty() {
        return RetryPolicy::default();
    }
    let codes: Vec<u32> = retries.on.iter().filter_map(|on| on.parse().ok()).collect();
    let mut conditions: Vec<&str> = Vec::new();
    conditions.extend(retries.on.iter().map(String::as_str).filter(|on| !is_code(on)));
    if !codes.is_empty() {
        conditions.push("retriable-status-codes");
    }
    RetryPolicy {
        retry_on: conditions.join(","),
        retriable_status_codes: codes,
        num_retries: number(retries.attempts.unwrap_or(1)),
        per_try_timeout: retries.per_try_timeout_ms.map(milliseconds).map(duration),
        retry_back_off: retries.backoff_ms.map(milliseconds).map(|base| RetryBackOff {
            base_interval: Some(duration(base)),
            max_interval: Some(duration(base * BACKOFF_GROWTH)),
        }),
        ..RetryPolicy::default()
    }
}

/// `5xx` begins with a digit, too.
fn is_code(on: &str) -> bool {
    on.bytes().all(|byte| byte.is_ascii_digit())
}

fn milliseconds(number: u32) -> Duration {
    Duration::from_millis(number.into())
}
