//! Consumers: made, changed and given keys by REST and by the portal's forms, and what they are
//! let in to by a real Envoy.

mod gateway;
mod portal;

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    client::Answer,
    installation::{Caller, Installation},
    server::TestServer,
};

const PATH: &str = "/api/v1/consumers/acme";

/// Makes a consumer.
async fn make(server: &TestServer, name: &str) {
    let path = format!("/api/v1/consumers/{name}");
    let made = server.send(Method::PUT, &path, &json!({})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
}

/// Makes a key; returns it and its id.
async fn key(server: &TestServer, consumer: &str) -> (String, u64) {
    let path = format!("/api/v1/consumers/{consumer}/keys");
    let made = server.send(Method::POST, &path, &json!({ "label": "test" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    let made = made.json();
    (made["secret"].as_str().unwrap().to_owned(), made["key"]["id"].as_u64().unwrap())
}

async fn remove_key(server: &TestServer, consumer: &str, id: u64) {
    let path = format!("/api/v1/consumers/{consumer}/keys/{id}");
    let gone = server.send(Method::DELETE, &path, &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone}");
}

/// Makes a password.
async fn password(server: &TestServer, consumer: &str) -> String {
    let path = format!("/api/v1/consumers/{consumer}/password");
    let made = server.send(Method::POST, &path, &Value::Null).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    made.json()["secret"].as_str().unwrap().to_owned()
}

/// Returns the mapping's body that lets `consumers` in by key.
fn by_key(prefix: &str, consumers: &[&str]) -> Value {
    json!({ "prefix": prefix, "service": "127.0.0.1:9",
            "auth": { "api_key": { "consumers": consumers } } })
}

#[tokio::test]
async fn a_consumer_is_made_changed_given_keys_and_deleted() {
    let server = TestServer::start().await;
    let body = json!({ "description": "Acme's billing" });

    let plan = server.send(Method::PUT, &format!("{PATH}?dry_run=true"), &body).await.json();
    assert_eq!((&plan["action"], &plan["revision"]), (&json!("create"), &Value::Null));
    let created = server.send(Method::PUT, PATH, &body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created}");
    assert_eq!(
        (&created.headers["location"], &created.headers["etag"]),
        (&PATH.parse().unwrap(), &"\"1\"".parse().unwrap())
    );
    let again = server.send(Method::PUT, PATH, &body).await;
    assert_eq!((again.status, again.json()["revision"].as_u64()), (StatusCode::OK, Some(1)));

    let (_, first) = key(&server, "acme").await;
    let (_, second) = key(&server, "acme").await;
    password(&server, "acme").await;
    let shown = server.get(PATH).await.json();
    let ids: Vec<_> = shown["keys"].as_array().unwrap().iter().map(|key| &key["id"]).collect();
    assert_eq!(ids, [first, second]);
    assert_eq!((&shown["revision"], &shown["used_by"]), (&json!(4), &json!([])));
    assert!(shown["password"]["created_at"].is_string());
    let list = server.get("/api/v1/consumers").await.json();
    assert_eq!(
        (&list["items"][0]["keys"], &list["items"][0]["has_password"]),
        (&json!(2), &json!(true))
    );
    remove_key(&server, "acme", first).await;
    let twice = server.send(Method::DELETE, &format!("{PATH}/keys/{first}"), &Value::Null).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND, "{twice}");
    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let gone = server.send(Method::DELETE, &format!("{PATH}/password"), &Value::Null).await;
        assert_eq!(gone.status, expected, "{gone}");
    }
    let gone = server.send(Method::DELETE, PATH, &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone}");
    assert_eq!(server.get(PATH).await.status, StatusCode::NOT_FOUND);
    let audit = server.get("/api/v1/audit").await.json();
    let actions: Vec<_> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "consumer.delete",
            "consumer.password.delete",
            "consumer.key.delete",
            "consumer.password.create",
            "consumer.key.create",
            "consumer.key.create",
            "consumer.put"
        ]
    );
}

