//! Revisions: told one by one, compared, and restored.

use http::{Method, StatusCode};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use super::{SERVICE, TestServer, send};
use crate::support::client::Answer;

const USER: &str = "/api/v1/mappings/user";

async fn restore(server: &TestServer, revision: impl Into<Value>) -> Answer {
    let body = json!({ "revision": revision.into() });
    server.send(Method::POST, &format!("{USER}/restore"), &body).await
}

/// Makes `user` in revision 1, changes it in 2, and deletes it in 3.
async fn changed_and_deleted() -> TestServer {
    let server = TestServer::start().await;
    let first = json!({ "prefix": "/user/", "service": SERVICE, "labels": ["a", "b"] });
    server.send(Method::PUT, USER, &first).await;
    let second = json!({ "prefix": "/people/", "service": "other", "rewrite": "" });
    server.send(Method::PUT, USER, &second).await;
    server.send(Method::DELETE, USER, &Value::Null).await;
    server
}

#[tokio::test]
async fn each_revision_tells_the_content_that_it_left_and_the_one_before_it() {
    let server = changed_and_deleted().await;
    let revision = async |number: &str| server.get(&format!("{USER}/revisions/{number}")).await;

    let first = revision("1").await.json();
    let second = revision("2").await.json();
    let third = revision("3").await.json();

    let content = json!({
        "name": "user", "host": "*", "prefix": "/user/", "service": SERVICE, "rewrite": "/",
        "labels": ["a", "b"], "team": "default",
    });
    assert_eq!(first["content"], content);
    assert_eq!((&first["change"], &first["previous"]), (&json!("created"), &Value::Null));
    assert_eq!((&second["previous"], &second["is_newest"]), (&json!(1), &json!(false)));
    assert_eq!(
        second["diff"][0],
        json!({ "field": "prefix", "before": "/user/", "after": "/people/" })
    );
    assert_eq!((&third["content"], &third["change"]), (&Value::Null, &json!("deleted")));
    assert_eq!((&third["previous"], &third["is_newest"]), (&json!(2), &json!(true)));
    for absent in ["0", "4", "18446744073709551615", "99999999999999999999", "x", "-1"] {
        let answer = revision(absent).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer}");
    }
    server.map("other", "/other/", SERVICE).await;
    let of_another = revision("4").await;
    assert_eq!(of_another.status, StatusCode::NOT_FOUND, "{of_another}");
}

