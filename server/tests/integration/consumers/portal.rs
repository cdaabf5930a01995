//! The portal's pages of consumers.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PATH, by_key, key, make};
use crate::support::{client::Answer, server::TestServer};

async fn post(server: &TestServer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = serde_urlencoded::to_string(fields).unwrap();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    server.client.send(Method::POST, &server.url(path), &headers, &body).await
}

/// Returns the secret that a page shows.
fn shown(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("data-secret").unwrap_or_else(|| panic!("{page}"));
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split_once('<').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_consumer_is_made_and_given_keys_by_plain_forms() {
    let server = TestServer::start().await;
    let empty = server.get("/consumers").await;
    assert!(empty.body.contains("There is no consumer yet"), "{empty}");
    assert!(server.get("/").await.body.contains("href=\"/consumers\""));

    let refused =
        post(&server, "/consumers/new", &[("do", "consumer.create"), ("name", "a.b")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused.body.contains("name-error"), "{refused}");
    let fields = [("do", "consumer.create"), ("name", "acme"), ("description", "Billing")];
    let made = post(&server, "/consumers/new", &fields).await;
    assert_eq!(
        (made.status, &made.headers["location"]),
        (StatusCode::SEE_OTHER, &"/consumers/acme".parse().unwrap())
    );
    let made = post(
        &server,
        "/consumers/acme",
        &[("do", "consumer.key.create"), ("label", "Frankfurt"), ("expires", "30")],
    )
    .await;
    assert_eq!(made.status, StatusCode::OK, "{made}");
    let secret = shown(&made);
    assert!(secret.len() > 50 && made.body.contains("it is not shown again"), "{made}");
    let made = post(&server, "/consumers/acme", &[("do", "consumer.password.create")]).await;
    let password = shown(&made);
    assert_eq!(password.len(), 43);

    let page = server.get("/consumers/acme").await;
    assert!(page.body.contains("Frankfurt") && page.body.contains("Make another"), "{page}");
    assert!(!page.body.contains(&secret) && !page.body.contains(&password), "{page}");
    let list = server.get("/consumers").await;
    assert!(list.body.contains("Billing"), "{list}");
    let id = server.get(PATH).await.json()["keys"][0]["id"].to_string();
    for fields in [
        &[("do", "consumer.key.delete"), ("id", &id)][..],
        &[("do", "consumer.password.delete")],
        &[("do", "consumer.change"), ("revision", "5"), ("description", "Another")],
    ] {
        let done = post(&server, "/consumers/acme", fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{fields:?}: {done}");
    }
    let consumer = server.get(PATH).await.json();
    assert_eq!(
        (&consumer["keys"], &consumer["password"], &consumer["description"]),
        (&json!([]), &Value::Null, &json!("Another"))
    );
    let gone = post(&server, "/consumers/acme", &[("do", "consumer.delete")]).await;
    assert_eq!(
        (gone.status, &gone.headers["location"]),
        (StatusCode::SEE_OTHER, &"/consumers".parse().unwrap())
    );
}

#[tokio::test]
async fn the_page_says_who_lets_a_consumer_in_and_keeps_it_while_one_does() {
    let server = TestServer::start().await;
    make(&server, "acme").await;
    key(&server, "acme").await;
    server.send(Method::PUT, "/api/v1/mappings/m", &by_key("/m/", &["acme"])).await;

    let page = server.get("/consumers/acme").await;
    assert!(page.body.contains("href=\"/mappings/m\""), "{page}");
    let kept = post(&server, "/consumers/acme", &[("do", "consumer.delete")]).await;
    assert_eq!(kept.status, StatusCode::CONFLICT, "{kept}");
    assert!(kept.body.contains("is used by the mapping"), "{kept}");
}

#[tokio::test]
async fn the_form_of_a_mapping_asks_who_may_call() {
    let server = TestServer::start().await;
    make(&server, "acme").await;
    let form = server.get("/mappings/new").await;
    for text in ["auth.api_key.consumers", "auth.basic.realm", "Known consumers", "acme"] {
        assert!(form.body.contains(text), "`{text}` in {form}");
    }
    let fields = [
        ("name", "m"),
        ("prefix", "/m/"),
        ("service", "127.0.0.1:9"),
        ("auth.api_key.consumers", "acme\r\n"),
        ("step", "apply"),
    ];

    let made = post(&server, "/mappings/new", &fields).await;

    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made}");
    let mapping = server.get("/api/v1/mappings/m").await.json();
    assert_eq!(mapping["auth"], json!({ "api_key": { "consumers": ["acme"] } }));
    let wrong = [
        ("name", "n"),
        ("prefix", "/n/"),
        ("service", "127.0.0.1:9"),
        ("auth.basic.consumers", "nobody"),
        ("step", "apply"),
    ];
    let refused = post(&server, "/mappings/new", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused.body.contains("there is none of this name"), "{refused}");
}