#[tokio::test]
async fn a_write_has_its_condition_and_its_bounds() {
    let server = TestServer::start().await;
    make(&server, "acme").await;
    let conditional = async |name: &str, value: &str| {
        let headers = [("content-type", "application/json"), (name, value)];
        let body = json!({ "description": "new" }).to_string();
        server.client.send(Method::PUT, &server.url(PATH), &headers, &body).await.status
    };
    assert_eq!(conditional("if-none-match", "*").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(conditional("if-match", "\"7\"").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(conditional("if-match", "\"1\"").await, StatusCode::OK);

    for name in ["Acme", "acme.12", "-a"] {
        let path = format!("/api/v1/consumers/{name}");
        let refused = server.send(Method::PUT, &path, &json!({})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    }
    for body in [json!({ "keys": [] }), json!({ "description": "x".repeat(301) })] {
        let refused = server.send(Method::PUT, PATH, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    }
    for _ in 0..5 {
        key(&server, "acme").await;
    }
    let sixth = server.send(Method::POST, &format!("{PATH}/keys"), &json!({})).await;
    assert_eq!(sixth.status, StatusCode::CONFLICT, "{sixth}");
    assert_eq!(sixth.json()["code"], "too-many");
}

#[tokio::test]
async fn a_mapping_names_consumers_that_are_there_and_keeps_them() {
    let server = TestServer::start().await;
    let put = async |name: &str, body: &Value| -> Answer {
        server.send(Method::PUT, &format!("/api/v1/mappings/{name}"), body).await
    };
    for query in ["", "?dry_run=true"] {
        let unknown = put(&format!("m{query}"), &by_key("/m/", &["acme"])).await;
        assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY, "{unknown}");
        let error = &unknown.json()["errors"][0];
        assert_eq!(error["pointer"], "/auth/api_key/consumers");
        assert_eq!(error["message"], "names the consumer `acme`, and there is none of this name");
    }
    make(&server, "acme").await;
    assert_eq!(put("m", &by_key("/m/", &["acme"])).await.status, StatusCode::CREATED);
    assert_eq!(put("n", &by_key("/n/", &["acme"])).await.status, StatusCode::CREATED);

    assert_eq!(server.get(PATH).await.json()["used_by"], json!(["m", "n"]));
    for query in ["", "?dry_run=true"] {
        let kept = server.send(Method::DELETE, &format!("{PATH}{query}"), &Value::Null).await;
        assert_eq!((kept.status, &kept.json()["code"]), (StatusCode::CONFLICT, &json!("in-use")));
        let said = "the consumer `acme` is used by the mapping `m` and the mapping `n`";
        assert!(kept.body.contains(said), "{kept}");
    }
    let let_go = json!({ "prefix": "/m/", "service": "127.0.0.1:9" });
    assert_eq!(put("m", &let_go).await.status, StatusCode::OK);
    let gone = server.send(Method::DELETE, "/api/v1/mappings/n", &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone}");
    let gone = server.send(Method::DELETE, PATH, &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone}");
    // what a mapping once named is gone, and the mapping can't come back as it was
    let history = server.get("/api/v1/mappings/m/revisions").await.json();
    let first = history["items"].as_array().unwrap().last().unwrap()["revision"].clone();
    let restored = server
        .send(Method::POST, "/api/v1/mappings/m/restore", &json!({ "revision": first }))
        .await;
    assert_eq!(restored.status, StatusCode::UNPROCESSABLE_ENTITY, "{restored}");
}

#[tokio::test]
async fn a_team_sees_its_keys_and_no_mapping_of_another() {
    let installation = Installation::start().await;
    let send = async |caller, method: &str, path: &str, body: &Value| {
        installation.send(caller, method, path, Some(body).filter(|body| !body.is_null())).await
    };
    let body = json!({ "team": "own", "description": "ours" });
    let made = send(Caller::Editor, "PUT", PATH, &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    let keys = format!("{PATH}/keys");
    let made = send(Caller::TeamWrite, "POST", &keys, &json!({})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    let foreign = json!({ "prefix": "/other/guest/", "service": "velours.example:1", "team": "other",
                          "auth": { "api_key": { "consumers": ["acme"] } } });
    let made = send(Caller::Admin, "PUT", "/api/v1/mappings/velvet-guest", &foreign).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");

    let ours = send(Caller::Viewer, "GET", PATH, &Value::Null).await.json();
    assert_eq!((&ours["used_by"], &ours["used_by_others"]), (&json!([]), &json!(1)));
    assert_eq!(ours["keys"].as_array().map(Vec::len), Some(1));
    let kept = send(Caller::Owner, "DELETE", PATH, &Value::Null).await;
    assert_eq!(kept.status, StatusCode::CONFLICT, "{kept}");
    assert!(kept.body.contains("the mapping of another team") && !kept.body.contains("velvet"));
    let kept = send(Caller::Admin, "DELETE", PATH, &Value::Null).await;
    assert!(kept.body.contains("the mapping `velvet-guest`"), "{kept}");

    let theirs = json!({ "team": "other" });
    let made = send(Caller::Admin, "PUT", "/api/v1/consumers/theirs", &theirs).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    let seen = send(Caller::Owner, "GET", "/api/v1/consumers/theirs", &Value::Null).await.json();
    assert_eq!((&seen["keys"], &seen["may_decide"]), (&Value::Null, &json!(false)));
}

#[tokio::test]
async fn a_key_says_when_it_expires() {
    let server = TestServer::start().await;
    make(&server, "acme").await;
    let body = json!({ "label": " July ", "expires_in_days": 30 });

    let made = server.send(Method::POST, &format!("{PATH}/keys"), &body).await;

    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    assert_eq!(
        (&made.json()["key"]["label"], &made.json()["key"]["is_expired"]),
        (&json!("July"), &json!(false))
    );
    server.clock().advance(TimeDelta::days(31));
    assert_eq!(server.get(PATH).await.json()["keys"][0]["is_expired"], true);
    assert_eq!(server.get("/api/v1/consumers").await.json()["items"][0]["keys"], 0);
    for days in [json!(0), json!(3661), json!("7")] {
        let body = json!({ "expires_in_days": days });
        let refused = server.send(Method::POST, &format!("{PATH}/keys"), &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    }
}