#[tokio::test]
async fn any_two_revisions_are_compared_in_either_order() {
    let server = changed_and_deleted().await;
    let compare = async |query: &str| server.get(&format!("{USER}/compare?{query}")).await;

    let forth = compare("from=1&to=2").await.json();
    let back = compare("from=2&to=1").await.json();
    let same = compare("from=2&to=2").await.json();
    let now = compare("from=2").await.json();

    assert_eq!(forth["from"]["content"]["labels"], json!(["a", "b"]));
    assert_eq!(forth["to"]["content"]["rewrite"], "");
    let fields = |diff: &Value| {
        let diff = diff["diff"].as_array().unwrap().clone();
        diff.into_iter().map(|change| change["field"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(fields(&forth), ["prefix", "service", "rewrite", "labels"]);
    assert_eq!(
        back["diff"][0],
        json!({ "field": "prefix", "before": "/people/", "after": "/user/" })
    );
    assert_eq!(same["diff"], json!([]));
    assert_eq!((&now["to"]["revision"], &now["to"]["content"]), (&json!(3), &Value::Null));
    assert_eq!(now["to"]["is_newest"], true);
    for (query, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("from=x&to=1", StatusCode::BAD_REQUEST),
        ("from=1&too=2", StatusCode::BAD_REQUEST),
        ("from=1&to=9", StatusCode::NOT_FOUND),
    ] {
        let answer = compare(query).await;
        assert_eq!(answer.status, status, "{query}: {answer}");
    }
}

#[tokio::test]
async fn a_restored_revision_is_a_new_one_and_undoes_a_deletion() {
    let server = changed_and_deleted().await;

    let undone = restore(&server, 2).await;
    let restored = restore(&server, 1).await;
    let again = restore(&server, 1).await;
    let history = server.get(&format!("{USER}/revisions")).await.json();

    assert_eq!(undone.status, StatusCode::CREATED, "{undone}");
    assert_eq!(undone.headers["location"], USER);
    assert_eq!(
        (&undone.json()["prefix"], &undone.json()["rewrite"]),
        (&json!("/people/"), &json!(""))
    );
    assert_eq!(restored.status, StatusCode::OK, "{restored}");
    assert_eq!(restored.headers["etag"], "\"5\"");
    assert_eq!(restored.json()["labels"], json!(["a", "b"]));
    assert_eq!(again.json()["revision"], 5, "the same content is no change");
    let changes: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|item| item["change"].clone()).collect();
    assert_eq!(changes, ["changed", "created", "deleted", "changed", "created"]);
}

#[tokio::test]
async fn what_restoring_would_do_is_told_and_its_conditions_are_kept() {
    let server = changed_and_deleted().await;
    let path = format!("{USER}/restore");
    let (body, dry) = (json!({ "revision": 1 }), format!("{path}?dry_run=true"));

    let planned = server.send(Method::POST, &dry, &body).await;
    let stale = send(&server, Method::POST, &path, &[("if-match", "\"2\"")], &body).await;
    assert_eq!(planned.json()["action"], "create");
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{stale}");
    assert_eq!(server.get(USER).await.status, StatusCode::NOT_FOUND, "nothing was written");

    let undone = send(&server, Method::POST, &path, &[("if-none-match", "*")], &body).await;
    let twice = send(&server, Method::POST, &path, &[("if-none-match", "*")], &body).await;
    let planned = server.send(Method::POST, &dry, &json!({ "revision": 2 })).await;
    assert_eq!(undone.status, StatusCode::CREATED, "{undone}");
    assert_eq!(twice.status, StatusCode::PRECONDITION_FAILED, "{twice}");
    assert_eq!(planned.json()["action"], "replace");
    assert_eq!(planned.json()["diff"][0]["after"], "/people/");
}

#[tokio::test]
async fn what_cannot_be_restored_is_refused_with_the_reason() {
    let server = changed_and_deleted().await;
    server.map("taker", "/user/", SERVICE).await;
    let path = format!("{USER}/restore");

    let taken = restore(&server, 1).await;
    let deletion = restore(&server, 3).await;
    let of_another = restore(&server, 4).await;
    let text = restore(&server, "1").await;
    let nothing = server.send(Method::POST, &path, &json!({})).await;
    let unknown = server.send(Method::POST, &path, &json!({ "revision": 1, "name": "x" })).await;
    let nobody = server
        .send(Method::POST, "/api/v1/mappings/nobody/restore", &json!({ "revision": 1 }))
        .await;

    assert_eq!(
        (taken.status, &taken.json()["code"]),
        (StatusCode::CONFLICT, &json!("prefix-taken"))
    );
    assert_eq!(deletion.status, StatusCode::UNPROCESSABLE_ENTITY, "{deletion}");
    assert!(
        deletion.json()["detail"].as_str().unwrap().contains("restore revision 2"),
        "{deletion}"
    );
    assert_eq!(of_another.status, StatusCode::NOT_FOUND, "{of_another}");
    for wrong in [&text, &nothing, &unknown] {
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(unknown.json()["errors"][0]["pointer"], "/name");
    assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{nobody}");
}

/// Makes a team and a token of it; returns the header that brings the token.
async fn token(server: &TestServer, team: &str, scope: &str) -> String {
    // there may be one already
    server.send(Method::POST, "/api/v1/teams", &json!({ "name": team })).await;
    let draft = json!({ "name": format!("{team}-{scope}"), "team": team, "scope": scope });
    let made = server.send(Method::POST, "/api/v1/tokens", &draft).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    format!("Bearer {}", made.json()["secret"].as_str().unwrap())
}

#[tokio::test]
async fn a_team_sees_and_restores_nothing_of_another_s_history() {
    let server = TestServer::start().await;
    let (ours, reader) =
        (token(&server, "ours", "write").await, token(&server, "ours", "read").await);
    let theirs = token(&server, "theirs", "write").await;
    let call = async |token: &str, method: Method, path: &str, body: Value| {
        let headers = [("authorization", token)];
        send(&server, method, &format!("{USER}{path}"), &headers, &body).await
    };
    let body = |service: &str| json!({ "prefix": "/user/", "service": service, "team": "ours" });
    call(&ours, Method::PUT, "", body("first")).await;
    call(&ours, Method::PUT, "", body("second")).await;
    let first =
        call(&ours, Method::GET, "/revisions", Value::Null).await.json()["items"][1]["revision"]
            .clone();
    let restoration = json!({ "revision": first });

    // while it is there, and once it is gone
    for is_gone in [false, true] {
        if is_gone {
            let deleted = call(&ours, Method::DELETE, "", Value::Null).await;
            assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{deleted}");
        }
        for (method, path, body) in [
            (Method::GET, format!("/revisions/{first}"), Value::Null),
            (Method::GET, format!("/compare?from={first}"), Value::Null),
            (Method::POST, "/restore?dry_run=true".to_owned(), restoration.clone()),
            (Method::POST, "/restore".to_owned(), restoration.clone()),
        ] {
            let hidden = call(&theirs, method.clone(), &path, body.clone()).await;
            assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{method} {path}: {hidden}");
            assert!(!hidden.body.contains("second"), "{hidden}");
            let read = call(&reader, method.clone(), &path, body).await;
            let expected =
                if method == Method::GET { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(read.status, expected, "{method} {path}: {read}");
        }
    }
    // a mapping of the same name that is theirs does not make what was before theirs
    let body = json!({ "prefix": "/theirs/", "service": "third", "team": "theirs" });
    let again = call(&theirs, Method::PUT, "", body).await;
    assert_eq!(again.status, StatusCode::CREATED, "{again}");
    let third = again.json()["revision"].clone();
    let hidden = call(&theirs, Method::POST, "/restore", restoration).await;
    let path = format!("/compare?from={third}&to={first}");
    let compared = call(&theirs, Method::GET, &path, Value::Null).await;
    for hidden in [hidden, compared] {
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{hidden}");
    }
}

/// Returns contents that a mapping may have; some fields are absent, which means their default.
fn contents() -> impl Strategy<Value = Vec<Value>> {
    let path = "(/[a-z0-9._~-]{1,8}){1,4}/?".prop_filter("no dots alone", |path: &String| {
        path.split('/').all(|part| part != "." && part != "..")
    });
    let service = prop_oneof!["[a-z]{1,12}", "[a-z]{1,9}:[1-9][0-9]{1,3}", "https://[a-z]{1,9}"];
    let rewrite = prop::option::of(prop_oneof![Just(String::new()), path.clone()]);
    let labels = prop::option::of(prop::collection::vec("[A-Za-z0-9._:=/-]{1,20}", 0..5));
    let content =
        (path, service, rewrite, labels).prop_map(|(prefix, service, rewrite, labels)| {
            let mut content = json!({ "prefix": prefix, "service": service });
            rewrite.into_iter().for_each(|rewrite| content["rewrite"] = json!(rewrite));
            labels.into_iter().for_each(|labels| content["labels"] = json!(labels));
            content
        });
    prop::collection::vec(content, 24)
}

/// The fields that a mapping's owner sets, and the entity tag is not.
fn content(mapping: &Value) -> Value {
    let mut content = mapping.clone();
    for of_ours in ["revision", "created_at", "updated_at", "warnings"] {
        content.as_object_mut().unwrap().remove(of_ours);
    }
    content
}

#[tokio::test]
async fn restoring_any_revision_gives_exactly_the_content_that_it_had() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let drawn = contents().new_tree(&mut runner).unwrap().current();
    let server = TestServer::start().await;
    let mut written = Vec::new();
    for (number, body) in drawn.iter().enumerate() {
        if number % 5 == 4 {
            server.send(Method::DELETE, USER, &Value::Null).await;
        }
        let answer = server.send(Method::PUT, USER, body).await;
        assert!(answer.status.is_success(), "{body}: {answer}");
        let mapping = answer.json();
        written.push((mapping["revision"].as_u64().unwrap(), content(&mapping)));
    }

    // from both ends, so that neighbours are far apart
    let (first, last) = written.split_at(written.len() / 2);
    for (revision, expected) in first.iter().zip(last.iter().rev()).flat_map(|(a, b)| [a, b]) {
        let restored = restore(&server, *revision).await.json();
        let told = server.get(&format!("{USER}/revisions/{revision}")).await.json();

        assert_eq!(&content(&restored), expected);
        assert_eq!(&content(&server.get(USER).await.json()), expected);
        assert_eq!(&told["content"], expected);
        let compared = server.get(&format!("{USER}/compare?from={revision}")).await.json();
        assert_eq!(compared["diff"], json!([]), "revision {revision}");
    }
}
