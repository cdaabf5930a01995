//! Clusters of many objects.

use std::time::Instant;

use futures_util::{StreamExt, stream};
use http::Method;
use serde_json::json;

use super::cluster::{Cluster, pods, until_answered, until_ready};
use crate::support::until;

/// EndpointSlices in all, of ten endpoints each.
const SLICES: usize = 5_000;

/// Slices that one Service has of them: more endpoints than nodes are told of.
const OF_ONE: usize = 600;

/// What a server that knows them all may take, in a process that other tests share. The objects
/// themselves, as the API server sends them, are 40 MB.
const GROWN_MAX_KB: u64 = 200_000;

/// Returns how much memory this process has.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_slices_are_listed_and_one_change_among_them_is_seen() {
    let cluster = Cluster::start().await;
    let slice = |number: usize| {
        let cluster = &cluster;
        async move {
            let service = if number < OF_ONE { "big".to_owned() } else { format!("s{number}") };
            let [.., high, low] = number.to_be_bytes();
            let endpoint = |last: u8| json!({ "addresses": [format!("10.{high}.{low}.{last}")] });
            let endpoints: Vec<_> = (0..10).map(endpoint).collect();
            let name = format!("slice-{number}");
            cluster.slice_with(&name, &service, 80, json!(endpoints)).await;
        }
    };
    cluster.web_service("big").await;
    stream::iter(0..SLICES).for_each_concurrent(32, slice).await;
    let before = resident_kb();
    let began = Instant::now();
    let server = Cluster::server_by(cluster.api.kubeconfig()).await;
    // which nobody could reach: the nodes must not try
    let big = json!({ "prefix": "/big/", "service": "big", "health_check": { "kind": "off" } });
    let answer = server.send(Method::PUT, "/api/v1/mappings/big", &big).await;
    assert!(answer.status.is_success(), "{answer}");
    until_ready(&server).await;
    let grown = resident_kb().saturating_sub(before);
    eprintln!("{SLICES} slices are listed after {:?}; {grown} kB more", began.elapsed());

    assert!(grown < GROWN_MAX_KB, "the process has grown by {grown} kB");
    let nodes = server.get("/api/v1/nodes").await.json();
    assert_eq!(nodes["kubernetes"]["endpoint_slices"], SLICES, "{nodes}");
    until("the mapping warns of what is left out", async || {
        let mapping = server.get("/api/v1/mappings/big").await.json();
        let warning = &mapping["warnings"][0];
        (warning["code"] == "endpoints-left-out").then(|| {
            assert_eq!(
                warning["message"],
                "`big` has 1000 endpoints more than the 5000 that are used"
            );
        })
    })
    .await;
    let [late] = pods(["late"]).await;
    cluster.web_service("late").await;
    server.map("late", "/late/", "late").await;
    let _node = server.node("one").await;
    cluster.slice("late", &[(&late, true)]).await;
    until_answered(&server, "/late/", "late").await;
}
