//! How long a service may take, and when it is asked again.

use serde::{Deserialize, Serialize};

/// Limits of time, each in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// For the whole answer, tries included; absent means no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 15000)]
    pub request_ms: Option<u32>,
    /// Without a byte in either direction; absent means 290 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u32>,
    /// For connecting to an endpoint; absent means 5 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<u32>,
}

/// A service that gets a copy of requests; its answers are thrown away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    #[schema(example = "usersvc-next")]
    pub service: String,
    /// How many of 100 requests are copied; absent means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 10)]
    pub percent: Option<u32>,
}

/// When a request is tried again, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retries {
    /// Envoy's conditions, such as `connect-failure` and `5xx`, and status codes. None: never.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["connect-failure", "503"]))]
    pub on: Vec<String>,
    /// How often it is tried again; absent means once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2)]
    pub attempts: Option<u32>,
    /// For each try, in milliseconds; absent means no limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_try_timeout_ms: Option<u32>,
    /// Before the first retry, in milliseconds, doubling from one to the next up to ten times as
    /// much; absent means 25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff_ms: Option<u32>,
    /// How many of 100 requests under way may be retries, instead of a fixed number; absent means
    /// 20 where there is `budget_min`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_percent: Option<u32>,
    /// How many retries may be under way however few requests are; absent means 3 where there is
    /// `budget_percent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_min: Option<u32>,
}
