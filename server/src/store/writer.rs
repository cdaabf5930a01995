//! The one task that writes: takes what waits, commits it in one transaction, then answers.
//!
//! ```text
//! others' commits ── hint ──▶ catch up ──▶ watch: who may do what, the newest revision, looks
//! looks ─────────────────────▶ ▲
//! operations ── begin ──▶ catch up ──▶ carry out ──▶ commit ──▶ ▲
//! ```
//! Whoever writes knows all that was committed before: writers of several replicas take turns.
//! When the database has lost what we know of, the writer ends, and the process with it, which
//! starts again from what there is.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use super::{
    Acted, Delete, Put, Rules, StoreError, Written,
    access::Versioned,
    act, change,
    counters::{self, Saved},
    database::{Db, Transaction},
    rows,
};
use crate::{
    auth::{
        access::{Access, Edit},
        command::Decision,
        principal::Author,
    },
    fleet::replica::ReplicaId,
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
    Checkpoint { keeper: ReplicaId, checkpoint: Arc<Checkpoint>, answer: Answer<Saved> },
}

/// Somebody who waits until it is known what others had committed by now.
pub(super) type Look = Answer<u64>;

/// An operation that has been carried out in a transaction which is not yet committed.
enum Done {
    Put(Answer<Written>, Result<Written, StoreError>),
    Delete(Answer<Option<Revision>>, Result<Option<Revision>, StoreError>),
    Act(Answer<Acted>, Result<Acted, StoreError>),
    Checkpoint(Answer<Saved>, Result<Saved, StoreError>),
}

/// What has been committed, as far as this process knows.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) who: Versioned,
    pub(super) revision: Revision,
    /// When that revision was committed; none before the first.
    committed_at: Option<DateTime<Utc>>,
}

impl Known {
    /// Reads everything.
    pub(super) async fn load(db: &Db) -> Result<Self, StoreError> {
        let mut reading = db.begin_read().await?;
        let mut known = Self { who: Versioned::load(&mut reading).await?, ..Self::default() };
        known.catch_up(&mut reading).await?;
        reading.end_read().await?;
        Ok(known)
    }

    /// Takes in what others have committed.
    pub(super) async fn catch_up(&mut self, on: &mut Transaction) -> Result<(), StoreError> {
        if rows::committed_at(on, self.revision).await? != self.committed_at {
            return Err(StoreError::WentBack { lost: self.revision });
        }
        self.who.catch_up(on).await?;
        let newest = rows::newest(on).await?;
        if newest != self.revision {
            self.committed_at = rows::committed_at(on, newest).await?;
            self.revision = newest;
        }
        Ok(())
    }
}

/// A transaction that is under way, with what is true in it.
pub(super) struct Batch<'a> {
    pub(super) transaction: Transaction,
    pub(super) now: DateTime<Utc>,
    /// With what this transaction has changed of it.
    known: Known,
    pub(super) rules: &'a Rules,
}

impl Batch<'_> {
    /// Returns who may do what.
    pub(super) fn access(&self) -> &Access {
        &self.known.who.access
    }

    /// Changes who may do what.
    pub(super) async fn edit(
        &mut self,
        edits: impl IntoIterator<Item = Edit>,
    ) -> Result<(), StoreError> {
        for edit in edits {
            self.known.who.edit(&mut self.transaction, &edit).await?;
        }
        Ok(())
    }

    /// Numbers the next change.
    pub(super) fn next_revision(&mut self) -> Revision {
        self.known.revision = Revision(self.known.revision.0 + 1);
        self.known.committed_at = Some(self.now);
        self.known.revision
    }

    /// Begins a part that can be undone.
    pub(super) async fn begin_part(&mut self) -> Result<Undo, StoreError> {
        self.transaction.begin_part().await?;
        Ok(Undo(self.known.clone()))
    }

    /// Keeps what the part has done.
    pub(super) async fn end_part(&mut self) -> Result<(), StoreError> {
        self.transaction.end_part().await
    }

    /// Undoes what the part has done.
    pub(super) async fn undo_part(&mut self, undo: Undo) -> Result<(), StoreError> {
        self.known = undo.0;
        self.transaction.undo_part().await
    }
}

/// What a part of a transaction goes back to.
pub(super) struct Undo(Known);

/// Where what is committed is shown.
pub(super) struct Shown {
    pub(super) newest: watch::Sender<Revision>,
    pub(super) access: watch::Sender<Arc<Access>>,
    /// Counts the times that somebody asked to look and it was done.
    pub(super) looks: watch::Sender<u64>,
}

