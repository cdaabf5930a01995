//! Spans of requests, at a collector of the test's own.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, response::Response, routing::post};
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, Full};
use prost::Message;
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};

use super::Gateway;
use crate::support::until;

/// `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`, as far as it is looked at.
#[derive(Clone, PartialEq, Message)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(string, tag = "1")]
    text: String,
}

fn texts(attributes: &[Attribute]) -> BTreeMap<String, String> {
    let text = |attribute: &Attribute| {
        (attribute.key.clone(), attribute.value.clone().unwrap_or_default().text)
    };
    attributes.iter().map(text).collect()
}

/// Takes in what Envoys send.
#[derive(Debug, Clone, Default)]
struct Collector(Arc<Mutex<Vec<ResourceSpans>>>);

impl Collector {
    /// Serves until it is aborted.
    async fn serve(&self) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let collector = self.clone();
        let export = post(async move |body: Bytes| collector.take_in(&body));
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        let routes = Routes::from(Router::new().route(path, export));
        let server = Server::builder().add_routes(routes);
        let task = tokio::spawn(async move {
            server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap();
        });
        (address, task)
    }

    /// A message of gRPC has a flag and its length before it; the answer is an empty one.
    fn take_in(&self, body: &[u8]) -> Response {
        let export = Export::decode(&body[5..]).unwrap();
        self.0.lock().unwrap().extend(export.resources);
        let status = HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-status"),
            HeaderValue::from_static("0"),
        )]);
        let body =
            Full::new(Bytes::from_static(&[0; 5])).with_trailers(async move { Some(Ok(status)) });
        Response::builder()
            .header("content-type", "application/grpc")
            .body(axum::body::Body::new(body))
            .unwrap()
    }

    /// Waits for the span of a request for `path`; returns its resource's attributes and its own,
    /// too.
    async fn span(&self, path: &str) -> (BTreeMap<String, String>, Span, BTreeMap<String, String>) {
        until("the span has come", async || {
            let resources = self.0.lock().unwrap().clone();
            resources.into_iter().find_map(|resource| {
                let about = texts(&resource.resource.clone().unwrap_or_default().attributes);
                let spans = resource.scopes.into_iter().flat_map(|scope| scope.spans);
                spans.into_iter().find_map(|span| {
                    let tags = texts(&span.attributes);
                    let is_it = tags.get("http.url").is_some_and(|url| url.contains(path));
                    is_it.then(|| (about.clone(), span, tags))
                })
            })
        })
        .await
    }

    fn all(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the trace and the span that a service was told of.
fn told(echo: &str) -> Option<(&str, &str)> {
    let header = echo.lines().find_map(|line| line.strip_prefix("traceparent: 00-"))?;
    let mut parts = header.split('-');
    Some((parts.next()?, parts.next()?))
}

#[tokio::test]
async fn a_request_is_a_span_with_its_mapping_in_the_trace_that_it_brought() {
    let collector = Collector::default();
    let (address, task) = collector.serve().await;
    let gateway = Gateway::start().await;
    assert_eq!(told(&gateway.get("/user/echo", &[]).await.body), None, "off by default");
    let tracing = json!({ "service": address.to_string(), "sampled_percent": 100,
        "service_name": "edge" });
    gateway.patch_and_wait(json!({ "tracing": tracing })).await;

    let parent = format!("00-{TRACE}-{PARENT}-01");
    let brought = [("traceparent", parent.as_str())];
    let echo = gateway.get("/user/echo/brought?token=secret", &brought).await.body;
    gateway.get("/user/begun", &[]).await;
    gateway.get("/nowhere/lost", &[]).await;

    let (about, span, tags) = collector.span("/user/echo/brought").await;
    assert_eq!(about.get("service.name").map(String::as_str), Some("edge"), "{about:?}");
    assert_eq!((span.name.as_str(), hex(&span.trace_id).as_str()), ("user", TRACE));
    assert_eq!(hex(&span.parent_span_id), PARENT);
    assert_eq!(told(&echo), Some((TRACE, hex(&span.span_id).as_str())), "{echo}");
    assert_eq!(tags["chancery.mapping"], "user");
    assert_eq!(tags["http.status_code"], "200");
    let begun = collector.span("/user/begun").await.1;
    assert_ne!(hex(&begun.trace_id), TRACE);
    assert_eq!(begun.parent_span_id, Vec::<u8>::new());
    let lost = collector.span("/nowhere/lost").await.2;
    assert_eq!(lost["http.status_code"], "404");
    assert!(!collector.all().contains("secret"), "no query: {}", collector.all());
    gateway.no_trouble();
    task.abort();
}

#[tokio::test]
async fn nothing_is_traced_of_what_is_not_sampled_and_no_request_waits_for_a_collector() {
    let gateway = Gateway::start().await;
    // nobody listens there
    let tracing = json!({ "service": "127.0.0.1:1", "sampled_percent": 0 });
    gateway.patch_and_wait(json!({ "tracing": tracing })).await;

    let unsampled = format!("00-{TRACE}-{PARENT}-00");
    for headers in [&[][..], &[("traceparent", unsampled.as_str())]] {
        let answer = gateway.get("/user/echo", headers).await;
        assert_eq!(answer.status, 200);
        let header = answer.body.lines().find_map(|line| line.strip_prefix("traceparent: "));
        assert!(header.is_none_or(|header| header.ends_with("-00")), "{answer}");
    }
    gateway.patch_and_wait(json!({ "tracing": { "sampled_percent": 100 } })).await;
    for _ in 0..20 {
        assert_eq!(gateway.get("/user/", &[]).await.status, 200);
    }
    gateway.no_trouble();
}
