//! What the tests are built of: a server, nodes, upstreams and a client, each of them real.

pub(crate) mod address;
pub(crate) mod callers;
#[path = "../../src/gateway/edge/chain/tests/made.rs"]
pub(crate) mod certificates;
pub(crate) mod client;
pub(crate) mod crawl;
pub(crate) mod docs;
pub(crate) mod envoy;
pub(crate) mod installation;
pub(crate) mod kubernetes;
pub(crate) mod postgres;
pub(crate) mod replicas;
pub(crate) mod server;
pub(crate) mod tls;
pub(crate) mod tls_upstream;
pub(crate) mod upstream;

use std::time::Duration;

use tokio::time::Instant;

/// How long something may take that takes milliseconds on a quiet machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Time between two looks at something that tells nobody when it changes.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Waits until `look` finds something, and says what was waited for if it does not.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain until {what}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
