//! TLS between the gateway and services, through a real Envoy, with services and authorities of the
//! tests' own.

mod failing;
mod rotation;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    client::Answer,
    docs,
    envoy::{self, Envoy},
    server::TestServer,
    tls::{Authority, Issued},
    tls_upstream::TlsUpstream,
    until,
};

const SERVICE: &str = "https://images.shop";

/// A gateway whose nodes' system trusts one authority, with a service and a mapping to it.
struct Bench {
    server: TestServer,
    /// Absent while it is being restarted.
    node: Option<Envoy>,
}

impl Bench {
    async fn start(system: &Authority, service: &str, upstream: &TlsUpstream) -> Self {
        let server = TestServer::trusting(system.pem(), &[(service, upstream.address)]).await;
        let node = Some(server.node("one").await);
        Self { server, node }
    }

    /// Puts the mapping `m` at `/m/`, to a service by TLS as `upstream_tls` has it.
    async fn map(&self, service: &str, upstream_tls: Value) -> Value {
        self.map_with(json!({ "service": service, "upstream_tls": upstream_tls })).await
    }

    async fn map_with(&self, more: Value) -> Value {
        let answer = put(&self.server, more).await;
        assert!(answer.status.is_success(), "{answer}");
        self.server.until_live().await;
        answer.json()
    }

    async fn get(&self) -> Answer {
        self.server.client.get(&self.server.gateway("/m/x")).await
    }

    async fn push(&self, name: &str, issued: &Issued) {
        let body = json!({ "chain": issued.chain, "private_key": issued.key });
        let path = format!("/api/v1/certificates/{name}");
        let answer = self.server.send(Method::PUT, &path, &body).await;
        assert!(answer.status.is_success(), "{answer}");
    }

    async fn trust(&self, name: &str, authorities: &[&Authority]) {
        let pem: String = authorities.iter().map(|authority| authority.pem()).collect();
        let path = format!("/api/v1/trust-bundles/{name}");
        let answer = self.server.send(Method::PUT, &path, &json!({ "pem": pem })).await;
        assert!(answer.status.is_success(), "{answer}");
    }
}

