//! The one task that writes: takes what waits, commits it in one transaction, then answers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::{Sqlite, Transaction};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::error;

use super::{
    Acted, Db, Delete, Put, Rules, StoreError, Written, access, act, change, counters,
    sqlite::FileIdentity,
};
use crate::{
    auth::{
        access::{Access, Edit},
        command::Decision,
        principal::Author,
    },
    gateway::mapping::Revision,
    stats::checkpoint::Checkpoint,
};

/// Operations in one transaction at the most: 256 rows commit in a few milliseconds, so that
/// nobody waits long behind a burst.
const BATCH_OPERATIONS: usize = 256;

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// A write that waits for its turn.
pub(super) enum Operation {
    Put { put: Box<Put>, answer: Answer<Written> },
    Delete { delete: Delete, answer: Answer<Option<Revision>> },
    Act { author: Author, decision: Decision, answer: Answer<Acted> },
    Checkpoint { checkpoint: Arc<Checkpoint>, answer: Answer<()> },
}

/// An operation that has been carried out in a transaction which is not yet committed.
enum Done {
    Put(Answer<Written>, Result<Written, StoreError>),
    Delete(Answer<Option<Revision>>, Result<Option<Revision>, StoreError>),
    Act(Answer<Acted>, Result<Acted, StoreError>),
    Checkpoint(Answer<()>, Result<(), StoreError>),
}

/// A transaction that is under way, with what is true in it.
pub(super) struct Batch<'a> {
    pub(super) transaction: Transaction<'a, Sqlite>,
    pub(super) now: DateTime<Utc>,
    /// Who may do what, with what this transaction has changed of it.
    pub(super) access: Access,
    pub(super) rules: &'a Rules,
    /// The newest revision that it has made.
    pub(super) newest: Option<Revision>,
    is_access_changed: bool,
}

impl Batch<'_> {
    /// Changes who may do what.
    pub(super) async fn edit(
        &mut self,
        edits: impl IntoIterator<Item = Edit>,
    ) -> Result<(), StoreError> {
        for edit in edits {
            access::write(&mut self.transaction, &edit).await?;
            self.access.apply(&edit);
            self.is_access_changed = true;
        }
        Ok(())
    }

    /// Begins a part that can be undone.
    pub(super) async fn begin_part(&mut self) -> Result<Undo, StoreError> {
        sqlx::query("savepoint part").execute(&mut *self.transaction).await?;
        Ok(Undo {
            access: self.access.clone(),
            newest: self.newest,
            is_access_changed: self.is_access_changed,
        })
    }

    /// Keeps what the part has done.
    pub(super) async fn end_part(&mut self) -> Result<(), StoreError> {
        sqlx::query("release savepoint part").execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Undoes what the part has done.
    pub(super) async fn undo_part(&mut self, undo: Undo) -> Result<(), StoreError> {
        sqlx::query("rollback to savepoint part").execute(&mut *self.transaction).await?;
        let Undo { access, newest, is_access_changed } = undo;
        (self.access, self.newest, self.is_access_changed) = (access, newest, is_access_changed);
        self.end_part().await
    }
}

/// What a part of a transaction goes back to.
pub(super) struct Undo {
    access: Access,
    newest: Option<Revision>,
    is_access_changed: bool,
}

pub(super) struct Writer {
    db: Db,
    identity: FileIdentity,
    rules: Rules,
    queue: mpsc::Receiver<Operation>,
    newest: watch::Sender<Revision>,
    access: watch::Sender<Arc<Access>>,
}

impl Writer {
    pub(super) fn new(
        db: Db,
        identity: FileIdentity,
        rules: Rules,
        queue: mpsc::Receiver<Operation>,
        newest: watch::Sender<Revision>,
        access: watch::Sender<Arc<Access>>,
    ) -> Self {
        Self { db, identity, rules, queue, newest, access }
    }

