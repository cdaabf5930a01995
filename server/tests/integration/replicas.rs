//! Several replicas that serve at the same time: what one is told, all of them do.

mod counting;
mod freshness;
mod histories;
mod rolling;
mod strangers;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    client::Client,
    postgres::shared_database,
    replicas::{Installation, node_of},
    server::TestServer,
    until,
    upstream::Upstream,
};

/// Waits until each of the replicas hears all others.
async fn until_linked(replicas: &[&TestServer]) {
    until("the replicas hear each other", async || {
        let others = replicas.len() - 1;
        replicas.iter().all(|it| it.server.links.count() == others).then_some(())
    })
    .await;
}

/// Sends requests through the gateway, each on a connection of its own so that every node gets some.
async fn send(installation: &Installation, prefix: &str, [ok, c4xx, bad]: [u64; 3]) {
    for (requests, status) in [(ok, 200), (c4xx, 404), (bad, 503)] {
        for _ in 0..requests {
            let url = format!("http://{}{prefix}status/{status}", installation.gateway_http);
            let headers = [("connection", "close")];
            let answer = Client::new().send(Method::GET, &url, &headers, "").await;
            assert_eq!(answer.status.as_u16(), status, "{answer}");
        }
    }
}

#[tokio::test]
async fn a_write_on_one_replica_is_routed_by_the_node_of_another() {
    let service = Upstream::start("service").await;
    let installation = Installation::on(shared_database().await, &[("service", &service)]);
    let [one, other] = [installation.replica().await, installation.replica().await];
    let _node = node_of("node", other.server.xds, &installation).await;

    one.map("a", "/a/", "service").await;

    let url = format!("http://{}/a/x", installation.gateway_http);
    let client = Client::new();
    let answer = until("it is routed", async || {
        let answer = client.get(&url).await;
        (answer.status == StatusCode::OK).then_some(answer)
    })
    .await;
    assert_eq!(answer.to_string(), "200 OK service /x");
}

#[tokio::test]
async fn every_replica_shows_the_nodes_of_all_and_what_they_have_taken() {
    let service = Upstream::start("service").await;
    let installation = Installation::on(shared_database().await, &[("service", &service)]);
    let [one, other] = [installation.replica().await, installation.replica().await];
    let first = node_of("first", one.server.xds, &installation).await;
    let _second = node_of("second", other.server.xds, &installation).await;
    until_linked(&[&one, &other]).await;

    one.map("a", "/a/", "service").await;

    for replica in [&one, &other] {
        let receipt = until("both nodes have it", async || {
            let receipt = replica.get("/api/v1/mappings/a/receipt").await.json();
            (receipt["acked"] == 2).then_some(receipt)
        })
        .await;
        let by_node = |place: usize| receipt["by_node"][place]["node"].as_str().unwrap();
        assert_eq!([by_node(0), by_node(1)], ["first", "second"]);
        assert!(receipt["live_after_ms"].is_u64(), "{receipt}");
        let nodes = replica.get("/api/v1/nodes").await.json();
        let places = ["first", "second"].map(|id| place_of(&nodes, id));
        assert_eq!(places, [&one, &other].map(|it| it.server.fleet.map(|at| at.to_string())));
        until("it is live on both", async || {
            let mapping = replica.get("/api/v1/stats?mappings=a").await.json();
            let config = mapping["mappings"][0]["config"].clone();
            (config == json!({ "state": "live", "nodes": 2 })).then_some(())
        })
        .await;
    }

    first.kill().await;
    until("the other replica shows one node", async || {
        let nodes = other.get("/api/v1/nodes").await.json();
        (nodes["items"].as_array()?.len() == 1).then_some(())
    })
    .await;
}

/// Returns by which replica a node is connected.
fn place_of(nodes: &Value, id: &str) -> Option<String> {
    let node = nodes["items"].as_array()?.iter().find(|node| node["id"] == id)?;
    node["replica"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn what_a_node_of_one_replica_refuses_is_rejected_on_all() {
    let service = Upstream::start("images").await;
    let mut installation =
        Installation::on(shared_database().await, &[("https://images.shop", &service)]);
    // Envoy alone can tell that it is not there
    installation.node_ca_file = "/absent/authorities.pem".parse().unwrap();
    let [one, other] = [installation.replica().await, installation.replica().await];
    let _node = node_of("node", one.server.xds, &installation).await;
    until_linked(&[&one, &other]).await;

    other.map("images", "/images/", "https://images.shop").await;

    let rejected = async |replica: &TestServer| {
        until("it is rejected", async || {
            let live = replica.get("/api/v1/mappings/images/live").await.json();
            (live["config"]["state"] == "rejected").then_some(live["config"]["reason"].clone())
        })
        .await
    };
    let reason = rejected(&one).await;
    assert!(reason.as_str().unwrap().contains("/absent/authorities.pem"), "{reason}");
    assert_eq!(rejected(&other).await, reason);
    let later = installation.replica().await;
    assert_eq!(rejected(&later).await, reason);
    // what the owner changes is tried again
    other.map("images", "/images/", &service.address.to_string()).await;
    for replica in [&one, &other, &later] {
        until("it is live", async || {
            let live = replica.get("/api/v1/mappings/images/live").await.json();
            (live["config"]["state"] == "live").then_some(())
        })
        .await;
    }
}
