//! Ways to say who one is that need nothing else to be there.

use proptest::{
    prelude::{Just, Strategy, any, prop},
    prop_oneof,
};
use serde_json::{Value, json};

/// Generates a way, a service that is asked, or both.
pub(super) fn auth() -> impl Strategy<Value = Value> {
    let way = prop_oneof![
        Just(json!({ "none": true })),
        jwt().prop_map(|jwt| json!({ "jwt": jwt })),
        certificate().prop_map(|certificate| json!({ "client_certificate": certificate })),
    ];
    prop_oneof![
        way.clone(),
        external().prop_map(|external| json!({ "external": external })),
        (way, external()).prop_map(|(mut way, external)| {
            way["external"] = external;
            way
        }),
    ]
}

fn jwt() -> impl Strategy<Value = Value> + Clone {
    let keys = prop_oneof![
        Just(json!({ "jwks": { "keys": [{
            "kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "alg": "ES256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        }] } })),
        Just(json!({ "jwks": { "keys": [{
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }] } })),
        (
            prop::sample::select(vec!["https://login.shop", "http://10.2.3.4:81"]),
            "[a-z0-9/?=&%._-]{0,30}",
            prop::option::of(1..=86_400_u32),
        )
            .prop_map(|(origin, path, cache_s)| {
                json!({ "jwks_url": format!("{origin}/{path}"), "cache_s": cache_s })
            }),
    ];
    let from = prop_oneof![
        Just(json!({})),
        Just(json!({ "from": { "header": "X-Token" }, "forward": true })),
        "[a-zA-Z0-9_.-]{1,20}".prop_map(|query| json!({ "from": { "query": query } })),
        "[a-zA-Z0-9_.-]{1,20}".prop_map(|cookie| json!({ "from": { "cookie": cookie } })),
    ];
    let claim = || {
        prop_oneof![
            "[a-z_]{1,12}(\\.[a-z_]{1,12}){0,3}",
            Just("https://example.com/roles".to_owned()),
            Just("é\"\\ ".to_owned()),
        ]
    };
    let headers = prop::collection::btree_map("x-c[a-z0-9-]{0,12}", claim(), 0..5);
    let value = prop_oneof!["[!-{}~é]{1,20}", Just("true".to_owned()), Just("-1e3".to_owned())];
    let values = prop::collection::vec(value, 1..4);
    let required = prop::collection::vec((claim(), values), 0..4);
    let audiences = prop::collection::vec("[ -~]{1,40}", 0..4);
    ("[ -~]{1,60}", audiences, keys, from, headers, required).prop_map(
        |(issuer, audiences, keys, from, headers, required)| {
            let headers: Vec<_> = headers
                .into_iter()
                .map(|(header, claim)| json!({ "claim": claim, "header": header }))
                .collect();
            let required: Vec<_> = required
                .into_iter()
                .map(|(claim, values)| json!({ "claim": claim, "values": values }))
                .collect();
            let mut jwt = json!({
                "issuer": issuer, "audiences": audiences, "claims_to_headers": headers,
                "required_claims": required,
            });
            let fields = jwt.as_object_mut().unwrap();
            fields.extend(keys.as_object().unwrap().clone());
            fields.extend(from.as_object().unwrap().clone());
            jwt
        },
    )
}

fn certificate() -> impl Strategy<Value = Value> + Clone {
    let name = prop_oneof![
        "[a-z0-9]{1,10}\\.example\\.(com|org)",
        "\\*\\.[a-z0-9]{1,10}\\.example",
        "spiffe://[a-z]{1,10}/[!-~]{1,20}",
    ];
    prop_oneof![
        Just(json!({ "any": true })),
        prop::collection::vec(name, 1..5).prop_map(|names| json!({ "names": names })),
    ]
}

fn external() -> impl Strategy<Value = Value> + Clone {
    let service = prop::sample::select(vec!["authsvc", "10.5.6.7:9000", "https://auth.shop"]);
    let names = |pattern: &'static str| prop::collection::vec(pattern, 0..5);
    let way = prop_oneof![
        Just(json!({})),
        Just(json!({ "protocol": "grpc" })),
        "/[a-z/]{0,20}".prop_map(|prefix| {
            let prefix = prefix.split('/').filter(|it| !it.is_empty()).collect::<Vec<_>>();
            json!({ "path_prefix": format!("/{}", prefix.join("/")) })
        }),
    ];
    let body = prop::option::of(1..=1_048_576_u32);
    let timeout = prop::option::of(1..=10_000_u32);
    let rest =
        (names("x-q[a-z0-9.-]{0,12}"), names("x-r[a-z0-9.-]{0,12}"), body, timeout, any::<bool>());
    (service, way, rest).prop_map(|(service, way, (asked, answered, body, timeout, open))| {
        let mut external = json!({
            "service": service, "timeout_ms": timeout, "fail": if open { "open" } else { "closed" },
            "request_headers": asked, "response_headers": answered,
            "body": body.map(|max_bytes| json!({ "max_bytes": max_bytes })),
        });
        external.as_object_mut().unwrap().extend(way.as_object().unwrap().clone());
        external
    })
}
