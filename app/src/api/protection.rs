//! Protections: the places in which changes need approval.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A part of the URL space in which changes of mappings need approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Protection {
    pub id: u64,
    /// All at or below this path.
    pub prefix: String,
    /// The team whose owners agree; admins do, too.
    pub approvers: String,
    /// How many must.
    pub needed: u32,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

/// Asks for a protection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ProtectionDraft {
    pub prefix: String,
    /// The team whose owners agree.
    pub approvers: String,
    /// How many must, 1 to 5; absent: one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<u32>,
}

/// Answers `GET /api/v1/protections`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ProtectionList {
    /// By path.
    pub items: Vec<Protection>,
}
