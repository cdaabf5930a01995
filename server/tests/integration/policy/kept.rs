//! A policy stays with its mapping, whichever way it is written: PATCH, the article's API, the form,
//! clone, restore, a restart.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{client::Answer, server::TestServer};

const MAPPING: &str = "/api/v1/mappings/m";

async fn mapped(server: &TestServer) {
    let body = json!({
        "prefix": "/m/",
        "service": "127.0.0.1:9",
        "retries": { "on": ["5xx"], "attempts": 2 },
        "request_headers": { "set": { "x-a": "1", "x-b": "2" } },
    });
    let answer = server.send(Method::PUT, MAPPING, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
}

async fn get(server: &TestServer) -> Value {
    server.get(MAPPING).await.json()
}

async fn patch(server: &TestServer, body: Value) -> Answer {
    server.send(Method::PATCH, MAPPING, &body).await
}

async fn post(server: &TestServer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = serde_urlencoded::to_string(fields).unwrap();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    server.client.send(Method::POST, &server.url(path), &headers, &body).await
}

#[tokio::test]
async fn a_patch_changes_what_it_names_inside_a_group() {
    let server = TestServer::start().await;
    mapped(&server).await;

    let answer = patch(
        &server,
        json!({
            "retries": { "attempts": 5 },
            "request_headers": { "set": { "x-a": null } },
            "timeouts": { "request_ms": 1000 },
        }),
    )
    .await;

    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    let mapping = get(&server).await;
    assert_eq!(mapping["retries"], json!({ "on": ["5xx"], "attempts": 5 }));
    assert_eq!(mapping["request_headers"], json!({ "set": { "x-b": "2" } }));
    assert_eq!(mapping["timeouts"], json!({ "request_ms": 1000 }));
    let gone = patch(&server, json!({ "retries": null })).await.json();
    assert_eq!(gone.get("retries"), None);
}

#[tokio::test]
async fn a_mapping_becomes_a_redirect_and_a_service_again_in_one_patch_each() {
    let server = TestServer::start().await;
    mapped(&server).await;

    let redirect = json!({ "host": "a.example" });
    let no_service = json!({
        "redirect": redirect, "service": null, "retries": null, "request_headers": null,
    });
    let refused = patch(&server, json!({ "redirect": redirect })).await;
    let redirected = patch(&server, no_service).await;
    let back = patch(&server, json!({ "redirect": null, "service": "127.0.0.1:9" })).await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused.body.contains("/service"), "{refused}");
    assert_eq!(redirected.status, StatusCode::OK, "{redirected}");
    assert_eq!(redirected.json()["service"], "");
    assert_eq!(back.json()["service"], "127.0.0.1:9", "{back}");
}

#[tokio::test]
async fn the_articles_post_keeps_what_it_does_not_know() {
    let server = TestServer::start().await;
    mapped(&server).await;

    server.map("m", "/m/", "127.0.0.1:8").await;

    let mapping = get(&server).await;
    assert_eq!(mapping["service"], "127.0.0.1:8");
    assert_eq!(mapping["retries"], json!({ "on": ["5xx"], "attempts": 2 }));
}

#[tokio::test]
async fn a_clone_and_a_restored_revision_have_it_also_after_a_restart() {
    let server = TestServer::start().await;
    mapped(&server).await;
    let first = get(&server).await;
    patch(&server, json!({ "retries": null, "request_headers": null })).await;
    let body = json!({ "name": "n", "prefix": "/n/", "timeouts": { "idle_ms": 5 } });
    let restore = json!({ "revision": first["revision"] });

    let (server, ()) = server.restart(async {}).await;
    let restored = server.send(Method::POST, &format!("{MAPPING}/restore"), &restore).await;
    let cloned = server.send(Method::POST, &format!("{MAPPING}/clone"), &body).await;

    assert!(restored.status.is_success(), "{restored}");
    for key in ["retries", "request_headers"] {
        assert_eq!(get(&server).await[key], first[key]);
        assert_eq!(cloned.json()[key], first[key], "{cloned}");
    }
    assert_eq!(cloned.json()["timeouts"], json!({ "idle_ms": 5 }));
}

#[tokio::test]
async fn the_form_shows_it_and_saves_it_without_javascript() {
    let server = TestServer::start().await;
    mapped(&server).await;
    let edit = "/mappings/m/edit";

    let form = server.get(edit).await;
    let fields = [
        ("name", "m"),
        ("prefix", "/m/"),
        ("service", "127.0.0.1:9"),
        ("rewrite", "/"),
        ("replaces", "1"),
        ("retries.on", "5xx\r\n503\r\n"),
        ("request_headers.set.0.name", "x-a"),
        ("request_headers.set.0.value", "3"),
        ("request_headers.set.1.name", ""),
    ];
    let more = [&fields[..], &[("step", "more:request_headers.set")]].concat();
    let more = post(&server, edit, &more).await;
    let review = post(&server, edit, &[&fields[..], &[("step", "review")]].concat()).await;
    let saved = post(&server, edit, &[&fields[..], &[("step", "apply")]].concat()).await;

    assert!(form.body.contains("value=\"x-b\""), "{form}");
    assert!(form.body.contains("name=\"request_headers.set.2.name\""), "{form}");
    assert!(more.body.contains("name=\"request_headers.set.1.name\""), "{more}");
    assert!(review.body.contains("Set on requests: x-b"), "{review}");
    assert!(review.body.contains("Retries: retries"), "{review}");
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved}");
    let mapping = get(&server).await;
    assert_eq!(mapping["retries"], json!({ "on": ["503", "5xx"] }));
    assert_eq!(mapping["request_headers"], json!({ "set": { "x-a": "3" } }));
    let page = server.get("/mappings/m").await;
    assert!(page.body.contains("data-testid=\"policy\""), "{page}");
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_input() {
    let server = TestServer::start().await;

    let page = post(
        &server,
        "/mappings/new",
        &[
            ("name", "m"),
            ("prefix", "/m/"),
            ("service", "a"),
            ("retries.on", "5xx"),
            ("retries.attempts", "many"),
            ("request_headers.set.0.name", "x-a"),
            ("request_headers.set.0.value", "{nonce}"),
            ("request_headers.set.1.name", "host"),
            ("request_headers.set.1.value", "a"),
            ("step", "review"),
        ],
    )
    .await;

    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
    let error = |id: &str| {
        let (_, slot) = page.body.split_once(&format!("id=\"{id}-error\"")).unwrap();
        slot.split_once("</p>").unwrap().0.to_owned()
    };
    let wrong = error("retries.attempts");
    assert!(wrong.contains("must be a whole number from 1 to 10"), "{wrong}");
    assert!(error("request_headers.set.0.name").contains("nonce"), "{page}");
    assert!(error("request_headers.set.1.name").contains("has the name"), "{page}");
    assert!(page.body.contains("value=\"many\""), "{page}");
}
