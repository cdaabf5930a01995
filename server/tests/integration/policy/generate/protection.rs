//! Generates the groups of protection.

use proptest::{
    prelude::{Just, Strategy, any, prop},
    prop_oneof,
};
use serde_json::{Value, json};

pub(super) fn rate_limit() -> impl Strategy<Value = Value> {
    let per = prop::option::of(prop::sample::select(vec!["second", "minute", "hour", "day"]));
    let key = prop::option::of(prop::sample::select(vec![
        "none",
        "client_address",
        "header:x-user",
        "header:Authorization",
    ]));
    let burst = prop::option::of(1..=1_000_000_u32);
    (1..=1_000_000_u32, per, burst, key, any::<bool>()).prop_map(
        |(requests, per, burst, key, headers)| {
            json!({
                "requests": requests, "per": per, "burst": burst, "key": key, "headers": headers,
            })
        },
    )
}

pub(super) fn cors() -> impl Strategy<Value = Value> {
    let origin = prop::sample::select(vec![
        "https://www.example.com",
        "https://*.example.com",
        "http://localhost:3000",
        "http://[::1]:8080",
        "https://*.a-b.example:8443",
        "capacitor://localhost",
    ]);
    let origins = prop::collection::vec(origin, 1..6);
    let names = || prop::collection::vec("x-[a-zA-Z0-9.~!-]{0,20}", 0..6);
    let methods = prop::collection::vec("[A-Z]{1,8}x?", 0..4).prop_map(|mut methods| {
        methods.retain(|method: &String| {
            !method.ends_with('x') && !["CONNECT", "TRACE", "TRACK"].contains(&method.as_str())
        });
        methods
    });
    let age = prop::option::of(0..=86_400_u32);
    let some = (origins, methods, names(), names(), any::<bool>(), age).prop_map(
        |(origins, methods, headers, expose, credentials, age)| {
            json!({
                "origins": origins, "methods": methods, "headers": headers, "expose": expose,
                "credentials": credentials, "max_age_s": age,
            })
        },
    );
    let all = Just(json!({
        "origins": ["*"], "methods": ["*"], "headers": ["*"], "expose": ["*"],
    }));
    prop_oneof![4 => some, 1 => all]
}

pub(super) fn addresses() -> impl Strategy<Value = Value> {
    let v4 = |first: u8| {
        (any::<u32>(), 8..=32_u32).prop_map(move |(bits, length)| {
            let address = u32::from(first) << 24 | bits >> 8;
            let mask = u32::MAX << (32 - length);
            format!("{}/{length}", std::net::Ipv4Addr::from(address & mask))
        })
    };
    let v6 = |first: u128| {
        (any::<u128>(), 16..=128_u32).prop_map(move |(bits, length)| {
            let address = first << 112 | bits >> 16;
            let mask = u128::MAX << (128 - length);
            format!("{}/{length}", std::net::Ipv6Addr::from(address & mask))
        })
    };
    // allowed and denied ranges do not meet
    let allow = prop_oneof![v4(10), v6(0x2001)];
    let deny = prop_oneof![v4(192), v6(0x2002)];
    let list = |range| prop::collection::vec(range, 0..20);
    (list(allow.boxed()), list(deny.boxed()))
        .prop_map(|(allow, deny)| json!({ "allow": allow, "deny": deny }))
}

pub(super) fn global_rate_limit() -> impl Strategy<Value = Value> {
    let entry = prop_oneof![
        prop::sample::select(vec!["client_address", "method", "path"]).prop_map(str::to_owned),
        "header:x-[a-zA-Z0-9.~!-]{0,20}",
        "generic_key:[!-~]{1,30}",
    ];
    let descriptor = prop::collection::vec(entry, 1..10).prop_map(|entries| entries.join(" "));
    (prop::collection::vec(descriptor, 1..10), any::<bool>()).prop_map(
        |(descriptors, headers)| json!({ "descriptors": descriptors, "headers": headers }),
    )
}

pub(super) fn fault() -> impl Strategy<Value = Value> {
    let percent = || prop::option::of(1..=100_u32);
    let delay = prop::option::of((1..=60_000_u32, percent()));
    let abort = prop::option::of((400..=599_u16, percent()));
    (delay, abort).prop_map(|(delay, abort)| {
        json!({
            "delay_ms": delay.map(|(ms, _)| ms),
            "delay_percent": delay.and_then(|(_, percent)| percent),
            "abort_status": abort.map(|(status, _)| status),
            "abort_percent": abort.and_then(|(_, percent)| percent),
        })
    })
}
