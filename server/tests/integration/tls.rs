//! TLS between clients and the gateway, through a real Envoy, with authorities of the tests' own.

mod clients;
mod http3;
mod portal;
mod rotation;
mod surface;

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    envoy::Envoy,
    server::TestServer,
    tls::{Authority, Browser, Issued, Seen},
    until,
    upstream::Upstream,
};

/// A server with a node that serves one mapping, `/user/`, and an authority.
pub(crate) struct Gateway {
    pub(crate) server: TestServer,
    /// Absent while it is being restarted.
    node: Option<Envoy>,
    pub(crate) authority: Arc<Authority>,
    _upstream: Upstream,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        let upstream = Upstream::start("usersvc").await;
        let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;
        server.map("user", "/user/", "usersvc").await;
        let node = Some(server.node("a").await);
        let authority = Arc::new(Authority::new("Test root"));
        Self { server, node, authority, _upstream: upstream }
    }

    async fn push(&self, name: &str, issued: &Issued) {
        let body = json!({ "chain": issued.chain, "private_key": issued.key });
        let path = format!("/api/v1/certificates/{name}");
        let answer = self.server.send(Method::PUT, &path, &body).await;
        assert!(answer.status.is_success(), "{answer}");
        assert!(!answer.body.contains("PRIVATE KEY"), "{answer}");
    }

    /// Issues a certificate for hosts and pushes it.
    pub(crate) async fn serve(&self, name: &str, hosts: &[&str]) -> Issued {
        let issued = self.authority.issues(hosts);
        self.push(name, &issued).await;
        issued
    }

    async fn delete(&self, name: &str) {
        let path = format!("/api/v1/certificates/{name}");
        let answer = self.server.send(Method::DELETE, &path, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer}");
    }

    pub(crate) async fn settings(&self, tls: Value) {
        let body = json!({ "tls": tls });
        let answer = self.server.send(Method::PUT, "/api/v1/gateway", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    }

    /// Returns a client without connections.
    fn browser(&self) -> Browser {
        Browser::new(self.server.server.gateway_https, &self.authority)
    }

    /// Waits until a new connection for `host` is shown `issued` and the mapping answers.
    pub(crate) async fn until_shown(&self, host: &str, issued: &Issued) -> Seen {
        let der = issued.der();
        until(&format!("`{host}` is served with the certificate that was pushed"), async || {
            let seen = self.browser().get(host, "/user/").await.ok();
            seen.filter(|seen| seen.certificate == der && seen.status == 200)
        })
        .await
    }

    /// Waits until no new connection for `host` is let in.
    async fn until_refused(&self, host: &str) {
        let client = Browser::credulous(self.server.server.gateway_https);
        until(&format!("`{host}` is refused"), async || client.get(host, "/user/").await.err())
            .await;
    }
}

#[tokio::test]
async fn each_host_is_shown_its_certificate_and_others_are_refused() {
    let gateway = Gateway::start().await;
    let exact = gateway.serve("api", &["api.example.com"]).await;
    let wildcard = gateway.serve("wild", &["*.example.com", "example.com"]).await;

    gateway.until_shown("api.example.com", &exact).await;
    for host in ["www.example.com", "example.com"] {
        let seen = gateway.until_shown(host, &wildcard).await;
        assert_eq!(seen.body, "usersvc /", "the same mappings as by HTTP");
    }
    let https = gateway.server.server.gateway_https;
    let client = Browser::credulous(https);
    let address = https.ip().to_string();
    let hosts = ["example.org", &address];
    for host in hosts {
        client.get(host, "/user/").await.expect_err("no certificate is for it");
    }

    gateway.settings(json!({ "default_certificate": "wild" })).await;

    for host in hosts {
        let seen =
            until("there is a default", async || client.get(host, "/user/").await.ok()).await;
        assert_eq!(seen.certificate, wildcard.der());
    }
    gateway.until_shown("api.example.com", &exact).await;
    let node = gateway.node.as_ref().unwrap();
    assert!(!node.log().contains("[critical]"), "{}", node.log());
}

#[tokio::test]
async fn the_private_key_is_shown_to_nobody() {
    let gateway = Gateway::start().await;
    let issued = gateway.serve("api", &["api.example.com"]).await;
    gateway.until_shown("api.example.com", &issued).await;
    let body: String = issued.key.lines().filter(|line| !line.starts_with("---")).collect();
    let canary = body.get(40..80).unwrap();

    for path in [
        "/api/v1/certificates",
        "/api/v1/certificates/api",
        "/api/v1/gateway",
        "/api/v1/config.yaml",
        "/api/v1/audit",
        "/config",
        "/activity",
    ] {
        let answer = gateway.server.get(path).await;
        assert!(!answer.body.contains(canary) && !answer.body.contains("PRIVATE KEY"), "{path}");
    }
    let database = std::fs::read(gateway.server.database_file()).unwrap();
    assert!(!String::from_utf8_lossy(&database).contains(canary));
}
