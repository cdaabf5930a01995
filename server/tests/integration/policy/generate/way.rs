//! The groups that say how a service is reached.

use chancery::gateway::policy::{
    TIMEOUT_MAX_MS,
    balancing::TTL_MAX_S,
    breakers::LIMIT_MAX,
    health_check::{ANSWER_MAX_MS, INTERVAL_MAX_MS, INTERVAL_MIN_MS, THRESHOLD_MAX},
    outliers,
};
use proptest::{
    prelude::{Just, Strategy, prop},
    prop_oneof,
};
use serde_json::{Map, Value, json};

pub(super) fn circuit_breakers() -> impl Strategy<Value = Value> {
    let limit = || prop::option::of(prop_oneof![1..=10_u32, 1..=LIMIT_MAX]);
    (limit(), limit(), limit(), limit()).prop_map(|(connections, pending, requests, retries)| {
        json!({
            "max_connections": connections,
            "max_pending": pending,
            "max_requests": requests,
            "max_retries": retries,
        })
    })
}

pub(super) fn outlier_detection() -> impl Strategy<Value = Value> {
    let failures = || 1..=outliers::FAILURES_MAX;
    let counted = prop_oneof![
        failures().prop_map(|of_5xx| json!({ "consecutive_5xx": of_5xx })),
        failures().prop_map(|of_gateway| json!({ "consecutive_gateway_failure": of_gateway })),
        (failures(), failures()).prop_map(|(of_5xx, of_gateway)| {
            json!({ "consecutive_5xx": of_5xx, "consecutive_gateway_failure": of_gateway })
        }),
    ];
    let interval = prop::option::of(outliers::INTERVAL_MIN_MS..=TIMEOUT_MAX_MS);
    let (base, most) = (prop::option::of(1..=TIMEOUT_MAX_MS), prop::option::of(1..=TIMEOUT_MAX_MS));
    let percent = prop::option::of(1..=100_u32);
    (counted, interval, base, most, percent).prop_map(
        |(mut detection, interval, base, most, percent)| {
            let least = base.unwrap_or(outliers::BASE_EJECTION_MS);
            detection["interval_ms"] = interval.into();
            detection["base_ejection_ms"] = base.into();
            detection["max_ejection_ms"] = most.map(|most| most.max(least)).into();
            detection["max_ejection_percent"] = percent.into();
            detection
        },
    )
}

pub(super) fn health_check() -> impl Strategy<Value = Value> {
    let statuses = prop::sample::select(vec!["200", "100-199", "204-299", "599", "404", "100-599"]);
    let statuses = prop::collection::vec(statuses, 0..4);
    let path = "/[!-\"$-~]{0,30}";
    let host = prop::sample::select(vec!["users.internal", "10.1.2.3:81", "[2001:db8::7]"]);
    let host = prop::option::of(host);
    let service = prop::option::of("[a-zA-Z][a-zA-Z.]{0,20}");
    let kind = prop_oneof![
        Just(json!({})),
        Just(json!({ "kind": "tcp" })),
        (path, host.clone(), statuses).prop_map(|(path, host, statuses)| {
            json!({ "kind": "http", "path": path, "host": host, "expected_statuses": statuses })
        }),
        (host, service).prop_map(|(host, service)| {
            json!({ "kind": "grpc", "host": host, "grpc_service": service })
        }),
    ];
    let interval = prop::option::of(INTERVAL_MIN_MS..=INTERVAL_MAX_MS);
    let timeout = prop::option::of(1..=ANSWER_MAX_MS);
    let threshold = || prop::option::of(1..=THRESHOLD_MAX);
    let asked = (kind, interval, timeout, threshold(), threshold()).prop_map(
        |(mut check, interval, timeout, healthy, unhealthy)| {
            check["interval_ms"] = interval.into();
            check["timeout_ms"] = timeout.into();
            check["healthy_threshold"] = healthy.into();
            check["unhealthy_threshold"] = unhealthy.into();
            check
        },
    );
    prop_oneof![6 => asked, 1 => Just(json!({ "kind": "off" }))]
}

pub(super) fn load_balancing() -> impl Strategy<Value = Value> {
    let plain = prop::sample::select(vec!["round_robin", "least_request", "random"]);
    let hashing = prop::sample::select(vec!["ring_hash", "maglev"]);
    let path = prop::option::of("/[!-+./0-:<-~]{0,20}");
    let cookie = ("[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,64}", prop::option::of(1..=TTL_MAX_S), path)
        .prop_map(
            |(name, ttl, path)| json!({ "cookie": { "name": name, "ttl_s": ttl, "path": path } }),
        );
    let on = prop_oneof![
        cookie,
        "x-[a-z0-9.!~-]{1,20}".prop_map(|name| json!({ "header": name })),
        Just(json!({ "source_address": true })),
    ];
    prop_oneof![
        plain.prop_map(|policy| json!({ "policy": policy })),
        (hashing, on).prop_map(|(policy, on)| json!({ "policy": policy, "hash_on": on })),
    ]
}

pub(super) fn protocol() -> impl Strategy<Value = Value> {
    prop::sample::select(vec!["http1", "http2"]).prop_map(Value::from)
}

/// Takes out what does not go together.
pub(super) fn bound(fields: &mut Map<String, Value>) {
    let retries = fields.get("retries");
    let is_bounded_otherwise = retries.is_none_or(|retries| {
        !retries["budget_percent"].is_null() || !retries["budget_min"].is_null()
    });
    if let Some(breakers) = fields.get_mut("circuit_breakers")
        && is_bounded_otherwise
    {
        breakers["max_retries"] = Value::Null;
    }
    let is_grpc = fields.get("health_check").is_some_and(|check| check["kind"] == "grpc");
    if is_grpc {
        fields.insert("protocol".to_owned(), "http2".into());
    }
}
