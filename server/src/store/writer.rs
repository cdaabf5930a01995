//! The one task that writes: takes what waits, commits it in one transaction, then answers.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use sqlx::{Sqlite, Transaction};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::error;

use super::{
    Db, StoreError,
    idempotency::{self, Once},
    rows,
    sqlite::FileIdentity,
};
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
    Put { put: Put, answer: Answer<Written> },
    Delete { name: MappingName, condition: Condition, answer: Answer<Option<Revision>> },
    Checkpoint { checkpoint: Arc<Checkpoint>, answer: Answer<()> },
}

/// Asks for a mapping to be created or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    pub spec: Spec,
    pub condition: Condition,
    /// Makes a creation that is sent twice happen once.
    pub once: Option<Once>,
}

impl From<Spec> for Put {
    fn from(spec: Spec) -> Self {
        Self { spec, condition: Condition::Any, once: None }
    }
}

/// What must be true of the mapping as it is for a write to happen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Condition {
    #[default]
    Any,
    /// There is none, since a new one is to be made.
    New,
    /// There is none.
    Absent,
    /// There is one.
    Present,
    /// Its content is that of one of these revisions.
    Revision(Vec<Revision>),
}

impl Condition {
    /// Checks the condition for the mapping `name`, which is `current` now.
    ///
    /// # Errors
    /// Returns [`StoreError::NameTaken`] or [`StoreError::Stale`] when it does not hold.
    pub fn check(&self, name: &MappingName, current: Option<&Mapping>) -> Result<(), StoreError> {
        let holds = match (self, current) {
            (Self::Any, _) | (Self::New | Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::Revision(allowed), Some(current)) => allowed.contains(&current.revision),
            _ => false,
        };
        match self {
            _ if holds => Ok(()),
            Self::New => Err(StoreError::NameTaken(name.clone())),
            _ => Err(StoreError::Stale {
                name: name.clone(),
                current: current.cloned().map(Arc::new),
            }),
        }
    }
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
    /// An earlier request of the same key did it; the mapping is as that had made it.
    Repeated,
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
        Operation::Put { put, answer } => {
            let written = carry_out_put(transaction, put, now).await;
            if let Ok(Written { mapping, effect: Effect::Created | Effect::Replaced }) = &written {
                *newest = Some(mapping.revision);
            }
            Done::Put(answer, written)
        }
        Operation::Delete { name, condition, answer } => {
            let deleted = carry_out_delete(transaction, &name, condition, now).await;
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

async fn carry_out_put(
    transaction: &mut Transaction<'_, Sqlite>,
    put: Put,
    now: DateTime<Utc>,
) -> Result<Written, StoreError> {
    let Put { spec, condition, once } = put;
    if let Some(once) = &once
        && let Some(mapping) = idempotency::find(transaction, once, now).await?
    {
        return Ok(Written { mapping, effect: Effect::Repeated });
    }
    let before = rows::get(transaction, &spec.name).await?;
    condition.check(&spec.name, before.as_ref())?;
    if let Some(owner) = rows::owner_of_prefix(transaction, &spec.prefix).await?
        && owner != spec.name
    {
        return Err(StoreError::prefix_taken(spec.prefix, owner));
    }
    let (created_at, effect) = match before {
        Some(before) if before.spec == spec => {
            return Ok(Written { mapping: Arc::new(before), effect: Effect::Unchanged });
        }
        Some(before) => (before.created_at, Effect::Replaced),
        None => (now, Effect::Created),
    };
    let mut mapping = Mapping { spec, revision: Revision::default(), created_at, updated_at: now };
    mapping.revision = rows::put(transaction, &mapping).await?;
    if let Some(once) = &once {
        idempotency::remember(transaction, once, mapping.revision, now).await?;
    }
    Ok(Written { mapping: Arc::new(mapping), effect })
}

async fn carry_out_delete(
    transaction: &mut Transaction<'_, Sqlite>,
    name: &MappingName,
    condition: Condition,
    now: DateTime<Utc>,
) -> Result<Option<Revision>, StoreError> {
    if condition != Condition::Any {
        let current = rows::get(transaction, name).await?;
        condition.check(name, current.as_ref())?;
    }
    rows::delete(transaction, name, now).await
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
