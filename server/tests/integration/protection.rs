//! What protects a mapping, through a real Envoy: addresses, CORS, rate limits, faults.

mod addresses;
mod cors;
mod fault;
mod global_rate_limit;
mod rate_limit;

use std::net::IpAddr;

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Client},
    docs,
    envoy::Envoy,
    server::TestServer,
    until,
    upstream::Upstream,
};

/// A gateway with one service.
struct Bench {
    server: TestServer,
    upstream: Upstream,
    _node: Envoy,
}

impl Bench {
    async fn start() -> Self {
        let upstream = Upstream::start("usersvc").await;
        let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;
        let node = server.node("one").await;
        Self { server, upstream, _node: node }
    }

    /// Puts the mapping `m` at `/m/` with more fields, to a service unless they say otherwise.
    async fn map(&self, more: Value) {
        self.map_as("m", "/m/", more).await;
    }

    async fn map_as(&self, name: &str, prefix: &str, more: Value) {
        let is_answer = more.get("redirect").or(more.get("respond")).is_some();
        let mut body = match is_answer {
            true => json!({ "prefix": prefix }),
            false => json!({ "prefix": prefix, "service": "usersvc" }),
        };
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("/api/v1/mappings/{name}");
        let answer = self.server.send(Method::PUT, &path, &body).await;
        assert!(answer.status.is_success(), "{answer}");
        self.server.until_live().await;
    }

    /// Changes settings of the gateway.
    async fn set(&self, settings: Value) -> Answer {
        self.server.send(Method::PATCH, "/api/v1/gateway", &settings).await
    }

    /// Waits until requests get a status: settings have no revision that nodes tell of.
    async fn until_status(&self, path: &str, status: u16) {
        until(&format!("{path} gets {status}"), async || {
            (self.get(path).await.status.as_u16() == status).then_some(())
        })
        .await;
    }

    /// Returns the codes of a mapping's warnings.
    async fn warnings(&self, name: &str) -> Vec<String> {
        let mapping = self.server.get(&format!("/api/v1/mappings/{name}")).await.json();
        let warnings = mapping["warnings"].as_array().unwrap().iter();
        warnings.map(|warning| warning["code"].as_str().unwrap().to_owned()).collect()
    }

    async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers).await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.server.client.send(method, &self.server.gateway(path), headers, "").await
    }

    /// Asks as a client of another address.
    async fn get_from(&self, address: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let address: IpAddr = address.parse().unwrap();
        let client = Client::at(address);
        client.send(Method::GET, &self.server.gateway(path), headers, "").await
    }
}

#[tokio::test]
async fn the_examples_of_the_documentation_work() {
    let bench = Bench::start().await;

    docs::run(&bench.server, include_str!("../../../docs/protection.md")).await;
}
