//! The database fails while the server runs: writes say so, everything else goes on.

use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{server::TestServer, upstream::Upstream};

#[tokio::test]
async fn without_its_file_writes_fail_and_reads_and_traffic_go_on() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;
    server.map("user", "/user/", "service").await;
    server.until_live().await;

    let file = server.database_file();
    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).unwrap();
    let body = json!({ "prefix": "/new/", "service": "service" });
    let refused = server.send(Method::POST, "/ambassador/mapping/new", &body).await;
    let native = server.send(Method::DELETE, "/api/v1/mappings/user", &json!(null)).await;
    let list = server.get("/ambassador/mappings").await;
    let routed = server.client.get(&server.gateway("/user/x")).await;

    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.json()["ok"], false);
    assert_eq!(native.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(list.json()["count"], 1);
    assert_eq!(routed.status, StatusCode::OK);

    std::fs::rename(&aside, &file).unwrap();
    server.map("new", "/new/", "service").await;
    assert_eq!(server.get("/ambassador/mappings").await.json()["count"], 2);
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    server.map("gone", "/gone/", "127.0.0.1:9").await;
    server.unmap("gone").await;
    let before = server.get("/api/v1/mappings/user").await;

    let (server, ()) = server.restart(async {}).await;

    let after = server.get("/api/v1/mappings/user").await;
    let list = server.get("/api/v1/mappings").await.json();
    assert_eq!(after.json(), before.json());
    assert_eq!(after.headers["etag"], before.headers["etag"]);
    assert_eq!(list["total"], 1);
    assert_eq!(list["revision"], 3);
}
