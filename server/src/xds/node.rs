//! The connected nodes.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::resource::ResourceKey;
use crate::{fleet::replica::ReplicaId, gateway::mapping::Revision};

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
    /// Where the replica that it is connected to listens for the others, if it is not this one.
    pub replica: Option<SocketAddr>,
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

/// How many nodes are connected, to any replica.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeCount {
    pub nodes: u32,
    /// Those of them that are at the revision that was asked for.
    pub current: u32,
    /// The revisions of those that are connected to other replicas, sorted.
    pub elsewhere: Arc<[Revision]>,
}

impl NodeCount {
    /// Returns how many nodes that are connected to other replicas have everything of `revision`.
    pub fn elsewhere_at(&self, revision: Revision) -> u32 {
        let behind = self.elsewhere.partition_point(|reached| *reached < revision);
        saturated(self.elsewhere.len() - behind)
    }
}

/// An open stream.
#[derive(Debug, Clone)]
struct Stream {
    status: NodeStatus,
    /// The revisions that the node has reached while connected, oldest first.
    reached: VecDeque<(Revision, DateTime<Utc>)>,
    /// Differs after each change.
    version: u64,
}

impl Stream {
    fn reach(&mut self, revision: Revision, at: DateTime<Utc>) {
        self.status.revision = revision;
        if self.reached.back().is_none_or(|(newest, _)| *newest < revision) {
            if self.reached.len() == REACHED_REMEMBERED {
                self.reached.pop_front();
            }
            self.reached.push_back((revision, at));
        }
    }

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
    streams: Mutex<Streams>,
    responses: AtomicU64,
    bytes: AtomicU64,
    /// Counts the changes of our own streams.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Streams {
    own: HashMap<u64, Stream>,
    elsewhere: HashMap<ReplicaId, HashMap<u64, Stream>>,
}

impl Streams {
    fn all(&self) -> impl Iterator<Item = &Stream> {
        self.own.values().chain(self.elsewhere.values().flat_map(HashMap::values))
    }
}

/// What another replica is told of our streams.
#[derive(Debug, Clone, Default)]
pub struct StreamsTold {
    /// All that are open.
    pub open: Vec<u64>,
    /// Those that are new or differ.
    pub changed: Vec<StreamTold>,
}

/// What another replica is told of a stream.
#[derive(Debug, Clone)]
pub struct StreamTold {
    pub stream: u64,
    pub status: NodeStatus,
    /// The revisions that the node has reached since it was told last, oldest first.
    pub reached: Vec<(Revision, DateTime<Utc>)>,
}

/// What a replica knows of our streams already.
#[derive(Debug, Default)]
pub struct StreamsKnown(HashMap<u64, (u64, Option<Revision>)>);

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
        let mut nodes: Vec<_> = self.lock().all().map(|stream| stream.status.clone()).collect();
        nodes.sort_by(|left, right| left.id.cmp(&right.id));
        nodes
    }

    /// Returns how many nodes are connected, and how many of them are at `revision`.
    pub fn count(&self, revision: Revision) -> NodeCount {
        let streams = self.lock();
        let revisions = |streams: &HashMap<u64, Stream>| -> Vec<Revision> {
            streams.values().map(|stream| stream.status.revision).collect()
        };
        let own = revisions(&streams.own);
        let mut elsewhere: Vec<_> = streams.elsewhere.values().flat_map(revisions).collect();
        drop(streams);
        elsewhere.sort_unstable();
        let current = own.iter().chain(&elsewhere).filter(|reached| **reached >= revision).count();
        NodeCount {
            nodes: saturated(own.len() + elsewhere.len()),
            current: saturated(current),
            elsewhere: elsewhere.into(),
        }
    }

    /// Follows the changes of our own streams, as [`Self::tell`] tells of them.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Returns what a replica does not know yet of our own streams, and notes it as known.
    pub fn tell(&self, known: &mut StreamsKnown) -> StreamsTold {
        let streams = self.lock();
        known.0.retain(|stream, _| streams.own.contains_key(stream));
        let changed = streams.own.iter().filter_map(|(id, stream)| {
            let newest = stream.reached.back().map(|(revision, _)| *revision);
            let (version, told) = known.0.insert(*id, (stream.version, newest)).unwrap_or_default();
            let is_news = |(revision, _): &&(Revision, _)| Some(*revision) > told;
            (version != stream.version).then(|| StreamTold {
                stream: *id,
                status: stream.status.clone(),
                reached: stream.reached.iter().filter(is_news).copied().collect(),
            })
        });
        StreamsTold { changed: changed.collect(), open: streams.own.keys().copied().collect() }
    }

    /// Takes in what another replica tells of its streams.
    pub fn take_in(&self, replica: &ReplicaId, told: StreamsTold) {
        let mut streams = self.lock();
        let theirs = streams.elsewhere.entry(replica.clone()).or_default();
        let open: HashSet<_> = told.open.into_iter().collect();
        theirs.retain(|stream, _| open.contains(stream));
        for StreamTold { stream, status, reached } in told.changed {
            let before = theirs.remove(&stream).map(|known| known.reached).unwrap_or_default();
            let mut known = Stream { status: status.clone(), reached: before, version: 0 };
            for (revision, at) in reached {
                known.reach(revision, at);
            }
            theirs.insert(stream, Stream { status, ..known });
        }
    }

    /// Forgets the streams of a replica that does not tell any more.
    pub fn forget(&self, replica: &ReplicaId) {
        self.lock().elsewhere.remove(replica);
    }

    /// Returns when the connected nodes had `revision`, which was committed at `committed_at`.
    pub fn arrival(&self, revision: Revision, committed_at: DateTime<Utc>) -> Arrival {
        let streams = self.lock();
        let arrived = streams.all().map(|stream| {
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
        let new = Stream { status, reached: VecDeque::new(), version: 1 };
        self.lock().own.insert(stream, new);
        self.changed();
    }

    pub(super) fn reached(&self, stream: u64, revision: Revision, at: DateTime<Utc>) {
        self.change(stream, |stream| {
            if stream.status.revision == revision {
                return false;
            }
            stream.reach(revision, at);
            true
        });
    }

    pub(super) fn answered(&self, stream: u64, answer: Answer) {
        self.change(stream, |Stream { status, .. }| {
            match answer.reason {
                None => status.last_ack = Some(answer),
                Some(_) => status.last_nack = Some(answer),
            }
            true
        });
    }

    pub(super) fn disconnected(&self, stream: u64) {
        self.lock().own.remove(&stream);
        self.changed();
    }

    /// Changes one of our streams; `change` tells whether it did.
    fn change(&self, stream: u64, change: impl FnOnce(&mut Stream) -> bool) {
        let mut streams = self.lock();
        let Some(stream) = streams.own.get_mut(&stream) else { return };
        if change(stream) {
            stream.version += 1;
            drop(streams);
            self.changed();
        }
    }

    fn changed(&self) {
        self.0.changes.send_modify(|changes| *changes += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
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
