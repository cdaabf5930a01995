//! What can go wrong with the database, told apart by who can mend it.

use std::sync::Arc;

use crate::{
    auth::{entity::Protection, ownership, refusal::Refusal},
    gateway::{
        mapping::{Mapping, MappingName, Revision},
        table::MatchTaken,
    },
};

/// Says why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("can't open the database `{database}`: {reason}")]
    Open { database: String, reason: String },
    #[error(
        "the database `{database}` was written by a newer version of chancery (it has migration {version}); use that version, or restore a backup from before the upgrade"
    )]
    Newer { database: String, version: i64 },
    #[error(transparent)]
    MatchTaken(#[from] MatchTaken),
    #[error("a mapping named `{0}` exists already")]
    NameTaken(MappingName),
    /// Carries the mapping as it is now; `None` when there is none.
    #[error("{}", stale(name, current.as_deref()))]
    Stale { name: MappingName, current: Option<Arc<Mapping>> },
    #[error("the key `{0}` was used for another request")]
    KeyReused(String),
    /// The author may not do it, or it can't be done.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Others must agree first.
    #[error("{}", ownership::needs_approval(protection))]
    NeedsApproval {
        protection: Arc<Protection>,
        /// The mapping as it is now.
        before: Option<Arc<Mapping>>,
    },
    /// What was committed is there no more: a backup was restored, or a standby that had not got
    /// everything took over. What we know of it is worth nothing.
    #[error(
        "the database has lost changes up to revision {lost}, as by a standby that took over before it had got them"
    )]
    WentBack { lost: Revision },
    /// The reason is for operators; callers are told to try again.
    #[error("the database can't be used: {0}")]
    Unavailable(String),
}

fn stale(name: &MappingName, current: Option<&Mapping>) -> String {
    match current {
        Some(current) => {
            format!("`{name}` was changed since: its revision is now {}", current.revision)
        }
        None => format!("there is no mapping named `{name}` any more"),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(match error {
            sqlx::Error::PoolTimedOut => "no connection to it could be made in time".to_owned(),
            other => other.to_string(),
        })
    }
}
