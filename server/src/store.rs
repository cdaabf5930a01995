//! Keeps mappings, their revisions and the counters' checkpoints: the only place that names sqlx.
//!
//! ```text
//! put, delete, checkpoint ─▶ bounded queue ─▶ writer ─▶ one transaction for all that wait
//!                                                  └──▶ watch<Revision> ─▶ changes_after
//! ```
//! All writes of a process go through one task: what waits is committed together (group commit),
//! so that one fsync serves many writers. The `watch` is only a hint that something changed; who
//! follows the table reads the changes by revision.

mod access;
mod act;
mod audit;
mod change;
mod counters;
pub mod error;
mod history;
mod hold;
mod idempotency;
mod neighbours;
mod references;
mod rows;
mod sqlite;
mod writer;

use std::{path::PathBuf, str::FromStr, sync::Arc};

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;

use self::writer::{Operation, Writer};
pub use self::{
    act::Acted,
    audit::AuditQuery,
    change::{Condition, Delete, Effect, Put, Written},
    error::StoreError,
    history::Recorded,
    hold::Hold,
    idempotency::Once,
};
use crate::{
    auth::{
        access::Access,
        audit::Audited,
        command::{Outcome, Scene},
        principal::Author,
        refusal::Refusal,
        settings::ClaimPolicy,
        sight::Sight,
    },
    clock::Clock,
    gateway::{
        edge::EdgeName,
        mapping::{Change, MappingName, Revision},
        references::{ReferenceKind, User},
        table::Table,
    },
    stats::checkpoint::Checkpoint,
};

/// Writes that may wait for the writer. A writer that falls this far behind makes callers wait,
/// which slows them down instead of growing our memory.
const QUEUE_WRITES: usize = 1024;

/// Changes that [`Store::changes_after`] returns at once at the most.
pub const CHANGES_PAGE: u32 = 1024;

/// Names the database that a store opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`, the path relative to the working directory or absolute.
    Sqlite(String),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.to_owned())),
            _ => {
                Err(format!("`{text}` is not a database this version knows; write `sqlite://PATH`"))
            }
        }
    }
}

impl DatabaseUrl {
    /// Returns where the installation's key lies unless another place is named: beside the file.
    pub fn key_file(&self) -> PathBuf {
        let Self::Sqlite(path) = self;
        format!("{path}.key").into()
    }

    /// Checks that there is a database, for who only wants to read it.
    ///
    /// # Errors
    /// Returns [`StoreError::Open`] when the file does not exist.
    pub fn must_exist(&self) -> Result<(), StoreError> {
        let Self::Sqlite(path) = self;
        match std::path::Path::new(path).try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::Open {
                path: path.clone(),
                reason: "there is no such file".to_owned(),
            }),
            Err(error) => Err(StoreError::Open { path: path.clone(), reason: error.to_string() }),
        }
    }
}

/// Holds the pool of one of the databases that Chancery runs on.
#[derive(Debug, Clone)]
enum Db {
    Sqlite(SqlitePool),
}

/// Opens, reads and writes the database; a clone is a handle on the same store.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    writes: mpsc::Sender<Operation>,
    newest: watch::Receiver<Revision>,
    access: watch::Receiver<Arc<Access>>,
}

/// What the writer goes by.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    pub policy: ClaimPolicy,
    pub clock: Clock,
}

/// All that a start needs of the database.
#[derive(Debug)]
pub struct Loaded {
    pub table: Table,
    /// Rows that this version can't read, each with the reason; they are left as they are.
    pub unreadable: Vec<(String, String)>,
}

impl Store {
    /// Opens the database, brings its schema up to date and starts the writer on `tasks`.
    ///
    /// The writer ends when the last handle is dropped, after it has committed what waits.
    ///
    /// # Errors
    /// Returns [`StoreError::Open`] when the file can't be opened or is no database, and
    /// [`StoreError::Newer`] when a newer version of Chancery has migrated it.
    pub async fn open(
        url: &DatabaseUrl,
        rules: Rules,
        tasks: &TaskTracker,
    ) -> Result<Self, StoreError> {
        let DatabaseUrl::Sqlite(path) = url;
        let (pool, identity) = sqlite::open(path).await?;
        let db = Db::Sqlite(pool);
        let (writes, queue) = mpsc::channel(QUEUE_WRITES);
        let (hint, newest) = watch::channel(Revision::default());
        let Db::Sqlite(pool) = &db;
        let (access_now, access) = watch::channel(Arc::new(access::load(pool).await?));
        let store = Self { db: db.clone(), writes, newest, access };
        hint.send_replace(store.newest_revision().await?);
        tasks.spawn(Writer::new(db, identity, rules, queue, hint, access_now).run());
        Ok(store)
    }

