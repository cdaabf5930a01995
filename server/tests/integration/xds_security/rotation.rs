//! Credentials that are renewed while nodes are connected and requests are served.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{By, Guarded, Node, Shows, put, put_pair};
use crate::support::{client::Client, tls::Authority, until};

/// Requests `/user/x` over and over; none may fail.
struct Traffic {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Traffic {
    fn start(url: String) -> Self {
        let (stop, served): (Arc<AtomicBool>, Arc<AtomicU64>) = Default::default();
        let (until, count) = (Arc::clone(&stop), Arc::clone(&served));
        let task = tokio::spawn(async move {
            let client = Client::new();
            while !until.load(Ordering::Relaxed) {
                let answer = client.get(&url).await;
                assert!(answer.status.is_success(), "{answer}");
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { stop, served, task }
    }

    /// Ends it, once requests have been served after all that was changed.
    async fn end(self) {
        let before = self.served.load(Ordering::Relaxed);
        until("more requests are served", async || {
            (self.served.load(Ordering::Relaxed) > before + 10).then_some(())
        })
        .await;
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
    }
}

impl Guarded {
    /// Starts with a node that is served, and with traffic through it.
    async fn under_traffic() -> (Self, Node, Traffic) {
        let guarded = Self::start(By::Certificates).await;
        let node =
            guarded.node("edge-1", Shows::Certificate(&guarded.authority.issues(&["edge-1"])));
        guarded.until_served().await;
        let traffic = Traffic::start(guarded.server.gateway("/user/x"));
        (guarded, node, traffic)
    }

    fn folder(&self) -> &std::path::Path {
        self.server.folder.path()
    }
}

#[tokio::test]
async fn a_renewed_certificate_of_the_server_is_shown_to_new_connections_and_ends_no_stream() {
    let guarded = Guarded::start(By::Either).await;
    let own = guarded.authority.issues(&["edge-1"]);
    let _node = guarded.node("edge-1", Shows::Certificate(&own));
    guarded.until_served().await;
    let before = guarded.server.server.nodes.list();

    for _ in 0..3 {
        let renewed = guarded.authority.issues(&["127.0.0.1"]);
        put_pair(guarded.folder(), &renewed);
        until("the new one is shown", async || {
            (guarded.shown().await == renewed.der()).then_some(())
        })
        .await;
    }

    assert_eq!(guarded.server.server.nodes.list()[0].connected_at, before[0].connected_at);
    assert_eq!(guarded.metric("chancery_xds_credentials_stale").await, 0);
}

#[tokio::test]
async fn authorities_are_read_again() {
    let guarded = Guarded::start(By::Certificates).await;
    let next = Authority::new("Next");
    let _node = guarded.node("edge-1", Shows::Certificate(&next.issues(&["edge-1"])));
    guarded.until_refused("handshake").await;

    put(&guarded.folder().join("ca.crt"), &[guarded.authority.pem(), next.pem()].concat());

    guarded.until_served().await;
}

#[tokio::test]
async fn everything_is_renewed_on_both_sides_under_traffic_without_a_restart_of_the_node() {
    let (guarded, node, traffic) = Guarded::under_traffic().await;
    let next = Authority::new("Next");

    // from here on, nothing that is new would be taken with anything that was before
    node.renew(&next.issues(&["edge-1"]));
    put(&node.folder.path().join("ca.crt"), next.pem());
    put(&guarded.folder().join("ca.crt"), next.pem());
    put_pair(guarded.folder(), &next.issues(&["127.0.0.1"]));
    let Guarded { server, by, _upstream, .. } = guarded;
    let (server, ()) = server.restart(async {}).await;
    let guarded = Guarded { server, authority: next, by, _upstream };

    until("the node is back", async || (guarded.connected() == ["edge-1"]).then_some(())).await;
    guarded.server.map("more", "/more/", "usersvc").await;
    guarded.server.until_live().await;
    traffic.end().await;
}

#[tokio::test]
async fn a_bad_file_changes_nothing_but_the_metrics() {
    let (guarded, _node, traffic) = Guarded::under_traffic().await;
    let good = fs::read_to_string(guarded.folder().join("tls.crt")).unwrap();
    assert_eq!(guarded.metric("chancery_xds_credentials_stale").await, 0);

    for bad in ["", "no certificate", &guarded.authority.issues(&["127.0.0.1"]).chain] {
        put(&guarded.folder().join("tls.crt"), bad);
        until("it is noticed", async || {
            (guarded.metric("chancery_xds_credentials_stale").await == 1).then_some(())
        })
        .await;
        let second = guarded.authority.issues(&["edge-2"]);
        let second = guarded.node("edge-2", Shows::Certificate(&second));
        until("others still come in", async || {
            (guarded.connected() == ["edge-1", "edge-2"]).then_some(())
        })
        .await;
        second.envoy.kill().await;
        put(&guarded.folder().join("tls.crt"), &good);
        until("it is well again", async || {
            (guarded.metric("chancery_xds_credentials_stale").await == 0).then_some(())
        })
        .await;
    }

    assert!(guarded.metric("chancery_xds_certificate_not_after_timestamp_seconds").await > 0);
    traffic.end().await;
}
