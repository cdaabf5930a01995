//! Receipts: which nodes run a revision, and how long it took to reach them.

use serde::{Deserialize, Serialize};

/// How far a revision has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Receipt {
    pub revision: u64,
    /// Nodes that are connected now.
    pub nodes: u32,
    /// Those of them that have acknowledged everything up to the revision.
    pub acked: u32,
    /// Milliseconds from the commit until the last connected node had acknowledged; `null` while
    /// one is missing, and for revisions from before the server's start or the 4,096 newest.
    pub live_after_ms: Option<u64>,
    /// What Envoy said, if it refused the revision.
    pub rejected: Option<String>,
    pub by_node: Vec<NodeReceipt>,
}

/// What one node has said of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NodeReceipt {
    pub node: String,
    pub acked: bool,
    /// Milliseconds from the commit; `null` when it is not known.
    pub after_ms: Option<u64>,
}
