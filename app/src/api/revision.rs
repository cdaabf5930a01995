//! The history: committed changes, newest first.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::plan::FieldChange;

/// One committed change of a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RevisionEntry {
    pub revision: u64,
    pub at: DateTime<Utc>,
    /// Name of the mapping.
    pub mapping: String,
    /// The team that had the mapping after the change, or before a delete.
    pub team: String,
    /// Who made it: a user's name, `token` and its id, `open` without a sign-in, or `command
    /// line`; empty for what was committed before that was kept.
    pub actor: String,
    pub change: ChangeWord,
    /// What differs from the revision before, field by field.
    pub diff: Vec<FieldChange>,
    /// Milliseconds from the commit until every connected node had it; `null` when not known.
    pub live_after_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeWord {
    Created,
    Changed,
    Deleted,
}

/// Answers `GET /api/v1/revisions` and `GET /api/v1/mappings/{name}/revisions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RevisionPage {
    /// Newest first.
    pub items: Vec<RevisionEntry>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}
