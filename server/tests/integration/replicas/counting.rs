//! The counters of all nodes, on every replica, exactly.

use super::*;
use crate::support::{envoy::Envoy, replicas::Process, server::counts};

/// Waits until a process has counted so many requests of a mapping.
async fn until_counted(process: &Process, mapping: &str, expected: [u64; 3]) {
    let (client, mut last) = (Client::new(), None);
    until(&format!("`{mapping}` has counted {expected:?}"), async || {
        let stats = client.get(&process.url("/ambassador/stats")).await.json();
        let now = counts(&stats["mappings"][mapping]);
        if last.replace(now) != Some(now) {
            eprintln!("{}: {now:?} of {expected:?}", process.http);
        }
        (now == expected).then_some(())
    })
    .await;
}

/// Waits until a mapping is live on so many nodes, as a process sees it.
async fn until_live(process: &Process, mapping: &str, nodes: u64) {
    let client = Client::new();
    until(&format!("`{mapping}` is live on {nodes} nodes"), async || {
        let live = client.get(&process.url(&format!("/api/v1/mappings/{mapping}/live"))).await;
        let expected = json!({ "state": "live", "nodes": nodes });
        (live.status == StatusCode::OK && live.json()["config"] == expected).then_some(())
    })
    .await;
}

async fn map(process: &Process, mapping: &str) {
    let url = process.url(&format!("/ambassador/mapping/{mapping}"));
    let body = json!({ "prefix": format!("/{mapping}/"), "service": "service" });
    let answer = Client::new().json(Method::POST, &url, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
}

#[tokio::test]
async fn counters_and_endpoints_are_those_of_all_nodes_on_every_replica() {
    let service = Upstream::start("service").await;
    let installation = Installation::on(shared_database().await, &[("service", &service)]);
    let [one, other] = [installation.replica().await, installation.replica().await];
    let _first = node_of("first", one.server.xds, &installation).await;
    let _second = node_of("second", other.server.xds, &installation).await;
    until_linked(&[&one, &other]).await;
    one.map("a", "/a/", "service").await;
    one.until_live().await;
    other.until_live().await;

    send(&installation, "/a/", [40, 20, 10]).await;

    for replica in [&one, &other] {
        replica.until_counted("a", [40, 20, 10]).await;
        until("one of one endpoint is healthy", async || {
            let stats = replica.get("/ambassador/stats").await.json();
            let service = &stats["services"]["service"];
            (counts(service) == [40, 20, 10]
                && service["healthy_members"] == 1
                && service["total_members"] == 1)
                .then_some(())
        })
        .await;
    }
    // one that starts later knows what was counted before
    let later = installation.replica().await;
    later.until_counted("a", [40, 20, 10]).await;
    // and all of them know that a service is dead
    drop(service);
    for replica in [&one, &other, &later] {
        until("no endpoint is healthy", async || {
            let stats = replica.get("/ambassador/stats").await.json();
            (stats["services"]["service"]["healthy_members"] == 0).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_node_that_moves_from_one_replica_to_the_other_is_counted_once() {
    let service = Upstream::start("service").await;
    let installation = Installation::on(shared_database().await, &[("service", &service)]);
    let [mut one, mut other] = [installation.replica().await, installation.replica().await];
    let node = Envoy::between("node", &[one.server.xds, other.server.xds]);
    node.until_serving(installation.gateway_http).await;
    until_linked(&[&one, &other]).await;
    one.map("a", "/a/", "service").await;
    one.until_live().await;
    other.until_live().await;
    send(&installation, "/a/", [3, 0, 0]).await;
    one.until_counted("a", [3, 0, 0]).await;
    other.until_counted("a", [3, 0, 0]).await;

    let mut sent = 3;
    for _ in 0..2 {
        (one, _) = one
            .restart(async {
                send(&installation, "/a/", [5, 0, 0]).await;
                other.until_counted("a", [sent + 5, 0, 0]).await;
            })
            .await;
        sent += 5;
        one.until_counted("a", [sent, 0, 0]).await;
        until_linked(&[&one, &other]).await;
        (other, _) = other
            .restart(async {
                send(&installation, "/a/", [7, 0, 0]).await;
                one.until_counted("a", [sent + 7, 0, 0]).await;
            })
            .await;
        sent += 7;
        other.until_counted("a", [sent, 0, 0]).await;
        until_linked(&[&one, &other]).await;
    }
    // a new process of the node, more than before
    node.kill().await;
    let node = Envoy::between("node", &[other.server.xds, one.server.xds]);
    node.until_serving(installation.gateway_http).await;
    one.until_live().await;
    send(&installation, "/a/", [sent + 10, 1, 0]).await;
    one.until_counted("a", [2 * sent + 10, 1, 0]).await;
    other.until_counted("a", [2 * sent + 10, 1, 0]).await;
    assert_eq!(service.served(), 2 * sent + 11);
}

#[tokio::test]
async fn killing_any_replica_loses_and_doubles_no_count() {
    let service = Upstream::start("service").await;
    let installation = Installation::on(shared_database().await, &[("service", &service)]);
    let [mut one, mut other] = [installation.process().await, installation.process().await];
    let node = Envoy::between("node", &[one.xds, other.xds]);
    node.until_serving(installation.gateway_http).await;
    map(&one, "a").await;
    let mut sent = 0;
    for round in 0..4 {
        until_live(&one, "a", 1).await;
        until_live(&other, "a", 1).await;
        send(&installation, "/a/", [4, 0, 0]).await;
        sent += 4;
        until_counted(&one, "a", [sent, 0, 0]).await;
        until_counted(&other, "a", [sent, 0, 0]).await;

        let (http, xds) = (one.http, one.xds);
        one.kill().await;
        send(&installation, "/a/", [6, 0, 0]).await;
        sent += 6;
        until_counted(&other, "a", [sent, 0, 0]).await;
        one = installation.process_at(http, xds).await;
        until_counted(&one, "a", [sent, 0, 0]).await;
        if round % 2 == 0 {
            // the other one is killed next
            std::mem::swap(&mut one, &mut other);
        }
    }
    assert_eq!(service.served(), sent);
}
