//! The connected nodes.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};

use crate::gateway::mapping::Revision;

/// Longest node id in bytes that is kept: a UUID, a pod name (253) and a bit.
const NODE_ID_MAX_BYTES: usize = 300;

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
}

/// Registers the streams that are open, and counts what was sent over all of them.
#[derive(Debug, Clone, Default)]
pub struct Nodes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    streams: Mutex<HashMap<u64, NodeStatus>>,
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
        let mut nodes: Vec<_> = self.lock().values().cloned().collect();
        nodes.sort_by(|left, right| left.id.cmp(&right.id));
        nodes
    }

    /// Returns how many nodes are connected, and how many of them are at `revision`.
    pub fn count(&self, revision: Revision) -> (u32, u32) {
        let nodes = self.lock();
        let current = nodes.values().filter(|node| node.revision >= revision).count();
        (saturated(nodes.len()), saturated(current))
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
        self.lock().insert(stream, status);
    }

    pub(super) fn reached(&self, stream: u64, revision: Revision) {
        if let Some(node) = self.lock().get_mut(&stream) {
            node.revision = revision;
        }
    }

    pub(super) fn disconnected(&self, stream: u64) {
        self.lock().remove(&stream);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, NodeStatus>> {
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
