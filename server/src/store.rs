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
mod backup;
mod change;
mod counters;
mod database;
pub mod error;
mod history;
mod hold;
mod idempotency;
mod look;
mod migrations;
mod neighbours;
mod postgres;
mod references;
mod replicas;
mod rows;
mod sql;
mod sqlite;
mod writer;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;

pub use self::{
    act::Acted,
    audit::AuditQuery,
    backup::{Contents, back_up, restore},
    change::{Condition, Delete, Effect, Put, Written},
    counters::Saved,
    database::DatabaseUrl,
    error::StoreError,
    history::Recorded,
    hold::Hold,
    idempotency::Once,
};
use self::{
    database::Db,
    look::Looks,
    writer::{Known, Operation, Shown, Writer},
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
    fleet::replica::{Contact, Replica, ReplicaId},
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

/// Opens, reads and writes the database; a clone is a handle on the same store.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    writes: mpsc::Sender<Operation>,
    newest: watch::Receiver<Revision>,
    access: watch::Receiver<Arc<Access>>,
    looks: Looks,
    /// Names this run of this replica.
    replica: ReplicaId,
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
        let db = Db::open(url).await?;
        let known = Known::load(&db).await?;
        let (writes, queue) = mpsc::channel(QUEUE_WRITES);
        let (hint, newest) = watch::channel(known.revision);
        let (access_now, access) = watch::channel(Arc::new(known.who.access.clone()));
        let (looks, asked) = Looks::new(db.is_shared());
        let shown = Shown { newest: hint, access: access_now, looks: asked.done };
        let replica = ReplicaId::random();
        let store = Self { db: db.clone(), writes, newest, access, looks, replica };
        let writer = Writer::new(db, rules, known, queue, asked.queue, shown);
        tasks.spawn(writer.run(tasks.clone()));
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
        references::users(&self.db, kind, name).await
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
        audit::read(&self.db, query, limit).await
    }

    /// Tells whether the audit has more than `count` such entries.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn audit_exceeds(&self, query: &AuditQuery, count: u32) -> Result<bool, StoreError> {
        audit::exceeds(&self.db, query, count).await
    }

    /// Writes what the counters are now, all or nothing, unless another replica does.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be written.
    pub async fn save_counters(&self, checkpoint: Arc<Checkpoint>) -> Result<Saved, StoreError> {
        // without waiting for a turn
        if counters::are_kept_by_another(&self.db, &self.replica).await? {
            return Ok(Saved::ByAnother);
        }
        let keeper = self.replica.clone();
        self.write(|answer| Operation::Checkpoint { keeper, checkpoint, answer }).await
    }

    /// Returns the name of this run of this replica.
    pub fn replica(&self) -> &ReplicaId {
        &self.replica
    }

    /// Tells whether several replicas may be on this database.
    pub fn is_shared(&self) -> bool {
        self.db.is_shared()
    }

    /// Tells the others that this replica runs, and how to reach it.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be written.
    pub async fn announce(&self, contact: Option<Contact>) -> Result<(), StoreError> {
        replicas::announce(&self.db, &self.replica, contact).await
    }

    /// Returns the other replicas that can be reached.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn replicas(&self) -> Result<Vec<Replica>, StoreError> {
        replicas::others(&self.db, &self.replica).await
    }

    /// Tells the others that this replica has stopped.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be written.
    pub async fn leave(&self) -> Result<(), StoreError> {
        replicas::leave(&self.db, &self.replica).await
    }

    /// Reads the counters of the last checkpoint.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn load_counters(&self) -> Result<Checkpoint, StoreError> {
        counters::load_counters(&self.db).await
    }

    /// Reads all mappings as of the newest revision.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        rows::load(&self.db).await
    }

    /// Reads the changes after `revision` in commit order, [`CHANGES_PAGE`] at the most.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn changes_after(&self, revision: Revision) -> Result<Vec<Change>, StoreError> {
        // none for which we don't know yet what came with it
        let until = *self.newest.borrow();
        if until <= revision {
            return Ok(Vec::new());
        }
        rows::changes_after(&self.db, revision, until).await
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
        history::read(&self.db, name, sight, before, limit).await
    }

    /// Takes in what other replicas have committed by now, and returns the number of this look, for
    /// [`Self::looks`]. Where nobody else writes, there is nothing to look for, and the number is 0.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn look(&self) -> Result<u64, StoreError> {
        self.looks.look().await
    }

    /// As [`Self::look`], for who only guesses that there may be something: looks seldom, and once
    /// for all who wait.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn look_for_guess(&self) -> Result<u64, StoreError> {
        self.looks.look_for_guess().await
    }

    /// Follows how often it was looked; what a look has found is in [`Self::access`] and
    /// [`Self::newest`] before.
    pub fn looks(&self) -> watch::Receiver<u64> {
        self.looks.done()
    }

    /// Follows the newest committed revision; a hint, several commits may show as one.
    pub fn newest(&self) -> watch::Receiver<Revision> {
        self.newest.clone()
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
