//! What Envoy writes of each request.

use serde::{Deserialize, Serialize};

/// Which requests Envoy writes down, and what of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct AccessLogSettings {
    pub to: AccessLogTo,
    pub format: AccessLogFormat,
    /// Names of what is written; empty: what one usually needs.
    #[cfg_attr(feature = "ssr", schema(max_items = 40, example = json!(["time", "mapping", "status"])))]
    pub fields: Vec<String>,
    /// Whether only requests are written that were answered with 400 or more, or not at all.
    pub only_errors: bool,
    /// How many of them, chosen by chance.
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 100))]
    pub sampled_percent: u8,
}

impl Default for AccessLogSettings {
    fn default() -> Self {
        Self {
            to: AccessLogTo::Off,
            format: AccessLogFormat::Json,
            fields: Vec::new(),
            only_errors: false,
            sampled_percent: 100,
        }
    }
}

/// Where it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccessLogTo {
    #[default]
    Off,
    /// The standard output of each Envoy.
    Stdout,
}

/// How a request is written, in one line each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccessLogFormat {
    #[default]
    Json,
    /// `name="value"` after one another.
    Text,
}