    /// Creates the mapping or replaces its content; the same content again changes nothing.
    ///
    /// # Errors
    /// Returns [`StoreError::MatchTaken`] when another mapping has the prefix,
    /// [`StoreError::NameTaken`] or [`StoreError::Stale`] when the condition does not hold,
    /// [`StoreError::KeyReused`] when the key names another request, [`StoreError::Refused`] or
    /// [`StoreError::NeedsApproval`] when the author may not, and [`StoreError::Unavailable`] when
    /// the database can't be written.
    pub async fn put(&self, put: impl Into<Put>) -> Result<Written, StoreError> {
        let put = Box::new(put.into());
        self.write(|answer| Operation::Put { put, answer }).await
    }

    /// Deletes the mapping; returns `None` when there is none of that name.
    ///
    /// # Errors
    /// Returns [`StoreError::Stale`] when the condition does not hold, [`StoreError::Refused`] or
    /// [`StoreError::NeedsApproval`] when the author may not, and [`StoreError::Unavailable`] when
    /// the database can't be written.
    pub async fn delete(&self, delete: Delete) -> Result<Option<Revision>, StoreError> {
        self.write(|answer| Operation::Delete { delete, answer }).await
    }

    /// Carries out what `decision` decides for `author`, in the transaction that it is made in.
    ///
    /// # Errors
    /// Returns [`StoreError::Refused`] with the decision's refusal, the errors of
    /// [`Self::put`] and [`Self::delete`] for the mappings that it changes, and
    /// [`StoreError::Unavailable`] when the database can't be written.
    pub async fn act(
        &self,
        author: Author,
        decision: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal> + Send + 'static,
    ) -> Result<Acted, StoreError> {
        let decision = Box::new(decision);
        self.write(|answer| Operation::Act { author, decision, answer }).await
    }

    /// As [`Self::act`], for what can wait: it is left out while the writer is busy.
    pub fn act_later(
        &self,
        author: Author,
        decision: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal> + Send + 'static,
    ) {
        let (answer, _unread) = oneshot::channel();
        let decision = Box::new(decision);
        // a full queue has more urgent work
        let _left_out = self.writes.try_send(Operation::Act { author, decision, answer });
    }

    /// Returns the mappings that name something, by name.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn users_of(
        &self,
        kind: ReferenceKind,
        name: &EdgeName,
    ) -> Result<Vec<User>, StoreError> {
        let Db::Sqlite(pool) = &self.db;
        references::users(pool, kind, name).await
    }

    /// Follows who may do what.
    pub fn access(&self) -> watch::Receiver<Arc<Access>> {
        self.access.clone()
    }

    /// Reads at most `limit` entries of the audit, the newest first.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn audit(&self, query: &AuditQuery, limit: u32) -> Result<Vec<Audited>, StoreError> {
        let Db::Sqlite(pool) = &self.db;
        audit::read(pool, query, limit).await
    }

    /// Tells whether the audit has more than `count` such entries.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn audit_exceeds(&self, query: &AuditQuery, count: u32) -> Result<bool, StoreError> {
        let Db::Sqlite(pool) = &self.db;
        audit::exceeds(pool, query, count).await
    }

    /// Writes what the counters are now, all or nothing.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be written.
    pub async fn save_counters(&self, checkpoint: Arc<Checkpoint>) -> Result<(), StoreError> {
        self.write(|answer| Operation::Checkpoint { checkpoint, answer }).await
    }

    /// Reads the counters of the last checkpoint.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn load_counters(&self) -> Result<Checkpoint, StoreError> {
        let Db::Sqlite(pool) = &self.db;
        counters::load_counters(pool).await
    }

    /// Reads all mappings as of the newest revision.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        let Db::Sqlite(pool) = &self.db;
        rows::load(pool).await
    }

    /// Reads the changes after `revision` in commit order, [`CHANGES_PAGE`] at the most.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn changes_after(&self, revision: Revision) -> Result<Vec<Change>, StoreError> {
        let Db::Sqlite(pool) = &self.db;
        rows::changes_after(pool, revision).await
    }

    /// Reads at most `limit` committed changes before `before` that are seen, newest first: of one
    /// mapping, also of one that is gone, or of all. A change is seen by the team that had the
    /// mapping after it, or before a delete.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn history(
        &self,
        name: Option<&MappingName>,
        sight: &Sight,
        before: Option<Revision>,
        limit: u32,
    ) -> Result<Vec<Recorded>, StoreError> {
        let Db::Sqlite(pool) = &self.db;
        history::read(pool, name, sight, before, limit).await
    }

    /// Follows the newest committed revision; a hint, several commits may show as one.
    pub fn newest(&self) -> watch::Receiver<Revision> {
        self.newest.clone()
    }

    async fn newest_revision(&self) -> Result<Revision, StoreError> {
        let Db::Sqlite(pool) = &self.db;
        rows::newest_revision(pool).await
    }

    async fn write<T>(
        &self,
        operation: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Operation,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let closed = || StoreError::Unavailable("the store is shutting down".to_owned());
        self.writes.send(operation(answer)).await.map_err(|_closed| closed())?;
        answered.await.map_err(|_closed| closed())?
    }
}
