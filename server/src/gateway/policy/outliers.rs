//! When an endpoint gets no requests because of what it has answered.

use app::api::policy::OutlierDetection;

use super::traffic::TIMEOUT_MAX_MS;
use crate::gateway::read::Reader;

/// Most failures in a row that can be asked for.
pub const FAILURES_MAX: u32 = 1_000;

/// Shortest time between two looks in milliseconds: each costs a walk over all endpoints.
pub const INTERVAL_MIN_MS: u32 = 100;

/// How long an endpoint is out the first time, in milliseconds, where nothing is said.
pub const BASE_EJECTION_MS: u32 = 30_000;

/// How long it is out at the most, in milliseconds, where nothing is said.
pub const MAX_EJECTION_MS: u32 = 300_000;

/// What switches it on.
const FAILURES: [&str; 2] = ["consecutive_5xx", "consecutive_gateway_failure"];

/// What says how.
const HOW: [&str; 4] =
    ["interval_ms", "base_ejection_ms", "max_ejection_ms", "max_ejection_percent"];

pub(super) fn read(reader: &Reader<'_>) -> OutlierDetection {
    let detection = reader.object("outlier_detection", |reader| {
        let failures = |key| reader.number(key, 1..=FAILURES_MAX, "");
        let ejection = |key| reader.number(key, 1..=TIMEOUT_MAX_MS, "milliseconds");
        let is_on = FAILURES.into_iter().any(|key| reader.has(key));
        for key in HOW {
            if !is_on && reader.has(key) {
                let message =
                    "has no effect without `consecutive_5xx` or `consecutive_gateway_failure`";
                reader.wrong::<()>(key, message);
            }
        }
        let detection = OutlierDetection {
            consecutive_5xx: failures("consecutive_5xx"),
            consecutive_gateway_failure: failures("consecutive_gateway_failure"),
            interval_ms: reader.number(
                "interval_ms",
                INTERVAL_MIN_MS..=TIMEOUT_MAX_MS,
                "milliseconds",
            ),
            base_ejection_ms: ejection("base_ejection_ms"),
            max_ejection_ms: ejection("max_ejection_ms"),
            max_ejection_percent: reader.number("max_ejection_percent", 1..=100, "percent"),
        };
        let base = detection.base_ejection_ms.unwrap_or(BASE_EJECTION_MS);
        if detection.max_ejection_ms.is_some_and(|most| most < base) {
            let message = format!("must be at least `base_ejection_ms`, which is {base}");
            reader.wrong::<()>("max_ejection_ms", message);
        }
        detection
    });
    detection.unwrap_or_default()
}
