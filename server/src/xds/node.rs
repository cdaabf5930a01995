//! The connected nodes.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};

use super::resource::ResourceKey;
use crate::gateway::mapping::Revision;

/// Longest node id in bytes that is kept: a UUID, a pod name (253) and a bit.
pub(super) const NODE_ID_MAX_BYTES: usize = 300;

/// Revisions of which each stream remembers when the node had them: the latest hours of a busy
/// gateway, in 100 kB a node.
const REACHED_REMEMBERED: usize = 4096;

/// Identifies a node, as its bootstrap says.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// Takes the id that a node has reported, cut to the length that we keep.
    pub fn reported(id: &str) -> Self {
        let mut end = id.len().min(NODE_ID_MAX_BYTES);
        while !id.is_char_boundary(end) {
            end -= 1;
        }
        Self(id.get(..end).unwrap_or_default().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is known of a node that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeStatus {
    pub id: NodeId,
    /// Envoy's version, for example `1.40.0`.
    pub version: Option<String>,
    pub connected_at: DateTime<Utc>,
    /// The newest revision of which the node has acknowledged everything.
    pub revision: Revision,
    pub last_ack: Option<Answer>,
    pub last_nack: Option<Answer>,
}

/// What a node has said of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub at: DateTime<Utc>,
    pub resource: ResourceKey,
    /// Envoy's words; `None` when it acknowledged.
    pub reason: Option<Arc<str>>,
}

/// When the connected nodes had a revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Each connected node, sorted by id: whether it has the revision, and since when. The time is
    /// not known for a node that had it when it connected.
    pub by_node: Vec<(NodeId, bool, Option<DateTime<Utc>>)>,
}

impl Arrival {
    pub fn nodes(&self) -> u32 {
        saturated(self.by_node.len())
    }

    pub fn acked(&self) -> u32 {
        saturated(self.by_node.iter().filter(|(_, has_it, _)| *has_it).count())
    }

    /// Returns when the last of the nodes had it; `None` while one has not.
    pub fn complete_at(&self) -> Option<DateTime<Utc>> {
        let all_have_it = self.by_node.iter().all(|(_, has_it, _)| *has_it);
        all_have_it.then(|| self.by_node.iter().filter_map(|(_, _, at)| *at).max())?
    }
}

/// An open stream.
#[derive(Debug)]
struct Stream {
    status: NodeStatus,
    /// The revisions that the node has reached while connected, oldest first.
    reached: VecDeque<(Revision, DateTime<Utc>)>,
}

impl Stream {
    /// Returns whether the node has `revision`, and when it reached it on this stream. `since` is
    /// when the revision was committed: who connected later loaded it as a part of all.
    fn arrival(&self, revision: Revision, since: DateTime<Utc>) -> (bool, Option<DateTime<Utc>>) {
        let at = self.reached.partition_point(|(reached, _)| *reached < revision);
        let was_connected = self.status.connected_at <= since;
        // what is older than the oldest that is remembered is known only to have been reached
        let is_remembered = at > 0 || self.reached.len() < REACHED_REMEMBERED;
        let reached = self.reached.get(at).map(|(_, at)| *at);
        (reached.is_some(), reached.filter(|_| was_connected && is_remembered))
    }
}

/// Registers the streams that are open, and counts what was sent over all of them.
#[derive(Debug, Clone, Default)]
pub struct Nodes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    streams: Mutex<HashMap<u64, Stream>>,
    responses: AtomicU64,
    bytes: AtomicU64,
}

/// What has been sent to nodes since the server started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SentTotals {
    pub responses: u64,
    /// Encoded responses, without the framing of gRPC and HTTP/2.
    pub bytes: u64,
}

impl Nodes {
    /// Returns the connected nodes, sorted by id.
    pub fn list(&self) -> Vec<NodeStatus> {
        let mut nodes: Vec<_> = self.lock().values().map(|stream| stream.status.clone()).collect();
        nodes.sort_by(|left, right| left.id.cmp(&right.id));
        nodes
    }

    /// Returns how many nodes are connected, and how many of them are at `revision`.
    pub fn count(&self, revision: Revision) -> (u32, u32) {
        let nodes = self.lock();
        let current = nodes.values().filter(|node| node.status.revision >= revision).count();
        (saturated(nodes.len()), saturated(current))
    }

    /// Returns when the connected nodes had `revision`, which was committed at `committed_at`.
    pub fn arrival(&self, revision: Revision, committed_at: DateTime<Utc>) -> Arrival {
        let streams = self.lock();
        let arrived = streams.values().map(|stream| {
            let (has_it, at) = stream.arrival(revision, committed_at);
            (stream.status.id.clone(), has_it, at)
        });
        let mut by_node: Vec<_> = arrived.collect();
        by_node.sort();
        Arrival { by_node }
    }

    /// Returns what has been sent to all nodes.
    pub fn sent(&self) -> SentTotals {
        SentTotals {
            responses: self.0.responses.load(Ordering::Relaxed),
            bytes: self.0.bytes.load(Ordering::Relaxed),
        }
    }

    pub(super) fn count_sent(&self, bytes: usize) {
        self.0.responses.fetch_add(1, Ordering::Relaxed);
        self.0.bytes.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn connected(&self, stream: u64, status: NodeStatus) {
        self.lock().insert(stream, Stream { status, reached: VecDeque::new() });
    }

    pub(super) fn reached(&self, stream: u64, revision: Revision, at: DateTime<Utc>) {
        let mut streams = self.lock();
        let Some(Stream { status, reached }) = streams.get_mut(&stream) else { return };
        status.revision = revision;
        if reached.back().is_none_or(|(newest, _)| *newest < revision) {
            if reached.len() == REACHED_REMEMBERED {
                reached.pop_front();
            }
            reached.push_back((revision, at));
        }
    }

    pub(super) fn answered(&self, stream: u64, answer: Answer) {
        if let Some(Stream { status, .. }) = self.lock().get_mut(&stream) {
            match answer.reason {
                None => status.last_ack = Some(answer),
                Some(_) => status.last_nack = Some(answer),
            }
        }
    }

    pub(super) fn disconnected(&self, stream: u64) {
        self.lock().remove(&stream);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Stream>> {
        // no code panics while it holds the lock, and a map is whole between two calls
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl AsRef<str> for NodeId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<String> for NodeId {
    fn from(id: String) -> Self {
        Self::reported(&id)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({})", self.0)
    }
}
