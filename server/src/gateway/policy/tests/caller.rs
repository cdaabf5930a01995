//! Checks where a mapping may look at who has called.

use super::*;

/// Each way to look at a header.
fn looking_at(header: &str) -> [(&'static str, Value); 4] {
    [
        (
            "/rate_limit/key",
            json!({ "rate_limit": { "requests": 1, "key": format!("header:{header}") } }),
        ),
        (
            "/global_rate_limit/descriptors",
            json!({ "global_rate_limit": { "descriptors": [format!("header:{header} path")] } }),
        ),
        (
            "/load_balancing/hash_on/header",
            json!({ "load_balancing": { "policy": "maglev", "hash_on": { "header": header } } }),
        ),
        (
            "/auth/external/request_headers",
            json!({ "auth": { "external": { "service": "a", "request_headers": [header] } } }),
        ),
    ]
}

fn with_auth(mut body: Value, way: &str, consumers: &[&str]) -> Value {
    body["auth"][way] = json!({ "consumers": consumers });
    body
}

#[test]
fn who_has_called_is_looked_at_where_it_is_known() {
    for (place, body) in looking_at("X-Chancery-Consumer") {
        for way in ["api_key", "basic"] {
            let read = read(with_auth(body.clone(), way, &["acme"]));

            assert!(read.is_ok(), "{place}, {way}: {read:?}");
        }
        let errors = read(body).unwrap_err();
        let said = "has no effect: `x-chancery-consumer` is there only with `auth.api_key` or";
        assert!(
            errors.len() == 1 && errors[0].starts_with(&format!("{place} {said}")),
            "{errors:?}"
        );
    }
}

#[test]
fn what_the_gateway_keeps_to_itself_is_not_looked_at() {
    for header in ["x-chancery-path", "x-envoy-retry-on", "x_user"] {
        for (place, body) in looking_at(header) {
            let errors = read(with_auth(body, "api_key", &["acme"])).unwrap_err();

            assert!(errors.len() == 1 && errors[0].starts_with(place), "{header}: {errors:?}");
        }
    }
}

#[rstest]
#[case(json!({ "request_headers": { "set": { "x-chancery-consumer": "a" } } }))]
#[case(json!({ "request_headers": { "remove": ["x-chancery-consumer"] } }))]
#[case(json!({ "auth": { "external": { "service": "a", "response_headers": ["x-chancery-consumer"] } } }))]
#[case(json!({ "auth": { "jwt": { "issuer": "a", "jwks_url": "https://a/", "from": { "header": "x-chancery-consumer" } } } }))]
#[case(json!({ "auth": { "api_key": { "header": "x-chancery-consumer", "consumers": ["a"] } } }))]
fn who_has_called_is_nobody_elses_to_say(#[case] body: Value) {
    let errors = read(body).unwrap_err();

    assert!(errors[0].contains("which is the gateway's own"), "{errors:?}");
}
