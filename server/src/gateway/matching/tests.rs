//! What a match may ask for, and when two ask for the same.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).unwrap()
}

fn matching(json: &Value) -> Match {
    read::read(Some(json), Some(&prefix("/user/"))).unwrap()
}

fn faults(json: &Value) -> Vec<String> {
    let errors = read::read(Some(json), Some(&prefix("/user/"))).unwrap_err();
    errors.into_iter().map(|error| error.pointer).collect()
}

#[rstest]
#[case(json!({"path": "suffix"}), "/match/path")]
#[case(json!({"path": "regex"}), "/match/regex")]
#[case(json!({"path": "regex", "regex": "("}), "/match/regex")]
#[case(json!({"regex": "a"}), "/match/regex")]
#[case(json!({"ignore_case": 1}), "/match/ignore_case")]
#[case(json!({"methods": ["get"]}), "/match/methods/0")]
#[case(json!({"methods": ["CONNECT"]}), "/match/methods/0")]
#[case(json!({"methods": "GET"}), "/match/methods")]
#[case(json!({"headers": [{"name": ":path", "is": "present"}]}), "/match/headers/0/name")]
#[case(json!({"headers": [{"name": "te", "is": "present"}]}), "/match/headers/0/name")]
#[case(json!({"headers": [{"name": "host", "is": "present"}]}), "/match/headers/0/name")]
#[case(json!({"headers": [{"name": "a_b", "is": "present"}]}), "/match/headers/0/name")]
#[case(json!({"headers": [{"name": "a b", "is": "present"}]}), "/match/headers/0/name")]
#[case(json!({"headers": [{"name": "a", "is": "like"}]}), "/match/headers/0/is")]
#[case(json!({"headers": [{"name": "a", "is": "exact"}]}), "/match/headers/0/value")]
#[case(json!({"headers": [{"name": "a", "is": "exact", "value": ""}]}), "/match/headers/0/value")]
#[case(json!({"headers": [{"name": "a", "is": "exact", "value": "é"}]}), "/match/headers/0/value")]
#[case(json!({"headers": [{"name": "a", "is": "exact", "value": " b"}]}), "/match/headers/0/value")]
#[case(json!({"headers": [{"name": "a", "is": "present", "value": "b"}]}), "/match/headers/0/value")]
#[case(json!({"query": [{"name": "a&b", "is": "present"}]}), "/match/query/0/name")]
#[case(json!({"query": [{"name": "a", "is": "exact", "value": "b c"}]}), "/match/query/0/value")]
#[case(json!({"precedence": 101}), "/match/precedence")]
#[case(json!({"precedence": 0.5}), "/match/precedence")]
#[case(json!({"hosts": []}), "/match/hosts")]
#[case(json!([]), "/match")]
fn what_is_wrong_is_named(#[case] json: Value, #[case] pointer: &str) {
    assert_eq!(faults(&json), [pointer]);
}

#[rstest]
#[case(("present", None), ("absent", None))]
#[case(("exact", Some("a")), ("exact", Some("b")))]
#[case(("exact", Some("a")), ("absent", None))]
#[case(("prefix", Some("b")), ("exact", Some("a")))]
#[case(("prefix", Some("a")), ("prefix", Some("b")))]
#[case(("suffix", Some("a")), ("suffix", Some("b")))]
#[case(("regex", Some("[0-9]+")), ("exact", Some("a")))]
fn conditions_that_nothing_meets_are_refused(
    #[case] one: (&str, Option<&str>),
    #[case] two: (&str, Option<&str>),
) {
    let condition = |(is, value): (&str, Option<&str>)| match value {
        Some(value) => json!({"name": "x", "is": is, "value": value}),
        None => json!({"name": "x", "is": is}),
    };

    for field in ["headers", "query"] {
        let both = json!({field: [condition(one), condition(two)]});
        assert_eq!(faults(&both), [format!("/match/{field}/1")]);
    }
}

#[test]
fn sizes_are_bounded() {
    let many = |count: usize| {
        let all: Vec<_> =
            (0..count).map(|n| json!({"name": format!("x-{n}"), "is": "present"})).collect();
        json!({ "headers": all })
    };
    let methods: Vec<_> = ('A'..='K').map(String::from).collect();

    assert_eq!(matching(&many(20)).conditions(), 20);
    assert_eq!(faults(&many(21)), ["/match/headers"]);
    assert_eq!(faults(&json!({"methods": methods})), ["/match/methods"]);
}

#[test]
fn a_regex_begins_after_a_slash() {
    let json = json!({"path": "regex", "regex": "[0-9]+"});

    assert!(read::read(Some(&json), Some(&prefix("/user"))).is_err());
    assert!(read::read(Some(&json), Some(&prefix("/user/"))).is_ok());
}

#[test]
fn what_means_the_same_is_equal_and_the_default_is_nothing() {
    let one = matching(&json!({
        "methods": ["POST", "GET", "GET"],
        "headers": [{"name": "X-B", "is": "present"}, {"name": "x-a", "is": "exact", "value": "1"}],
    }));
    let two = matching(&json!({
        "headers": [{"name": "x-a", "is": "exact", "value": "1"}, {"name": "x-b", "is": "present"}],
        "methods": ["GET", "POST"], "path": "prefix", "precedence": 0,
    }));

    assert_eq!(one, two);
    assert_eq!(one.words(), "GET or POST, x-a: 1, x-b is there");
    assert!(matching(&json!({"methods": [], "ignore_case": false})).is_default());
}

#[test]
fn a_key_is_equal_where_only_a_case_that_does_not_matter_differs() {
    let (any, none) = (HostPattern::Any, Match::default());
    let folded = matching(&json!({"ignore_case": true}));
    let key = |text, matching| MatchKey::new(&any, &prefix(text), matching);

    assert_eq!(key("/User/", &folded), key("/user/", &folded));
    assert_ne!(key("/User/", &none), key("/user/", &none));
    assert_ne!(key("/user/", &folded), key("/user/", &none));
    assert_eq!(key("/user/", &none).as_str(), "* /user/");
}
