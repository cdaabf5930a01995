//! Policies through a real Envoy: what they do to requests and answers.

mod accepted;
mod generate;
mod kept;

use std::sync::Arc;

use chancery::{
    auth::names::TeamName,
    gateway::{
        fields::{NameFrom, read_spec},
        mapping::{Change, ChangeKind, Mapping, Revision},
        request::Request,
        table::Table,
    },
};
use chrono::DateTime;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{client::Answer, docs, envoy::Envoy, server::TestServer, upstream::Upstream};

/// A gateway with one service, and a mapping that tests change.
pub(crate) struct Bench {
    pub(crate) server: TestServer,
    pub(crate) upstream: Upstream,
    _node: Envoy,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let upstream = Upstream::start("usersvc").await;
        let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;
        let node = server.node("one").await;
        Self { server, upstream, _node: node }
    }

    /// Puts the mapping `m` at `/m/` with more fields, to a service unless they say otherwise.
    pub(crate) async fn map(&self, more: Value) {
        let mut body = json!({ "prefix": "/m/", "service": "usersvc" });
        let is_answer = more.get("redirect").or(more.get("respond")).is_some();
        if is_answer {
            body = json!({ "prefix": "/m/" });
        }
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.server.send(Method::PUT, "/api/v1/mappings/m", &body).await;
        assert!(answer.status.is_success(), "{answer}");
        self.server.until_live().await;
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.server.client.send(Method::GET, &self.server.gateway(path), headers, "").await
    }
}

/// Returns the path that a service sees by our own rules.
fn explained(more: Value, path: &str) -> String {
    let mut body = json!({ "prefix": "/m/", "service": "usersvc" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let spec =
        read_spec(
            NameFrom::Url("m"),
            body.as_object().unwrap(),
            |_| Some(TeamName::default_team()),
        )
        .unwrap();
    let at = DateTime::UNIX_EPOCH;
    let mapping = Mapping { spec, revision: Revision(1), created_at: at, updated_at: at };
    let mut table = Table::default();
    table.apply(&Change { revision: Revision(1), kind: ChangeKind::Put(Arc::new(mapping)) });
    table.explain(&Request::of_path(path)).unwrap().1
}

/// Returns what the upstream saw in a header.
pub(crate) fn seen<'a>(echo: &'a Answer, header: &str) -> Vec<&'a str> {
    let lines = echo.body.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(name, _)| *name == header).map(|(_, value)| value).collect()
}

#[rstest]
#[case("^/m/([0-9]+)/photo$", r"/photos/\1", "/m/42/photo?size=s", "/photos/42?size=s")]
#[case("^/m/([0-9]+)/photo$", r"/photos/\1", "/m/x/photo", "/m/x/photo")]
#[case("-", "/", "/m/a-b-c", "/m/a/b/c")]
#[case("^/m/(a|ab)(b?)", r"/_\1\2_", "/m/abb", "/_ab_b")]
#[tokio::test]
async fn a_path_is_rewritten_by_a_pattern_as_explain_says(
    #[case] pattern: &str,
    #[case] substitution: &str,
    #[case] path: &str,
    #[case] upstream: &str,
) {
    let bench = Bench::start().await;
    bench
        .map(json!({ "regex_rewrite": { "pattern": pattern, "substitution": substitution } }))
        .await;

    let answer = bench.get(path).await;

    assert_eq!(answer.body, format!("usersvc {upstream}"));
    let body = json!({ "pattern": pattern, "substitution": substitution });
    let explained = explained(json!({ "regex_rewrite": body }), path.split('?').next().unwrap());
    assert_eq!(Some(explained.as_str()), upstream.split('?').next());
}

#[tokio::test]
async fn a_service_sees_the_host_that_the_mapping_says() {
    let bench = Bench::start().await;

    bench.map(json!({ "host_rewrite": "Users.Internal:8080" })).await;
    let literal = bench.get_with("/m/echo", &[("host", "api.example.com")]).await;
    bench.map(json!({ "host_rewrite": "service" })).await;
    let own = bench.get_with("/m/echo", &[("host", "api.example.com")]).await;
    bench.map(json!({})).await;
    let kept = bench.get_with("/m/echo", &[("host", "api.example.com")]).await;

    assert_eq!(seen(&literal, "host"), ["users.internal:8080"]);
    assert_eq!(seen(&literal, "x-forwarded-host"), ["api.example.com"]);
    assert_eq!(seen(&own, "host"), ["usersvc"]);
    assert_eq!(seen(&kept, "host"), ["api.example.com"]);
}

#[rstest]
#[case(json!({ "scheme": "https" }), "/m/a?b=c", 301, "https://api.example.com/m/a?b=c")]
#[case(
    json!({ "host": "www.example.com", "prefix": "/new/", "code": 308 }),
    "/m/a/b?c=d",
    308,
    "http://www.example.com/new/a/b?c=d"
)]
#[case(
    json!({ "path": "/gone", "code": 302, "strip_query": true }),
    "/m/a?b=c",
    302,
    "http://api.example.com/gone"
)]
#[case(json!({ "port": 8443, "scheme": "https", "code": 303 }), "/m/", 303, "https://api.example.com:8443/m/")]
#[case(json!({ "prefix": "/n", "code": 307 }), "/m/x", 307, "http://api.example.com/n/x")]
#[tokio::test]
async fn a_redirect_needs_no_service(
    #[case] redirect: Value,
    #[case] path: &str,
    #[case] status: u16,
    #[case] location: &str,
) {
    let bench = Bench::start().await;
    bench.map(json!({ "redirect": redirect })).await;

    let answer = bench.get_with(path, &[("host", "api.example.com")]).await;

    assert_eq!(
        (answer.status.as_u16(), answer.headers["location"].to_str().unwrap()),
        (status, location)
    );
    assert_eq!(bench.upstream.served(), 0);
    let services = bench.server.get("/api/v1/services").await.json();
    assert_eq!(services["items"].as_array().unwrap().len(), 1, "{services}");
    assert_eq!(services["items"][0]["mapping_count"], 0, "{services}");
}

