//! Checks what the groups take and refuse.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

mod caller;
mod protection;

fn read(body: Value) -> Result<Policy, Vec<String>> {
    let errors = Policy::parse(body.as_object().unwrap());
    let said = |error: FieldError| format!("{} {}", error.pointer, error.message);
    errors.map_err(|errors| errors.into_iter().map(said).collect())
}

#[test]
fn what_is_at_its_default_is_not_stored_and_is_the_shared_one() {
    let policy = read(json!({
        "redirect": null, "request_headers": { "set": {}, "remove": [] }, "retries": { "on": [] },
        "timeouts": {}, "protocol": "http1", "health_check": { "kind": "tcp" }, "circuit_breakers": {},
        "load_balancing": { "policy": "round_robin" }, "outlier_detection": {},
        "upstream_tls": { "verify": "full", "server_name": null },
    }))
    .unwrap();

    assert!(policy.is_default());
    assert!(Arc::ptr_eq(&policy.shared(), &Policy::default().shared()));
    assert_eq!(policy.json(), Map::new());
}

#[test]
fn what_is_stored_reads_as_it_was() {
    let body = json!({
        "response_headers": { "set": { "x-a": "{host}" }, "add": { "x-b": "1" }, "remove": ["x-c"] },
        "timeouts": { "request_ms": 1000 },
        "retries": { "on": ["503", "reset"], "attempts": 2, "per_try_timeout_ms": 300 },
        "circuit_breakers": { "max_requests": 10 },
        "outlier_detection": { "consecutive_5xx": 5 },
        "health_check": { "kind": "grpc", "host": "users.internal", "unhealthy_threshold": 3 },
        "load_balancing": { "policy": "maglev", "hash_on": { "cookie": { "name": "a" } } },
        "protocol": "http2",
    });

    let policy = read(body.clone()).unwrap();

    assert_eq!(Value::Object(policy.json()), body);
    assert_eq!(read(Value::Object(policy.json())), Ok(policy));
}

#[test]
fn who_may_call_is_named_once_each_and_in_order() {
    let policy = read(json!({
        "auth": { "api_key": { "header": "X-Key", "consumers": ["b", "a", "b"] } },
    }))
    .unwrap();

    assert_eq!(
        Value::Object(policy.json()),
        json!({ "auth": { "api_key": { "header": "x-key", "consumers": ["a", "b"] } } })
    );
    let names: Vec<_> = policy.references().map(|(_, name)| name.to_string()).collect();
    assert_eq!(names, ["a", "b"]);
    let usual =
        read(json!({ "auth": { "api_key": { "header": "x-api-key", "consumers": ["a"] } } }));
    assert_eq!(usual.unwrap().auth.api_key.as_ref().unwrap().header, None);
    assert!(read(json!({ "auth": {} })).unwrap().is_default());
}

