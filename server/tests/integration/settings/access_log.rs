//! What Envoy writes of each request.

use serde_json::{Value, json};

use super::Gateway;
use crate::support::until;

/// Returns the first line about a path, once it is written.
async fn line(gateway: &Gateway, path: &str) -> String {
    until("the request is written down", async || {
        let output = gateway.node.output();
        // a line is whole when it has its end
        let (whole, _) = output.rsplit_once('\n')?;
        whole.lines().find(|line| line.contains(path)).map(str::to_owned)
    })
    .await
}

async fn json_line(gateway: &Gateway, path: &str) -> Value {
    serde_json::from_str(&line(gateway, path).await).unwrap()
}

#[tokio::test]
async fn each_request_is_a_line_that_names_its_mapping() {
    let gateway = Gateway::start().await;
    gateway.get("/user/before", &[]).await;
    gateway.patch_and_wait(json!({ "access_log": { "to": "stdout" } })).await;

    let agent = [("user-agent", "a \"quoted\" %REQ(COOKIE)% \\ name"), ("cookie", "secret")];
    gateway.get("/user/42?token=secret", &agent).await;
    gateway.get("/nowhere/7?token=secret", &[]).await;

    let found = json_line(&gateway, "/user/42").await;
    let expected = [
        ("mapping", json!("user")),
        ("service", json!("usersvc")),
        ("endpoint", json!(gateway.upstream.address.to_string())),
        ("method", json!("GET")),
        ("path", json!("/user/42")),
        ("status", json!(200)),
        ("flags", json!("-")),
        ("details", json!("via_upstream")),
        ("client_address", json!("127.0.0.1")),
        ("user_agent", json!(agent[0].1)),
    ];
    for (field, value) in expected {
        assert_eq!(found[field], value, "{field} in {found}");
    }
    assert!(found["request_id"].as_str().is_some_and(|id| id.len() == 36), "{found}");
    let lost = json_line(&gateway, "/nowhere/7").await;
    assert_eq!(lost["status"], 404);
    assert_eq!((&lost["mapping"], &lost["flags"]), (&Value::Null, &json!("NR")), "{lost}");
    let output = gateway.node.output();
    assert!(!output.contains("secret"), "no query and no cookie: {output}");
    assert!(!output.contains("/user/before"), "off by default: {output}");
    gateway.no_trouble();
}

#[tokio::test]
async fn fields_and_their_order_are_chosen_and_only_errors_are_written() {
    let gateway = Gateway::start().await;
    let log = json!({ "to": "stdout", "format": "text", "only_errors": true,
        "fields": ["status", "path_and_query", "mapping", "server_name"] });
    gateway.patch_and_wait(json!({ "access_log": log })).await;

    gateway.get("/user/fine", &[]).await;
    gateway.get("/user/status/503", &[]).await;
    gateway.get("/nowhere?a=1", &[]).await;

    for (path, expected) in [
        ("503", r#"status="503" path_and_query="/user/status/503" mapping="user" server_name="-""#),
        ("/nowhere", r#"status="404" path_and_query="/nowhere?a=1" mapping="-" server_name="-""#),
    ] {
        assert_eq!(line(&gateway, path).await, expected);
    }
    assert!(!gateway.node.output().contains("/user/fine"), "{}", gateway.node.output());
}

#[tokio::test]
async fn some_of_many_are_written() {
    let gateway = Gateway::start().await;
    let log = json!({ "to": "stdout", "fields": ["path"], "sampled_percent": 50 });
    gateway.patch_and_wait(json!({ "access_log": log })).await;
    let url = gateway.server.gateway("/user/sampled");
    let client = crate::support::client::Client::new();

    for _ in 0..400 {
        assert_eq!(client.get(&url).await.status, 200);
    }
    // all of them are written before what comes after
    gateway.patch_and_wait(json!({ "access_log": { "sampled_percent": 100 } })).await;
    gateway.get("/user/last", &[]).await;
    line(&gateway, "/user/last").await;

    // 200 by chance; ten standard deviations off it would be another bug
    let written = gateway.node.output().matches("/user/sampled").count();
    assert!((100..=300).contains(&written), "{written}");
}
