//! Topology hints: a node uses the endpoints that are meant for its zone.

use serde_json::{Value, json};

use super::cluster::{Cluster, pods, through, until_answered};
use crate::support::{envoy::Envoy, until, upstream::Upstream};

/// Returns an endpoint that is meant for a zone, or for none.
fn meant_for(pod: &Upstream, zone: Option<&str>) -> Value {
    let mut endpoint = json!({ "addresses": [pod.address.ip().to_string()] });
    if let Some(zone) = zone {
        endpoint["hints"] = json!({ "forZones": [{ "name": zone }] });
    }
    endpoint
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_uses_what_is_meant_for_its_zone_while_there_is_something() {
    let cluster = Cluster::start().await;
    let [near, far] = pods(["near", "far"]).await;
    let port = near.address.port();
    cluster.web_service("usersvc").await;
    let slice = async |near_zone: Option<&str>, far_zone: Option<&str>| {
        let endpoints = json!([meant_for(&near, near_zone), meant_for(&far, far_zone)]);
        cluster.slice_with("usersvc", "usersvc", port, endpoints).await;
    };
    slice(Some("here"), Some("there")).await;
    let server = cluster.server().await;
    for policy in ["round_robin", "least_request", "random"] {
        let mapping = json!({
            "prefix": format!("/{policy}/"),
            "service": "usersvc",
            "load_balancing": { "policy": policy },
        });
        let path = format!("/api/v1/mappings/{}", policy.replace('_', "-"));
        let answer = server.send(http::Method::PUT, &path, &mapping).await;
        assert!(answer.status.is_success(), "{answer}");
    }
    let node = Envoy::in_zone("one", server.server.xds, Some("here"));
    node.until_serving(server.server.gateway_http).await;
    server.until_live().await;

    for policy in ["round_robin", "least_request", "random"] {
        let path = format!("/{policy}/");
        until_answered(&server, &path, "near").await;
        for _ in 0..20 {
            assert_eq!(through(&server, &path).await, "near", "{policy}");
        }
    }
    assert_eq!(far.served(), 0);

    // hints that do not hold for all hold for none
    slice(Some("here"), None).await;
    until_answered(&server, "/round_robin/", "far").await;
    slice(Some("here"), Some("there")).await;
    until("all requests stay in the zone again", async || {
        let before = far.served();
        for _ in 0..20 {
            through(&server, "/round_robin/").await;
        }
        (far.served() == before).then_some(())
    })
    .await;
    // nothing is left in the zone
    slice(Some("elsewhere"), Some("there")).await;
    until_answered(&server, "/round_robin/", "far").await;
}