#[rstest]
#[case(
    json!({ "auth": { "api_key": { "consumers": ["a"] }, "basic": { "consumers": ["a"] } } }),
    "/auth/basic must be absent where there is `api_key`"
)]
#[case(json!({ "auth": { "api_key": {} } }), "/auth/api_key/consumers is empty")]
#[case(json!({ "auth": { "basic": { "consumers": [] } } }), "/auth/basic/consumers is empty")]
#[case(json!({ "auth": { "basic": { "consumers": ["a.1"] } } }), "/auth/basic/consumers/0 has `.`")]
#[case(
    json!({ "auth": { "api_key": { "header": "Authorization", "consumers": ["a"] } } }),
    "/auth/api_key/header is `authorization`"
)]
#[case(
    json!({ "auth": { "api_key": { "header": "x-chancery-key", "consumers": ["a"] } } }),
    "/auth/api_key/header has the name `x-chancery-key`, which is the gateway's own"
)]
#[case(
    json!({ "auth": { "api_key": { "header": "x%key", "consumers": ["a"] } } }),
    "/auth/api_key/header is `x%key`; letters, digits and `-` are allowed"
)]
#[case(
    json!({ "auth": { "basic": { "realm": "it's", "consumers": ["a"] } } }),
    "/auth/basic/realm has a character other than"
)]
#[case(json!({ "redirect": {} }), "/redirect must have at least one of")]
#[case(json!({ "redirect": { "strip_query": true } }), "/redirect must have at least one of")]
#[case(
    json!({ "redirect": { "path": "/a", "prefix": "/b" } }),
    "/redirect/prefix must be absent where there is `path`"
)]
#[case(
    json!({ "redirect": { "host": "a", "code": 304 } }),
    "/redirect/code must be 301, 302, 303, 307 or 308"
)]
#[case(json!({ "redirect": { "scheme": "ftp" } }), "/redirect/scheme is `ftp`; `http` and `https`")]
#[case(json!({ "redirect": { "port": 0 } }), "/redirect/port must be a whole number from 1 to 65535")]
#[case(json!({ "redirect": { "host": "a b" } }), "/redirect/host has the host")]
#[case(json!({ "redirect": { "path": "a" } }), "/redirect/path must begin with `/`")]
#[case(json!({ "respond": {} }), "/respond/status is missing")]
#[case(json!({ "respond": { "status": 199 } }), "/respond/status must be a whole number from 200")]
#[case(json!({ "respond": { "status": 204, "body": "x" } }), "/respond/body must be absent: 204")]
#[case(
    json!({ "respond": { "status": 200, "body": "x".repeat(4097) } }),
    "/respond/body is 4097 bytes long; at most 4096"
)]
#[case(
    json!({ "respond": { "status": 200, "body": "x", "content_type": "html" } }),
    "/respond/content_type is `html`"
)]
#[case(
    json!({ "respond": { "status": 200 }, "redirect": { "host": "a" } }),
    "/respond must be absent where there is `redirect`"
)]
#[case(
    json!({ "respond": { "status": 200 }, "retries": { "on": ["5xx"] } }),
    "/retries has no effect where the gateway answers by itself"
)]
#[case(json!({ "request_headers": { "set": { "Host": "a" } } }), "/request_headers/set/Host has the name `host`, which is the gateway's own")]
#[case(json!({ "request_headers": { "set": { ":path": "a" } } }), "/request_headers/set/:path has the name `:path`")]
#[case(json!({ "request_headers": { "add": { "x-envoy-retry-on": "5xx" } } }), "which is the gateway's own")]
#[case(json!({ "request_headers": { "remove": ["X-Forwarded-For"] } }), "/request_headers/remove/0 has the name `x-forwarded-for`")]
#[case(json!({ "request_headers": { "set": { "x-a": "a\r\nx-b: c" } } }), "must not have a control character")]
#[case(json!({ "request_headers": { "set": { "x-a": "" } } }), "is empty; 1 to 1024 bytes are allowed")]
#[case(json!({ "request_headers": { "set": { "x-a": "{nonce}" } } }), "has the variable `nonce`; `client_address`")]
#[case(json!({ "request_headers": { "set": { "x-a": "1" }, "add": { "x-a": "2" } } }), "/request_headers/add must not have `x-a`")]
#[case(json!({ "timeouts": { "request_ms": 0 } }), "/timeouts/request_ms must be a whole number of milliseconds from 1 to 3600000")]
#[case(json!({ "timeouts": { "request_ms": "1s" } }), "/timeouts/request_ms must be a whole number")]
#[case(json!({ "retries": { "attempts": 2 } }), "/retries/attempts has no effect without `on`")]
#[case(json!({ "retries": { "on": ["418x"] } }), "/retries/on/0 is `418x`; `5xx`")]
#[case(json!({ "retries": { "on": ["5xx"], "attempts": 11 } }), "from 1 to 10")]
#[case(
    json!({ "timeouts": { "request_ms": 100 }, "retries": { "on": ["5xx"], "per_try_timeout_ms": 101 } }),
    "/retries/per_try_timeout_ms must be at most `timeouts.request_ms`, which is 100"
)]
#[case(json!({ "retries": { "budget_percent": 5 } }), "/retries/budget_percent has no effect without `on`")]
#[case(json!({ "retries": { "on": ["5xx"], "budget_percent": 101 } }), "must be a whole number of percent from 1 to 100")]
#[case(json!({ "circuit_breakers": { "max_connections": 0 } }), "/circuit_breakers/max_connections must be a whole number from 1 to 1000000")]
#[case(json!({ "circuit_breakers": { "max_retries": 1 } }), "/circuit_breakers/max_retries has no effect without `retries.on`")]
#[case(
    json!({ "circuit_breakers": { "max_retries": 1 }, "retries": { "on": ["5xx"], "budget_min": 1 } }),
    "/circuit_breakers/max_retries must be absent where `retries` has a budget"
)]
#[case(json!({ "outlier_detection": { "interval_ms": 1000 } }), "/outlier_detection/interval_ms has no effect without `consecutive_5xx`")]
#[case(
    json!({ "outlier_detection": { "consecutive_5xx": 1, "max_ejection_ms": 1000 } }),
    "/outlier_detection/max_ejection_ms must be at least `base_ejection_ms`, which is 30000"
)]
#[case(json!({ "health_check": { "kind": "udp" } }), "/health_check/kind is `udp`; `tcp`, `http`, `grpc` and `off` are allowed")]
#[case(json!({ "health_check": { "path": "/" } }), "/health_check/path has no effect where `kind` is `tcp`; `http` has it")]
#[case(json!({ "health_check": { "kind": "http" } }), "/health_check/path is missing")]
#[case(json!({ "health_check": { "kind": "http", "path": "health" } }), "/health_check/path must begin with `/`")]
#[case(
    json!({ "health_check": { "kind": "http", "path": "/", "expected_statuses": ["20x"] } }),
    "/health_check/expected_statuses/0 is `20x`; `200`, `200-299`"
)]
#[case(
    json!({ "health_check": { "kind": "http", "path": "/", "expected_statuses": ["299-200"] } }),
    "/health_check/expected_statuses/0 is `299-200`"
)]
#[case(json!({ "health_check": { "kind": "grpc" } }), "/health_check/kind must not be `grpc` unless `protocol` is `http2`")]
#[case(
    json!({ "health_check": { "kind": "off", "interval_ms": 1000 } }),
    "/health_check/interval_ms has no effect where `kind` is `off`; `tcp`, `http` and `grpc` have it"
)]
#[case(json!({ "protocol": "http3" }), "/protocol is `http3`; `http1` and `http2` are allowed")]
#[case(json!({ "load_balancing": { "policy": "maglev" } }), "/load_balancing/hash_on is missing")]
#[case(json!({ "load_balancing": { "policy": "maglev", "hash_on": {} } }), "/load_balancing/hash_on must have one of")]
#[case(
    json!({ "load_balancing": { "hash_on": { "header": "x-a" } } }),
    "/load_balancing/hash_on has no effect unless `policy` is `ring_hash` or `maglev`"
)]
#[case(
    json!({ "load_balancing": { "policy": "maglev", "hash_on": { "header": "x-a", "source_address": true } } }),
    "/load_balancing/hash_on/source_address must be absent where there is `header`"
)]
#[case(
    json!({ "load_balancing": { "policy": "maglev", "hash_on": { "header": ":path" } } }),
    "/load_balancing/hash_on/header must not be a pseudo header"
)]
#[case(
    json!({ "load_balancing": { "policy": "maglev", "hash_on": { "cookie": { "name": "a b" } } } }),
    "/load_balancing/hash_on/cookie/name must not have a space"
)]
#[case(
    json!({ "load_balancing": { "policy": "maglev", "hash_on": { "cookie": { "name": "a", "path": "/;a" } } } }),
    "/load_balancing/hash_on/cookie/path must not have the character `;`"
)]
#[case(json!({ "respond": { "status": 200 }, "protocol": "http2" }), "/protocol has no effect where the gateway answers by itself")]
#[case(
    json!({ "upstream_tls": { "verify": "off", "trust_bundle": "a" } }),
    "/upstream_tls/trust_bundle has no effect where `verify` is `off`"
)]
#[case(json!({ "upstream_tls": { "server_name": "[::1]" } }), "/upstream_tls/server_name is an address")]
#[case(json!({ "upstream_tls": { "trust_bundle": "../a" } }), "/upstream_tls/trust_bundle has the character `/`")]
#[case(json!({ "regex_rewrite": {} }), "/regex_rewrite/pattern is missing")]
#[case(json!({ "regex_rewrite": { "pattern": "(", "substitution": "" } }), "/regex_rewrite/pattern is no regular expression")]
#[case(json!({ "regex_rewrite": { "pattern": "a*", "substitution": "" } }), "must not match the empty text")]
#[case(json!({ "regex_rewrite": { "pattern": "(a)", "substitution": r"\2" } }), r"names the group `\2`; the pattern has 1")]
#[case(json!({ "regex_rewrite": { "pattern": "a", "substitution": r"b\" } }), r"/regex_rewrite/substitution has a `\`")]
#[case(json!({ "regex_rewrite": { "pattern": "a", "substitution": "b?c" } }), "must not have '?'")]
#[case(json!({ "host_rewrite": "http://a" }), "/host_rewrite has a scheme")]
#[case(json!({ "host_rewrite": "a_b." }), "/host_rewrite has the host")]
#[case(json!({ "retries": { "on": [], "tries": 3 } }), "/retries/tries is not a known field; known are `on`")]
fn what_is_out_of_bounds_is_refused_with_what_is_allowed(#[case] body: Value, #[case] said: &str) {
    let errors = read(body).unwrap_err();

    assert!(errors.iter().any(|error| error.contains(said)), "{errors:?} do not say `{said}`");
}

#[test]
fn a_value_reaches_envoys_formatter_only_by_our_variables() {
    assert_eq!(
        formatted("%REQ(X)% {host} {\"a\": 1} {"),
        "%%REQ(X)%% %REQ(:AUTHORITY)% {\"a\": 1} {"
    );
}

#[rstest]
#[case("^/user/([0-9]+)/photo$", r"/photos/\1", "/user/42/photo", "/photos/42")]
#[case("a", "b", "/a/a", "/b/b")]
#[case("/(a|ab)", r"/<\0>", "/ab", "/</a>b")]
#[case("/x", "", "/x/y", "/y")]
#[case("/(a)?b", r"/\1c", "/b", "/c")]
fn a_pattern_rewrites_every_place_that_it_matches(
    #[case] pattern: &str,
    #[case] substitution: &str,
    #[case] path: &str,
    #[case] expected: &str,
) {
    let policy = read(json!({
        "regex_rewrite": { "pattern": pattern, "substitution": substitution },
    }));

    assert_eq!(policy.unwrap().rewritten(path.to_owned()), expected);
}
