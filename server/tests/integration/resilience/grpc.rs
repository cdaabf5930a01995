//! gRPC through the gateway: calls, streams, errors, and what is counted.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, body::Body, routing::post};
use envoy_types::pb::{
    envoy::service::{
        ext_proc::v3::{
            ProcessingRequest, ProcessingResponse,
            external_processor_client::ExternalProcessorClient,
            external_processor_server::{ExternalProcessor, ExternalProcessorServer},
        },
        ratelimit::v3::{
            RateLimitRequest, RateLimitResponse,
            rate_limit_service_client::RateLimitServiceClient,
            rate_limit_service_server::{RateLimitService, RateLimitServiceServer},
        },
    },
    google::protobuf::{Struct, Value as Item},
};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{
    Code, Request, Status, Streaming,
    metadata::MetadataValue,
    service::Routes,
    transport::{Channel, Server},
};

use super::Bench;
use crate::support::{address::free_address, envoy::Envoy, tls::Authority, until};

const UNARY: &str = "/envoy.service.ratelimit.v3.RateLimitService/";

const STREAM: &str = "/envoy.service.ext_proc.v3.ExternalProcessor/";

/// Answers calls as they ask for it: two of Envoy's own interfaces, whose types are at hand.
struct Calls;

#[tonic::async_trait]
impl RateLimitService for Calls {
    async fn should_rate_limit(
        &self,
        request: Request<RateLimitRequest>,
    ) -> Result<tonic::Response<RateLimitResponse>, Status> {
        let sent = request.metadata().get("x-sent").cloned();
        let request = request.into_inner();
        if request.domain == "refused" {
            let mut status = Status::permission_denied("not you");
            status.metadata_mut().insert("x-why", MetadataValue::from_static("because"));
            return Err(status);
        }
        let body = RateLimitResponse { raw_body: request.domain.into(), ..Default::default() };
        let mut response = tonic::Response::new(body);
        if let Some(sent) = sent {
            response.metadata_mut().insert("x-got", sent);
        }
        Ok(response)
    }
}

#[tonic::async_trait]
impl ExternalProcessor for Calls {
    type ProcessStream = Pin<Box<dyn Stream<Item = Result<ProcessingResponse, Status>> + Send>>;

    async fn process(
        &self,
        request: Request<Streaming<ProcessingRequest>>,
    ) -> Result<tonic::Response<Self::ProcessStream>, Status> {
        let answers = request.into_inner().map(|asked| {
            let mut asked = asked?;
            if asked.observability_mode {
                return Err(Status::data_loss("enough"));
            }
            let dynamic_metadata = asked.attributes.remove("echo");
            Ok(ProcessingResponse { dynamic_metadata, ..Default::default() })
        });
        Ok(tonic::Response::new(Box::pin(answers)))
    }
}

