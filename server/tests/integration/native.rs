//! The native API: writes that are planned, depend on a revision, or happen once.

mod history;
mod list;
mod reads;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{client::Answer, server::TestServer};

const SERVICE: &str = "127.0.0.1:9";

/// Sends a JSON body with more headers.
async fn send(
    server: &TestServer,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    server.client.send(method, &server.url(path), &all, &body.to_string()).await
}

fn draft(name: &str, prefix: &str) -> Value {
    json!({ "name": name, "prefix": prefix, "service": SERVICE })
}

async fn revision(server: &TestServer) -> u64 {
    server.get("/api/v1/mappings").await.json()["revision"].as_u64().unwrap()
}

#[tokio::test]
async fn a_plan_says_what_a_write_would_do_and_writes_nothing() {
    let server = TestServer::start().await;
    server.map("payments", "/payments/", SERVICE).await;
    let before = revision(&server).await;
    let refunds = draft("refunds", "/payments/refunds/");

    let create = server.send(Method::POST, "/api/v1/mappings?dry_run=true", &refunds).await;
    let delete =
        server.send(Method::DELETE, "/api/v1/mappings/payments?dry_run=true", &Value::Null).await;
    let body = json!({ "rewrite": "" });
    let patch = server.send(Method::PATCH, "/api/v1/mappings/payments?dry_run=true", &body).await;

    assert_eq!(create.status, StatusCode::OK, "{create}");
    let plan = create.json();
    assert_eq!(plan["action"], "create");
    assert_eq!(plan["affected"][0]["name"], "payments");
    assert_eq!(plan["affected"][0]["effect"], "loses");
    assert_eq!(plan["warnings"][0]["code"], "nested");
    assert_eq!(plan["position"], 1);
    assert_eq!(plan["examples"][0]["upstream_path"], "/42");
    assert_eq!(delete.json()["action"], "delete");
    let diff = json!([{ "field": "rewrite", "before": "/", "after": "" }]);
    assert_eq!(patch.json()["diff"], diff);
    assert_eq!(revision(&server).await, before);
}

#[tokio::test]
async fn what_would_be_refused_has_no_plan() {
    let server = TestServer::start().await;
    server.map("user", "/user/", SERVICE).await;
    let path = "/api/v1/mappings?dry_run=true";

    let taken = server.send(Method::POST, path, &draft("other", "/user/")).await;
    let named = server.send(Method::POST, path, &draft("user", "/other/")).await;
    let wrong = server.send(Method::POST, path, &draft("a b", "other")).await;
    let unclear =
        server.send(Method::POST, "/api/v1/mappings?dry_run=yes", &draft("a", "/a/")).await;

    assert_eq!(
        (taken.status, taken.json()["code"].clone()),
        (StatusCode::CONFLICT, json!("prefix-taken"))
    );
    assert_eq!(
        (named.status, named.json()["code"].clone()),
        (StatusCode::CONFLICT, json!("name-taken"))
    );
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 2);
    assert_eq!(unclear.status, StatusCode::BAD_REQUEST);
    assert_eq!(unclear.json()["errors"][0]["pointer"], "/dry_run");
}

#[tokio::test]
async fn a_stale_write_is_refused_with_both_versions() {
    let server = TestServer::start().await;
    server.map("user", "/user/", SERVICE).await;
    let path = "/api/v1/mappings/user";
    let first = server.get(path).await;
    let tag = first.headers["etag"].to_str().unwrap();
    server.map_with("user", &json!({ "prefix": "/user/", "service": "theirs" })).await;
    let mine = json!({ "prefix": "/user/", "service": "mine" });

    let put = send(&server, Method::PUT, path, &[("if-match", tag)], &mine).await;
    let planned =
        send(&server, Method::PUT, &format!("{path}?dry_run=true"), &[("if-match", tag)], &mine)
            .await;
    let patch =
        send(&server, Method::PATCH, path, &[("if-match", tag)], &json!({ "rewrite": "" })).await;
    let delete = send(&server, Method::DELETE, path, &[("if-match", tag)], &Value::Null).await;

    for answer in [&put, &planned, &patch, &delete] {
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{answer}");
        assert_eq!(answer.json()["code"], "stale-revision");
        assert_eq!(answer.json()["current"]["service"], "theirs");
    }
    assert_eq!(put.json()["sent"]["service"], "mine");
    let newest = server.get(path).await;
    let tag = newest.headers["etag"].to_str().unwrap();
    let put = send(&server, Method::PUT, path, &[("if-match", tag)], &mine).await;
    assert_eq!(put.status, StatusCode::OK, "{put}");
}

