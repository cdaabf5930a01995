//! A service that is asked about each request, by HTTP and by gRPC.

use std::net::SocketAddr;

use axum::{
    Router,
    body::to_bytes,
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use envoy_types::pb::{
    envoy::{
        config::core::v3::{HeaderValue, HeaderValueOption},
        service::auth::v3::{
            CheckRequest, CheckResponse, DeniedHttpResponse, OkHttpResponse,
            authorization_server::{Authorization, AuthorizationServer},
            check_response::HttpResponse,
        },
        r#type::v3::HttpStatus,
    },
    google::rpc::Status,
};
use http::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;

use crate::{
    policy::{Bench, seen},
    support::{address::free_address, client::Answer},
};

/// Answers as `authorization` says: `allow`, `slow`, or anything else, which it refuses.
struct Guard {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Guard {
    async fn start(protocol: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = match protocol {
            "grpc" => {
                let server = tonic::transport::Server::builder()
                    .add_service(AuthorizationServer::new(ByGrpc))
                    .serve_with_incoming(TcpListenerStream::new(listener));
                tokio::spawn(async move { server.await.unwrap() })
            }
            _ => {
                let router = Router::new().fallback(by_http);
                tokio::spawn(async move { axum::serve(listener, router).await.unwrap() })
            }
        };
        Self { address, task }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What it was asked, in a line: the service sees it in `x-asked`.
fn asked(method: &str, path: &str, header: impl Fn(&str) -> String, body: &[u8]) -> String {
    let body = String::from_utf8_lossy(body);
    format!("{method} {path} cookie={} x-own={} body={body}", header("cookie"), header("x-own"))
}

async fn pause(authorization: &str) {
    if authorization == "slow" {
        std::future::pending::<()>().await;
    }
}

async fn by_http(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let header = |name: &str| {
        parts.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default().to_owned()
    };
    let authorization = header("authorization");
    pause(&authorization).await;
    if authorization == "refuse" {
        let headers = [("www-authenticate", "Guard"), ("x-why", "no")];
        return (StatusCode::PAYMENT_REQUIRED, headers, "pay first").into_response();
    }
    let path = parts.uri.path_and_query().unwrap().as_str();
    let asked = asked(parts.method.as_str(), path, header, &body);
    let mut headers = HeaderMap::new();
    headers.insert("x-asked", asked.parse().unwrap());
    headers.insert("x-other", "of the guard".parse().unwrap());
    if authorization == "allow" {
        headers.insert("x-user", "ada".parse().unwrap());
    }
    (StatusCode::OK, headers).into_response()
}

#[derive(Debug)]
struct ByGrpc;

#[tonic::async_trait]
impl Authorization for ByGrpc {
    async fn check(
        &self,
        request: tonic::Request<CheckRequest>,
    ) -> Result<tonic::Response<CheckResponse>, tonic::Status> {
        let attributes = request.into_inner().attributes.unwrap();
        let http = attributes.request.unwrap().http.unwrap();
        let header = |name: &str| http.headers.get(name).cloned().unwrap_or_default();
        let authorization = header("authorization");
        pause(&authorization).await;
        let set = |key: &str, value: &str| HeaderValueOption {
            header: Some(HeaderValue {
                key: key.to_owned(),
                value: value.to_owned(),
                ..HeaderValue::default()
            }),
            ..HeaderValueOption::default()
        };
        let (code, response) = if authorization == "refuse" {
            let denied = DeniedHttpResponse {
                status: Some(HttpStatus { code: 402 }),
                headers: vec![set("www-authenticate", "Guard"), set("x-why", "no")],
                body: "pay first".to_owned(),
            };
            (7, HttpResponse::DeniedResponse(denied))
        } else {
            let asked = asked(&http.method, &http.path, header, &http.raw_body);
            let mut headers = vec![set("x-asked", &asked), set("x-other", "of the guard")];
            if authorization == "allow" {
                headers.push(set("x-user", "ada"));
            }
            (0, HttpResponse::OkResponse(OkHttpResponse { headers, ..OkHttpResponse::default() }))
        };
        Ok(tonic::Response::new(CheckResponse {
            status: Some(Status { code, ..Status::default() }),
            http_response: Some(response),
            ..CheckResponse::default()
        }))
    }
}

async fn map(bench: &Bench, protocol: &str, address: SocketAddr, more: Value) {
    let mut external = json!({ "protocol": protocol, "service": address.to_string() });
    external.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    bench.map(json!({ "auth": { "external": external } })).await;
}

async fn get(bench: &Bench, authorization: &str, more: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("authorization", authorization)];
    headers.extend_from_slice(more);
    bench.get_with("/m/echo?q=1", &headers).await
}

#[rstest]
#[case("http")]
#[case("grpc")]
#[tokio::test]
async fn the_service_decides_and_tells_what_it_may(#[case] protocol: &str) {
    let bench = Bench::start().await;
    let guard = Guard::start(protocol).await;
    let more = json!({
        "request_headers": ["Cookie"], "response_headers": ["x-user", "x-asked"],
        "body": { "max_bytes": 16 },
    });
    map(&bench, protocol, guard.address, more).await;
    let forged = [("x-user", "root"), ("cookie", "c"), ("x-own", "o"), ("x-other", "mine")];

    let allowed = get(&bench, "allow", &forged).await;
    assert_eq!(allowed.status, StatusCode::OK, "{allowed}");
    assert_eq!(seen(&allowed, "x-user"), ["ada"]);
    assert_eq!(seen(&allowed, "x-asked"), ["GET /m/echo?q=1 cookie=c x-own= body="]);
    assert_eq!(seen(&allowed, "x-other"), ["mine"], "the guard may not set it");

    let nameless = get(&bench, "pass", &forged).await;
    assert_eq!(nameless.status, StatusCode::OK, "{nameless}");
    assert_eq!(seen(&nameless, "x-user"), [""; 0], "nor may the client");

    let served = bench.upstream.served();
    let refused = get(&bench, "refuse", &[]).await;
    assert_eq!((refused.status.as_u16(), refused.body.as_str()), (402, "pay first"));
    assert_eq!(refused.headers["www-authenticate"], "Guard");
    assert_eq!(refused.headers["x-why"], "no");

    let url = bench.server.gateway("/m/echo");
    let post = async |body: &str| {
        let headers = [("authorization", "allow"), ("content-type", "text/plain")];
        bench.server.client.send(Method::POST, &url, &headers, body).await
    };
    assert_eq!(post("17 bytes and more").await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(bench.upstream.served(), served);
    let with_body = post("a body").await;
    assert_eq!(seen(&with_body, "x-asked"), ["POST /m/echo cookie= x-own= body=a body"]);
}

#[rstest]
#[case("http")]
#[case("grpc")]
#[tokio::test]
async fn without_an_answer_requests_are_refused_unless_the_mapping_lets_them_pass(
    #[case] protocol: &str,
) {
    let bench = Bench::start().await;
    let guard = Guard::start(protocol).await;
    let away = free_address();
    let forged = [("x-user", "root")];
    let headers = || json!({ "response_headers": ["x-user"] });

    map(&bench, protocol, away, headers()).await;
    let closed = get(&bench, "allow", &forged).await;
    assert_eq!(closed.status, StatusCode::SERVICE_UNAVAILABLE, "{closed}");
    map(&bench, protocol, guard.address, json!({ "timeout_ms": 100 })).await;
    let slow = get(&bench, "slow", &[]).await;
    assert_eq!(slow.status, StatusCode::SERVICE_UNAVAILABLE, "{slow}");
    assert_eq!(bench.upstream.served(), 0);

    let open = json!({ "fail": "open", "response_headers": ["x-user"] });
    map(&bench, protocol, away, open).await;
    let open = get(&bench, "allow", &forged).await;
    assert_eq!(open.status, StatusCode::OK, "{open}");
    assert_eq!(seen(&open, "x-user"), [""; 0]);
    map(&bench, protocol, guard.address, json!({ "fail": "open", "timeout_ms": 100 })).await;
    assert_eq!(get(&bench, "slow", &[]).await.status, StatusCode::OK);
    assert_eq!(get(&bench, "refuse", &[]).await.status, StatusCode::PAYMENT_REQUIRED);
}

#[tokio::test]
async fn a_path_goes_before_that_of_the_request() {
    let bench = Bench::start().await;
    let guard = Guard::start("http").await;
    let more = json!({ "path_prefix": "/check", "response_headers": ["x-asked"] });
    map(&bench, "http", guard.address, more).await;

    let answer = get(&bench, "allow", &[]).await;

    assert_eq!(seen(&answer, "x-asked"), ["GET /check/m/echo?q=1 cookie= x-own= body="]);
}