    /// Writes until every handle on the store is gone.
    pub(super) async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_OPERATIONS);
        while self.queue.recv_many(&mut batch, BATCH_OPERATIONS).await > 0 {
            self.commit(batch.drain(..)).await;
        }
    }

    async fn commit(&self, batch: impl Iterator<Item = Operation>) {
        let Db::Sqlite(pool) = &self.db;
        let begun = match self.identity.check() {
            Ok(()) => pool.begin_with("begin immediate").await.map_err(StoreError::from),
            Err(error) => Err(error),
        };
        let transaction = match begun {
            Ok(transaction) => transaction,
            Err(error) => {
                error!("can't write: {error}");
                return refuse(batch, &error);
            }
        };
        let mut work = Batch {
            transaction,
            now: self.rules.clock.now(),
            access: Access::clone(&self.access.borrow()),
            rules: &self.rules,
            newest: None,
            is_access_changed: false,
        };
        let mut done = Vec::with_capacity(BATCH_OPERATIONS);
        let mut failed = None;
        let mut batch = batch;
        for operation in batch.by_ref() {
            let operation = carry_out(&mut work, operation).await;
            failed = operation.failure();
            done.push(operation);
            if failed.is_some() {
                // SQLite may have rolled back by itself (disk full): what came after would be
                // committed on its own
                break;
            }
        }
        let Batch { transaction, access, newest, is_access_changed, .. } = work;
        let committed = match failed {
            Some(reason) => Err(StoreError::Unavailable(reason)),
            None => match transaction.commit().await {
                // the file may have gone while the transaction was open
                Ok(()) => self.identity.check(),
                Err(error) => Err(error.into()),
            },
        };
        if let Err(error) = &committed {
            error!("can't write: {error}");
            refuse(batch, error);
        }
        if committed.is_ok() {
            if is_access_changed {
                self.access.send_replace(Arc::new(access));
            }
            if let Some(revision) = newest {
                self.newest.send_replace(revision);
            }
        }
        for operation in done {
            operation.answer(&committed);
        }
    }
}

async fn carry_out(batch: &mut Batch<'_>, operation: Operation) -> Done {
    match operation {
        Operation::Put { put, answer } => Done::Put(answer, change::put(batch, *put).await),
        Operation::Delete { delete, answer } => {
            Done::Delete(answer, change::delete(batch, delete).await)
        }
        Operation::Act { author, decision, answer } => {
            Done::Act(answer, act::carry_out(batch, &author, decision).await)
        }
        Operation::Checkpoint { checkpoint, answer } => {
            let saved = counters::save_counters(&mut batch.transaction, &checkpoint).await;
            Done::Checkpoint(answer, saved)
        }
    }
}

impl Done {
    /// Returns why the database could not carry the operation out, if that is what happened.
    fn failure(&self) -> Option<String> {
        let error = match self {
            Self::Put(_, result) => result.as_ref().err(),
            Self::Delete(_, result) => result.as_ref().err(),
            Self::Act(_, result) => result.as_ref().err(),
            Self::Checkpoint(_, result) => result.as_ref().err(),
        };
        match error {
            Some(StoreError::Unavailable(reason)) => Some(reason.clone()),
            _ => None,
        }
    }

    /// Answers the caller: what was done, unless the commit failed. A caller that is gone does
    /// not hear it, which is fine.
    fn answer(self, committed: &Result<(), StoreError>) {
        match self {
            Self::Put(answer, result) => drop(answer.send(unless(committed, result))),
            Self::Delete(answer, result) => drop(answer.send(unless(committed, result))),
            Self::Act(answer, result) => drop(answer.send(unless(committed, result))),
            Self::Checkpoint(answer, result) => drop(answer.send(unless(committed, result))),
        }
    }
}

fn unless<T>(
    committed: &Result<(), StoreError>,
    result: Result<T, StoreError>,
) -> Result<T, StoreError> {
    match committed {
        Ok(()) => result,
        Err(error) => Err(StoreError::Unavailable(reason(error))),
    }
}

fn refuse(batch: impl Iterator<Item = Operation>, error: &StoreError) {
    let because = || StoreError::Unavailable(reason(error));
    for operation in batch {
        match operation {
            Operation::Put { answer, .. } => drop(answer.send(Err(because()))),
            Operation::Delete { answer, .. } => drop(answer.send(Err(because()))),
            Operation::Act { answer, .. } => drop(answer.send(Err(because()))),
            Operation::Checkpoint { answer, .. } => drop(answer.send(Err(because()))),
        }
    }
}

fn reason(error: &StoreError) -> String {
    match error {
        StoreError::Unavailable(reason) => reason.clone(),
        other => other.to_string(),
    }
}
