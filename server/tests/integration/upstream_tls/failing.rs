//! What is seen, and where, when a service can't be verified; and what is refused beforehand.

use http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};

use super::{Bench, SERVICE, is_refused, is_served, put};
use crate::support::{
    server::TestServer, tls::Authority, tls_upstream::TlsUpstream, until, upstream::Upstream,
};

#[rstest]
#[case(json!({ "service": "usersvc", "upstream_tls": { "verify": "off" } }), "/upstream_tls has no effect: TLS is spoken to services that begin with `https://`, not to `usersvc`")]
#[case(
    json!({
        "backends": [{ "service": "a", "weight": 1 }, { "service": "b", "weight": 1 }],
        "upstream_tls": { "server_name": "c" },
    }),
    "not to `a` and `b`"
)]
#[case(
    json!({
        "service": "usersvc", "upstream_tls": { "verify": "off" },
        "auth": { "external": { "service": "https://guard" } },
    }),
    "begin with `https://`, not to `usersvc`; services that `auth` names are verified by the system's authorities"
)]
#[case(
    json!({
        "service": "usersvc", "upstream_tls": { "server_name": "c" },
        "auth": { "jwt": { "issuer": "a", "jwks_url": "https://login/keys" } },
    }),
    "not to `usersvc`; services that `auth` names"
)]
#[case(json!({ "redirect": { "host": "a" }, "upstream_tls": { "server_name": "c" } }), "/upstream_tls has no effect where the gateway answers by itself")]
#[case(json!({ "service": SERVICE, "upstream_tls": { "verify": "some" } }), "/upstream_tls/verify is `some`; `full` and `off` are allowed")]
#[case(json!({ "service": SERVICE, "upstream_tls": { "verify": "off", "trust_bundle": "a" } }), "/upstream_tls/trust_bundle has no effect where `verify` is `off`")]
#[case(json!({ "service": SERVICE, "upstream_tls": { "server_name": "10.0.0.1" } }), "/upstream_tls/server_name is an address")]
#[case(json!({ "service": SERVICE, "upstream_tls": { "server_name": "*.shop" } }), "/upstream_tls/server_name has the host `*.shop`")]
#[case(json!({ "service": SERVICE, "upstream_tls": { "client_certificate": "A" } }), "/upstream_tls/client_certificate has")]
#[case(json!({ "service": SERVICE, "upstream_tls": { "ca": "a" } }), "/upstream_tls/ca is not a known field; known are `verify`, `trust_bundle`, `server_name` and `client_certificate`")]
#[tokio::test]
async fn what_makes_no_sense_is_refused(#[case] body: Value, #[case] said: &str) {
    let server = TestServer::start().await;

    let answer = put(&server, body).await;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    let text = |error: &Value| {
        let part = |key| error[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}", part("pointer"), part("message"))
    };
    let errors: Vec<_> = errors.iter().map(text).collect();
    assert!(errors.iter().any(|error| error.contains(said)), "{errors:?} do not say `{said}`");
}

#[tokio::test]
async fn a_service_that_can_be_reached_and_not_verified_has_no_healthy_endpoint() {
    let (system, other) = (Authority::new("System"), Authority::new("Other"));
    let upstream = TlsUpstream::start("images", &other.issues(&["images.shop"])).await;
    let bench = Bench::start(&system, SERVICE, &upstream).await;

    bench.map(SERVICE, Value::Null).await;

    is_refused(&bench.get().await);
    let members = async || {
        let stats = bench.server.get("/ambassador/stats").await.json();
        let service = &stats["services"][SERVICE];
        Some((service["healthy_members"].as_u64()?, service["total_members"].as_u64()?))
    };
    until("it is seen as down", async || (members().await == Some((0, 1))).then_some(())).await;
    bench.server.until_counted("m", [0, 0, 1]).await;
    upstream.show(&system.issues(&["images.shop"]));
    until("it is seen as up", async || (members().await == Some((1, 1))).then_some(())).await;
    is_served(&bench.get().await, "images /x");
}

#[tokio::test]
async fn a_node_without_the_systems_authorities_serves_everything_else() {
    let system = Authority::new("System");
    let upstream = TlsUpstream::start("images", &system.issues(&["images.shop"])).await;
    let plain = Upstream::start("usersvc").await;
    let services = [(SERVICE, upstream.address), ("usersvc", plain.address)];
    let server = TestServer::trusting(system.pem(), &services).await;
    let file = server.folder.path().join("system.pem");
    std::fs::remove_file(&file).unwrap();
    server.map("user", "/user/", "usersvc").await;
    let node = Some(server.node("one").await);
    let bench = Bench { server, node };

    let answer = put(&bench.server, json!({ "service": SERVICE })).await;
    assert!(answer.status.is_success(), "{answer}");

    let live = until("the mapping is refused", async || {
        let live = bench.server.get("/api/v1/mappings/m/live").await.json();
        (live["config"]["state"] == "rejected").then_some(live)
    })
    .await;
    let reason = live["config"]["reason"].as_str().unwrap();
    assert!(reason.contains(file.to_str().unwrap()), "{live}");
    assert_eq!(bench.get().await.status, StatusCode::NOT_FOUND);
    let other = bench.server.client.get(&bench.server.gateway("/user/")).await;
    assert_eq!(other.status, StatusCode::OK, "{other}");
}
