//! Replicas are restarted one by one, as an upgrade does, under traffic and writes: no request fails,
//! and no node's revision goes back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::{join, join_all};

use super::*;
use crate::support::{envoy::Envoy, replicas::Process};

/// Clients, each with a connection to one of the nodes that it keeps.
const CLIENTS: usize = 8;

const ROUNDS: usize = 2;

/// What happens between two restarts at the least.
const REQUESTS_BETWEEN: u64 = 500;
const WRITES_BETWEEN: u64 = 10;

/// Waits until a replica is ready, and hears the other.
async fn until_ready(process: &Process) {
    let client = Client::new();
    until("the replica is ready", async || {
        let ready = client.get(&process.url("/readyz")).await;
        let metrics = client.get(&process.url("/metrics")).await;
        let hears = metrics.body.lines().any(|line| line == "chancery_replicas_heard 1");
        (ready.status == StatusCode::OK && hears).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_rolling_restart_under_traffic_and_writes_drops_nothing() {
    let service = Upstream::start("service").await;
    let installation = Installation::on(shared_database().await, &[("service", &service)]);
    let [one, other] = [installation.process().await, installation.process().await];
    let addresses = [&one, &other].map(|it| (it.http, it.xds));
    let xds = [one.xds, other.xds];
    let nodes = [Envoy::between("first", &xds), Envoy::between("second", &xds)];
    for node in &nodes {
        node.until_serving(installation.gateway_http).await;
    }
    let newest = AtomicU64::new(0);
    let (client, mut attempts) = (Client::new(), 0..);
    let mut write = async || {
        let number = newest.load(Ordering::Relaxed) + 1;
        let body =
            json!({ "prefix": "/a/", "service": "service", "rewrite": format!("/{number}/") });
        until("it is written", async || {
            let (http, _) = addresses[attempts.next()? % addresses.len()];
            let url = format!("http://{http}/ambassador/mapping/a");
            let headers = [("content-type", "application/json")];
            let sent = client.try_send(Method::POST, &url, &headers, &body.to_string()).await;
            sent.is_ok_and(|answer| answer.status == StatusCode::OK).then_some(())
        })
        .await;
        newest.store(number, Ordering::Relaxed);
    };
    write().await;
    let url = format!("http://{}/a/x", installation.gateway_http);
    until("both nodes serve it", async || {
        // each time by another connection, and so by any node
        for _ in 0..16 {
            if Client::new().get(&url).await.status != StatusCode::OK {
                return None;
            }
        }
        Some(())
    })
    .await;
    let (is_over, answered) = (AtomicBool::new(false), AtomicU64::new(0));

    let traffic = join_all((0..CLIENTS).map(async |_| {
        let client = Client::new();
        let mut seen = 0;
        // and on, until what was written last has come here
        while !is_over.load(Ordering::Relaxed) || seen < newest.load(Ordering::Relaxed) {
            let answer = client.get(&url).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer}");
            let number = answer.body.split('/').nth(1).and_then(|number| number.parse().ok());
            let number: u64 = number.unwrap_or_else(|| panic!("{answer}"));
            assert!(number >= seen, "a node went back from {seen} to {number}");
            seen = number;
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let writes = async {
        while !is_over.load(Ordering::Relaxed) {
            write().await;
        }
    };
    let restarts = async {
        let mut running = [one, other];
        for round in 0..ROUNDS * 2 {
            let [next, stays] = running;
            let (http, xds) = (next.http, next.xds);
            let log = next.stop().await;
            let failed: Vec<_> = log.iter().filter(|line| line.contains(" ERROR ")).collect();
            assert!(failed.is_empty(), "{failed:#?}");
            let started = installation.process_at(http, xds).await;
            until_ready(&started).await;
            let enough = [(&answered, REQUESTS_BETWEEN), (&newest, WRITES_BETWEEN)]
                .map(|(counter, more)| (counter, counter.load(Ordering::Relaxed) + more));
            until("there was traffic and more was written", async || {
                let reached = |(counter, enough): &(&AtomicU64, u64)| {
                    counter.load(Ordering::Relaxed) >= *enough
                };
                enough.iter().all(reached).then_some(())
            })
            .await;
            eprintln!("restart {round} is done at {}", newest.load(Ordering::Relaxed));
            running = [stays, started];
        }
        is_over.store(true, Ordering::Relaxed);
        running
    };
    let ((_, ()), running) = join(join(traffic, writes), restarts).await;

    let answered = answered.load(Ordering::Relaxed);
    assert!(service.served() >= answered, "{answered} were answered");
    for process in running {
        process.stop().await;
    }
}
