//! What a write would do: the answer to `?dry_run=true`.

use serde::{Deserialize, Serialize};

use super::mapping::Warning;

/// Says what a write would change; nothing has been stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Plan {
    pub action: Action,
    /// Name of the mapping.
    pub name: String,
    /// Revision that the mapping has now; `null` when there is none. As `If-Match` it makes sure
    /// that what was planned is what is done.
    pub revision: Option<u64>,
    /// The fields that would differ, in the order of the form.
    pub diff: Vec<FieldChange>,
    pub warnings: Vec<Warning>,
    /// Mappings whose requests would move to or from this one. Where nothing would change, those
    /// around it (`loses`) and inside it (`keeps`).
    pub affected: Vec<Affected>,
    /// Place in the match order, from 1; `null` for a delete.
    pub position: Option<u32>,
    /// What the gateway would do with some requests.
    pub examples: Vec<Example>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Create,
    Replace,
    /// The mapping has this content already.
    Unchanged,
    Delete,
}

/// A field before and after; `null` where there is no mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldChange {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Another mapping that the write touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Affected {
    /// Empty where the caller may not know the mapping, as its prefix then is.
    pub name: String,
    pub prefix: String,
    /// The team whose it is.
    #[serde(default)]
    pub team: String,
    pub effect: Effect,
    /// Whether requests are certain to move: what conditions and regular expressions have in common
    /// is not computed.
    #[serde(default)]
    pub is_certain: bool,
    /// Its requests in the last five minutes: at most so many are concerned.
    pub recent_requests: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It loses requests to the planned mapping, whose prefix is inside its own.
    Loses,
    /// It gets requests that the mapping serves now.
    Gains,
    /// It lies inside the planned prefix and keeps its requests.
    Keeps,
}

/// A request path and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Example {
    /// With the query.
    pub path: String,
    /// The host that it is for; empty for one that no mapping names.
    #[serde(default)]
    pub host: String,
    /// The method, unless it is `GET`, and the headers: `POST, x-beta: 1`.
    #[serde(default)]
    pub with: String,
    /// Name of the mapping that serves it; `null` when none does and Envoy answers 404, or when it
    /// is one that the caller may not know.
    pub mapping: Option<String>,
    /// The team whose mapping serves it.
    #[serde(default)]
    pub team: Option<String>,
    /// The service's address and the path that it sees.
    pub service: Option<String>,
    pub upstream_path: Option<String>,
}
