//! The setting that mappings must say who may call them.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::policy::Bench;

async fn put(bench: &Bench, name: &str, body: Value) -> (StatusCode, Value) {
    let mut mapping = json!({ "prefix": format!("/{name}/") });
    mapping.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let answer =
        bench.server.send(Method::PUT, &format!("/api/v1/mappings/{name}"), &mapping).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn where_it_is_required_a_mapping_says_who_may_call() {
    let bench = Bench::start().await;
    let to_service = |auth: Value| json!({ "service": "usersvc", "auth": auth });
    for name in ["old", "older"] {
        assert_eq!(put(&bench, name, to_service(Value::Null)).await.0, StatusCode::CREATED);
    }
    put(&bench, "said", to_service(json!({ "none": true }))).await;
    let on = json!({ "require_authentication": true });

    let path = "/api/v1/gateway?dry_run=true";
    let plan = bench.server.send(Method::PATCH, path, &on).await.json();
    let message = "2 mappings have no `auth` and stay as they are: `old`, `older`";
    assert_eq!(plan["warnings"][0]["message"], message, "{plan}");
    let answer = bench.server.send(Method::PATCH, "/api/v1/gateway", &on).await;
    assert_eq!(answer.json()["require_authentication"], true, "{answer}");
    bench.server.until_live().await;

    for path in ["new", "old"] {
        let (status, problem) = put(&bench, path, to_service(Value::Null)).await;
        if path == "new" {
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
            assert_eq!(problem["errors"][0]["pointer"], "/auth", "{problem}");
        } else {
            // it is written as it is
            assert_eq!(status, StatusCode::OK, "{problem}");
            assert_eq!(problem["warnings"][0]["code"], "no-authentication", "{problem}");
        }
    }
    let patch = json!({ "labels": ["a"] });
    for path in ["/api/v1/mappings/old", "/api/v1/mappings/old?dry_run=true"] {
        let answer = bench.server.send(Method::PATCH, path, &patch).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    }
    let article = json!({ "prefix": "/article/", "service": "usersvc" });
    let answer = bench.server.send(Method::POST, "/ambassador/mapping/article", &article).await;
    assert!(answer.status.is_client_error(), "{answer}");
    assert_eq!(bench.get("/old/x").await.body, "usersvc /x", "it is served all the same");

    let (status, mapping) = put(&bench, "old", to_service(json!({ "none": true }))).await;
    assert_eq!((status, &mapping["warnings"]), (StatusCode::OK, &json!([])), "{mapping}");
    let (status, _) = put(&bench, "moved", json!({ "redirect": { "host": "example.com" } })).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, _) = put(&bench, "closed", json!({ "respond": { "status": 503 } })).await;
    assert_eq!(status, StatusCode::CREATED);
}
