//! Which endpoint of a service gets a request.

use serde::{Deserialize, Serialize};

use super::is_default;

/// How requests are spread over the endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoadBalancing {
    /// Absent means `round_robin`.
    #[serde(skip_serializing_if = "is_default")]
    pub policy: BalancingPolicy,
    /// What `ring_hash` and `maglev` go by.
    #[serde(skip_serializing_if = "is_default")]
    pub hash_on: HashOn,
}

/// A way to choose an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BalancingPolicy {
    /// One after the other.
    #[default]
    RoundRobin,
    /// Of two at random, the one with the fewer requests under way.
    LeastRequest,
    /// Any.
    Random,
    /// Requests of the same hash go to the same endpoint; when one comes or goes, few move.
    RingHash,
    /// As `ring_hash`, with a table that is quicker and even, and of which a few more move.
    Maglev,
}

/// What of a request is hashed: one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HashOn {
    /// A cookie, which the gateway gives to whoever has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie: Option<HashCookie>,
    /// A header; requests without it go anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "x-user")]
    pub header: Option<String>,
    /// The client's address.
    #[serde(skip_serializing_if = "is_default")]
    pub source_address: bool,
}

/// A cookie that names an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HashCookie {
    #[schema(example = "chosen")]
    pub name: String,
    /// How long the browser keeps it, in seconds; absent means until it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_s: Option<u32>,
    /// Below which path the browser sends it; absent means `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}
