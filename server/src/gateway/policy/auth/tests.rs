//! Checks what the ways to say who one is take and refuse.

use rstest::rstest;
use serde_json::{Map, Value, json};

use crate::gateway::policy::Policy;

fn read(auth: Value) -> Result<Policy, Vec<String>> {
    let body = Map::from_iter([("auth".to_owned(), auth)]);
    let errors = Policy::parse(&body);
    let said =
        |error: app::api::problem::FieldError| format!("{} {}", error.pointer, error.message);
    errors.map_err(|errors| errors.into_iter().map(said).collect())
}

/// The key of RFC 7517, appendix A.1.
fn keys() -> Value {
    json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "kid": "1",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }] })
}

/// Tokens of an issuer, with more fields.
fn jwt(more: Value) -> Value {
    let mut jwt = json!({ "issuer": "https://a/", "jwks": keys() });
    let fields = jwt.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    fields.retain(|_, value| !value.is_null());
    json!({ "jwt": jwt })
}

#[test]
fn what_is_at_its_default_is_left_out() {
    let policy = read(json!({
        "none": false,
        "jwt": {
            "issuer": "https://a/", "jwks_url": "https://a/keys", "cache_s": 300,
            "from": { "header": "Authorization" }, "forward": false,
        },
        "external": { "protocol": "http", "service": "a", "timeout_ms": 1000, "fail": "closed" },
    }));

    assert_eq!(
        Value::from(policy.unwrap().json()),
        json!({ "auth": {
            "jwt": { "issuer": "https://a/", "jwks_url": "https://a/keys" },
            "external": { "service": "a" },
        } })
    );
}

#[test]
fn keys_may_come_as_a_text_as_forms_send_them() {
    let text = read(jwt(json!({ "jwks": keys().to_string() })));

    assert_eq!(text, read(jwt(json!({}))));
    assert!(text.is_ok());
}

#[test]
fn the_services_that_are_asked_get_clusters() {
    let policy = read(json!({
        "jwt": { "issuer": "a", "jwks_url": "https://Login.shop:8443/keys?a=b" },
        "external": { "protocol": "grpc", "service": "authsvc:9000" },
    }));

    let clusters: Vec<_> =
        policy.unwrap().other_clusters().iter().map(|it| it.upstream().to_string()).collect();
    assert_eq!(clusters[0], "https://login.shop:8443");
    assert!(clusters[1].starts_with("authsvc:9000+"), "{clusters:?}");
}

