//! How many were not let in, and why: what an operator sees of attacks and of expired credentials.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Why somebody was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The connection did not get through the handshake of TLS.
    Handshake,
    /// A request had no credentials, or some that we do not know.
    Credentials,
    /// The credentials are those of another node.
    Node,
}

impl Reason {
    pub const ALL: [Self; 3] = [Self::Handshake, Self::Credentials, Self::Node];

    /// Returns its word in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Credentials => "credentials",
            Self::Node => "node",
        }
    }
}

/// Counts them since the start; a clone is the same count.
#[derive(Debug, Clone, Default)]
pub struct Refused(Arc<[AtomicU64; Reason::ALL.len()]>);

impl Refused {
    pub(crate) fn count(&self, reason: Reason) {
        self.of(reason).fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how many were refused for `reason`.
    pub fn so_far(&self, reason: Reason) -> u64 {
        self.of(reason).load(Ordering::Relaxed)
    }

    fn of(&self, reason: Reason) -> &AtomicU64 {
        let [handshake, credentials, node] = &*self.0;
        match reason {
            Reason::Handshake => handshake,
            Reason::Credentials => credentials,
            Reason::Node => node,
        }
    }
}