#[tokio::test]
async fn conditions_on_what_is_there_are_kept() {
    let server = TestServer::start().await;
    let path = "/api/v1/mappings/user";
    let body = draft("user", "/user/");

    let nothing = send(&server, Method::PUT, path, &[("if-match", "*")], &body).await;
    let created = send(&server, Method::PUT, path, &[("if-none-match", "*")], &body).await;
    let again = send(&server, Method::PUT, path, &[("if-none-match", "*")], &body).await;
    let tag = created.headers["etag"].to_str().unwrap();
    let known = send(&server, Method::GET, path, &[("if-none-match", tag)], &Value::Null).await;

    assert_eq!(nothing.status, StatusCode::PRECONDITION_FAILED, "{nothing}");
    assert_eq!(nothing.json()["current"], Value::Null);
    assert_eq!(created.status, StatusCode::CREATED, "{created}");
    assert_eq!(again.status, StatusCode::PRECONDITION_FAILED, "{again}");
    assert_eq!(known.status, StatusCode::NOT_MODIFIED, "{known}");
}

#[tokio::test]
async fn a_creation_with_a_key_happens_once_also_after_a_restart() {
    let server = TestServer::start().await;
    let key = [("idempotency-key", "6f1c0a4e")];
    let path = "/api/v1/mappings";
    let first = send(&server, Method::POST, path, &key, &draft("user", "/user/")).await;
    let (server, ()) = server.restart(async {}).await;

    let again = send(&server, Method::POST, path, &key, &draft("user", "/user/")).await;
    let other = send(&server, Method::POST, path, &key, &draft("other", "/other/")).await;
    let unreadable =
        send(&server, Method::POST, path, &[("idempotency-key", "a b")], &draft("x", "/x/")).await;

    assert_eq!(first.status, StatusCode::CREATED, "{first}");
    assert_eq!(again.status, StatusCode::CREATED, "{again}");
    assert_eq!(again.json()["revision"], first.json()["revision"]);
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{other}");
    assert_eq!(other.json()["code"], "key-reused");
    assert_eq!(unreadable.status, StatusCode::BAD_REQUEST, "{unreadable}");
    assert_eq!(revision(&server).await, 1);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let server = TestServer::start().await;
    let labelled = json!({
        "name": "user", "prefix": "/user/", "service": SERVICE, "rewrite": "/v2/", "labels": ["b", "a", "b"],
    });
    server.send(Method::POST, "/api/v1/mappings", &labelled).await;
    let path = "/api/v1/mappings/user";

    let patched = server.send(Method::PATCH, path, &json!({ "prefix": "/people/" })).await;
    let reset = server.send(Method::PATCH, path, &json!({ "rewrite": null })).await;
    let emptied = server.send(Method::PATCH, path, &json!({ "service": null })).await;
    let renamed = server.send(Method::PATCH, path, &json!({ "name": "other" })).await;
    let absent = server.send(Method::PATCH, "/api/v1/mappings/nobody", &json!({})).await;
    let unchanged = server.send(Method::PATCH, path, &json!({})).await;

    assert_eq!(patched.json()["prefix"], "/people/");
    assert_eq!(patched.json()["rewrite"], "/v2/");
    assert_eq!(patched.json()["labels"], json!(["a", "b"]));
    assert_eq!(reset.json()["rewrite"], "/");
    assert_eq!(emptied.status, StatusCode::UNPROCESSABLE_ENTITY, "{emptied}");
    assert_eq!(renamed.status, StatusCode::UNPROCESSABLE_ENTITY, "{renamed}");
    assert_eq!(absent.status, StatusCode::NOT_FOUND, "{absent}");
    assert_eq!(unchanged.json()["revision"], reset.json()["revision"]);
}