#[rstest]
#[case(json!({ "none": true, "jwt": jwt(json!({}))["jwt"] }), "/auth/jwt must be absent where there is `none`")]
#[case(json!({ "jwt": {} }), "/auth/jwt/issuer is missing")]
#[case(jwt(json!({ "jwks": null })), "/auth/jwt must have `jwks_url` or `jwks`")]
#[case(jwt(json!({ "jwks_url": "https://a/" })), "/auth/jwt/jwks must be absent with `jwks_url`")]
#[case(jwt(json!({ "jwks": "{" })), "/auth/jwt/jwks is not JSON")]
#[case(jwt(json!({ "jwks": [] })), "/auth/jwt/jwks must be an object with `keys`")]
#[case(jwt(json!({ "jwks": { "keys": [] } })), "/auth/jwt/jwks/keys is empty")]
#[case(jwt(json!({ "jwks": { "keys": [{ "kty": "oct", "k": "a" }] } })), "/auth/jwt/jwks/keys/0 has `k`, which is secret")]
#[case(jwt(json!({ "jwks": { "keys": [7] } })), "/auth/jwt/jwks/keys/0 must be an object")]
#[case(jwt(json!({ "jwks": { "keys": [], "more": 1 } })), "/auth/jwt/jwks/more is not a known field")]
#[case(jwt(json!({ "jwks": { "keys": [{ "kid": "x".repeat(17_000) }] } })), "at most 16384 are allowed")]
#[case(jwt(json!({ "cache_s": 60 })), "/auth/jwt/cache_s has no effect without `jwks_url`")]
#[case(jwt(json!({ "jwks": null, "jwks_url": "ftp://a/" })), "/auth/jwt/jwks_url has the scheme `ftp`")]
#[case(jwt(json!({ "jwks": null, "jwks_url": "https://a" })), "/auth/jwt/jwks_url must have a path")]
#[case(jwt(json!({ "jwks": null, "jwks_url": "https://u:p@a/" })), "/auth/jwt/jwks_url must end after the port")]
#[case(jwt(json!({ "jwks": null, "jwks_url": "https://a/ b" })), "/auth/jwt/jwks_url must be printable")]
#[case(jwt(json!({ "from": { "header": "a", "query": "b" } })), "/auth/jwt/from must have only one of")]
#[case(jwt(json!({ "from": { "cookie": "a;b" } })), "/auth/jwt/from/cookie is `a;b`")]
#[case(jwt(json!({ "from": { "header": "cookie" } })), "/auth/jwt/from/header has the name `cookie`")]
#[case(jwt(json!({ "from": { "cookie": "a" }, "forward": true })), "/auth/jwt/forward has no effect")]
#[case(jwt(json!({ "from": { "header": "x_token" } })), "/auth/jwt/from/header has a `_`; the gateway refuses requests with such headers")]
#[case(json!({ "external": { "service": "a", "request_headers": ["x-a", "x_b"] } }), "/auth/external/request_headers/1 has a `_`; the gateway refuses")]
#[case(jwt(json!({ "claims_to_headers": [{ "claim": "sub", "header": "Authorization" }] })), "/auth/jwt/claims_to_headers/0/header is `authorization`")]
#[case(
    jwt(json!({ "from": { "header": "x-t" }, "claims_to_headers": [{ "claim": "sub", "header": "x-t" }] })),
    "/auth/jwt/claims_to_headers/0/header is `x-t`"
)]
#[case(jwt(json!({ "claims_to_headers": [{ "claim": "sub", "header": "x-forwarded-for" }] })), "is the gateway's own")]
#[case(
    jwt(json!({ "claims_to_headers": [{ "claim": "a", "header": "x-a" }, { "claim": "b", "header": "X-A" }] })),
    "/auth/jwt/claims_to_headers has the header `x-a` twice"
)]
#[case(jwt(json!({ "claims_to_headers": [{ "claim": "a..b", "header": "x-a" }] })), "/auth/jwt/claims_to_headers/0/claim is `a..b`")]
#[case(jwt(json!({ "required_claims": [{ "claim": "a" }] })), "/auth/jwt/required_claims/0/values is empty")]
#[case(jwt(json!({ "required_claims": [{ "claim": "a", "values": ["b|c"] }] })), "/auth/jwt/required_claims/0/values/0 must not have `|`")]
#[case(json!({ "client_certificate": {} }), "/auth/client_certificate must have `names`, or `any`")]
#[case(json!({ "client_certificate": { "any": true, "names": ["a"] } }), "/auth/client_certificate/names must be empty with `any`")]
#[case(json!({ "client_certificate": { "names": ["*"] } }), "/auth/client_certificate/names/0 is `*`")]
#[case(json!({ "client_certificate": { "names": ["CN=a"] } }), "/auth/client_certificate/names/0 is `CN=a`")]
#[case(json!({ "client_certificate": { "names": ["://a"] } }), "which is no URI")]
#[case(json!({ "external": {} }), "/auth/external/service is missing")]
#[case(json!({ "external": { "service": "a/b" } }), "/auth/external/service must end after the port")]
#[case(json!({ "external": { "service": "a", "protocol": "grpc", "path_prefix": "/a" } }), "/auth/external/path_prefix has no effect with gRPC")]
#[case(json!({ "external": { "service": "a", "path_prefix": "a" } }), "/auth/external/path_prefix must begin with `/`")]
#[case(json!({ "external": { "service": "a", "fail": "ajar" } }), "/auth/external/fail is `ajar`")]
#[case(json!({ "external": { "service": "a", "timeout_ms": 10_001 } }), "/auth/external/timeout_ms must be a whole number of milliseconds from 1 to 10000")]
#[case(json!({ "external": { "service": "a", "body": {} } }), "/auth/external/body/max_bytes is missing; it must be a whole number of bytes")]
#[case(json!({ "external": { "service": "a", "response_headers": ["host"] } }), "/auth/external/response_headers/0 has the name `host`")]
fn what_can_not_be_meant_is_refused(#[case] auth: Value, #[case] said: &str) {
    let errors = read(auth).unwrap_err();

    assert!(errors.iter().any(|error| error.contains(said)), "{errors:?} do not say `{said}`");
}