async fn put(server: &TestServer, more: Value) -> Answer {
    let mut body = json!({ "prefix": "/m/" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.send(Method::PUT, "/api/v1/mappings/m", &body).await
}

fn codes(mapping: &Value) -> Vec<&str> {
    let warnings = mapping["warnings"].as_array().unwrap().iter();
    warnings.map(|warning| warning["code"].as_str().unwrap()).collect()
}

#[track_caller]
fn is_served(answer: &Answer, line: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    assert!(answer.body.lines().any(|it| it == line), "{answer} has no line `{line}`");
}

#[track_caller]
fn is_refused(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    assert!(answer.body.ends_with("reset reason: remote connection failure"), "{answer}");
}

#[tokio::test]
async fn a_service_is_verified_by_what_the_nodes_system_trusts() {
    let (known, unknown) = (Authority::new("Known"), Authority::new("Unknown"));
    let upstream = TlsUpstream::start("images", &known.issues(&["images.shop"])).await;
    let bench = Bench::start(&known, SERVICE, &upstream).await;

    let mapping = bench.map(SERVICE, Value::Null).await;
    let verified = bench.get().await;
    upstream.show(&known.issues(&["*.shop"]));
    let by_wildcard = bench.get().await;
    upstream.show(&known.issues(&["videos.shop"]));
    let of_another_name = bench.get().await;
    upstream.show(&unknown.issues(&["images.shop"]));
    let of_another_authority = bench.get().await;

    assert_eq!(codes(&mapping), [""; 0], "{mapping}");
    is_served(&verified, "images /x");
    is_served(&verified, "sni: images.shop");
    is_served(&by_wildcard, "images /x");
    is_refused(&of_another_name);
    is_refused(&of_another_authority);
}

#[tokio::test]
async fn an_address_is_verified_as_an_address() {
    let authority = Authority::new("Known");
    let upstream = TlsUpstream::start("images", &authority.issues(&["127.0.0.1"])).await;
    let service = format!("https://{}", upstream.address);
    let bench = Bench::start(&authority, "unused", &upstream).await;

    bench.map(&service, Value::Null).await;
    let verified = bench.get().await;
    upstream.show(&authority.issues(&["127.0.0.2", "localhost"]));
    let of_another = bench.get().await;
    bench.map(&service, json!({ "server_name": "localhost" })).await;
    let by_name = bench.get().await;

    is_served(&verified, "sni: none");
    is_refused(&of_another);
    is_served(&by_name, "sni: localhost");
}

#[tokio::test]
async fn a_trust_bundle_and_a_name_take_the_place_of_the_systems_and_the_services() {
    let (system, internal) = (Authority::new("System"), Authority::new("Internal"));
    let upstream = TlsUpstream::start("images", &internal.issues(&["images.internal"])).await;
    let bench = Bench::start(&system, SERVICE, &upstream).await;
    bench.trust("internal-ca", &[&internal]).await;
    bench.trust("system-ca", &[&system]).await;

    bench.map(SERVICE, json!({ "server_name": "images.internal" })).await;
    is_refused(&bench.get().await);
    bench.map(SERVICE, json!({ "trust_bundle": "internal-ca" })).await;
    is_refused(&bench.get().await);
    let both = json!({ "trust_bundle": "internal-ca", "server_name": "images.internal" });
    bench.map(SERVICE, both.clone()).await;
    is_served(&bench.get().await, "sni: images.internal");
    let other = json!({ "trust_bundle": "system-ca", "server_name": "images.internal" });
    bench.map(SERVICE, other).await;
    is_refused(&bench.get().await);

    // which host the service sees is another matter
    bench
        .map_with(json!({
            "service": SERVICE, "upstream_tls": both, "host_rewrite": "api.example.com",
        }))
        .await;
    let rewritten = bench.get().await;
    is_served(&rewritten, "sni: images.internal");
    is_served(&rewritten, "host: api.example.com");
}

#[tokio::test]
async fn nothing_is_verified_where_the_mapping_says_so_and_its_owner_is_warned() {
    let (system, other) = (Authority::new("System"), Authority::new("Other"));
    let upstream = TlsUpstream::start("images", &other.issues(&["other.name"])).await;
    let bench = Bench::start(&system, SERVICE, &upstream).await;

    let mapping = bench.map(SERVICE, json!({ "verify": "off" })).await;
    let answer = bench.get().await;
    let dry = "/api/v1/mappings/m?dry_run=true";
    let body = json!({ "prefix": "/m/", "service": SERVICE });
    let plan = bench.server.send(Method::PUT, dry, &body).await.json();

    assert_eq!(codes(&mapping), ["certificate-unverified"]);
    is_served(&answer, "sni: images.shop");
    assert_eq!(codes(&plan), [""; 0], "{plan}");
}

#[tokio::test]
async fn services_that_share_requests_or_get_copies_are_verified_alike() {
    let (system, internal) = (Authority::new("System"), Authority::new("Internal"));
    let upstream = TlsUpstream::start("images", &internal.issues(&["images.internal"])).await;
    let address = upstream.address;
    let services = [(SERVICE, address), ("https://next.shop", address)];
    let server = TestServer::trusting(system.pem(), &services).await;
    let node = Some(server.node("one").await);
    let bench = Bench { server, node };
    bench.trust("internal-ca", &[&internal]).await;

    bench
        .map_with(json!({
            "backends": [
                { "service": SERVICE, "weight": 1 }, { "service": "https://next.shop", "weight": 1 },
            ],
            "upstream_tls": { "trust_bundle": "internal-ca", "server_name": "images.internal" },
        }))
        .await;

    for _ in 0..20 {
        is_served(&bench.get().await, "sni: images.internal");
    }
}

#[tokio::test]
async fn a_service_that_asks_who_comes_is_shown_the_mappings_certificate() {
    let (system, clients) = (Authority::new("System"), Authority::new("Clients"));
    let upstream =
        TlsUpstream::demanding("images", &system.issues(&["images.shop"]), &clients).await;
    let bench = Bench::start(&system, SERVICE, &upstream).await;
    let known = clients.issues(&["gateway.internal"]);
    bench.push("gateway-client", &known).await;
    bench.push("stranger", &system.issues(&["stranger.internal"])).await;

    bench.map(SERVICE, Value::Null).await;
    let without = bench.get().await;
    bench.map(SERVICE, json!({ "client_certificate": "gateway-client" })).await;
    let with = bench.get().await;
    bench.map(SERVICE, json!({ "client_certificate": "stranger" })).await;
    let with_another = bench.get().await;

    is_served(&with, &format!("client: {}", known.fingerprint()));
    // with TLS 1.3 the gateway learns of it after the handshake
    for refused in [without, with_another] {
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{refused}");
        assert!(refused.body.ends_with("reset reason: connection termination"), "{refused}");
    }
}

#[tokio::test]
async fn one_file_with_everything_has_bundles_and_no_private_key() {
    let authority = Authority::new("Internal");
    let issued = authority.issues(&["images.shop"]);
    let upstream = TlsUpstream::start("images", &issued).await;
    let bench = Bench::start(&authority, SERVICE, &upstream).await;
    bench.trust("internal-ca", &[&authority]).await;
    bench.push("gateway-client", &issued).await;
    bench.map(SERVICE, json!({ "trust_bundle": "internal-ca" })).await;
    let config = bench.server.get("/api/v1/config.yaml").await.body;
    envoy::validate(&config).await.unwrap();
    let line = authority.pem().lines().nth(1).unwrap();
    assert!(config.contains(line), "{config}");
    bench
        .map(
            SERVICE,
            json!({ "trust_bundle": "internal-ca", "client_certificate": "gateway-client" }),
        )
        .await;

    let config = bench.server.get("/api/v1/config.yaml").await.body;
    let of_mapping = bench.server.get("/api/v1/mappings/m/config").await.body;

    envoy::validate(&config).await.unwrap();
    assert!(!config.contains("PRIVATE KEY"), "{config}");
    for secret in ["trust/internal-ca", "certificate/gateway-client"] {
        assert!(of_mapping.contains(secret), "{of_mapping}");
    }
}

#[tokio::test]
async fn the_examples_of_the_documentation_work() {
    let (system, internal) = (Authority::new("System"), Authority::new("Internal"));
    let upstream =
        TlsUpstream::demanding("imagesvc", &internal.issues(&["images.internal"]), &internal).await;
    let bench = Bench::start(&system, "https://imagesvc:8443", &upstream).await;
    let client = internal.issues(&["gateway.internal"]);
    let folder = bench.server.folder.path();
    std::fs::write(folder.join("internal-ca.pem"), internal.pem()).unwrap();
    std::fs::write(folder.join("gateway.pem"), &client.chain).unwrap();
    std::fs::write(folder.join("gateway.key"), &client.key).unwrap();

    docs::run(&bench.server, include_str!("../../../docs/upstream-tls.md")).await;

    until("the mapping is served", async || {
        let url = bench.server.gateway("/images/logo.png");
        let answer = bench.server.client.get(&url).await;
        (answer.status == StatusCode::OK).then_some(())
    })
    .await;
}