#[tokio::test]
async fn concurrent_patches_of_different_fields_are_all_kept() {
    let server = TestServer::start().await;
    server.map("user", "/user/", SERVICE).await;
    let path = "/api/v1/mappings/user";

    let (rewrite, labels, prefix) =
        (json!({ "rewrite": "" }), json!({ "labels": ["kept"] }), json!({ "prefix": "/people/" }));
    let answers = futures_util::future::join_all([
        server.send(Method::PATCH, path, &rewrite),
        server.send(Method::PATCH, path, &labels),
        server.send(Method::PATCH, path, &prefix),
    ])
    .await;

    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    }
    let now = server.get(path).await.json();
    assert_eq!(now["rewrite"], "");
    assert_eq!(now["labels"], json!(["kept"]));
    assert_eq!(now["prefix"], "/people/");
}

#[tokio::test]
async fn a_clone_has_a_name_and_a_prefix_of_its_own() {
    let server = TestServer::start().await;
    let original = json!({
        "name": "user", "prefix": "/user/", "service": SERVICE, "rewrite": "", "labels": ["a"],
    });
    server.send(Method::POST, "/api/v1/mappings", &original).await;
    let path = "/api/v1/mappings/user/clone";

    let bare = server.send(Method::POST, path, &json!({})).await;
    let body = json!({ "name": "user2", "prefix": "/user2/" });
    let cloned = server.send(Method::POST, path, &body).await;
    let absent = server.send(Method::POST, "/api/v1/mappings/nobody/clone", &body).await;

    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY, "{bare}");
    assert_eq!(cloned.status, StatusCode::CREATED, "{cloned}");
    assert_eq!(cloned.headers["location"], "/api/v1/mappings/user2");
    assert_eq!(cloned.json()["rewrite"], "");
    assert_eq!(cloned.json()["labels"], json!(["a"]));
    assert_eq!(absent.status, StatusCode::NOT_FOUND, "{absent}");
}

#[tokio::test]
async fn a_script_of_the_article_does_not_wipe_labels() {
    let server = TestServer::start().await;
    let labelled = json!({ "prefix": "/user/", "service": SERVICE, "labels": ["team=shop"] });
    server.send(Method::PUT, "/api/v1/mappings/user", &labelled).await;

    server.map("user", "/people/", SERVICE).await;

    let now = server.get("/api/v1/mappings/user").await.json();
    assert_eq!(now["labels"], json!(["team=shop"]));
    assert_eq!(now["prefix"], "/people/");
}

#[tokio::test]
async fn labels_are_bounded_and_say_so() {
    let server = TestServer::start().await;
    let many: Vec<_> = (0..17).map(|number| number.to_string()).collect();
    for (labels, message) in [
        (json!(["a b"]), "`a b`"),
        (json!(["🚀"]), "🚀"),
        (json!([""]), "empty"),
        (json!(["a".repeat(64)]), "64 bytes"),
        (json!(many), "17 labels"),
        (json!("a"), "list of texts"),
        (json!([7]), "list of texts"),
    ] {
        let body = json!({ "name": "a", "prefix": "/a/", "service": SERVICE, "labels": labels });

        let answer = server.send(Method::POST, "/api/v1/mappings", &body).await;

        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert_eq!(answer.json()["errors"][0]["pointer"], "/labels");
        assert!(answer.json()["detail"].as_str().unwrap().contains(message), "{answer}");
    }
}
