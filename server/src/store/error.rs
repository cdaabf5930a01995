//! What can go wrong with the database, told apart by who can mend it.

use crate::gateway::{mapping::MappingName, path::Prefix, table::PrefixTaken};

/// Says why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("can't open the database `{path}`: {reason}")]
    Open { path: String, reason: String },
    #[error(
        "the database `{path}` was written by a newer version of chancery (it has migration {version}); use that version, or restore a backup from before the upgrade"
    )]
    Newer { path: String, version: i64 },
    #[error(transparent)]
    PrefixTaken(#[from] PrefixTaken),
    #[error("a mapping named `{0}` exists already")]
    NameTaken(MappingName),
    /// The reason is for operators; callers are told to try again.
    #[error("the database can't be used: {0}")]
    Unavailable(String),
}

impl StoreError {
    pub(super) fn prefix_taken(prefix: Prefix, owner: MappingName) -> Self {
        Self::PrefixTaken(PrefixTaken { prefix, owner })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}
