//! Clients that are let in by their certificate.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    support::{
        tls::{Authority, Browser},
        until,
    },
    tls::Gateway,
};

const HOST: &str = "api.example.com";

async fn put(gateway: &Gateway, auth: Value) -> (StatusCode, Value) {
    let body = json!({ "prefix": "/user/", "service": "usersvc", "auth": auth });
    let answer = gateway.server.send(Method::PUT, "/api/v1/mappings/user", &body).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_mapping_lets_in_the_certificates_that_it_names() {
    let gateway = Gateway::start().await;
    let issued = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &issued).await;
    let partners = Authority::new("Partners");

    let (refused, problem) = put(&gateway, json!({ "client_certificate": { "any": true } })).await;
    assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert_eq!(problem["errors"][0]["pointer"], "/auth/client_certificate", "{problem}");

    let body = json!({ "pem": partners.pem() });
    let path = "/api/v1/trust-bundles/partners";
    let answer = gateway.server.send(Method::PUT, path, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    let asks = json!({ "client_trust_bundle": "partners", "client_certificates": "optional" });
    gateway.settings(asks).await;
    let https = gateway.server.server.gateway_https;
    let client = |names: &[&str]| {
        let own = partners.issues(names);
        Browser::with_certificate(https, &gateway.authority, &own)
    };
    let billing = client(&["billing.example.org"]);
    let deep = client(&["a.b.shop.example.org"]);
    let near = client(&["shop.example.org", "billing.example.org.evil.com"]);
    let nobody = Browser::new(https, &gateway.authority);
    let status = async |browser: &Browser| browser.get(HOST, "/user/").await.unwrap().status;

    let (done, problem) = put(&gateway, json!({ "client_certificate": { "any": true } })).await;
    assert!(done.is_success(), "{problem}");
    gateway.server.until_live().await;
    until("who shows none is refused", async || {
        (nobody.get(HOST, "/user/").await.ok()?.status == 403).then_some(())
    })
    .await;
    for browser in [&billing, &deep, &near] {
        assert_eq!(status(browser).await, 200);
    }
    let plain = gateway.server.client.get(&gateway.server.gateway("/user/")).await;
    assert_eq!(plain.status, StatusCode::FORBIDDEN, "{plain}");

    let names = json!({ "names": ["Billing.example.org", "*.shop.example.org", "spiffe://x/y"] });
    let (done, problem) = put(&gateway, json!({ "client_certificate": names })).await;
    assert!(done.is_success(), "{problem}");
    gateway.server.until_live().await;
    assert_eq!(status(&billing).await, 200);
    assert_eq!(status(&deep).await, 200);
    assert_eq!(status(&near).await, 403);
    assert_eq!(status(&nobody).await, 403);

    // what lets clients in can't be taken away under the mapping
    for path in ["/api/v1/gateway", "/api/v1/gateway?dry_run=true"] {
        let answer = gateway.server.send(Method::PUT, path, &json!({})).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{answer}");
        assert!(answer.body.contains("mapping `user`"), "{answer}");
    }
    let (done, problem) = put(&gateway, Value::Null).await;
    assert!(done.is_success(), "{problem}");
    gateway.settings(json!({})).await;
}
