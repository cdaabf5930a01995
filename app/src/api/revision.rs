//! The history: committed changes, newest first; what a mapping was after each, and how it becomes
//! that again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::mapping::MappingDraft;
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

/// A change with the content that it left behind: answers
/// `GET /api/v1/mappings/{name}/revisions/{revision}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RevisionDetail {
    #[serde(flatten)]
    pub entry: RevisionEntry,
    /// The mapping after the change; `null` where it was deleted.
    pub content: Option<MappingDraft>,
    /// The mapping's revision before; `null` on its first.
    pub previous: Option<u64>,
    /// Whether the mapping has not changed since.
    pub is_newest: bool,
}

/// One of two revisions that are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Compared {
    pub revision: u64,
    pub at: DateTime<Utc>,
    /// The mapping at this revision; `null` where it was deleted.
    pub content: Option<MappingDraft>,
    /// Whether the mapping has not changed since.
    pub is_newest: bool,
}

/// Two revisions of a mapping side by side: answers `GET /api/v1/mappings/{name}/compare`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// Name of the mapping.
    pub mapping: String,
    pub from: Compared,
    pub to: Compared,
    /// What differs, field by field: `before` at `from`, `after` at `to`.
    pub diff: Vec<FieldChange>,
}

/// Asks for the content that a mapping had: the body of `POST /api/v1/mappings/{name}/restore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Restoration {
    /// The revision with that content.
    #[cfg_attr(feature = "ssr", schema(example = 7))]
    pub revision: u64,
}
