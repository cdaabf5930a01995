//! The task that owns the live statistics: reports come in, one [`Tick`] a second goes out.
//!
//! Viewers never talk to it: they read the last tick from a `watch`, so that their number and
//! their speed do not matter here. Who wants to know the past asks by [`History`]. What a tick says
//! is decided by [`Board`].

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use chrono::Utc;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    Report,
    board::{Board, Now},
    checkpoint::Checkpoint,
    query::{History, Question},
    tick::Tick,
    told::{Subscribers, Subscription, Subscriptions},
};
use crate::{
    publisher::Published,
    store::{Saved, Store, StoreError},
    xds::node::Nodes,
};

/// Time between two ticks, and so between two frames.
const TICK: Duration = Duration::from_secs(1);

/// Ticks between two checkpoints: what a crash makes us count again from the nodes.
const CHECKPOINT_TICKS: u64 = 5;

type Saving = Pin<Box<dyn Future<Output = (Arc<Checkpoint>, Result<Saved, StoreError>)> + Send>>;

/// Moves reports to the board, and ticks and checkpoints away from it.
pub struct Hub {
    reports: mpsc::Receiver<Report>,
    questions: mpsc::Receiver<Question>,
    subscriptions: mpsc::Receiver<Subscription>,
    /// The hubs of other replicas, which are told what comes here.
    subscribers: Subscribers,
    published: watch::Receiver<Arc<Published>>,
    nodes: Nodes,
    store: Store,
    ticks: watch::Sender<Arc<Tick>>,
    board: Board,
    /// A checkpoint that is being written: at most one.
    saving: Option<Saving>,
    /// The last checkpoint was written, and not left to another replica.
    is_keeper: bool,
    /// The next checkpoint must be a whole one: the last was another replica's.
    is_new_keeper: bool,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("board", &self.board).finish_non_exhaustive()
    }
}

/// A hub that is about to run, and what others have of it.
#[derive(Debug)]
pub struct Started {
    pub hub: Hub,
    pub ticks: watch::Receiver<Arc<Tick>>,
    pub history: History,
    pub subscriptions: Subscriptions,
}

impl Hub {
    /// Continues from the last checkpoint; the first tick is at the receiver at once.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn start(
        reports: mpsc::Receiver<Report>,
        published: watch::Receiver<Arc<Published>>,
        nodes: Nodes,
        store: Store,
        epoch: Arc<str>,
    ) -> Result<Started, StoreError> {
        let checkpoint = store.load_counters().await?;
        let board = Board::resume(checkpoint, &published.borrow().table, now());
        let (ticks, receiver) = watch::channel(Arc::new(Tick { epoch, ..Tick::default() }));
        let (history, questions) = History::new();
        let (subscribe, subscriptions) = Subscriptions::new();
        let mut hub = Self {
            reports,
            questions,
            subscriptions,
            subscribers: Subscribers::default(),
            published,
            nodes,
            store,
            ticks,
            board,
            saving: None,
            is_keeper: false,
            is_new_keeper: false,
        };
        hub.tick();
        Ok(Started { hub, ticks: receiver, history, subscriptions: subscribe })
    }

    /// Ticks until `stop`, then saves a last checkpoint.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(report) = self.reports.recv() => self.take_in(report),
                Some(question) = self.questions.recv() => {
                    question.answer(&self.board, &self.ticks.borrow());
                }
                Some(subscription) = self.subscriptions.recv() => {
                    self.subscribers.add(subscription, self.board.beginning(now()));
                }
                (checkpoint, saved) = finished(&mut self.saving) => {
                    self.saving = None;
                    self.after_saving(&checkpoint, saved);
                }
                _ = interval.tick() => {
                    self.tick();
                    if self.ticks.borrow().seq.is_multiple_of(CHECKPOINT_TICKS) {
                        self.begin_saving();
                    }
                }
            }
        }
        while let Ok(report) = self.reports.try_recv() {
            self.take_in(report);
        }
        // what is being written, and then what has come since
        for _ in 0..2 {
            if let Some(saving) = self.saving.take() {
                let (checkpoint, saved) = saving.await;
                self.after_saving(&checkpoint, saved);
            }
            self.begin_saving();
        }
        if let Some(saving) = self.saving.take() {
            let (checkpoint, saved) = saving.await;
            self.after_saving(&checkpoint, saved);
        }
    }

    fn take_in(&mut self, report: Report) {
        let published = self.published.borrow();
        let told = self.board.take_in(report, &published.table, now());
        if let Some(told) = told {
            self.subscribers.tell(&told);
        }
    }

    fn tick(&mut self) {
        let published = Arc::clone(&self.published.borrow_and_update());
        let before = Arc::clone(&self.ticks.borrow());
        let nodes = self.nodes.count(published.table.revision());
        let tick = self.board.tick(&before, &published, nodes, now());
        let tick = Tick { keeps_counters: self.is_keeper, ..tick };
        self.ticks.send_replace(Arc::new(tick));
    }

    fn begin_saving(&mut self) {
        if self.saving.is_some() {
            return;
        }
        let checkpoint = Arc::new(match self.is_new_keeper {
            true => self.board.take_whole_checkpoint(),
            false => self.board.take_checkpoint(),
        });
        if checkpoint.is_empty() {
            return;
        }
        let store = self.store.clone();
        self.saving = Some(Box::pin(async move {
            let saved = store.save_counters(Arc::clone(&checkpoint)).await;
            (checkpoint, saved)
        }));
    }

    fn after_saving(&mut self, checkpoint: &Checkpoint, saved: Result<Saved, StoreError>) {
        self.is_keeper = matches!(saved, Ok(Saved::Written));
        match saved {
            // what another keeper writes has this one's changes in it
            Ok(Saved::Written | Saved::ByAnother) => self.is_new_keeper = false,
            Ok(Saved::NeedsWhole) => self.is_new_keeper = true,
            Err(error) => {
                warn!("can't save counters, trying again: {error}");
                self.board.put_back(checkpoint);
            }
        }
    }
}

fn now() -> Now {
    Now { instant: Instant::now().into_std(), at: Utc::now() }
}

async fn finished(saving: &mut Option<Saving>) -> (Arc<Checkpoint>, Result<Saved, StoreError>) {
    match saving {
        Some(saving) => saving.await,
        None => std::future::pending().await,
    }
}
