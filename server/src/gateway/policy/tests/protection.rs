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
#[case(json!({ "rate_limit": { "requests": 1, "key": "header:" } }), "/rate_limit/key names a header that must be 1 to 128 bytes long")]
#[case(json!({ "global_rate_limit": {} }), "/global_rate_limit/descriptors is missing")]
#[case(json!({ "global_rate_limit": { "descriptors": ["user"] } }), "/global_rate_limit/descriptors/0 has `user`; `client_address`")]
#[case(json!({ "global_rate_limit": { "descriptors": ["path", "  "] } }), "/global_rate_limit/descriptors/1 has 0 entries")]
#[case(json!({ "global_rate_limit": { "descriptors": ["method ".repeat(11)] } }), "has 11 entries; 1 to 10 are allowed")]
#[case(json!({ "global_rate_limit": { "descriptors": ["header::path"] } }), "names a header that must not be a pseudo header")]
#[case(json!({ "global_rate_limit": { "descriptors": ["generic_key:é"] } }), "/descriptors/0 has `generic_key:é`")]
#[case(json!({ "fault": { "delay_percent": 5 } }), "/fault/delay_percent has no effect without `delay_ms`")]
#[case(json!({ "fault": { "abort_status": 503, "abort_percent": 0 } }), "/fault/abort_percent must be a whole number from 1 to 100")]
#[case(json!({ "fault": { "abort_status": 200 } }), "/fault/abort_status must be a whole number from 400 to 599")]
#[case(json!({ "fault": { "delay_ms": 60001 } }), "of milliseconds from 1 to 60000")]
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
        "global_rate_limit": { "descriptors": ["  header:X-User   path"] },
        "fault": { "delay_ms": 5, "delay_percent": 100 },
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
            "global_rate_limit": { "descriptors": ["header:x-user path"] },
            "fault": { "delay_ms": 5 },
        })
    );
    let key = json!({ "rate_limit": { "requests": 5, "key": "header:X-User" } });
    assert_eq!(
        read(key).unwrap().rate_limit.as_ref().unwrap().key.as_deref(),
        Some("header:x-user")
    );
}

#[test]
fn what_the_settings_do_not_allow_is_refused_unless_it_was_there_before() {
    let body = json!({
        "fault": { "delay_ms": 5 }, "global_rate_limit": { "descriptors": ["path"] },
    });
    let policy = read(body).unwrap();
    let changed = read(json!({ "fault": { "delay_ms": 6 } })).unwrap();
    let off = Settings::default();
    let on = Settings {
        fault_injection: true,
        rate_limit_service: Some(Default::default()),
        ..Settings::default()
    };
    let refused = |policy: &Policy, settings, before| {
        let errors = policy.beyond(settings, before);
        errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
    };

    assert_eq!(refused(&policy, &off, None), ["/fault", "/global_rate_limit"]);
    assert_eq!(refused(&policy, &off, Some(&policy)), [""; 0]);
    assert_eq!(refused(&changed, &off, Some(&policy)), ["/fault"]);
    assert_eq!(refused(&Policy::default(), &off, Some(&policy)), [""; 0]);
    assert_eq!(refused(&policy, &on, None), [""; 0]);
}

#[test]
fn a_fault_has_words() {
    let words = |fault: Value| fault_words(&read(json!({ "fault": fault })).unwrap().fault);

    assert_eq!(words(json!({})), "");
    assert_eq!(words(json!({ "delay_ms": 300 })), "all requests wait for 300 ms");
    assert_eq!(
        words(
            json!({ "delay_ms": 300, "delay_percent": 50, "abort_status": 503, "abort_percent": 1 })
        ),
        "50 % of the requests wait for 300 ms, 1 % of the requests get 503"
    );
}
