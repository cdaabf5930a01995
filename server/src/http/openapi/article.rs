//! The shapes of the article's answers, for the document only: `ambassador` builds them as it goes.

#![expect(dead_code, reason = "only the schemas are used")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// Says which server answers.
#[derive(ToSchema)]
#[schema(as = ambassador::Envelope)]
pub(in crate::http) struct Envelope {
    hostname: String,
    ok: bool,
    resolvedname: String,
    version: String,
}

#[derive(ToSchema)]
#[schema(as = ambassador::Health)]
pub(in crate::http) struct Health {
    #[serde(flatten)]
    envelope: Envelope,
    msg: String,
}

/// A mapping in the article's words.
#[derive(ToSchema)]
#[schema(as = ambassador::Mapping)]
pub(in crate::http) struct Fields {
    name: String,
    prefix: String,
    rewrite: String,
    service: String,
}

/// A mapping to be made; its name is in the URL.
#[derive(ToSchema)]
#[schema(as = ambassador::Draft)]
pub(in crate::http) struct Draft {
    /// Requests at or below it are served by the mapping.
    prefix: String,
    /// Where they go: `[scheme://]name[.namespace][:port]`.
    service: String,
    /// Replaces the prefix; absent means `/`, the empty text leaves the path as it is.
    rewrite: Option<String>,
}

#[derive(ToSchema)]
#[schema(as = ambassador::List)]
pub(in crate::http) struct List {
    #[serde(flatten)]
    envelope: Envelope,
    count: u32,
    mappings: Vec<Fields>,
    services: Vec<Fields>,
}

#[derive(ToSchema)]
#[schema(as = ambassador::Found)]
pub(in crate::http) struct Found {
    #[serde(flatten)]
    envelope: Envelope,
    #[serde(flatten)]
    mapping: Fields,
    warnings: Option<Vec<String>>,
}

#[derive(ToSchema)]
#[schema(as = ambassador::Named)]
pub(in crate::http) struct Named {
    #[serde(flatten)]
    envelope: Envelope,
    name: String,
    warnings: Option<Vec<String>>,
}

/// Says that others must agree first.
#[derive(ToSchema)]
#[schema(as = ambassador::Requested)]
pub(in crate::http) struct Requested {
    #[serde(flatten)]
    envelope: Envelope,
    msg: String,
    name: String,
    /// Id of the request that was made.
    request: u64,
}

#[derive(ToSchema)]
#[schema(as = ambassador::Stats)]
pub(in crate::http) struct Stats {
    #[serde(flatten)]
    envelope: Envelope,
    /// By the mapping's name.
    mappings: BTreeMap<String, Numbers>,
    /// By the service as the mappings write it.
    services: BTreeMap<String, Numbers>,
}

#[derive(ToSchema)]
#[schema(as = ambassador::Numbers)]
pub(in crate::http) struct Numbers {
    healthy_members: Option<u32>,
    healthy_percent: Option<u32>,
    total_members: Option<u32>,
    upstream_4xx: u64,
    upstream_bad: u64,
    upstream_ok: u64,
}

/// Says why a request failed.
#[derive(ToSchema)]
#[schema(as = ambassador::Refusal)]
pub(in crate::http) struct Refusal {
    #[serde(flatten)]
    envelope: Envelope,
    error: String,
}
