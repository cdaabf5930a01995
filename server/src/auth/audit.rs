//! What the audit says of a change.

use app::api::plan::FieldChange;
use chrono::{DateTime, Utc};

use super::names::TeamName;

/// What was done, to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `mapping.put`, `team.create`, `session.start`, …
    pub action: &'static str,
    /// The team that it concerns.
    pub team: Option<TeamName>,
    /// `mapping`, `team`, `user`, …
    pub kind: &'static str,
    /// Name or id of the object.
    pub object: String,
    /// What differs; no secret is ever in it.
    pub diff: Vec<FieldChange>,
}

impl Entry {
    /// Says that `action` was done to an object; what differs is added by [`Self::with`].
    pub fn new(action: &'static str, kind: &'static str, object: impl ToString) -> Self {
        Self { action, team: None, kind, object: object.to_string(), diff: Vec::new() }
    }

    #[must_use]
    pub fn of_team(self, team: &TeamName) -> Self {
        Self { team: Some(team.clone()), ..self }
    }

    /// Adds a field, where it differs.
    #[must_use]
    pub fn with(mut self, field: &str, before: Option<&str>, after: Option<&str>) -> Self {
        if before != after {
            self.diff.push(FieldChange {
                field: field.to_owned(),
                before: before.map(str::to_owned),
                after: after.map(str::to_owned),
            });
        }
        self
    }
}

/// An entry as it was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    pub id: u64,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub via: String,
    pub action: String,
    pub team: Option<String>,
    pub kind: String,
    pub object: String,
    pub diff: Vec<FieldChange>,
    pub address: Option<String>,
    pub request_id: Option<String>,
    /// The revision that it made, where it changed a mapping.
    pub revision: Option<u64>,
}
