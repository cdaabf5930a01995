//! How often requests may come, counted by a service of the test's own.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use envoy_types::pb::envoy::{
    extensions::common::ratelimit::v3::RateLimitDescriptor,
    service::ratelimit::v3::{
        RateLimitRequest, RateLimitResponse,
        rate_limit_response::{Code, DescriptorStatus, RateLimit, rate_limit::Unit},
        rate_limit_service_server::{RateLimitService, RateLimitServiceServer},
    },
};
use http::{Method, StatusCode, uri::Authority};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};
use tower::util::MapRequestLayer;

use super::Bench;
use crate::support::{server::TestServer, tls, upstream::Upstream};

/// Lets so many requests of each descriptor through.
const LIMIT: u32 = 3;

/// Counts each descriptor for ever.
#[derive(Debug, Clone, Default)]
struct Counter {
    /// How often each came, with its domain.
    seen: Arc<Mutex<HashMap<String, u32>>>,
    /// As whom it was asked last: host and port.
    asked_as: Arc<Mutex<Option<Authority>>>,
}

impl Counter {
    fn count(&self, domain: &str, descriptor: &RateLimitDescriptor) -> DescriptorStatus {
        let entries =
            descriptor.entries.iter().map(|entry| format!("{}={}", entry.key, entry.value));
        let text = format!("{domain}: {}", entries.collect::<Vec<_>>().join(" "));
        let mut seen = self.seen.lock().unwrap();
        let count = seen.entry(text).or_default();
        *count += 1;
        let code = if *count > LIMIT { Code::OverLimit } else { Code::Ok };
        let limit =
            RateLimit { requests_per_unit: LIMIT, unit: Unit::Hour.into(), ..RateLimit::default() };
        DescriptorStatus {
            code: code.into(),
            current_limit: Some(limit),
            limit_remaining: LIMIT.saturating_sub(*count),
            ..DescriptorStatus::default()
        }
    }

    fn seen(&self) -> Vec<(String, u32)> {
        let mut seen: Vec<_> =
            self.seen.lock().unwrap().iter().map(|(text, count)| (text.clone(), *count)).collect();
        seen.sort();
        seen
    }
}

#[tonic::async_trait]
impl RateLimitService for Counter {
    async fn should_rate_limit(
        &self,
        request: Request<RateLimitRequest>,
    ) -> Result<Response<RateLimitResponse>, Status> {
        *self.asked_as.lock().unwrap() = request.extensions().get().cloned();
        let request = request.into_inner();
        let statuses: Vec<_> =
            request.descriptors.iter().map(|each| self.count(&request.domain, each)).collect();
        let is_over = statuses.iter().any(|status| status.code() == Code::OverLimit);
        let overall = if is_over { Code::OverLimit } else { Code::Ok };
        Ok(Response::new(RateLimitResponse {
            overall_code: overall.into(),
            statuses,
            ..RateLimitResponse::default()
        }))
    }
}

