//! Mappings as the REST API shows and takes them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use std::sync::Arc;

#[cfg(feature = "ssr")]
use super::policy::{Policy, is_default};

/// Maps requests below a URL prefix to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Mapping {
    /// Names the mapping in URLs and in Envoy's statistics; never changes.
    #[cfg_attr(feature = "ssr", schema(example = "usermapping"))]
    pub name: String,
    /// The hosts whose requests it serves: `*`, one, or `*.` and a domain.
    #[serde(default = "any_host")]
    #[cfg_attr(feature = "ssr", schema(example = "*"))]
    pub host: String,
    /// Requests at or below it are served by the mapping.
    #[cfg_attr(feature = "ssr", schema(example = "/user/"))]
    pub prefix: String,
    /// What a request must be like besides.
    #[cfg(feature = "ssr")]
    #[serde(default, skip_serializing_if = "is_default")]
    pub r#match: super::matching::Match,
    /// Where they go: `[scheme://]name[.namespace][:port]`; empty where the gateway answers itself.
    #[cfg_attr(feature = "ssr", schema(example = "usersvc"))]
    pub service: String,
    /// Replaces the prefix; the empty text leaves the path as it is.
    #[cfg_attr(feature = "ssr", schema(example = "/"))]
    pub rewrite: String,
    /// What the mapping is found by, sorted and without duplicates.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The team whose it is.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(example = "accounts"))]
    pub team: String,
    /// Number of the change that gave the mapping this content; it is also the `ETag`.
    pub revision: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// What its owner should know although the mapping was accepted.
    pub warnings: Vec<Warning>,
    /// What it asks for besides; the browser has no use for it.
    #[cfg(feature = "ssr")]
    #[serde(flatten)]
    #[schema(ignore)]
    pub policy: Arc<Policy>,
    /// The services among which its requests are shared; the first is `service`. Absent where
    /// `service` gets them all. The browser has `LiveMapping::sides` instead.
    #[cfg(feature = "ssr")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<Backend>,
}

/// One of the services among which a mapping's requests are shared.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// Each may be there once.
    #[schema(example = "usersvc-v2")]
    pub service: String,
    /// Its part of the sum of all weights is its share; with 0 it gets no request.
    #[schema(minimum = 0, maximum = 1000, example = 10)]
    pub weight: u32,
}

fn any_host() -> String {
    "*".to_owned()
}

/// Asks for a new mapping, or for new content of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MappingDraft {
    #[cfg_attr(feature = "ssr", schema(example = "usermapping"))]
    pub name: String,
    /// `*`, a host name, or `*.` before one; absent means `*`.
    #[cfg(feature = "ssr")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(example = "api.example.com"))]
    pub host: Option<String>,
    #[cfg_attr(feature = "ssr", schema(example = "/user/"))]
    pub prefix: String,
    /// What a request must be like besides; absent means nothing.
    #[cfg(feature = "ssr")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#match: Option<super::matching::Match>,
    /// Absent or empty where the gateway answers itself: with `redirect` or `respond`.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(example = "usersvc"))]
    pub service: String,
    /// Replaces the prefix; absent means `/`, the empty text leaves the path as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<String>,
    /// What the mapping is found by; absent means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// The team whose it is; absent means who has the place, or the caller's only team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(example = "accounts"))]
    pub team: Option<String>,
    /// What it asks for besides.
    #[cfg(feature = "ssr")]
    #[serde(flatten)]
    #[schema(ignore)]
    pub policy: Arc<Policy>,
    /// The services among which the requests are shared: 2 to 10, the first is `service`. Absent
    /// means that `service` gets them all.
    #[cfg(feature = "ssr")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub backends: Vec<Backend>,
}

/// Tells the owner of a mapping about something that works otherwise than it may seem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Warning {
    /// Stable kebab-case code, for example `service-unresolved`.
    pub code: String,
    pub message: String,
}

/// The configuration that Envoy gets, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RenderedConfig {
    /// Number of the newest change that it includes.
    pub revision: u64,
    /// Envoy's configuration as YAML.
    pub yaml: String,
    /// Whether parts were left out because the whole is long; the download has all of it.
    pub is_truncated: bool,
}
