//! Mappings as the REST API shows and takes them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use std::sync::Arc;

#[cfg(feature = "ssr")]
use super::policy::Policy;

/// Maps requests below a URL prefix to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Mapping {
    /// Names the mapping in URLs and in Envoy's statistics; never changes.
    #[cfg_attr(feature = "ssr", schema(example = "usermapping"))]
    pub name: String,
    /// Requests at or below it are served by the mapping.
    #[cfg_attr(feature = "ssr", schema(example = "/user/"))]
    pub prefix: String,
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
}

/// Asks for a new mapping, or for new content of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MappingDraft {
    #[cfg_attr(feature = "ssr", schema(example = "usermapping"))]
    pub name: String,
    #[cfg_attr(feature = "ssr", schema(example = "/user/"))]
    pub prefix: String,
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
