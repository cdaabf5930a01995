//! Checks what the groups of protection take and refuse.

use super::*;

#[rstest]
#[case(json!({ "ip": { "allow": ["192.0.2.7/24"] } }), "/ip/allow/0 is `192.0.2.7/24`, whose last 8 bits")]
#[case(json!({ "ip": { "deny": ["10.0.0.0/8", 7] } }), "/ip/deny/1 must be a text")]
#[case(json!({ "ip": { "allow": ["10.1.0.0/16"], "deny": ["10.0.0.0/8"] } }), "/ip/allow has `10.1.0.0/16` in vain")]
#[case(json!({ "ip": { "block": [] } }), "/ip/block is not a known field")]
#[case(json!({ "cors": {} }), "/cors/origins is missing")]
#[case(json!({ "cors": { "origins": [] } }), "/cors/origins is missing")]
#[case(json!({ "cors": { "origins": ["*"], "credentials": true } }), "/cors/origins must not be `*` with `credentials`: any page")]
#[case(
    json!({ "cors": { "origins": ["https://a"], "headers": ["*"], "credentials": true } }),
    "/cors/headers must not be `*` with `credentials`: browsers"
)]
#[case(json!({ "cors": { "origins": ["*", "https://a"] } }), "/cors/origins must have `*` alone")]
#[case(json!({ "cors": { "origins": ["https://a"], "methods": ["put"] } }), "/cors/methods/0 is `put`; capital letters")]
#[case(json!({ "cors": { "origins": ["https://a"], "methods": ["TRACE"] } }), "browsers let no page use")]
#[case(json!({ "cors": { "origins": ["https://a"], "expose": ["a b"] } }), "/cors/expose/0 must be a header's name")]
#[case(json!({ "cors": { "origins": ["https://a"], "max_age_s": 86401 } }), "of seconds from 0 to 86400")]
#[case(
    json!({ "cors": { "origins": ["https://a"] }, "respond": { "status": 200 } }),
    "/cors has no effect where the gateway answers by itself"
)]
#[case(json!({ "rate_limit": {} }), "/rate_limit/requests is missing")]
#[case(json!({ "rate_limit": { "requests": 0 } }), "/rate_limit/requests must be a whole number from 1 to 1000000")]
#[case(json!({ "rate_limit": { "requests": 1, "per": "week" } }), "/rate_limit/per is `week`; `second`, `minute`")]
#[case(json!({ "rate_limit": { "requests": 1, "burst": 0 } }), "/rate_limit/burst must be")]
#[case(json!({ "rate_limit": { "requests": 1, "key": "user" } }), "/rate_limit/key is `user`; `none`")]
#[case(json!({ "rate_limit": { "requests": 1, "key": "header:a b" } }), "/rate_limit/key names a header that must be")]
#[case(json!({ "rate_limit": { "requests": 1, "key": "header:" } }), "must name a header of 1 to 128 bytes")]
fn what_is_out_of_bounds_is_refused(#[case] body: Value, #[case] said: &str) {
    let errors = read(body).unwrap_err();

    assert!(errors.iter().any(|error| error.contains(said)), "{errors:?} do not say `{said}`");
}

#[test]
fn two_hundred_ranges_are_taken_and_one_more_is_not() {
    let ranges = |count: u8| (0..count).map(|last| format!("10.0.0.{last}")).collect::<Vec<_>>();
    let body = |count| json!({ "ip": { "allow": ranges(count), "deny": ["10.1.0.0/16"] } });

    assert!(read(body(199)).is_ok());
    let errors = read(body(200)).unwrap_err();
    assert_eq!(errors, ["/ip has 201 ranges; at most 200 are allowed together"]);
}

#[test]
fn what_says_the_same_is_stored_in_the_same_words() {
    let typed = json!({
        "ip": { "allow": ["2001:DB8::/32", "10.0.0.7", "10.0.0.7/32"] },
        "cors": { "origins": ["HTTPS://B.example", "https://a.example"], "headers": ["X-B", "X-A"] },
        "rate_limit": { "requests": 5, "per": "second", "burst": 5, "key": "none" },
    });

    let policy = read(typed).unwrap();

    assert_eq!(
        Value::Object(policy.json()),
        json!({
            "ip": { "allow": ["10.0.0.7/32", "2001:db8::/32"] },
            "cors": {
                "origins": ["https://a.example", "https://b.example"],
                "headers": ["x-a", "x-b"],
            },
            "rate_limit": { "requests": 5 },
        })
    );
    let key = json!({ "rate_limit": { "requests": 5, "key": "header:X-User" } });
    assert_eq!(
        read(key).unwrap().rate_limit.as_ref().unwrap().key.as_deref(),
        Some("header:x-user")
    );
}
