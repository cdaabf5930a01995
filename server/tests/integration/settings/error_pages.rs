//! What clients see where the gateway itself refuses or fails.

use http::Method;
use serde_json::{Value, json};

use super::Gateway;
use crate::support::address::free_address;

#[tokio::test]
async fn the_gateways_own_answers_have_the_body_that_is_set_and_no_others() {
    let gateway = Gateway::start().await;
    let dead = free_address();
    gateway.server.map("dead", "/dead/", &dead.to_string()).await;
    let fixed = json!({ "prefix": "/closed/", "respond": { "status": 503, "body": "as it was" } });
    let path = "/api/v1/mappings/closed";
    let answer = gateway.server.send(Method::PUT, path, &fixed).await;
    assert!(answer.status.is_success(), "{answer}");
    gateway.server.until_live().await;
    assert_eq!(gateway.get("/nowhere", &[]).await.body, "", "Envoy's own");

    let json_body = r#"{"error": {"status": "{status}", "why": "50% {message}", "by": ["%REQ(COOKIE)%"]}, "id": "{request_id}"}"#;
    gateway
        .patch_and_wait(json!({ "error_pages": {
            "404": { "format": "html", "body": "<h1>{status}</h1>\n100 % %REQ(COOKIE)% {request_id}" },
            "5xx": { "format": "json", "body": json_body },
        }}))
        .await;

    let cookie = [("cookie", "secret")];
    let lost = gateway.get("/nowhere", &cookie).await;
    assert_eq!(lost.status, 404);
    assert_eq!(lost.headers["content-type"], "text/html; charset=utf-8");
    let id = lost.headers["x-request-id"].to_str().unwrap();
    assert_eq!(lost.body, format!("<h1>404</h1>\n100 % %REQ(COOKIE)% {id}"));

    let failed = gateway.get("/dead/", &cookie).await;
    assert_eq!(failed.status, 503);
    assert_eq!(failed.headers["content-type"], "application/json");
    let body = failed.json();
    assert_eq!(body["error"]["status"], 503);
    assert_eq!(body["error"]["by"], json!(["%REQ(COOKIE)%"]));
    let why = body["error"]["why"].as_str().unwrap();
    assert!(why.starts_with("50% ") && why.len() > 10, "{why}");
    assert_eq!(body["id"].as_str(), failed.headers["x-request-id"].to_str().ok());

    // what a service or a mapping answers is theirs
    for (path, status, body) in [
        ("/user/status/404", 404, "usersvc /status/404"),
        ("/user/status/503", 503, "usersvc /status/503"),
        ("/closed/", 503, "as it was"),
    ] {
        let answer = gateway.get(path, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, body));
    }
    // a caller by gRPC is told in a header, and has no use for a page
    let grpc = gateway.get("/nowhere", &[("content-type", "application/grpc")]).await;
    assert_eq!(grpc.status, 200);
    assert_eq!(grpc.body, "");
    assert!(!format!("{:?}", grpc.headers).contains("h1"), "{:?}", grpc.headers);
    gateway.no_trouble();
}

#[tokio::test]
async fn a_page_can_be_taken_away_again() {
    let gateway = Gateway::start().await;
    let page = json!({ "format": "text", "body": "{message}|{status}" });
    gateway.patch_and_wait(json!({ "error_pages": { "4xx": page } })).await;
    assert_eq!(gateway.get("/nowhere", &[]).await.body, "|404");

    gateway.patch_and_wait(json!({ "error_pages": { "4xx": Value::Null } })).await;

    assert_eq!(gateway.get("/nowhere", &[]).await.body, "");
    let settings = gateway.server.get("/api/v1/gateway").await.json();
    assert_eq!(settings["error_pages"], json!({}));
}
