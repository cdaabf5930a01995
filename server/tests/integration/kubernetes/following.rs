//! A Service appears, scales, gets ready and goes away, and Envoy follows.

use std::time::Instant;

use serde_json::json;

use super::cluster::{Cluster, pods, through, until_answered, until_link};
use crate::support::{server::TestServer, until};

/// Waits until so many of so many endpoints of the mapping are healthy.
async fn until_members(server: &TestServer, mapping: &str, expected: (u64, u64)) {
    until(&format!("`{mapping}` has {expected:?} healthy endpoints"), async || {
        let stats = server.get("/ambassador/stats").await.json();
        let of = &stats["mappings"][mapping];
        let now = (of["healthy_members"].as_u64()?, of["total_members"].as_u64()?);
        (now == expected).then_some(())
    })
    .await;
}

async fn warnings(server: &TestServer, mapping: &str) -> Vec<String> {
    let mapping = server.get(&format!("/api/v1/mappings/{mapping}")).await.json();
    let warnings = mapping["warnings"].as_array().unwrap().iter();
    warnings.map(|warning| warning["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_appears_scales_or_goes_away_reaches_envoy_by_itself() {
    let cluster = Cluster::start().await;
    let [one, two] = pods(["one", "two"]).await;
    let server = cluster.server().await;
    server.map("user", "/user/", "usersvc").await;
    let _node = server.node("one").await;
    until_answered(&server, "/user/", "503").await;
    let unknown = warnings(&server, "user").await;

    cluster.web_service("usersvc").await;
    let began = Instant::now();
    cluster.slice("usersvc", &[(&one, true)]).await;
    until_answered(&server, "/user/", "one").await;
    eprintln!("a Service appears: {:?} from the request to the API server on", began.elapsed());
    let known = warnings(&server, "user").await;

    let began = Instant::now();
    cluster.slice("usersvc", &[(&one, true), (&two, true)]).await;
    until_answered(&server, "/user/", "two").await;
    eprintln!("it scales up: {:?}", began.elapsed());

    let began = Instant::now();
    cluster.slice("usersvc", &[(&two, true)]).await;
    let gone = one.served();
    until("the first pod gets nothing more", async || {
        let before = one.served();
        for _ in 0..4 {
            let answer = through(&server, "/user/").await;
            assert!(["one", "two"].contains(&answer.as_str()), "{answer}");
        }
        (one.served() == before).then_some(())
    })
    .await;
    eprintln!("it scales down: {:?}, {} late requests", began.elapsed(), one.served() - gone);

    let began = Instant::now();
    cluster.delete_service("usersvc").await;
    until_answered(&server, "/user/", "503").await;
    eprintln!("it goes away: {:?}", began.elapsed());

    assert_eq!(unknown, ["service-unresolved"]);
    assert!(known.is_empty(), "{known:?}");
    assert_eq!(warnings(&server, "user").await, ["service-unresolved"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_ready_gets_no_request_and_is_counted_as_unhealthy() {
    let cluster = Cluster::start().await;
    let [one, two, three] = pods(["one", "two", "three"]).await;
    cluster.web_service("usersvc").await;
    cluster.slice("usersvc", &[(&one, true), (&two, false), (&three, false)]).await;
    let server = cluster.server().await;
    server.map("user", "/user/", "usersvc").await;
    let _node = server.node("one").await;
    until_answered(&server, "/user/", "one").await;
    until_members(&server, "user", (1, 3)).await;

    // two of three are out, which is where Envoy would send requests to all of them by itself
    for _ in 0..20 {
        assert_eq!(through(&server, "/user/").await, "one");
    }
    assert_eq!((two.served(), three.served()), (0, 0));
    cluster.slice("usersvc", &[(&one, false), (&two, false), (&three, false)]).await;
    until_answered(&server, "/user/", "503").await;
    assert_eq!(warnings(&server, "user").await, ["service-not-ready"]);
    cluster.slice("usersvc", &[(&one, false), (&two, false), (&three, true)]).await;
    until_answered(&server, "/user/", "three").await;

    assert!(warnings(&server, "user").await.is_empty());
    assert_eq!((two.served(), three.served() > 0), (0, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_one_service_touches_the_endpoints_of_no_other() {
    let cluster = Cluster::start().await;
    let [one, two] = pods(["one", "two"]).await;
    for (name, pod) in [("usersvc", &one), ("gruesvc", &two)] {
        cluster.web_service(name).await;
        cluster.slice(name, &[(pod, true)]).await;
    }
    let server = cluster.server().await;
    server.map("user", "/user/", "usersvc").await;
    server.map("grue", "/grue/", "gruesvc").await;
    let _node = server.node("one").await;
    until_answered(&server, "/grue/", "two").await;
    until_link(&server, "synced").await;
    let before = server.server.nodes.sent().responses;

    cluster.slice("usersvc", &[(&one, true), (&two, true)]).await;
    until_answered(&server, "/user/", "two").await;
    let unmapped = json!([{ "addresses": ["10.255.77.250"], "conditions": { "ready": true } }]);
    cluster.web_service("other").await;
    cluster.slice_with("other", "other", 80, unmapped).await;
    until("the other Service is known", async || {
        let found = server.get("/api/v1/services?q=other").await.json();
        (found["items"][0]["endpoints"] == json!(["10.255.77.250:80"])).then_some(())
    })
    .await;

    assert_eq!(server.server.nodes.sent().responses, before + 1);
}
