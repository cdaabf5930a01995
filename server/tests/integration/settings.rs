//! Settings of the gateway as a whole, through a real Envoy.

mod access_log;
mod clients;
mod error_pages;
mod limits;
mod portal;
mod request_id;
mod tracing;

use std::net::SocketAddr;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{
    PATIENCE,
    client::{Answer, Client},
    docs,
    envoy::{Envoy, validate},
    server::TestServer,
    until,
    upstream::Upstream,
};

/// A gateway that serves one mapping, `user` at `/user/`.
struct Gateway {
    server: TestServer,
    node: Envoy,
    upstream: Upstream,
}

impl Gateway {
    async fn start() -> Self {
        let upstream = Upstream::start("usersvc").await;
        let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;
        server.map("user", "/user/", "usersvc").await;
        let node = server.node("one").await;
        Self { server, node, upstream }
    }

    fn address(&self) -> SocketAddr {
        self.server.server.gateway_http
    }

    /// Changes settings, which nodes take a moment for.
    async fn patch(&self, settings: Value) {
        let answer = self.server.send(Method::PATCH, "/api/v1/gateway", &settings).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    }

    /// Changes settings, and waits until a new connection goes by them.
    async fn patch_and_wait(&self, mut settings: Value) {
        let before = self.server.get("/api/v1/gateway").await.json();
        // its answer shows by which settings a connection goes
        let marked = before["request_id"]["in_responses"] == false;
        settings["request_id"]["in_responses"] = json!(marked);
        self.patch(settings).await;
        until("a new connection goes by the new settings", async || {
            let answer = self.try_get("/user/", &[]).await.ok()?;
            (answer.headers.contains_key("x-request-id") == marked).then_some(())
        })
        .await;
    }

    /// Says what is refused about settings.
    async fn refused(&self, settings: Value) -> String {
        let answer = self.server.send(Method::PATCH, "/api/v1/gateway", &settings).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        answer.json()["errors"][0]["pointer"].as_str().unwrap().to_owned()
    }

    /// Sends a request on a connection of its own.
    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.try_get(path, headers).await.unwrap()
    }

    async fn try_get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
        let url = self.server.gateway(path);
        Client::new().try_send(Method::GET, &url, headers, "").await
    }

    /// Opens a connection of which the test writes every byte.
    async fn connect(&self) -> Connection {
        Connection(TcpStream::connect(self.address()).await.unwrap())
    }

    fn no_trouble(&self) {
        let log = self.node.log();
        assert!(!log.contains("[critical]") && !log.contains("rejected"), "{log}");
    }
}

/// A connection of which the test writes every byte.
struct Connection(TcpStream);

impl Connection {
    async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Asks for a path, and returns the answer as it came; the connection stays open.
    async fn get(&mut self, path: &str) -> String {
        self.write(format!("GET {path} HTTP/1.1\r\nhost: example.com\r\n\r\n")).await;
        self.answer().await
    }

    /// Reads one answer, whose body has a length.
    async fn answer(&mut self) -> String {
        let mut answer = Vec::new();
        while !is_whole(&answer) {
            let mut some = [0; 4096];
            let length = timeout(PATIENCE, self.0.read(&mut some)).await.unwrap().unwrap();
            if length == 0 {
                break;
            }
            answer.extend(&some[..length]);
        }
        String::from_utf8(answer).unwrap()
    }

    /// Reads until the gateway closes.
    async fn until_closed(&mut self) -> String {
        let mut rest = Vec::new();
        // it may also be reset, after what was read
        let _closed = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.unwrap();
        String::from_utf8(rest).unwrap()
    }
}

/// Tells whether the head of an answer has come, and as much after it as it says.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| body.len() >= length.parse().unwrap())
}

