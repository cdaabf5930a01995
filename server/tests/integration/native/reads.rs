//! What else can be read: history, services, nodes, receipts, configuration, numbers over time.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{SERVICE, TestServer};
use crate::support::{envoy, until, upstream};

#[tokio::test]
async fn the_history_tells_what_was_changed_also_of_what_is_gone() {
    let server = TestServer::start().await;
    server.map("user", "/user/", SERVICE).await;
    server.map("user", "/people/", SERVICE).await;
    server.map("other", "/other/", SERVICE).await;
    server.unmap("user").await;

    let of_user = server.get("/api/v1/mappings/user/revisions").await.json();
    let all = server.get("/api/v1/revisions?limit=3").await.json();
    let next = all["next_cursor"].as_str().unwrap();
    let rest = server.get(&format!("/api/v1/revisions?limit=3&cursor={next}")).await.json();
    let never = server.get("/api/v1/mappings/nobody/revisions").await;

    let changes: Vec<_> =
        of_user["items"].as_array().unwrap().iter().map(|item| item["change"].clone()).collect();
    assert_eq!(changes, ["deleted", "changed", "created"]);
    let moved = json!([{ "field": "prefix", "before": "/user/", "after": "/people/" }]);
    assert_eq!(of_user["items"][1]["diff"], moved);
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    assert_eq!(rest["items"][0]["revision"], 1);
    assert_eq!(rest["next_cursor"], Value::Null);
    assert_eq!(never.status, StatusCode::NOT_FOUND, "{never}");
}

