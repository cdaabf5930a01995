//! Authorities and certificates that are renewed while requests go to services.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use super::{Bench, SERVICE, is_served};
use crate::support::{client::Client, tls::Authority, tls_upstream::TlsUpstream, until};

/// Requests that go on and on; each needs a handshake between the gateway and the service.
struct Load {
    workers: JoinSet<()>,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
}

impl Load {
    fn start(bench: &Bench) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut workers = JoinSet::new();
        for _ in 0..3 {
            let url = bench.server.gateway("/m/x");
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            workers.spawn(async move {
                let client = Client::new();
                while !stop.load(Ordering::Relaxed) {
                    let answer = client.get(&url).await;
                    assert_eq!(answer.status, StatusCode::OK, "{answer}");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self { workers, stop, answered }
    }

    /// Waits until so many more have been answered.
    async fn more(&self, requests: u64) {
        let before = self.answered.load(Ordering::Relaxed);
        let is_done = || self.answered.load(Ordering::Relaxed) >= before + requests;
        until("requests are answered", async || is_done().then_some(())).await;
    }

    /// Ends it; every answer was right.
    async fn end(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.workers.join_next().await {
            ended.unwrap();
        }
        self.answered.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn an_authority_is_replaced_without_a_wrong_answer() {
    let system = Authority::new("System");
    let mut current = Authority::new("Internal 0");
    let upstream = TlsUpstream::start("images", &current.issues(&["images.shop"])).await;
    let bench = Bench::start(&system, SERVICE, &upstream).await;
    bench.trust("internal-ca", &[&current]).await;
    bench.map(SERVICE, json!({ "trust_bundle": "internal-ca" })).await;
    let load = Load::start(&bench);
    load.more(20).await;

    for number in 1..=5 {
        let next = Authority::new(&format!("Internal {number}"));
        let clusters = bench.server.server.nodes.sent();
        bench.trust("internal-ca", &[&current, &next]).await;
        bench.server.until_live().await;
        load.more(20).await;
        upstream.show(&next.issues(&["images.shop"]));
        load.more(20).await;
        bench.trust("internal-ca", &[&next]).await;
        load.more(20).await;
        let sent = bench.server.server.nodes.sent().bytes - clusters.bytes;
        let secrets = 2 * next.pem().len() + current.pem().len();
        assert!(sent < (secrets + 600) as u64, "{sent} bytes for secrets of {secrets}");
        current = next;
    }

    assert!(load.end().await > 300);
    // the last one is believed, and none before
    upstream.show(&system.issues(&["images.shop"]));
    super::is_refused(&bench.get().await);
}

#[tokio::test]
async fn the_gateways_own_certificate_is_renewed_without_a_wrong_answer() {
    let (system, clients) = (Authority::new("System"), Authority::new("Clients"));
    let upstream =
        TlsUpstream::demanding("images", &system.issues(&["images.shop"]), &clients).await;
    let mut bench = Bench::start(&system, SERVICE, &upstream).await;
    let mut newest = clients.issues(&["gateway.internal"]);
    bench.push("gateway-client", &newest).await;
    bench.map(SERVICE, json!({ "client_certificate": "gateway-client" })).await;
    let load = Load::start(&bench);
    load.more(20).await;

    for _ in 0..10 {
        newest = clients.issues(&["gateway.internal"]);
        bench.push("gateway-client", &newest).await;
        let line = format!("client: {}", newest.fingerprint());
        until("it is shown to the service", async || {
            let answer = bench.get().await;
            assert_eq!(answer.status, StatusCode::OK, "{answer}");
            answer.body.contains(&line).then_some(())
        })
        .await;
        load.more(10).await;
    }

    assert!(load.end().await > 100);
    // a node that starts has it, too
    bench.node.take().unwrap().kill().await;
    bench.node = Some(bench.server.node("one").await);
    is_served(&bench.get().await, &format!("client: {}", newest.fingerprint()));
}
