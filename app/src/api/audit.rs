//! The audit: who did what, from where, and what differs by it; newest first.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::client::encode_segment;
use super::plan::FieldChange;

/// One thing that was done; it is never changed or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    pub id: u64,
    pub at: DateTime<Utc>,
    /// A user's name, `token` and its id, `open` without a sign-in, or `command line`.
    pub actor: String,
    /// How they were known: `session`, `token`, `open`, `command line`, …
    pub via: String,
    /// `mapping.create`, `team.create`, `session.start`, …
    pub action: String,
    /// The team that it concerns; `null` for what concerns the installation.
    pub team: Option<String>,
    /// `mapping`, `team`, `user`, …
    pub kind: String,
    /// Name or id of what it was done to.
    pub object: String,
    /// What differs, field by field.
    pub diff: Vec<FieldChange>,
    /// The network address that the request came from.
    pub address: Option<String>,
    pub request_id: Option<String>,
    /// The revision that it made, where it changed a mapping.
    pub revision: Option<u64>,
}

/// Answers `GET /api/v1/audit`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditPage {
    /// Newest first.
    pub items: Vec<AuditEntry>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// Answers `GET /api/v1/audit/export` with `format=json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditExport {
    /// Whether older entries were left out, since there are too many for one file.
    pub is_cut: bool,
    /// Newest first.
    pub items: Vec<AuditEntry>,
}

/// Asks for entries; what is absent asks for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub team: Option<String>,
    pub actor: Option<String>,
    /// What the action begins with.
    pub action: Option<String>,
    pub kind: Option<String>,
    pub object: Option<String>,
    /// Not before this moment.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub to: Option<DateTime<Utc>>,
}

impl AuditFilter {
    /// Writes the parameters of the API, without `?`.
    pub fn to_query_string(&self) -> String {
        let moment =
            |at: &Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        let parts = [
            ("team", self.team.clone()),
            ("actor", self.actor.clone()),
            ("action", self.action.clone()),
            ("kind", self.kind.clone()),
            ("object", self.object.clone()),
            ("from", moment(&self.from)),
            ("to", moment(&self.to)),
        ];
        let parts = parts.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let parts = parts.map(|(name, value)| format!("{name}={}", encode_segment(&value)));
        parts.collect::<Vec<_>>().join("&")
    }
}
