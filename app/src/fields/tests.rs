//! Checks that the form, the JSON and the words of the table agree.

use serde_json::{Map, Value, json};

use super::faults::{Fault, faults};
use super::texts::{Texts, beside, over};
use super::*;
use crate::api::client::ClientError;
use crate::api::problem::{FieldError, Problem};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn mapping() -> Map<String, Value> {
    object(json!({
        "host": "*.example.com",
        "match": {
            "headers": [{ "name": "x-b", "is": "present" }, { "name": "x-a", "is": "exact", "value": "1" }],
            "methods": ["GET"],
            "precedence": -3,
        },
        "host_rewrite": "service",
        "redirect": { "scheme": "https", "code": 308, "strip_query": true, "port": 8443 },
        "respond": { "status": 503, "body": "a\nb" },
        "request_headers": { "set": { "x-a": "1", "x-b": "2" }, "remove": ["x-c", "x-d"] },
        "auth": { "basic": { "consumers": ["acme", "b"], "realm": "Reports" } },
        "retries": { "on": ["5xx", "reset"], "attempts": 3 },
    }))
}

#[test]
fn what_a_mapping_has_comes_back_from_the_form_as_it_was() {
    let texts = Texts::of(&mapping());
    let posted = Texts::posted(texts.pairs());

    assert_eq!(posted, texts);
    assert_eq!(posted.json(), mapping());
}

#[test]
fn every_key_of_the_table_is_a_field_of_a_policy() {
    let known = |key: &str| {
        let mut body = Map::new();
        let mut inside = &mut body;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            let value = if parts.peek().is_some() { json!({}) } else { json!({ "no": "such" }) };
            inside.insert(part.to_owned(), value);
            inside = inside.get_mut(part).unwrap().as_object_mut().unwrap();
        }
        if key == "host" || key.starts_with("match.") {
            return true;
        }
        // a known field of the wrong kind is refused, an unknown one is passed over
        serde_json::from_value::<Policy>(body.into()).is_err()
            || key.ends_with(".set")
            || key.ends_with(".add")
    };

    for field in all() {
        assert!(known(field.key), "`{}`", field.key);
    }
}

#[test]
fn empty_rows_vanish_and_the_rest_close_up() {
    let texts = Texts::posted([
        ("request_headers.set.0.name", " "),
        ("request_headers.set.4.name", "x-a"),
        ("request_headers.set.4.value", " 1 "),
        ("request_headers.set.11.name", "x-b"),
        ("request_headers.set.x.name", "x-c"),
        ("request_headers.set.12.other", "x-c"),
        ("prefix", "/user/"),
    ]);

    let pairs: Vec<_> = texts.pairs().collect();
    assert_eq!(
        pairs,
        [
            ("request_headers.set.0.name", "x-a"),
            ("request_headers.set.0.value", "1"),
            ("request_headers.set.1.name", "x-b"),
        ]
    );
    assert_eq!(
        Value::from(texts.json()),
        json!({ "request_headers": { "set": { "x-a": "1", "x-b": "" } } })
    );
}

#[test]
fn what_is_no_number_goes_on_as_it_was_typed() {
    let texts = Texts::posted([("retries.attempts", "two"), ("timeouts.request_ms", " 50 ")]);

    assert_eq!(
        Value::from(texts.json()),
        json!({ "retries": { "attempts": "two" }, "timeouts": { "request_ms": 50 } })
    );
}

#[test]
fn a_name_that_is_typed_twice_loses_no_text() {
    let texts = Texts::posted([
        ("response_headers.add.0.name", "x-a"),
        ("response_headers.add.0.value", "1"),
        ("response_headers.add.1.name", "x-a"),
        ("response_headers.add.1.value", "2"),
    ]);

    assert_eq!(
        Value::from(texts.json()),
        json!({ "response_headers": { "add": { "x-a": ["1", "2"] } } })
    );
}

#[test]
fn what_the_table_does_not_have_is_kept_beside_it() {
    let mut whole = mapping();
    whole.insert("other".to_owned(), json!({ "a": 1 }));
    whole.insert("retries".to_owned(), json!({ "attempts": 3, "unknown": 7 }));

    let rest = beside(&whole);

    assert_eq!(
        Value::from(rest.clone()),
        json!({ "other": { "a": 1 }, "retries": { "unknown": 7 } })
    );
    assert_eq!(over(rest, Texts::of(&whole).json()), whole);
}

#[test]
fn a_fault_stands_at_the_input_that_it_is_about() {
    let texts = Texts::of(&mapping());
    let error =
        |pointer: &str| FieldError { pointer: pointer.to_owned(), message: "is wrong".to_owned() };
    let pointers = [
        "/prefix",
        "/retries/attempts",
        "/retries/on/1",
        "/request_headers/set/x-b",
        "/request_headers/remove/0",
        "/redirect",
        "/match/headers/1/value",
        "/match",
        "/other/a~1b",
    ];
    let problem = Problem { errors: pointers.map(error).into(), ..Problem::default() };

    let found = faults(&texts, &ClientError::from(problem));

    let found: Vec<_> =
        found.iter().map(|Fault { id, message, .. }| (id.as_str(), message.as_str())).collect();
    assert_eq!(
        found,
        [
            ("retries.attempts", "is wrong"),
            ("retries.on", "line 2 is wrong"),
            ("request_headers.set.1.name", "is wrong"),
            ("request_headers.remove", "line 1 is wrong"),
            ("redirect", "is wrong"),
            ("match.headers.1.value", "is wrong"),
            ("match", "is wrong"),
            ("other.a/b", "is wrong"),
        ]
    );
}

#[test]
fn keys_have_words() {
    assert_eq!(label_of("prefix"), "Prefix");
    assert_eq!(label_of("retries.attempts"), "Retries: retries");
    assert_eq!(label_of("request_headers.set.x-a"), "Set on requests: x-a");
    assert_eq!(label_of("host_rewrite"), "Host for the service");
    assert_eq!(label_of("redirect"), "Redirect");
    assert_eq!(label_of("unknown.key"), "unknown.key");
}

#[test]
fn no_two_inputs_have_the_same_id() {
    let mut ids: Vec<_> = all().map(|field| field.key).collect();
    ids.extend(groups().map(|group| group.key).filter(|key| all().all(|field| field.key != *key)));
    ids.extend(SECTIONS.map(|section| section.id));
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();

    assert_eq!(ids.len(), all);
}

#[test]
fn the_reference_is_current() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mapping-reference.md");
    let written = reference::markdown();
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(file, &written).unwrap();
    }

    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(committed == written, "`make bless` writes the page anew");
}
