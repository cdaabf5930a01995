//! Clients that show certificates of their own.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Gateway;
use crate::support::{
    tls::{Authority, Browser},
    until,
};

const HOST: &str = "api.example.com";

#[tokio::test]
async fn clients_show_certificates_where_the_settings_ask_for_them() {
    let gateway = Gateway::start().await;
    let issued = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &issued).await;
    let (partners, others) = (Authority::new("Partners"), Authority::new("Others"));
    let body = json!({ "pem": partners.pem() });
    let path = "/api/v1/trust-bundles/partners";
    let answer = gateway.server.send(Method::PUT, path, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    let https = gateway.server.server.gateway_https;
    let known = partners.issues(&["client.example.org"]);
    let known = || Browser::with_certificate(https, &gateway.authority, &known);
    let unknown = others.issues(&["client.example.org"]);
    let unknown = || Browser::with_certificate(https, &gateway.authority, &unknown);

    let asks = |how: &str| json!({ "client_trust_bundle": "partners", "client_certificates": how });
    gateway.settings(asks("required")).await;
    until("who shows none is refused", async || gateway.browser().get(HOST, "/user/").await.err())
        .await;
    assert_eq!(known().get(HOST, "/user/").await.unwrap().status, 200);
    unknown().get(HOST, "/user/").await.expect_err("another authority's");

    gateway.settings(asks("optional")).await;
    until("who shows none is let in", async || gateway.browser().get(HOST, "/user/").await.ok())
        .await;
    assert_eq!(known().get(HOST, "/user/").await.unwrap().status, 200);
    unknown().get(HOST, "/user/").await.expect_err("another authority's");

    let answer = gateway.server.send(Method::DELETE, path, &Value::Null).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{answer}");
    gateway.settings(json!({})).await;
    let answer = gateway.server.send(Method::DELETE, path, &Value::Null).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer}");
    gateway.until_shown(HOST, &issued).await;
}
