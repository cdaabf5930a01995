//! Checks what the groups of streams and bodies take and refuse.

use app::api::problem::FieldError;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    auth::names::TeamName,
    gateway::{
        fields::{NameFrom, read_spec},
        policy::Policy,
    },
};

fn read(more: Value) -> Result<Policy, Vec<String>> {
    let mut body = json!({ "prefix": "/shop/", "service": "shopsvc" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let body = body.as_object().unwrap();
    let spec = read_spec(NameFrom::Url("m"), body, |_| Some(TeamName::default_team()));
    let said = |error: FieldError| format!("{} {}", error.pointer, error.message);
    spec.map(|spec| spec.policy).map_err(|errors| errors.into_iter().map(said).collect())
}

#[test]
fn what_is_stored_reads_as_it_was_and_defaults_are_left_out() {
    let body = json!({
        "upgrades": ["WebSocket", "spdy/3.1", "websocket"],
        "compression": {
            "algorithms": ["gzip", "brotli"], "min_bytes": 30, "content_types": ["Text/HTML"],
        },
        "sticky_session": { "cookie": "at", "path": "/", "ttl_s": 0 },
    });

    let policy = read(body).unwrap();

    let stored = json!({
        "upgrades": ["spdy/3.1", "websocket"],
        "compression": { "algorithms": ["gzip", "brotli"], "content_types": ["text/html"] },
        "sticky_session": { "cookie": "at" },
    });
    assert_eq!(Value::Object(policy.json()), stored);
    assert_eq!(Policy::parse(&policy.json()), Ok(policy));
}

#[test]
fn what_asks_for_nothing_is_the_default() {
    let nothing = json!({
        "grpc_web": false, "upgrades": [], "compression": { "algorithms": [] },
        "body": { "buffer": false }, "sticky_session": null,
    });

    assert!(read(nothing).unwrap().is_default());
}

#[rstest]
#[case(json!({ "upgrades": ["web socket"] }), "/upgrades/0 is `web socket`; a protocol such as")]
#[case(json!({ "upgrades": ["a/b/c"] }), "/upgrades/0 is `a/b/c`")]
#[case(json!({ "upgrades": [""] }), "/upgrades/0 is empty; 1 to 32 bytes are allowed")]
#[case(json!({ "upgrades": ["x".repeat(33)] }), "/upgrades/0 is 33 bytes long; at most 32")]
#[case(json!({ "upgrades": vec!["websocket"; 9] }), "/upgrades has 9 entries; at most 8")]
#[case(json!({ "upgrades": ["CONNECT"] }), "/upgrades/0 is `connect`, which is a tunnel")]
#[case(json!({ "upgrades": ["connect-udp"] }), "/upgrades/0 is `connect-udp`, which is a tunnel")]
#[case(json!({ "upgrades": ["h2c"] }), "/upgrades/0 is `h2c`, which the gateway never passes on")]
#[case(json!({ "upgrades": "websocket" }), "/upgrades must be a list of texts")]
#[case(
    json!({ "upgrades": ["websocket"], "body": { "max_bytes": 5 } }),
    "/body must be absent where there are `upgrades`"
)]
#[case(
    json!({ "service": null, "upgrades": ["websocket"], "redirect": { "host": "a" } }),
    "/upgrades has no effect where the gateway answers by itself"
)]
#[case(
    json!({ "upgrades": ["websocket"], "protocol": "http2" }),
    "/upgrades must be absent with HTTP/2"
)]
#[case(json!({ "grpc_web": true }), "/grpc_web needs `http2` as `protocol`")]
#[case(json!({ "grpc_web": 1 }), "/grpc_web must be `true` or `false`")]
#[case(json!({ "body": { "max_bytes": 0 } }), "must be a whole number of bytes from 1 to 1073741824")]
#[case(
    json!({ "body": { "max_bytes": 1_073_741_825_u64 } }),
    "/body/max_bytes must be a whole number of bytes from 1 to 1073741824"
)]
#[case(
    json!({ "body": { "max_bytes": 16_777_217, "buffer": true } }),
    "/body/max_bytes must be at most 16777216 with `buffer`"
)]
#[case(json!({ "body": { "limit": 1 } }), "/body/limit is not a known field")]
#[case(
    json!({ "compression": { "algorithms": ["zstd"] } }),
    "/compression/algorithms/0 is `zstd`; `gzip` and `brotli` are allowed"
)]
#[case(
    json!({ "compression": { "algorithms": ["gzip", "gzip"] } }),
    "/compression/algorithms has `gzip` twice"
)]
#[case(
    json!({ "compression": { "min_bytes": 5 } }),
    "/compression/min_bytes has no effect without `algorithms`"
)]
#[case(
    json!({ "compression": { "algorithms": ["gzip"], "min_bytes": 0 } }),
    "/compression/min_bytes must be a whole number of bytes from 1 to 1048576"
)]
#[case(
    json!({ "compression": { "algorithms": ["gzip"], "content_types": ["text/html; charset=utf-8"] } }),
    "/compression/content_types/0 is `text/html; charset=utf-8`; a media type without parameters"
)]
#[case(
    json!({ "compression": { "algorithms": ["gzip"], "content_types": ["text/*"] } }),
    "/compression/content_types/0 is `text/*`"
)]
#[case(
    json!({ "compression": { "algorithms": ["gzip"], "content_types": ["application/grpc+proto"] } }),
    "/compression/content_types/0 is `application/grpc+proto`, whose messages"
)]
#[case(json!({ "sticky_session": {} }), "/sticky_session/cookie is missing")]
#[case(json!({ "sticky_session": { "cookie": "a b" } }), "/sticky_session/cookie is `a b`; letters")]
#[case(json!({ "sticky_session": { "cookie": "a".repeat(65) } }), "is 65 bytes long; at most 64")]
#[case(json!({ "sticky_session": { "cookie": "__Host-a" } }), "browsers take such a cookie only with")]
#[case(json!({ "sticky_session": { "cookie": "a", "path": "shop" } }), "it must begin with `/`")]
#[case(json!({ "sticky_session": { "cookie": "a", "path": "/a;b" } }), "must not have ';'")]
#[case(
    json!({ "sticky_session": { "cookie": "a", "path": "/user/" } }),
    "/sticky_session/path has no request of the mapping, which is at `/shop/`"
)]
#[case(
    json!({ "sticky_session": { "cookie": "a", "ttl_s": 31_536_001 } }),
    "/sticky_session/ttl_s must be a whole number of seconds from 0 to 31536000"
)]
#[case(
    json!({
        "sticky_session": { "cookie": "a" }, "service": null,
        "backends": [{ "service": "a", "weight": 1 }, { "service": "b", "weight": 1 }],
    }),
    "/sticky_session must be absent where there are several `backends`"
)]
fn what_is_out_of_bounds_is_refused_with_what_is_allowed(#[case] body: Value, #[case] said: &str) {
    let errors = read(body).unwrap_err();

    assert!(errors.iter().any(|error| error.contains(said)), "{errors:?} do not say `{said}`");
}

#[rstest]
#[case("/shop/")]
#[case("/shop/cart")]
#[case("/shop")]
#[case("/")]
fn a_cookies_path_lies_above_or_below_the_mapping(#[case] path: &str) {
    read(json!({ "sticky_session": { "cookie": "a", "path": path } })).unwrap();
}
