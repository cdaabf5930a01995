//! Streams and bodies through a real Envoy: what upgrades, limits, compression, gRPC-Web and sticky
//! sessions do to requests and answers.

mod bodies;
mod compression;
mod grpc_web;
mod sticky;
mod websocket;

use std::net::SocketAddr;

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Method, Request, StatusCode, response::Parts};
use http_body_util::BodyExt;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{service::Routes, transport::Server};

use crate::support::{docs, envoy::Envoy, server::TestServer, upstream::Upstream};

/// A gateway with a service of the test's own making, and mappings that tests put.
struct Bench {
    server: TestServer,
    service: JoinHandle<()>,
    client: Client<HttpConnector, Body>,
    _node: Envoy,
}

impl Bench {
    async fn start(router: Router) -> Self {
        let (listener, address) = listen().await;
        let service = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self::with(service, address).await
    }

    /// Starts with a service that speaks HTTP/2 alone.
    async fn start_http2(router: Router) -> Self {
        let (listener, address) = listen().await;
        let server = Server::builder().add_routes(Routes::from(router));
        let server = server.serve_with_incoming(TcpListenerStream::new(listener));
        let service = tokio::spawn(async move { server.await.unwrap() });
        Self::with(service, address).await
    }

    async fn with(service: JoinHandle<()>, address: SocketAddr) -> Self {
        let server = TestServer::with_services(&[("usersvc", address)]).await;
        let node = server.node("one").await;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { server, service, client, _node: node }
    }

    /// Puts a mapping at `/NAME/`, to the service, with more fields.
    async fn map(&self, name: &str, more: Value) {
        let mut body = json!({ "prefix": format!("/{name}/"), "service": "usersvc" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("/api/v1/mappings/{name}");
        let answer = self.server.send(Method::PUT, &path, &body).await;
        assert!(answer.status.is_success(), "{answer}");
        self.server.until_live().await;
    }

    /// Sends a request to the gateway; what comes back is as it was on the wire.
    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> (Parts, Bytes) {
        let mut request = Request::builder().method(method).uri(self.server.gateway(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.client.request(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.service.abort();
    }
}

#[tokio::test]
async fn the_form_takes_and_shows_what_the_api_does() {
    let server = TestServer::start().await;
    let fields = [
        ("name", "m"),
        ("prefix", "/m/"),
        ("service", "127.0.0.1:9"),
        ("protocol", "http2"),
        ("grpc_web", "on"),
        ("compression.algorithms", "brotli\r\ngzip\r\n"),
        ("compression.min_bytes", "1024"),
        ("body.buffer", "on"),
        ("sticky_session.cookie", "at"),
        ("sticky_session.ttl_s", "60"),
    ];
    let post = async |more: &[(&str, &str)]| {
        let body = serde_urlencoded::to_string([&fields[..], more].concat()).unwrap();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        server.client.send(Method::POST, &server.url("/mappings/new"), &headers, &body).await
    };

    let refused = post(&[("upgrades", "web socket"), ("step", "apply")]).await;
    let saved = post(&[("step", "apply")]).await;

    assert!(
        refused.body.contains("must be absent where there are <code>upgrades</code>"),
        "{refused}"
    );
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved}");
    let mapping = server.get("/api/v1/mappings/m").await.json();
    assert_eq!(mapping["grpc_web"], true);
    let compression = json!({ "algorithms": ["brotli", "gzip"], "min_bytes": 1024 });
    assert_eq!(mapping["compression"], compression);
    assert_eq!(mapping["body"], json!({ "buffer": true }));
    assert_eq!(mapping["sticky_session"], json!({ "cookie": "at", "ttl_s": 60 }));
    let page = server.get("/mappings/m").await;
    assert!(page.body.contains("Sticky sessions: cookie"), "{page}");
}

#[tokio::test]
async fn the_examples_of_the_documentation_work() {
    let upstream = Upstream::start("usersvc").await;
    let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;
    let _node = server.node("one").await;

    docs::run(&server, include_str!("../../../docs/streams.md")).await;
}