#[tokio::test]
async fn services_are_listed_with_who_uses_them() {
    let server = TestServer::with_services(&[("usersvc", "127.0.0.1:9".parse().unwrap())]).await;
    server.map("user", "/user/", "usersvc").await;
    server.map("more", "/user/more/", "usersvc").await;
    server.map("lost", "/lost/", "nosuchservice.invalid").await;

    let all = until("the name has been looked up", async || {
        let all = server.get("/api/v1/services").await.json();
        (all["items"][0]["state"] == "unresolved").then_some(all)
    })
    .await;
    let found = server.get("/api/v1/services?q=USER&limit=1").await.json();

    assert_eq!(all["total"], 2);
    assert!(all["items"][0]["reason"].as_str().unwrap().contains("nosuchservice.invalid"));
    let usersvc = &all["items"][1];
    assert_eq!(usersvc["name"], "usersvc");
    assert_eq!(usersvc["source"], "fixed");
    assert_eq!(usersvc["endpoints"], json!(["127.0.0.1:9"]));
    assert_eq!(usersvc["mappings"], json!(["more", "user"]));
    assert_eq!(usersvc["members"], Value::Null);
    assert_eq!(found["matched"], 1);
    assert_eq!(found["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_service_is_checked_before_it_is_mapped() {
    let upstream = upstream::Upstream::start("usersvc").await;
    let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;
    let check = async |service: &str| {
        server.get(&format!("/api/v1/services/check?service={service}")).await
    };

    let well = check("usersvc").await.json();
    let closed = check("127.0.0.1:9").await.json();
    let typo = check("usresvc").await.json();
    let forbidden = check(&server.server.xds.to_string()).await.json();
    let nonsense = check("a%20b").await;

    assert_eq!(well["state"], "known");
    assert_eq!(well["endpoints"][0]["is_reachable"], true);
    assert_eq!(closed["endpoints"][0]["is_reachable"], false);
    assert_eq!(closed["endpoints"][0]["reason"], "connection refused");
    assert_eq!(typo["did_you_mean"], "usersvc");
    assert_eq!(typo["state"], "unresolved");
    assert_eq!(forbidden["state"], "unresolved");
    assert_eq!(forbidden["endpoints"], json!([]));
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY, "{nonsense}");
    assert_eq!(nonsense.json()["errors"][0]["pointer"], "/service");
}

#[tokio::test]
async fn a_receipt_says_on_which_nodes_a_mapping_is_and_how_fast_it_got_there() {
    let server = TestServer::start().await;
    let _one = server.node("one").await;
    let _two = server.node("two").await;
    // both listen on the same port
    let connected = async |count: usize| {
        until("all are connected", async || {
            (server.server.nodes.list().len() == count).then_some(())
        })
        .await;
        server.until_live().await;
    };
    connected(2).await;
    server.map("user", "/user/", SERVICE).await;
    server.until_live().await;

    let receipt = server.get("/api/v1/mappings/user/receipt").await.json();
    let nodes = server.get("/api/v1/nodes").await.json();
    let history = server.get("/api/v1/mappings/user/revisions").await.json();

    assert_eq!(receipt["nodes"], 2);
    assert_eq!(receipt["acked"], 2);
    assert_eq!(receipt["by_node"][0]["node"], "one");
    assert!(receipt["live_after_ms"].as_u64().is_some_and(|took| took < 10_000), "{receipt}");
    assert_eq!(history["items"][0]["live_after_ms"], receipt["live_after_ms"]);
    assert_eq!(nodes["items"][1]["id"], "two");
    assert_eq!(nodes["items"][1]["is_current"], true);
    assert_eq!(nodes["items"][1]["last_nack"], Value::Null);
    let resource = nodes["items"][1]["last_ack"]["resource"].as_str().unwrap();
    assert!(resource.contains(' '), "{resource}");
    // a node that comes later loads the mapping as a part of all: that says nothing of its speed
    let _three = server.node("three").await;
    connected(3).await;
    let later = server.get("/api/v1/mappings/user/receipt").await.json();
    assert_eq!(later["acked"], 3);
    assert_eq!(later["live_after_ms"], receipt["live_after_ms"]);
}

#[tokio::test]
async fn the_configuration_that_is_shown_is_one_that_envoy_takes() {
    let server = TestServer::with_services(&[("usersvc", "127.0.0.1:9".parse().unwrap())]).await;
    server.map("user", "/user/", "usersvc").await;
    server.map("other", "/other/", SERVICE).await;

    let one = server.get("/api/v1/mappings/user/config").await.json();
    let found = server.get("/api/v1/config?q=other").await.json();
    let all = server.get("/api/v1/config.yaml").await;

    let one = one["yaml"].as_str().unwrap();
    assert!(one.contains("/user/") && one.contains("127.0.0.1"), "{one}");
    assert!(!one.contains("/other/"), "{one}");
    assert!(found["yaml"].as_str().unwrap().contains("/other/"));
    assert!(!found["yaml"].as_str().unwrap().contains("/user/"));
    assert_eq!(found["is_truncated"], false);
    assert_eq!(all.headers["content-type"], "application/yaml");
    assert!(all.headers["content-disposition"].to_str().unwrap().contains("envoy.yaml"));
    assert_eq!(envoy::validate(&all.body).await, Ok(()));
}

#[tokio::test]
async fn numbers_over_time_are_told_with_the_changes_among_them() {
    let upstream = upstream::Upstream::start("usersvc").await;
    let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;
    let _node = server.node("one").await;
    server.map("user", "/user/", "usersvc").await;
    server.until_live().await;
    server.client.get(&server.gateway("/user/")).await;
    server.until_counted("user", [1, 0, 0]).await;

    let series = until("the second is in the chart", async || {
        let series = server.get("/api/v1/mappings/user/series").await.json();
        let ok = series["requests"]["ok"].as_array().unwrap().clone();
        ok.iter().any(|rate| *rate == json!(1.0)).then_some(series)
    })
    .await;
    let whole = server.get("/api/v1/series?span=1h").await.json();
    let live = server.get("/api/v1/mappings/user/live").await.json();
    let wrong = server.get("/api/v1/series?span=1y").await;
    let absent = server.send(Method::GET, "/api/v1/mappings/nobody/series", &Value::Null).await;

    assert_eq!(series["requests"]["ok"].as_array().unwrap().len(), 300);
    assert_eq!(series["markers"][0]["summary"], "created");
    assert_eq!(whole["requests"]["step_seconds"], 30);
    assert_eq!(whole["markers"][0]["summary"], "user created");
    assert_eq!(live["counters"]["upstream_ok"], 1);
    assert_eq!(live["trend"].as_array().unwrap().len(), 30);
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{wrong}");
    assert_eq!(absent.status, StatusCode::NOT_FOUND, "{absent}");
}

#[tokio::test]
async fn a_change_is_told_with_the_traffic_on_both_of_its_sides() {
    let upstream = upstream::Upstream::start("usersvc").await;
    let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;
    let _node = server.node("one").await;
    server.map("user", "/user/", "usersvc").await;
    server.until_live().await;
    let gateway = server.gateway("/user/");
    let marker = async |place: usize| {
        server.client.get(&gateway).await;
        let series = server.get("/api/v1/mappings/user/series").await.json();
        series["markers"][place].clone()
    };
    until("what came after the creation is known", async || {
        marker(0).await["after"].is_object().then_some(())
    })
    .await;
    // nothing listens there
    server.map("user", "/user/", SERVICE).await;

    let changed = until("what came after the change is known", async || {
        let changed = marker(1).await;
        changed["after"].is_object().then_some(changed)
    })
    .await;

    let created = marker(0).await;
    assert_eq!(created["before"], Value::Null);
    assert_eq!(changed["summary"], format!("service usersvc → {SERVICE}"));
    assert_eq!(changed["before"]["ok_percent"], 100.0, "{changed}");
    assert_eq!(changed["after"]["ok_percent"], 0.0, "{changed}");
    assert!(changed["before"]["p95_ms"].is_u64(), "{changed}");
    assert!(changed["after"]["seconds"].as_u64().is_some_and(|it| it >= 5), "{changed}");
    assert_eq!(created["after"]["ok_percent"], 100.0, "{created}");
}
