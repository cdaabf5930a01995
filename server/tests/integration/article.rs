//! The article's walk-through, through a real Envoy.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    server::{TestServer, counts},
    upstream::Upstream,
};

#[tokio::test]
async fn one_post_maps_a_prefix_and_the_next_request_is_routed() {
    let usersvc = Upstream::start("usersvc").await;
    let gruesvc = Upstream::start("gruesvc").await;
    let server =
        TestServer::with_services(&[("usersvc", usersvc.address), ("gruesvc", gruesvc.address)])
            .await;
    let _node = server.node("one").await;

    server.map("usermapping", "/user/", "usersvc").await;
    server.until_live().await;
    let user = server.client.get(&server.gateway("/user/health?x=1")).await;
    assert_eq!(user.to_string(), "200 OK usersvc /health?x=1");

    server
        .map_with(
            "gruemapping",
            &json!({ "prefix": "/grue/", "service": "gruesvc", "rewrite": "/grue/" }),
        )
        .await;
    server.until_live().await;
    let grue = server.client.get(&server.gateway("/grue/health")).await;
    assert_eq!(grue.to_string(), "200 OK gruesvc /grue/health");

    server.until_counted("usermapping", [1, 0, 0]).await;
    server.until_counted("gruemapping", [1, 0, 0]).await;
    let stats = server.get("/ambassador/stats").await.json();
    assert_eq!(counts(&stats["services"]["usersvc"]), [1, 0, 0]);
    assert_eq!(stats["services"]["usersvc"]["healthy_members"], 1);
    assert_eq!(stats["services"]["usersvc"]["healthy_percent"], 100);

    server.unmap("gruemapping").await;
    server.until_live().await;
    let gone = server.client.get(&server.gateway("/grue/health")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_answer_has_the_articles_keys() {
    let server = TestServer::start().await;

    let keys =
        |answer: Value| -> Vec<String> { answer.as_object().unwrap().keys().cloned().collect() };
    let health = server.get("/ambassador/health").await.json();
    assert_eq!(health["msg"], "ambassador health check OK");
    assert_eq!(keys(health), ["hostname", "msg", "ok", "resolvedname", "version"]);

    let body = json!({ "prefix": "/user/", "service": "127.0.0.1:9" });
    let posted = server.send(Method::POST, "/ambassador/mapping/usermapping", &body).await.json();
    assert_eq!(keys(posted), ["hostname", "name", "ok", "resolvedname", "version"]);

    let list = server.get("/ambassador/mappings").await.json();
    let mapping = json!({
        "name": "usermapping", "prefix": "/user/", "rewrite": "/", "service": "127.0.0.1:9"
    });
    assert_eq!(list["services"], json!([mapping]));
    assert_eq!(list["mappings"], list["services"]);
    assert_eq!(list["count"], 1);
    assert_eq!(
        keys(list),
        ["count", "hostname", "mappings", "ok", "resolvedname", "services", "version"]
    );

    let one = server.get("/ambassador/mapping/usermapping").await.json();
    assert_eq!(
        keys(one),
        ["hostname", "name", "ok", "prefix", "resolvedname", "rewrite", "service", "version"]
    );

    let stats = server.get("/ambassador/stats").await.json();
    assert_eq!(
        keys(stats.clone()),
        ["hostname", "mappings", "ok", "resolvedname", "services", "version"]
    );
    assert_eq!(
        keys(stats["services"]["127.0.0.1:9"].clone()),
        [
            "healthy_members",
            "healthy_percent",
            "total_members",
            "upstream_4xx",
            "upstream_bad",
            "upstream_ok"
        ]
    );

    let deleted =
        server.send(Method::DELETE, "/ambassador/mapping/usermapping", &Value::Null).await.json();
    assert_eq!(keys(deleted), ["hostname", "name", "ok", "resolvedname", "version"]);
}

#[tokio::test]
async fn deleting_a_mapping_that_is_not_there_is_fine_and_getting_it_is_not() {
    let server = TestServer::start().await;

    let deleted = server.send(Method::DELETE, "/ambassador/mapping/none", &Value::Null).await;
    let got = server.get("/ambassador/mapping/none").await;

    assert_eq!(deleted.status, StatusCode::OK);
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    assert_eq!(got.json()["error"], "there is no mapping named `none`");
    assert_eq!(got.json()["ok"], false);
}