#[tokio::test]
async fn every_setting_is_taken_by_envoy_at_both_of_its_bounds() {
    let gateway = Gateway::start().await;
    let fields = chancery::gateway::edge::settings::access_log::FIELDS;
    let deep = r#"{"a":[[[[[["{message} %"]]]]]],"b":null,"c":1.5,"d":true,"e%":""}"#;
    let page = |format: &str, body: &str| json!({ "format": format, "body": body });

    for settings in [
        json!({
            "clients": { "trusted_hops": 10, "proxy_protocol": "accepted" },
            "limits": { "max_request_headers_kb": 1024, "max_request_headers": 1000,
                "request_headers_timeout_s": 300, "request_timeout_s": 86_400,
                "idle_timeout_s": 86_400, "max_connection_duration_s": 604_800,
                "max_requests_per_connection": 1_000_000, "max_concurrent_streams": 1000 },
            "access_log": { "to": "stdout", "fields": fields, "only_errors": true,
                "sampled_percent": 1 },
            "request_id": { "keep_from_clients": true },
            "error_pages": { "4xx": page("json", deep), "5xx": page("html", &"%".repeat(4096)),
                "503": page("text", "{status}{message}{request_id}{no}%REQ(COOKIE)%\n\t") },
            "tracing": { "service": "https://127.0.0.1:1", "sampled_percent": 100,
                "service_name": "%".repeat(128) },
        }),
        json!({
            "clients": null,
            "limits": { "max_request_headers_kb": 4, "max_request_headers": 20,
                "request_headers_timeout_s": 1, "request_timeout_s": 1, "idle_timeout_s": 1,
                "max_connection_duration_s": 1, "max_requests_per_connection": 1,
                "max_concurrent_streams": 1 },
            "access_log": { "format": "text", "fields": fields, "only_errors": false },
            "tracing": { "service": "127.0.0.1:1", "sampled_percent": 0, "service_name": "x" },
        }),
    ] {
        gateway.patch_and_wait(settings).await;
        let printed = gateway.server.get("/api/v1/config.yaml").await;
        validate(&printed.body).await.unwrap_or_else(|error| panic!("{error} in {printed}"));
    }

    gateway.no_trouble();
}

#[tokio::test]
async fn a_setting_that_others_do_not_name_stays() {
    let gateway = Gateway::start().await;
    gateway.patch(json!({ "limits": { "idle_timeout_s": 77 } })).await;
    gateway.patch(json!({ "clients": { "trusted_hops": 1 } })).await;

    let settings = gateway.server.get("/api/v1/gateway").await.json();

    assert_eq!(settings["limits"]["idle_timeout_s"], 77);
    assert_eq!(settings["limits"]["max_request_headers_kb"], 60);
    assert_eq!(settings["clients"]["trusted_hops"], 1);
    gateway.patch(json!({ "limits": null })).await;
    let settings = gateway.server.get("/api/v1/gateway").await.json();
    assert_eq!(settings["limits"]["idle_timeout_s"], 3600);
}

#[tokio::test]
async fn an_open_connection_goes_on_when_settings_change() {
    let gateway = Gateway::start().await;
    let mut before = gateway.connect().await;
    assert!(before.get("/user/").await.starts_with("HTTP/1.1 200"));
    before.write("GET /user/slow/1500 HTTP/1.1\r\nhost: example.com\r\n\r\n").await;

    gateway.patch_and_wait(json!({ "limits": { "max_request_headers": 20 } })).await;
    gateway.patch_and_wait(json!({ "limits": { "max_request_headers": 30 } })).await;

    // what was under way is answered, and so is what comes after, or the client is told to go
    assert!(before.answer().await.starts_with("HTTP/1.1 200"), "the slow request");
    assert!(before.get("/user/").await.starts_with("HTTP/1.1 200"));
    gateway.no_trouble();
}

#[tokio::test]
async fn the_examples_of_the_page_do_what_it_says() {
    let gateway = Gateway::start().await;
    docs::run(&gateway.server, include_str!("../../../docs/gateway-settings.md")).await;
    gateway.no_trouble();
}
