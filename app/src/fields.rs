//! The fields of a mapping's policy: what they are called, and what is set of them.
//!
//! On the server alone: the browser gets the page that is made of them.

use serde_json::Value;

use crate::api::policy::Policy;

/// The fields and groups, in the order of the form.
const ORDER: [&str; 17] = [
    "name",
    "host",
    "prefix",
    "match",
    "service",
    "backends",
    "rewrite",
    "labels",
    "team",
    "redirect",
    "respond",
    "regex_rewrite",
    "host_rewrite",
    "request_headers",
    "response_headers",
    "timeouts",
    "retries",
];

/// Returns every part of a policy that is set: its key, such as `retries.attempts`, and its text,
/// in the order of the form.
pub fn facts(policy: &Policy) -> Vec<(String, String)> {
    let Ok(Value::Object(groups)) = serde_json::to_value(policy) else { return Vec::new() };
    let mut facts = Vec::new();
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(group, _)| place(group));
    for (group, value) in groups {
        flatten(group, &value, &mut facts);
    }
    facts
}

/// Returns where a field stands in the form; those that are not known stand at its end.
pub fn place(key: &str) -> usize {
    let group = key.split('.').next().unwrap_or_default();
    ORDER.iter().position(|known| *known == group).unwrap_or(ORDER.len())
}

fn flatten(key: String, value: &Value, facts: &mut Vec<(String, String)>) {
    match value {
        Value::Object(inside) => {
            for (name, value) in inside {
                flatten(format!("{key}.{name}"), value, facts);
            }
        }
        value => facts.push((key, text(value))),
    }
}

/// Writes a value as one reads it: the entries of a list after one another, the columns of a row,
/// too.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(entries) => entries.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(columns) => columns.values().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