/// A counter that can be reached.
struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Served {
    /// Closes its socket and all connections.
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Serves a counter at an address.
async fn serve(counter: &Counter, address: SocketAddr) -> Served {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = RateLimitServiceServer::new(counter.clone());
    // what tonic does not pass on
    let with_authority = MapRequestLayer::new(|mut request: http::Request<_>| {
        let authority = request.uri().authority().cloned();
        authority.map(|authority| request.extensions_mut().insert(authority));
        request
    });
    let server = Server::builder().layer(with_authority).add_service(service);
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let task = tokio::spawn(async move {
        let incoming = TcpIncoming::from(listener);
        server.serve_with_incoming_shutdown(incoming, stopped).await.unwrap();
    });
    Served { address, stop, task }
}

/// A bench whose service `ratelimit` is the counter.
async fn bench(counter: &Counter) -> (Bench, Served) {
    let (bench, mut served) = bench_with(&[("ratelimit", counter)]).await;
    (bench, served.remove(0))
}

/// A bench with services that count.
async fn bench_with(counters: &[(&str, &Counter)]) -> (Bench, Vec<Served>) {
    let upstream = Upstream::start("usersvc").await;
    let mut services = vec![("usersvc", upstream.address)];
    let mut all = Vec::new();
    for (name, counter) in counters {
        let served = serve(counter, "127.0.0.1:0".parse().unwrap()).await;
        services.push((name, served.address));
        all.push(served);
    }
    let server = TestServer::with_services(&services).await;
    let node = server.node("one").await;
    (Bench { server, upstream, _node: node }, all)
}

#[tokio::test]
async fn the_service_is_told_what_the_mapping_says_and_decides() {
    let counter = Counter::default();
    let (bench, served) = bench(&counter).await;
    let service = json!({ "service": "ratelimit", "domain": "edge", "timeout_ms": 5000 });
    bench.set(json!({ "rate_limit_service": service })).await;
    bench.map_as("other", "/other/", json!({})).await;
    let descriptors = ["generic_key:accounts client_address", "header:X-User method path"];
    bench
        .map(json!({ "global_rate_limit": { "descriptors": descriptors, "headers": true } }))
        .await;

    let ada = [("x-user", "ada")];
    let first = bench.get_with("/m/x?y=1", &ada).await;
    let nobody = bench.get("/m/x").await;
    let third = bench.get_with("/m/x?y=1", &ada).await;
    let over = bench.get_with("/m/x?y=1", &ada).await;
    for _ in 0..5 {
        assert_eq!(bench.get("/other/x").await.status, StatusCode::OK);
    }
    let elsewhere = bench.get_from("127.0.0.2", "/m/z", &[]).await;

    let statuses = [&first, &nobody, &third, &over, &elsewhere].map(|it| it.status.as_u16());
    assert_eq!(statuses, [200, 200, 200, 429, 200]);
    assert_eq!(first.headers["x-ratelimit-remaining"], "2");
    assert_eq!(
        counter.seen(),
        [
            ("edge: generic_key=accounts remote_address=127.0.0.1".to_owned(), 4),
            ("edge: generic_key=accounts remote_address=127.0.0.2".to_owned(), 1),
            // without the header, the whole descriptor is left out
            ("edge: x-user=ada method=GET path=/m/x?y=1".to_owned(), 3),
        ]
    );
    assert_eq!(counter.asked_as.lock().unwrap().as_ref().unwrap(), "ratelimit");
    assert_eq!(bench.upstream.served(), 4 + 5);
    served.stop().await;
}

#[tokio::test]
async fn while_it_is_away_requests_pass_or_do_not_as_the_settings_say() {
    let counter = Counter::default();
    let (bench, served) = bench(&counter).await;
    let address = served.address;
    let settings = |fail: &str| json!({ "rate_limit_service": { "service": "ratelimit", "timeout_ms": 1000, "fail": fail } });
    bench.set(settings("open")).await;
    bench.map(json!({ "global_rate_limit": { "descriptors": ["generic_key:all"] } })).await;
    assert_eq!(bench.get("/m/x").await.status, StatusCode::OK);
    assert_eq!(counter.seen(), [("chancery: generic_key=all".to_owned(), 1)]);

    served.stop().await;
    for _ in 0..5 {
        assert_eq!(bench.get("/m/x").await.status, StatusCode::OK);
    }
    bench.set(settings("closed")).await;
    bench.until_status("/m/x", 503).await;
    let served = serve(&counter, address).await;
    bench.until_status("/m/x", 200).await;
    bench.until_status("/m/x", 429).await;

    assert_eq!(counter.seen(), [("chancery: generic_key=all".to_owned(), LIMIT + 1)]);
    served.stop().await;
}

#[tokio::test]
async fn another_service_takes_over_without_a_request_that_nobody_counts() {
    let (one, two) = (Counter::default(), Counter::default());
    let (bench, served) = bench_with(&[("ratelimit", &one), ("ratelimit-2", &two)]).await;
    let settings = |service: &str| json!({ "rate_limit_service": { "service": service, "fail": "closed", "timeout_ms": 5000 } });
    bench.set(settings("ratelimit")).await;
    bench.map(json!({ "global_rate_limit": { "descriptors": ["path"] } })).await;
    let mut sent = 0;
    let mut send = async || {
        sent += 1;
        let answer = bench.get(&format!("/m/{sent}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    };

    send().await;
    bench.set(settings("ratelimit-2")).await;
    while two.seen().is_empty() {
        send().await;
    }

    assert_eq!(one.seen().len() + two.seen().len(), sent);
    for served in served {
        served.stop().await;
    }
}

#[tokio::test]
async fn without_a_service_there_is_no_such_limit() {
    let counter = Counter::default();
    let (bench, served) = bench(&counter).await;
    let more = json!({ "global_rate_limit": { "descriptors": ["path"] } });
    let mut body = json!({ "prefix": "/m/", "service": "usersvc" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());

    let refused = bench.server.send(Method::PUT, "/api/v1/mappings/m", &body).await;
    bench
        .set(json!({ "rate_limit_service": { "service": "ratelimit", "timeout_ms": 5000 } }))
        .await;
    bench.map(more).await;
    bench.until_status("/m/x", 429).await;
    let none = bench.warnings("m").await;
    bench.set(json!({ "rate_limit_service": null })).await;
    bench.until_status("/m/x", 200).await;
    let some = bench.warnings("m").await;
    bench
        .set(json!({ "rate_limit_service": { "service": "ratelimit", "timeout_ms": 5000 } }))
        .await;
    bench.until_status("/m/x", 429).await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused.body.contains("`rate_limit_service`, which is not set"), "{refused}");
    assert_eq!((none, some), (vec![], vec!["limit-without-effect".to_owned()]));
    served.stop().await;
}

#[tokio::test]
async fn a_service_that_nodes_refuse_keeps_nothing_else_from_them() {
    let counter = Counter::default();
    let served = serve(&counter, "127.0.0.1:0".parse().unwrap()).await;
    let upstream = Upstream::start("usersvc").await;
    let services = [
        ("usersvc", upstream.address),
        ("ratelimit", served.address),
        ("https://ratelimit", served.address),
    ];
    let server = TestServer::trusting(tls::Authority::new("System").pem(), &services).await;
    // what is encrypted can't be verified, and is refused
    std::fs::remove_file(server.folder.path().join("system.pem")).unwrap();
    let node = server.node("one").await;
    let bench = Bench { server, upstream, _node: node };
    let settings = |service: &str, fail: &str| json!({ "rate_limit_service": { "service": service, "fail": fail, "timeout_ms": 5000 } });
    bench.set(settings("https://ratelimit", "closed")).await;

    bench.map(json!({ "global_rate_limit": { "descriptors": ["path"] } })).await;
    bench.map_as("beside", "/m/beside/", json!({})).await;
    let of_nobody = bench.get("/m/x").await;
    let beside = bench.get("/m/beside/").await;
    let warnings = bench.warnings("m").await;
    let nodes = bench.server.get("/api/v1/nodes").await.json();
    let of_settings = bench.server.get("/api/v1/gateway").await.json();
    let page = bench.server.get("/gateway").await;
    bench.set(settings("https://ratelimit", "open")).await;
    bench.until_status("/m/x", 200).await;
    assert_eq!(counter.seen(), []);
    bench.set(settings("ratelimit", "closed")).await;
    bench.until_status("/m/x", 429).await;

    assert_eq!(of_nobody.status, StatusCode::SERVICE_UNAVAILABLE, "{of_nobody}");
    assert_eq!(beside.status, StatusCode::OK, "{beside}");
    assert_eq!(warnings, ["limit-refused"]);
    let refusal = &nodes["items"][0]["last_nack"];
    let resource = refusal["resource"].as_str().unwrap();
    assert!(resource.starts_with("cluster https://ratelimit"), "{refusal}");
    assert!(refusal["reason"].as_str().unwrap().contains("system.pem"), "{refusal}");
    assert_eq!(of_settings["warnings"][0]["code"], "limit-refused", "{of_settings}");
    assert!(page.body.contains("data-warning=\"limit-refused\""), "{page}");
    assert_eq!(bench.warnings("m").await, [""; 0]);
    served.stop().await;
}
