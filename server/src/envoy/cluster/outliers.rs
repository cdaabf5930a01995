//! When an endpoint gets no requests because of what it has answered.

use app::api::policy::OutlierDetection as Asked;

use super::{
    super::{
        config::{no, number},
        proto::config::cluster::v3::OutlierDetection,
    },
    milliseconds,
};
use crate::gateway::policy::outliers::{BASE_EJECTION_MS, MAX_EJECTION_MS};

/// Time between two looks in milliseconds; Envoy's own default, here made visible.
const INTERVAL_MS: u32 = 10_000;

/// How many of 100 endpoints may be out. With Envoy's own 10, none of fewer than ten ever is.
const MAX_EJECTION_PERCENT: u32 = 50;

/// Returns the detection; nothing where no failures are counted.
pub(super) fn outlier_detection(asked: &Asked) -> Option<OutlierDetection> {
    let (of_5xx, of_gateway) = (asked.consecutive_5xx, asked.consecutive_gateway_failure);
    of_5xx.or(of_gateway)?;
    let base = asked.base_ejection_ms.unwrap_or(BASE_EJECTION_MS);
    let enforced = |asked: Option<u32>| number(if asked.is_some() { 100 } else { 0 });
    Some(OutlierDetection {
        consecutive_5xx: of_5xx.and_then(number),
        enforcing_consecutive_5xx: enforced(of_5xx),
        consecutive_gateway_failure: of_gateway.and_then(number),
        enforcing_consecutive_gateway_failure: enforced(of_gateway),
        // on by default, and not asked for
        enforcing_success_rate: number(0),
        interval: milliseconds(asked.interval_ms.unwrap_or(INTERVAL_MS)),
        base_ejection_time: milliseconds(base),
        max_ejection_time: milliseconds(asked.max_ejection_ms.unwrap_or(MAX_EJECTION_MS.max(base))),
        max_ejection_percent: number(asked.max_ejection_percent.unwrap_or(MAX_EJECTION_PERCENT)),
        // or each health check would bring back at once who has failed
        successful_active_health_check_uneject_host: no(),
        ..OutlierDetection::default()
    })
}
