//! Streams and bodies.

use proptest::{
    prelude::{Strategy, any, prop},
    prop_oneof,
};
use serde_json::{Map, Value, json};

use super::{Group, maybe};

pub(super) fn groups() -> Vec<(&'static str, Group)> {
    vec![
        ("grpc_web", maybe(any::<bool>().prop_map(Value::from), 0.3)),
        ("upgrades", maybe(upgrades(), 0.3)),
        ("compression", maybe(compression(), 0.4)),
        ("body", maybe(body(), 0.4)),
        ("sticky_session", maybe(sticky_session(), 0.4)),
    ]
}

/// A connection that is upgraded has no bodies that could be limited; HTTP/2 has no such
/// connections, and gRPC-Web nothing else.
pub(super) fn agree(fields: &mut Map<String, Value>) {
    let other = match fields.get("protocol").is_some_and(|protocol| protocol == "http2") {
        true => "upgrades",
        false => "grpc_web",
    };
    fields.remove(other);
    if fields.get("upgrades").is_some_and(|upgrades| upgrades != &json!([])) {
        fields.remove("body");
    }
}

fn upgrades() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        prop::sample::select(vec!["websocket", "WebSocket", "spdy/3.1", "tls/1.0", "irc"])
            .prop_map(str::to_owned),
        "x-[!#$%&'*+.^_`|~a-zA-Z0-9-]{0,20}",
    ];
    prop::collection::vec(name, 0..=8).prop_map(Value::from)
}

fn compression() -> impl Strategy<Value = Value> {
    let algorithms = prop::sample::subsequence(vec!["gzip", "brotli"], 1..=2).prop_shuffle();
    let content_types = prop::collection::vec("[a-z]{1,10}/[!#$&^_.+a-zA-Z0-9-]{1,20}", 0..6);
    (algorithms, prop::option::of(1..=1_048_576_u32), content_types).prop_map(
        |(algorithms, min_bytes, content_types)| {
            json!({
                "algorithms": algorithms,
                "min_bytes": min_bytes,
                "content_types": content_types,
            })
        },
    )
}

fn body() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::option::of(1..=16_777_216_u32)
            .prop_map(|bytes| json!({ "max_bytes": bytes, "buffer": true })),
        (1..=1_073_741_824_u32).prop_map(|bytes| json!({ "max_bytes": bytes })),
    ]
}

fn sticky_session() -> impl Strategy<Value = Value> {
    let cookie = "[!#$%&'*+.^`|~a-zA-Z0-9-][!#$%&'*+.^_`|~a-zA-Z0-9-]{0,63}";
    let ttl = prop::option::of(0..=31_536_000_u32);
    (cookie, prop::option::of(prop::sample::select(vec!["/", "/p"])), ttl)
        .prop_map(|(cookie, path, ttl)| json!({ "cookie": cookie, "path": path, "ttl_s": ttl }))
}
