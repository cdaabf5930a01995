//! When an endpoint gets no requests because of what it has answered.

use serde::{Deserialize, Serialize};

/// Takes endpoints out for a while that fail again and again; off unless one of the two numbers of
/// failures is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutlierDetection {
    /// Answers from 500 to 599 in a row, no answer being one; absent: they do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 5)]
    pub consecutive_5xx: Option<u32>,
    /// Answers 502, 503 and 504 in a row, no answer being one; absent: they do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_gateway_failure: Option<u32>,
    /// Time between two looks at who may come back, in milliseconds; absent means 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u32>,
    /// How long an endpoint is out, times how often it has been, in milliseconds; absent means
    /// 30000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_ejection_ms: Option<u32>,
    /// How long it is out at the most, in milliseconds; absent means 300000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ejection_ms: Option<u32>,
    /// How many of 100 endpoints may be out; absent means 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ejection_percent: Option<u32>,
}
