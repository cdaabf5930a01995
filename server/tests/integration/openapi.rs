//! The OpenAPI document: whole, current, and what the server sends.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use chancery::http::openapi::document;
use http::StatusCode;
use serde_json::Value;

use crate::support::server::TestServer;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

fn written() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// Returns every operation with the name by which it is complained of.
fn operations(document: &Value) -> BTreeMap<String, &Value> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    all.filter(|(name, _)| METHODS.iter().any(|method| name.starts_with(method))).collect()
}

/// Returns what a reference leads to, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.map_or(value, |pointer| document.pointer(pointer).unwrap())
}

/// Adds every `$ref` below `value` to `found`.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                found.insert(reference.clone());
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn the_committed_document_is_that_of_the_code() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let now = format!("{}\n", document().to_pretty_json().unwrap());
    // the one switch with which snapshots are accepted
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::write(&file, &now).unwrap();
    }

    let committed = std::fs::read_to_string(&file).unwrap_or_default();

    assert!(now == committed, "docs/openapi.json is not current: `make bless` writes it");
}

#[test]
fn every_operation_says_what_it_does_and_shows_it() {
    let document = written();
    let mut ids = BTreeSet::new();
    let mut missing = Vec::new();
    for (name, operation) in operations(&document) {
        let mut need = |what: &str, is_there: bool| {
            if !is_there {
                missing.push(format!("{name}: {what}"));
            }
        };
        let id = operation["operationId"].as_str().unwrap_or_default();
        need("an operationId of its own", !id.is_empty() && ids.insert(id));
        need("a summary", operation["summary"].is_string());
        need("one tag", operation["tags"].as_array().is_some_and(|tags| tags.len() == 1));
        let shows = |content: &Value| {
            let kinds = content.as_object();
            kinds.is_none_or(|kinds| {
                let shown = |kind: &Value| kind.get("example").or(kind.get("examples")).is_some();
                kinds.values().all(shown)
            })
        };
        need("an example of the body", shows(&operation["requestBody"]["content"]));
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let what = format!("a description of the parameter {}", parameter["name"]);
            need(&what, parameter["description"].is_string());
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolved(&document, response);
            need(&format!("an example of {status}"), shows(&response["content"]));
            need(&format!("words for {status}"), response["description"].is_string());
            for (header, described) in response["headers"].as_object().into_iter().flatten() {
                let described = resolved(&document, described);
                let what = format!("words for the header {header} of {status}");
                need(&what, described["description"].is_string());
            }
        }
    }

    assert!(missing.is_empty(), "missing in the document:\n{}", missing.join("\n"));
}

#[test]
fn every_component_is_used_and_every_reference_leads_somewhere() {
    let document = written();
    let mut reached = BTreeSet::new();
    references(&document["paths"], &mut reached);
    loop {
        let before = reached.len();
        for reference in reached.clone() {
            let pointer = reference.strip_prefix('#').unwrap();
            let schema = document.pointer(pointer);
            references(schema.unwrap_or_else(|| panic!("{reference} leads nowhere")), &mut reached);
        }
        if reached.len() == before {
            break;
        }
    }

    let kinds = document["components"].as_object().unwrap().iter();
    let components = kinds.flat_map(|(kind, parts)| {
        let names = parts.as_object().unwrap().keys();
        names.map(move |name| format!("#/components/{kind}/{name}"))
    });
    let unused: Vec<_> = components.filter(|component| !reached.contains(component)).collect();

    assert!(unused.is_empty(), "nothing uses {unused:?}");
}

#[test]
fn no_route_of_the_api_is_left_out_of_the_document() {
    let table = include_str!("../../src/http.rs");

    // what `routes!` adds is in the document by itself
    let plain: Vec<_> = table
        .lines()
        .filter(|line| line.contains("route(\"/api/v1") || line.contains("nest(\"/api"))
        .collect();

    assert!(plain.is_empty(), "add them by `routes!`:\n{}", plain.join("\n"));
}

#[tokio::test]
async fn the_server_sends_the_document_once() {
    let server = TestServer::start().await;

    let first = server.get("/api/openapi.json").await;
    let tag = first.headers["etag"].to_str().unwrap();
    let url = server.url("/api/openapi.json");
    let headers = [("if-none-match", tag)];
    let again = server.client.send(http::Method::GET, &url, &headers, "").await;

    assert_eq!(first.status, StatusCode::OK, "{first}");
    assert_eq!(first.headers["content-type"], "application/json");
    assert_eq!(first.json(), written());
    assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{again}");
}
