//! The table of a mapping's fields beyond the first few: what they are called, what they may hold
//! and what they are by default.
//!
//! ```text
//!                  ┌─▶ the form, and what is wrong in it ─ faults
//! one table ───────┼─▶ what is typed ◀─▶ JSON ─ texts
//! (a file a group) ├─▶ a plan's and a page's words ─ facts, label_of
//!                  └─▶ docs/mapping-reference.md ─ reference
//! ```
//! On the server alone: the browser gets the page that is made of it. Nothing is checked here; what
//! is typed goes to the API as it is.

mod answer;
mod auth;
pub mod faults;
mod headers;
mod matching;
mod protection;
pub mod reference;
mod rewriting;
mod service;
mod streams;
pub mod texts;
mod time;
mod upstream_tls;

use serde_json::Value;

use crate::api::policy::Policy;
use crate::draft;

/// All sections, in the order of the form.
pub const SECTIONS: [&Section; 10] = [
    &matching::SECTION,
    &rewriting::SECTION,
    &answer::SECTION,
    &headers::SECTION,
    &time::SECTION,
    &streams::SECTION,
    &auth::SECTION,
    &service::SECTION,
    &upstream_tls::SECTION,
    &protection::SECTION,
];

/// What comes before the fields of the table where changes are told.
const FIRST: [&str; 9] =
    ["name", "host", "prefix", "match", "service", "backends", "rewrite", "labels", "team"];

/// What belongs together, behind one line that opens it.
#[derive(Debug)]
pub struct Section {
    /// Id in the page.
    pub id: &'static str,
    pub title: &'static str,
    /// Says in a line what it is for.
    pub about: &'static str,
    pub groups: &'static [Group],
}

/// A group of policy, or a single field of its own.
#[derive(Debug)]
pub struct Group {
    /// Its name in JSON.
    pub key: &'static str,
    pub title: &'static str,
    pub fields: &'static [Field],
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// Its path in JSON: `retries.attempts`.
    pub key: &'static str,
    pub label: &'static str,
    pub kind: Kind,
    /// What it is while nothing is said, in words.
    pub default: &'static str,
    pub help: &'static str,
    /// What Envoy calls it.
    pub envoy: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One line of so many bytes at the most.
    Text {
        most: u32,
        example: &'static str,
    },
    /// Several lines.
    Area {
        most: u32,
        example: &'static str,
    },
    /// A whole number; `unit` is what it counts, or empty.
    Number {
        least: i32,
        most: i32,
        unit: &'static str,
    },
    /// One of some words, each with its meaning.
    Choice(&'static [(&'static str, &'static str)]),
    /// One of some numbers, each with its meaning.
    Code(&'static [(&'static str, &'static str)]),
    Switch,
    /// A list of texts, typed one a line.
    Lines {
        most: u32,
        example: &'static str,
    },
    /// A list of texts in one line, typed with `|` between them.
    Words {
        most: u32,
        example: &'static str,
    },
    /// Rows of two or more columns.
    Rows {
        most: u32,
        shape: Shape,
        columns: &'static [Column],
    },
}

/// How rows are written in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `{ "first column": "second column" }`
    ByName,
    /// `[{ "column": … }]`
    Objects,
}

/// A column of rows.
#[derive(Debug)]
pub struct Column {
    /// Its name in the form and, in objects, in JSON.
    pub key: &'static str,
    pub label: &'static str,
    /// A text, a number or a choice.
    pub kind: Kind,
}

/// Returns all fields, in the order of the form.
pub fn all() -> impl Iterator<Item = &'static Field> {
    groups().flat_map(|group| group.fields)
}

/// Returns all groups, in the order of the form.
pub fn groups() -> impl Iterator<Item = &'static Group> {
    SECTIONS.into_iter().flat_map(|section| section.groups)
}

/// Finds the field that `key` is, or is a part of.
pub fn field(key: &str) -> Option<&'static Field> {
    all().find(|field| below(field.key, key).is_some())
}

/// Returns what of `key` is below `above`; empty where they are the same.
fn below<'k>(above: &str, key: &'k str) -> Option<&'k str> {
    let rest = key.strip_prefix(above)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// Names a field, or a part of one, in words: `Retries: attempts`, `Set on requests: x-team`.
pub fn label_of(key: &str) -> String {
    if let Some(first) = draft::Field::ALL.into_iter().find(|field| field.key() == key) {
        return first.label().to_owned();
    }
    match key {
        "match" => return "Match".to_owned(),
        "backends" => return "Services".to_owned(),
        _ => {}
    }
    let group = groups().find(|group| below(group.key, key).is_some());
    match (group, field(key)) {
        (Some(group), Some(field)) => {
            let part = below(field.key, key).filter(|part| !part.is_empty());
            let part = part.map(|part| format!(": {part}")).unwrap_or_default();
            if group.fields.len() == 1 || part.len() > 2 {
                format!("{}{part}", field.label)
            } else {
                format!("{}: {}", group.title, field.label.to_lowercase())
            }
        }
        (Some(group), None) => group.title.to_owned(),
        _ => key.to_owned(),
    }
}

/// Returns every part of a policy that is set: its key, such as `retries.attempts`, and its text,
/// in the order of the form.
pub fn facts(policy: &Policy) -> Vec<(String, String)> {
    let Ok(Value::Object(groups)) = serde_json::to_value(policy) else { return Vec::new() };
    let mut facts = Vec::new();
    for (group, value) in groups {
        flatten(group, &value, &mut facts);
    }
    facts.sort_by_key(|(key, _)| place(key));
    facts
}

/// Returns where a field stands among those of a mapping; those that are not known stand at the end.
pub fn place(key: &str) -> usize {
    let first = FIRST.iter().position(|known| *known == key);
    let rest = || all().position(|field| below(field.key, key).is_some());
    first.or_else(|| Some(FIRST.len() + rest()?)).unwrap_or(usize::MAX)
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
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