/// A gRPC server that says of itself whether it is well.
struct Service {
    address: SocketAddr,
    is_well: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let is_well = Arc::new(AtomicBool::new(true));
        let known = Arc::clone(&is_well);
        let health = post(async move || health(known.load(Ordering::Relaxed)));
        let router = Router::new().route("/grpc.health.v1.Health/Check", health);
        let routes = Routes::from(router)
            .add_service(RateLimitServiceServer::new(Calls))
            .add_service(ExternalProcessorServer::new(Calls));
        let incoming = TcpListenerStream::new(listener);
        let server = Server::builder().add_routes(routes).serve_with_incoming(incoming);
        let task = tokio::spawn(async move { server.await.unwrap() });
        Self { address, is_well, task }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers as `grpc.health.v1.Health/Check`: 1 is well, 2 is not.
fn health(is_well: bool) -> Response<Body> {
    let message = vec![0, 0, 0, 0, 2, 8, if is_well { 1 } else { 2 }];
    let trailers = HeaderMap::from_iter([(
        HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]);
    let body = Body::new(Full::from(message).with_trailers(async { Some(Ok(trailers)) }));
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

async fn map(bench: &Bench, name: &str, prefix: &str, more: Value) {
    let mut body = json!({
        "prefix": prefix, "rewrite": "", "service": "calls", "protocol": "http2",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = format!("/api/v1/mappings/{name}");
    let answer = bench.server.send(Method::PUT, &path, &body).await;
    assert!(answer.status.is_success(), "{answer}");
    bench.server.until_live().await;
}

async fn channel(bench: &Bench) -> Channel {
    Channel::from_shared(bench.server.gateway("")).unwrap().connect().await.unwrap()
}

fn asking(domain: &str) -> RateLimitRequest {
    RateLimitRequest { domain: domain.to_owned(), ..Default::default() }
}

fn saying(word: &str) -> ProcessingRequest {
    let fields = [(word.to_owned(), Item::default())].into_iter().collect();
    let attributes = [("echo".to_owned(), Struct { fields })].into_iter().collect();
    ProcessingRequest { attributes, ..Default::default() }
}

fn said(answer: &ProcessingResponse) -> String {
    answer.dynamic_metadata.iter().flat_map(|echo| echo.fields.keys()).cloned().collect()
}

#[tokio::test]
async fn a_call_is_answered_with_its_headers_and_an_error_stays_one() {
    let service = Service::start().await;
    let bench = Bench::start(&[("calls", &[service.address])]).await;
    map(&bench, "unary", UNARY, json!({})).await;
    let mut client = RateLimitServiceClient::new(channel(&bench).await);

    let mut request = Request::new(asking("users"));
    request.metadata_mut().insert("x-sent", MetadataValue::from_static("one"));
    let answer = client.should_rate_limit(request).await.unwrap();
    let refused = client.should_rate_limit(asking("refused")).await.unwrap_err();

    assert_eq!(answer.metadata().get("x-got").unwrap(), "one");
    assert_eq!(answer.into_inner().raw_body, b"users");
    assert_eq!((refused.code(), refused.message()), (Code::PermissionDenied, "not you"));
    assert_eq!(refused.metadata().get("x-why").unwrap(), "because");
    // the status of HTTP is 200 for both, and that is what is counted
    bench.server.until_counted("unary", [2, 0, 0]).await;

    // the gateway's own failures are failures
    drop(service);
    bench.until_healthy("unary", (0, 1)).await;
    let gone = client.should_rate_limit(asking("users")).await.unwrap_err();
    assert_eq!(gone.code(), Code::Unavailable, "{gone}");
    bench.server.until_counted("unary", [2, 0, 1]).await;
}

#[tokio::test]
async fn a_stream_goes_both_ways_at_once_and_ends_with_its_trailers() {
    let service = Service::start().await;
    let bench = Bench::start(&[("calls", &[service.address])]).await;
    map(&bench, "stream", STREAM, json!({})).await;
    let mut client = ExternalProcessorClient::new(channel(&bench).await);

    let (say, sayings) = mpsc::channel(1);
    say.send(saying("first")).await.unwrap();
    let mut answers = client.process(ReceiverStream::new(sayings)).await.unwrap().into_inner();
    for (word, next) in [("first", "second"), ("second", "third")] {
        // nothing more is sent before the answer is there
        assert_eq!(said(&answers.message().await.unwrap().unwrap()), word);
        say.send(saying(next)).await.unwrap();
    }
    assert_eq!(said(&answers.message().await.unwrap().unwrap()), "third");
    drop(say);
    assert!(answers.message().await.unwrap().is_none());

    let last = ProcessingRequest { observability_mode: true, ..Default::default() };
    let sayings = tokio_stream::iter([saying("first"), last]);
    let mut answers = client.process(sayings).await.unwrap().into_inner();
    assert_eq!(said(&answers.message().await.unwrap().unwrap()), "first");
    let error = answers.message().await.unwrap_err();

    assert_eq!((error.code(), error.message()), (Code::DataLoss, "enough"));
    bench.server.until_counted("stream", [2, 0, 0]).await;
}

#[tokio::test]
async fn grpcs_own_health_check_says_who_is_well() {
    let service = Service::start().await;
    let bench = Bench::start(&[("calls", &[service.address])]).await;
    let check = json!({ "kind": "grpc", "grpc_service": "calls", "interval_ms": 100 });
    map(&bench, "unary", UNARY, json!({ "health_check": check })).await;

    bench.until_healthy("unary", (1, 1)).await;
    service.is_well.store(false, Ordering::Relaxed);
    bench.until_healthy("unary", (0, 1)).await;
    service.is_well.store(true, Ordering::Relaxed);
    bench.until_healthy("unary", (1, 1)).await;
}

/// An Envoy that speaks TLS with who offers HTTP/2 in the handshake, and with nobody else.
async fn only_http2() -> (Envoy, SocketAddr) {
    let address = free_address();
    let issued = Authority::new("Upstreams").issues(&["calls.example"]);
    let config = json!({ "static_resources": { "listeners": [{
        "address": { "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } },
        "listener_filters": [{
            "name": "envoy.filters.listener.tls_inspector",
            "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector" },
        }],
        "filter_chains": [{
            "filter_chain_match": { "application_protocols": ["h2"] },
            "filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    "stat_prefix": "upstream",
                    "route_config": { "virtual_hosts": [{
                        "name": "all", "domains": ["*"],
                        "response_headers_to_add": [{ "header": { "key": "x-spoken", "value": "%PROTOCOL%" } }],
                        "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200 } }],
                    }] },
                    "http_filters": [{
                        "name": "envoy.filters.http.router",
                        "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
                    }],
                },
            }],
            "transport_socket": {
                "name": "envoy.transport_sockets.tls",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                    "common_tls_context": {
                        "alpn_protocols": ["h2"],
                        "tls_certificates": [{
                            "certificate_chain": { "inline_string": issued.chain },
                            "private_key": { "inline_string": issued.key },
                        }],
                    },
                },
            },
        }],
    }] } });
    let envoy = Envoy::with_config(&config.to_string());
    envoy.until_serving(address).await;
    (envoy, address)
}

#[tokio::test]
async fn by_tls_http2_is_agreed_in_the_handshake_of_requests_and_of_checks() {
    let (_upstream, address) = only_http2().await;
    let bench = Bench::start(&[("https://calls.example", &[address])]).await;
    let check = json!({ "kind": "http", "path": "/", "interval_ms": 100 });
    let tls = json!({ "verify": "off" });
    let more = json!({ "protocol": "http2", "health_check": check, "upstream_tls": tls });
    bench.map("m", "https://calls.example", more).await;
    bench.map("old", "https://calls.example", json!({ "upstream_tls": tls })).await;

    bench.until_healthy("m", (1, 1)).await;
    let answer = bench.get("/m/").await;
    let refused = until("HTTP/1.1 is refused", async || {
        let answer = bench.get("/old/").await;
        answer.status.is_server_error().then_some(answer)
    })
    .await;

    assert!(answer.status.is_success(), "{answer}");
    assert_eq!(answer.headers["x-spoken"], "HTTP/2");
    assert_eq!(refused.status, 503, "{refused}");
}
