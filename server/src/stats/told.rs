//! What the hubs of the replicas tell each other, so that each of them counts for all nodes.
//!
//! ```text
//! a node ─▶ its replica's hub ── Told, in order ──▶ the hub of every other replica
//! ```
//! Counters travel as the node has pushed them, cumulative: what is lost on the way or comes twice is
//! neither lost nor doubled.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot};

use super::{
    Flush,
    counters::{Counts, Target},
};
use crate::{envoy::source::Source, xds::node::NodeId};

/// What may wait for a replica: some seconds of a hundred nodes. One that falls further behind is cut
/// off, and told everything anew.
const QUEUE_TOLD: usize = 256;

/// Subscriptions that may wait for the hub; when it is full, replicas wait.
const QUEUE_SUBSCRIPTIONS: usize = 16;

/// Numbers the processes behind a node: a later one has a higher number. It is the time in
/// milliseconds since 1970 at which the process was seen first, or one more than that of the process
/// before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Run(pub u64);

/// What is known of the process behind a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Process {
    pub run: Run,
    /// Envoy's time of the newest flush that was taken in, in milliseconds since 1970; 0 when there
    /// was none.
    pub sent_at_ms: i64,
}

/// What one hub tells the others.
#[derive(Debug, Clone)]
pub enum Told {
    /// The process behind the node is new, since so long.
    Started { node: NodeId, run: Run, age: Duration },
    /// A node has pushed.
    Flush { run: Run, flush: Arc<Flush> },
    /// What a node had counted when it was heard last: where to begin.
    Counted(Counted),
    /// Some of the totals, after all that was counted: who has missed something can tell.
    Totals(Vec<(Target, Counts)>),
}

/// The counters of a node.
#[derive(Debug, Clone)]
pub struct Counted {
    pub node: NodeId,
    pub process: Process,
    /// Since when the process is there, if that is known.
    pub age: Option<Duration>,
    /// How long ago the node was heard last, if it was since the start.
    pub heard: Option<Duration>,
    /// Cumulative since the node's process started.
    pub counts: HashMap<Source, Counts>,
}

/// Somebody who wants to be told everything from now on.
#[derive(Debug)]
pub(super) struct Subscription {
    /// Takes where to begin.
    beginning: oneshot::Sender<Vec<Told>>,
    queue: mpsc::Sender<Told>,
}

/// Subscribes at the hub; a clone subscribes at the same one.
#[derive(Debug, Clone)]
pub struct Subscriptions(mpsc::Sender<Subscription>);

impl Subscriptions {
    /// Returns what subscribes, and what the hub learns of it by.
    pub(super) fn new() -> (Self, mpsc::Receiver<Subscription>) {
        let (sender, receiver) = mpsc::channel(QUEUE_SUBSCRIPTIONS);
        (Self(sender), receiver)
    }

    /// Returns where to begin, and what follows; the queue ends when who reads it falls behind. `None`
    /// when the server stops.
    pub async fn subscribe(&self) -> Option<(Vec<Told>, mpsc::Receiver<Told>)> {
        let (queue, told) = mpsc::channel(QUEUE_TOLD);
        let (beginning, begun) = oneshot::channel();
        self.0.send(Subscription { beginning, queue }).await.ok()?;
        Some((begun.await.ok()?, told))
    }
}

/// The subscribers of a hub.
#[derive(Default)]
pub(super) struct Subscribers(Vec<mpsc::Sender<Told>>);

impl Subscribers {
    pub(super) fn add(&mut self, subscription: Subscription, beginning: Vec<Told>) {
        // who is gone meanwhile is dropped when there is something to tell
        let _gone = subscription.beginning.send(beginning);
        self.0.push(subscription.queue);
    }

    /// Tells everyone; cuts off who has fallen behind.
    pub(super) fn tell(&mut self, told: &Told) {
        self.0.retain(|queue| queue.try_send(told.clone()).is_ok());
    }
}

impl fmt::Debug for Subscribers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscribers").field(&self.0.len()).finish()
    }
}
