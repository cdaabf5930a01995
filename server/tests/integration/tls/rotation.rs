//! Certificates that are renewed, come and go while clients are connected.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use tokio::task::JoinSet;

use super::Gateway;
use crate::support::{envoy::Envoy, tls::Browser, until};

const HOST: &str = "api.example.com";

#[tokio::test]
async fn a_renewed_certificate_costs_no_request_and_no_connection() {
    let gateway = Gateway::start().await;
    let first = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &first).await;
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    let mut workers = JoinSet::new();
    // each of these keeps one connection, which was shown the first certificate, to the end
    for _ in 0..3 {
        let (client, stop) = (gateway.browser(), Arc::clone(&stop));
        let (shown, answered) = (first.der(), Arc::clone(&answered));
        workers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let seen = client.get(HOST, "/user/").await.unwrap();
                assert_eq!((seen.status, &seen.certificate), (200, &shown));
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    until("all are connected", async || (answered.load(Ordering::Relaxed) > 30).then_some(()))
        .await;
    // and this one comes anew for each request
    let (authority, https) = (Arc::clone(&gateway.authority), gateway.server.server.gateway_https);
    let stop_new = Arc::clone(&stop);
    let counted = Arc::clone(&answered);
    workers.spawn(async move {
        while !stop_new.load(Ordering::Relaxed) {
            assert_eq!(
                Browser::new(https, &authority).get(HOST, "/user/").await.unwrap().status,
                200
            );
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });

    for _ in 0..20 {
        let renewed = gateway.serve("api", &[HOST]).await;
        gateway.until_shown(HOST, &renewed).await;
    }

    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = workers.join_next().await {
        ended.unwrap();
    }
    assert!(answered.load(Ordering::Relaxed) > 100);
}

#[tokio::test]
async fn certificates_of_other_hosts_come_and_go_beside_an_open_connection() {
    let gateway = Gateway::start().await;
    let first = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &first).await;
    let client = gateway.browser();
    assert_eq!(client.get(HOST, "/user/").await.unwrap().certificate, first.der());
    // from here on, only the connection that is open shows the first
    let second = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &second).await;
    let slow = tokio::spawn({
        let client = gateway.browser();
        async move { client.get(HOST, "/user/slow/2000").await }
    });

    for _ in 0..3 {
        let other = gateway.serve("other", &["other.example.org"]).await;
        gateway.until_shown("other.example.org", &other).await;
        gateway.delete("other").await;
        gateway.until_refused("other.example.org").await;
        let seen = client.get(HOST, "/user/").await.unwrap();
        assert_eq!((seen.status, seen.certificate), (200, first.der()));
    }

    assert_eq!(slow.await.unwrap().unwrap().status, 200);
    gateway.delete("api").await;
    gateway.until_refused(HOST).await;
}

#[tokio::test]
async fn certificates_are_served_again_after_either_side_was_restarted() {
    let mut gateway = Gateway::start().await;
    let issued = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &issued).await;
    let client = gateway.browser();
    client.get(HOST, "/user/").await.unwrap();

    let renewed = gateway.authority.issues(&[HOST]);
    let (server, ()) = gateway
        .server
        .restart(async {
            let seen = client.get(HOST, "/user/").await.unwrap();
            assert_eq!(seen.certificate, issued.der(), "nodes go on alone");
        })
        .await;
    gateway.server = server;
    gateway.server.until_live().await;
    let sent = gateway.server.server.nodes.sent();
    assert_eq!(sent.bytes, 0, "{sent:?} that the node has");
    let seen = client.get(HOST, "/user/").await.unwrap();
    assert_eq!(seen.certificate, issued.der());
    gateway.push("api", &renewed).await;
    gateway.until_shown(HOST, &renewed).await;

    gateway.node.take().unwrap().kill().await;
    gateway.node = Some(Envoy::start("a", gateway.server.server.xds));
    gateway.until_shown(HOST, &renewed).await;
}

#[tokio::test]
async fn one_of_many_certificates_is_renewed_alone() {
    let gateway = Gateway::start().await;
    for number in 0..200 {
        let host = format!("h{number}.example.com");
        gateway.serve(&format!("h{number}"), &[&host]).await;
    }
    let renewed = gateway.serve("h100", &["h100.example.com"]).await;
    gateway.until_shown("h100.example.com", &renewed).await;
    let mut times = Vec::new();

    for _ in 0..10 {
        let renewed = gateway.authority.issues(&["h100.example.com"]);
        let before = gateway.server.server.nodes.sent().bytes;
        let began = Instant::now();
        gateway.push("h100", &renewed).await;
        let pushed = began.elapsed();
        gateway.until_shown("h100.example.com", &renewed).await;
        times.push((pushed, began.elapsed()));
        let bytes = gateway.server.server.nodes.sent().bytes - before;
        let encoded = (renewed.chain.len() + renewed.key.len()) as u64;
        assert!((encoded..encoded + 400).contains(&bytes), "{bytes} for {encoded}");
        eprintln!("{bytes} bytes for a chain and a key of {encoded}");
    }

    times.sort();
    eprintln!("renewing one of 200: answered and served after, {times:?}");
    let client = gateway.browser();
    for host in ["h0.example.com", "h199.example.com"] {
        assert_eq!(client.get(host, "/user/").await.unwrap().status, 200);
    }
}
