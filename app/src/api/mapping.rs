//! Mappings as the REST API shows and takes them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Maps requests below a URL prefix to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub name: String,
    pub prefix: String,
    pub service: String,
    pub rewrite: String,
    /// Number of the change that gave the mapping this content; it is also the `ETag`.
    pub revision: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// What its owner should know although the mapping was accepted.
    pub warnings: Vec<Warning>,
}

/// Asks for a new mapping, or for new content of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingDraft {
    pub name: String,
    pub prefix: String,
    pub service: String,
    /// Replaces the prefix; `None` means `/`, the empty text leaves the path as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<String>,
}

/// Answers `GET /api/v1/mappings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingList {
    /// In match order: the first that matches a request serves it.
    pub items: Vec<Mapping>,
    /// Number of the newest change that the list includes.
    pub revision: u64,
}

/// Tells the owner of a mapping about something that works otherwise than it may seem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable kebab-case code, for example `service-unresolved`.
    pub code: String,
    pub message: String,
}
