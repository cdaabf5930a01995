//! The way to the service, through a real Envoy: who gets copies, who is given up, who is spared.

mod balancing;
mod grpc;
mod health;
mod limits;
mod mirror;
mod outliers;
mod variants;

use std::net::SocketAddr;

use axum::Router;
use http::Method;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::support::{
    client::Answer, docs, envoy::Envoy, server::TestServer, until, upstream::Upstream,
};

/// A gateway whose services have the endpoints that the test says.
struct Bench {
    server: TestServer,
    _node: Envoy,
}

impl Bench {
    async fn start(services: &[(&str, &[SocketAddr])]) -> Self {
        let server = TestServer::with_endpoints(services).await;
        let node = server.node("one").await;
        Self { server, _node: node }
    }

    /// Puts the mapping `name` at `/name/` to a service, with more fields.
    async fn map(&self, name: &str, service: &str, more: Value) {
        let mut body = json!({ "prefix": format!("/{name}/"), "service": service });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer =
            self.server.send(Method::PUT, &format!("/api/v1/mappings/{name}"), &body).await;
        assert!(answer.status.is_success(), "{answer}");
        self.server.until_live().await;
    }

    async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.server.client.send(Method::GET, &self.server.gateway(path), headers, "").await
    }

    /// Waits until so many endpoints of so many are healthy.
    async fn until_healthy(&self, mapping: &str, expected: (u64, u64)) {
        until(&format!("`{mapping}` has {expected:?} healthy endpoints"), async || {
            (self.members("mappings", mapping).await == Some(expected)).then_some(())
        })
        .await;
    }

    /// Returns how many endpoints are healthy, and how many there are.
    async fn members(&self, kind: &str, name: &str) -> Option<(u64, u64)> {
        let stats = self.server.get("/ambassador/stats").await.json();
        let of = &stats[kind][name];
        Some((of["healthy_members"].as_u64()?, of["total_members"].as_u64()?))
    }
}

/// A service of one test alone.
struct Service {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Service {
    async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, task }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn the_examples_of_the_documentation_work() {
    let usersvc = Upstream::start("usersvc").await;
    let gruesvc = Upstream::start("gruesvc").await;
    let bench =
        Bench::start(&[("usersvc", &[usersvc.address]), ("gruesvc", &[gruesvc.address])]).await;

    docs::run(&bench.server, include_str!("../../../docs/resilience.md")).await;
}