#[tokio::test]
async fn a_fixed_answer_comes_from_the_gateway() {
    let bench = Bench::start().await;
    let body = "{ \"message\": \"100 % closed\",\n  \"until\": \"{noon}\" }";
    bench
        .map(json!({
            "respond": { "status": 503, "body": body, "content_type": "application/json" },
            "response_headers": { "set": { "retry-after": "3600" } },
        }))
        .await;

    let answer = bench.get("/m/x").await;
    bench.map(json!({ "respond": { "status": 204 } })).await;
    let empty = bench.get("/m/x").await;
    // and back to a service
    bench.map(json!({})).await;
    let served = bench.get("/m/x").await;

    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (503, body));
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["retry-after"], "3600");
    assert_eq!((empty.status, empty.body.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(served.body, "usersvc /x");
}

#[tokio::test]
async fn headers_are_set_added_and_removed_both_ways() {
    let bench = Bench::start().await;
    bench
        .map(json!({
            "request_headers": {
                "set": { "X-Team": "accounts", "x-asked": "{method} {scheme}://{host}{path}",
                         "x-from": "{client_address}", "x-percent": "100% %REQ(:path)% {}" },
                "add": { "x-tag": "two" },
                "remove": ["X-Secret"],
            },
            "response_headers": {
                "set": { "x-served-by": "chancery", "x-id": "{request_id}" },
                "add": { "x-more": "1" },
                "remove": ["x-debug"],
            },
        }))
        .await;

    let headers = [
        ("host", "api.example.com"),
        ("x-team", "other"),
        ("x-tag", "one"),
        ("x-secret", "s"),
        ("x-kept", "k"),
    ];
    let answer = bench.get_with("/m/echo?q=1", &headers).await;

    assert_eq!(seen(&answer, "x-team"), ["accounts"]);
    assert_eq!(seen(&answer, "x-asked"), ["GET http://api.example.com/m/echo"]);
    assert_eq!(seen(&answer, "x-from"), ["127.0.0.1"]);
    assert_eq!(seen(&answer, "x-percent"), ["100% %REQ(:path)% {}"]);
    assert_eq!(seen(&answer, "x-tag").join(","), "one,two");
    assert_eq!(seen(&answer, "x-secret"), [""; 0]);
    assert_eq!(seen(&answer, "x-kept"), ["k"]);
    let of_answer: Vec<_> = answer.headers.get_all("x-served-by").iter().collect();
    assert_eq!(of_answer, ["chancery"]);
    assert_eq!(answer.headers["x-id"].to_str().unwrap(), seen(&answer, "x-request-id")[0]);
    assert_eq!(answer.headers["x-more"], "1");
    assert!(!answer.headers.contains_key("x-debug"), "{answer}");
}

#[rstest]
#[case(json!({ "timeouts": { "request_ms": 500 } }))]
#[case(json!({ "timeouts": { "idle_ms": 500 } }))]
#[case(json!({ "retries": { "on": ["reset"], "attempts": 1, "per_try_timeout_ms": 500, "backoff_ms": 1 } }))]
#[tokio::test]
async fn a_service_that_takes_too_long_is_given_up(#[case] policy: Value) {
    let bench = Bench::start().await;
    bench.map(policy).await;

    let slow = bench.get("/m/slow/5000").await;
    let quick = bench.get("/m/slow/1").await;

    assert_eq!(slow.status, StatusCode::GATEWAY_TIMEOUT, "{slow}");
    assert_eq!(quick.status, StatusCode::OK, "{quick}");
}

#[rstest]
#[case(json!({ "on": ["503"], "attempts": 3, "backoff_ms": 1 }), "/m/status/503", 4)]
#[case(json!({ "on": ["5xx"] }), "/m/status/500", 2)]
#[case(json!({ "on": ["gateway-error"], "backoff_ms": 1 }), "/m/status/500", 1)]
#[case(json!({ "on": ["503"], "attempts": 3 }), "/m/status/500", 1)]
#[case(json!({}), "/m/status/503", 1)]
#[tokio::test]
async fn a_request_is_tried_again_as_often_as_the_mapping_says(
    #[case] retries: Value,
    #[case] path: &str,
    #[case] tries: u64,
) {
    let bench = Bench::start().await;
    bench.map(json!({ "retries": retries })).await;

    bench.get(path).await;

    assert_eq!(bench.upstream.served(), tries);
}

#[tokio::test]
async fn the_examples_of_the_documentation_work() {
    let bench = Bench::start().await;

    docs::run(&bench.server, include_str!("../../../docs/policy.md")).await;
}