pub(super) struct Writer {
    db: Db,
    rules: Rules,
    known: Known,
    queue: mpsc::Receiver<Operation>,
    looks: mpsc::Receiver<Look>,
    shown: Shown,
    /// The last look for what others have committed has failed.
    is_behind: bool,
    /// The database has lost what we know of.
    has_lost: bool,
}

impl Writer {
    pub(super) fn new(
        db: Db,
        rules: Rules,
        known: Known,
        queue: mpsc::Receiver<Operation>,
        looks: mpsc::Receiver<Look>,
        shown: Shown,
    ) -> Self {
        Self { db, rules, known, queue, looks, shown, is_behind: false, has_lost: false }
    }

    /// Writes until every handle on the store is gone.
    pub(super) async fn run(mut self, tasks: TaskTracker) {
        let others = self.db.commits_of_others(&tasks);
        drop(tasks);
        let mut batch = Vec::with_capacity(BATCH_OPERATIONS);
        let (mut waiting, mut asks) = (Vec::new(), true);
        while !self.has_lost {
            tokio::select! {
                taken = self.queue.recv_many(&mut batch, BATCH_OPERATIONS) => {
                    if taken == 0 {
                        return;
                    }
                    self.commit(batch.drain(..)).await;
                }
                asked = self.looks.recv_many(&mut waiting, BATCH_OPERATIONS), if asks => {
                    asks = asked > 0;
                    self.look(std::mem::take(&mut waiting)).await;
                }
                () = notified(others.as_deref()) => drop(self.follow().await),
            }
        }
    }

    /// Looks once for all who wait.
    async fn look(&mut self, waiting: Vec<Look>) {
        if waiting.is_empty() {
            return;
        }
        let looked = self.follow().await;
        if looked.is_ok() {
            self.shown.looks.send_modify(|looks| *looks += 1);
        }
        let number = *self.shown.looks.borrow();
        for answer in waiting {
            let looked = looked.clone().map(|()| number).map_err(StoreError::Unavailable);
            // who is gone does not hear it, which is fine
            drop(answer.send(looked));
        }
    }

    /// Takes in what others have committed; returns why not, if it can't.
    async fn follow(&mut self) -> Result<(), String> {
        let mut known = self.known.clone();
        let caught_up = async {
            let mut reading = self.db.begin_read().await?;
            known.catch_up(&mut reading).await?;
            reading.end_read().await
        };
        let Err(error) = caught_up.await else {
            if self.is_behind {
                info!("the database can be read again");
            }
            self.is_behind = false;
            self.publish(known);
            return Ok(());
        };
        if let StoreError::WentBack { .. } = error {
            error!("{error}: ending, to start again from what there is");
            self.has_lost = true;
        } else if !self.is_behind {
            warn!("can't look for what others have committed, trying again: {error}");
            self.is_behind = true;
        }
        Err(reason(&error))
    }

    /// Shows what is committed now: first who may do what, since a mapping may name what came with
    /// it.
    fn publish(&mut self, known: Known) {
        let before = std::mem::replace(&mut self.known, known);
        if before.who.version != self.known.who.version {
            self.shown.access.send_replace(Arc::new(self.known.who.access.clone()));
        }
        if before.revision != self.known.revision {
            self.shown.newest.send_replace(self.known.revision);
        }
    }

    async fn commit(&mut self, batch: impl Iterator<Item = Operation>) {
        let mut batch = batch;
        let mut work = match self.begin().await {
            Ok(work) => work,
            Err(error) => {
                error!("can't write: {error}");
                self.has_lost = matches!(error, StoreError::WentBack { .. });
                return refuse(batch, &error);
            }
        };
        let mut done = Vec::with_capacity(BATCH_OPERATIONS);
        let mut failed = None;
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
        let Batch { transaction, known, .. } = work;
        let committed = match failed {
            Some(reason) => Err(StoreError::Unavailable(reason)),
            None => transaction.commit().await,
        };
        match &committed {
            Ok(()) => self.publish(known),
            Err(error) => {
                error!("can't write: {error}");
                refuse(batch, error);
            }
        }
        for operation in done {
            operation.answer(&committed);
        }
    }

    async fn begin(&self) -> Result<Batch<'_>, StoreError> {
        let mut transaction = self.db.begin_write().await?;
        let mut known = self.known.clone();
        known.catch_up(&mut transaction).await?;
        let now = self.rules.clock.now();
        Ok(Batch { transaction, now, known, rules: &self.rules })
    }
}

async fn notified(others: Option<&Notify>) {
    match others {
        Some(others) => others.notified().await,
        None => std::future::pending().await,
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
        Operation::Checkpoint { keeper, checkpoint, answer } => {
            let saved = counters::keep(&mut batch.transaction, &keeper, &checkpoint).await;
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
