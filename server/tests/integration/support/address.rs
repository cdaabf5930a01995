//! Where the processes of a test listen.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU16, Ordering},
};

/// Returns an address that nobody else takes. A port of 127.0.0.1 that was free a moment ago may be
/// given to another socket, or to a connection, before an Envoy listens there; so the host is of
/// this process alone.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(10_000);
    // ids of processes have up to 22 bits
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let port = NEXT.fetch_add(1, Ordering::Relaxed);
    SocketAddr::from(([127, 0x80 | high, middle, low], port))
}
