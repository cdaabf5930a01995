//! The page of the gateway's settings.

use http::Method;
use serde_json::json;

use crate::support::{client::Answer, server::TestServer};

async fn post(server: &TestServer, fields: &str) -> Answer {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let common = "do=gateway.put&tls/client_certificates=off";
    let body = format!("{common}&{fields}");
    server.client.send(Method::POST, &server.url("/gateway"), &form, &body).await
}

#[tokio::test]
async fn the_settings_are_shown_and_changed_by_a_plain_form() {
    let server = TestServer::start().await;
    let page = server.get("/gateway").await;
    assert_eq!(page.status, 200, "{page}");
    for text in ["tls_minimum_protocol_version", "Every setting has its default", "a certificate"] {
        assert!(page.body.contains(text), "`{text}` in {page}");
    }

    let refused = post(&server, "revision=0&tls/minimum_version=1.2&tls/redirect_http=308").await;
    assert_eq!(refused.status, 422, "{refused}");
    assert!(refused.body.contains("while there is no certificate"), "{refused}");

    let fields = "revision=0&tls/minimum_version=1.3&tls/redirect_http=off&tls/hsts/max_age_s=300";
    let done = post(&server, fields).await;
    assert_eq!(done.status, 303, "{done}");
    let gateway = server.get("/api/v1/gateway").await.json();
    assert_eq!(gateway["revision"], 1);
    assert_eq!(gateway["tls"]["minimum_version"], "1.3");
    let hsts = json!({ "max_age_s": 300, "include_subdomains": false, "preload": false });
    assert_eq!(gateway["tls"]["hsts"], hsts);
    let audit = server.get("/api/v1/audit").await;
    assert!(audit.body.contains("gateway.change"), "{audit}");

    let late = post(&server, fields).await;
    assert_eq!(late.status, 412, "{late}");
}
