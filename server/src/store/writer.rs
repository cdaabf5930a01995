//! The one task that writes: takes what waits, commits it in one transaction, then answers.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use sqlx::{Sqlite, Transaction};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::error;

use super::{Db, StoreError, rows, sqlite::FileIdentity};
use crate::{
    gateway::mapping::{Mapping, MappingName, Revision, Spec},
    stats::checkpoint::Checkpoint,
};

/// Operations in one transaction at the most: 256 rows commit in a few milliseconds, so that
/// nobody waits long behind a burst.
const BATCH_OPERATIONS: usize = 256;

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// A write that waits for its turn.
#[derive(Debug)]
pub(super) enum Operation {
    Put { spec: Spec, create_only: bool, answer: Answer<Written> },
    Delete { name: MappingName, answer: Answer<Option<Revision>> },
    Checkpoint { checkpoint: Arc<Checkpoint>, answer: Answer<()> },
}

/// What a [`super::Store::put`] did.
#[derive(Debug, Clone)]
pub struct Written {
    pub mapping: Arc<Mapping>,
    pub effect: Effect,
}

/// How a put changed the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Created,
    Replaced,
    /// The mapping had this content already: no new revision.
    Unchanged,
}

/// An operation that has been carried out in a transaction which is not yet committed.
enum Done {
    Put(Answer<Written>, Result<Written, StoreError>),
    Delete(Answer<Option<Revision>>, Result<Option<Revision>, StoreError>),
    Checkpoint(Answer<()>, Result<(), StoreError>),
}

pub(super) struct Writer {
    db: Db,
    identity: FileIdentity,
    queue: mpsc::Receiver<Operation>,
    newest: watch::Sender<Revision>,
}

impl Writer {
    pub(super) fn new(
        db: Db,
        identity: FileIdentity,
        queue: mpsc::Receiver<Operation>,
        newest: watch::Sender<Revision>,
    ) -> Self {
        Self { db, identity, queue, newest }
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
        let mut transaction = match begun {
            Ok(transaction) => transaction,
            Err(error) => {
                error!("can't write: {error}");
                return refuse(batch, &error);
            }
        };
        let now = Utc::now().trunc_subsecs(6);
        let mut newest = None;
        let mut done = Vec::with_capacity(BATCH_OPERATIONS);
        let mut failed = None;
        let mut batch = batch;
        for operation in batch.by_ref() {
            let operation = carry_out(&mut transaction, operation, now, &mut newest).await;
            failed = operation.failure();
            done.push(operation);
            if failed.is_some() {
                // SQLite may have rolled back by itself (disk full): what came after would be
                // committed on its own
                break;
            }
        }
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
        if let (Ok(()), Some(revision)) = (&committed, newest) {
            self.newest.send_replace(revision);
        }
        for operation in done {
            operation.answer(&committed);
        }
    }
}

async fn carry_out(
    transaction: &mut Transaction<'_, Sqlite>,
    operation: Operation,
    now: DateTime<Utc>,
    newest: &mut Option<Revision>,
) -> Done {
    match operation {
        Operation::Put { spec, create_only, answer } => {
            let written = put(transaction, spec, create_only, now).await;
            if let Ok(Written { mapping, effect: Effect::Created | Effect::Replaced }) = &written {
                *newest = Some(mapping.revision);
            }
            Done::Put(answer, written)
        }
        Operation::Delete { name, answer } => {
            let deleted = rows::delete(transaction, &name, now).await;
            if let Ok(Some(revision)) = &deleted {
                *newest = Some(*revision);
            }
            Done::Delete(answer, deleted)
        }
        Operation::Checkpoint { checkpoint, answer } => {
            Done::Checkpoint(answer, rows::save_counters(transaction, &checkpoint).await)
        }
    }
}

async fn put(
    transaction: &mut Transaction<'_, Sqlite>,
    spec: Spec,
    create_only: bool,
    now: DateTime<Utc>,
) -> Result<Written, StoreError> {
    if let Some(owner) = rows::owner_of_prefix(transaction, &spec.prefix).await?
        && owner != spec.name
    {
        return Err(StoreError::prefix_taken(spec.prefix, owner));
    }
    let before = rows::get(transaction, &spec.name).await?;
    let (created_at, effect) = match before {
        Some(_) if create_only => return Err(StoreError::NameTaken(spec.name)),
        Some(before) if before.spec == spec => {
            return Ok(Written { mapping: Arc::new(before), effect: Effect::Unchanged });
        }
        Some(before) => (before.created_at, Effect::Replaced),
        None => (now, Effect::Created),
    };
    let mut mapping = Mapping { spec, revision: Revision::default(), created_at, updated_at: now };
    mapping.revision = rows::put(transaction, &mapping).await?;
    Ok(Written { mapping: Arc::new(mapping), effect })
}

impl Done {
    /// Returns why the database could not carry the operation out, if that is what happened.
    fn failure(&self) -> Option<String> {
        let error = match self {
            Self::Put(_, result) => result.as_ref().err(),
            Self::Delete(_, result) => result.as_ref().err(),
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
