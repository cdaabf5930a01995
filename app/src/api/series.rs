//! The history of live numbers, for charts.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How far a chart looks back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Span {
    #[default]
    #[serde(rename = "5m")]
    FiveMinutes,
    #[serde(rename = "1h")]
    Hour,
}

impl Span {
    /// Returns its word in the URL.
    pub fn word(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
        }
    }

    /// Returns how long it is.
    pub fn duration(self) -> TimeDelta {
        match self {
            Self::FiveMinutes => TimeDelta::minutes(5),
            Self::Hour => TimeDelta::hours(1),
        }
    }

    /// Reads a word of the URL; an unknown one means five minutes.
    pub fn of_word(word: &str) -> Self {
        if word == Self::Hour.word() { Self::Hour } else { Self::FiveMinutes }
    }
}

/// Numbers of a mapping, or of the whole gateway, over the last minutes; oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Series {
    pub span: Span,
    /// When the newest element ends.
    pub end: DateTime<Utc>,
    pub requests: Requests,
    pub latency: LatencySeries,
    /// The changes of the mapping within the span.
    pub markers: Vec<Marker>,
    /// Run of the server, and the tick that the newest element is of.
    pub epoch: String,
    pub seq: u64,
}

/// Requests a second; `null` where data is missing, which is not zero.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Requests {
    /// Time between two elements: 1 for five minutes, 30 for an hour.
    pub step_seconds: u32,
    pub ok: Vec<Option<f64>>,
    #[serde(rename = "4xx")]
    pub c4xx: Vec<Option<f64>>,
    pub bad: Vec<Option<f64>>,
}

/// Latency of the minute before each element, in milliseconds; `null` where there was no request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LatencySeries {
    /// Time between two elements: 5 for five minutes, 30 for an hour.
    pub step_seconds: u32,
    pub p50_ms: Vec<Option<u32>>,
    pub p95_ms: Vec<Option<u32>>,
    pub p99_ms: Vec<Option<u32>>,
}

/// A change of the mapping, to be shown in the chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Marker {
    pub revision: u64,
    pub at: DateTime<Utc>,
    /// What was changed, in a few words: `service usersvc → usersvc-v2`.
    pub summary: String,
    /// The changed mapping's traffic in up to 60 seconds before the change; `null` where less than
    /// 5 seconds are known, or there was none.
    // The browser's charts don't show it, and its bundle does not pay for it.
    #[cfg(feature = "ssr")]
    #[serde(default)]
    pub before: Option<Around>,
    /// The same in up to 60 seconds after it, as far as they have passed. Neither reaches beyond
    /// the mapping's next change.
    #[cfg(feature = "ssr")]
    #[serde(default)]
    pub after: Option<Around>,
}

/// The traffic of a mapping on one side of a change.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Around {
    /// How many seconds are known and counted.
    pub seconds: u32,
    pub requests: u64,
    /// Share of `upstream_ok`.
    pub ok_percent: f64,
    /// `null` when no latency was reported.
    pub p95_ms: Option<u32>,
}
