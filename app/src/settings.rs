//! The table of the gateway's settings, but those of TLS and protection, which have forms of their
//! own: what they are called, what they may hold and what they are by default. A group is one file
//! below.
//!
//! ```text
//! settings (JSON) ─ words ─▶ the page
//!                 ─ text ──▶ the group's form ─ posted ─▶ json ─▶ the API
//! ```
//! On the server alone, as the table of a mapping's fields. Nothing is checked here.

mod access_log;
mod clients;
mod error_pages;
mod limits;
mod request_id;
mod tracing;

use serde_json::{Map, Value};

use crate::fields::texts::{plain, value};
use crate::fields::{Field, Group, Kind};

/// All groups, in the order of the page. The keys of their fields are pointers without the leading
/// slash: `limits/idle_timeout_s`.
pub const GROUPS: [&Group; 6] = [
    &clients::GROUP,
    &limits::GROUP,
    &request_id::GROUP,
    &error_pages::GROUP,
    &access_log::GROUP,
    &tracing::GROUP,
];

/// Finds a group by its name in JSON.
pub fn group(key: &str) -> Option<&'static Group> {
    GROUPS.into_iter().find(|group| group.key == key)
}

/// Returns the settings of a group that are shown, with what only the API has set.
pub fn shown(group: &'static Group, settings: &Value) -> impl Iterator<Item = &'static Field> {
    const OTHERS: &[Field] = &error_pages::OTHERS;
    let others = OTHERS.iter().filter(move |field| field.key.starts_with(group.key));
    let others: Vec<_> = others.filter(|field| at(settings, field).is_some()).collect();
    group.fields.iter().chain(others)
}

/// Writes what a setting is as one would type it; empty where nothing is set.
pub fn text(settings: &Value, field: &Field) -> String {
    match (at(settings, field), field.kind) {
        (Some(Value::Bool(flag)), Kind::Switch) => if *flag { "on" } else { "" }.to_owned(),
        (Some(Value::Array(lines)), _) => lines.iter().map(plain).collect::<Vec<_>>().join("\n"),
        (Some(value), _) => plain(value),
        (None, _) => String::new(),
    }
}

/// Writes what a setting is as one reads it.
pub fn words(settings: &Value, field: &Field) -> String {
    let text = text(settings, field);
    match field.kind {
        Kind::Switch => if text.is_empty() { "off" } else { "on" }.to_owned(),
        _ if text.is_empty() => field.default.to_owned(),
        Kind::Choice(options) => {
            let known = options.iter().find(|(word, _)| *word == text);
            known.map_or(text, |(_, words)| (*words).to_owned())
        }
        Kind::Number { unit: "", .. } => text,
        Kind::Number { unit, .. } => format!("{text} {unit}"),
        Kind::Lines { .. } => text.replace('\n', ", "),
        Kind::Area { .. } => format!("{} bytes", text.len()),
        _ => text,
    }
}

/// Returns the JSON that a group's form means; `typed` has the text of an input. What is empty is
/// `null`, by which the API gives it its default.
pub fn json<'t>(group: &Group, typed: impl Fn(&str) -> &'t str) -> Value {
    let mut json = Map::new();
    for field in group.fields {
        let text = typed(field.key).replace("\r\n", "\n");
        let meant = match field.kind {
            Kind::Switch => Value::Bool(!text.is_empty()),
            _ if text.trim().is_empty() => Value::Null,
            kind => value(&text, kind),
        };
        let below = field.key.strip_prefix(group.key).and_then(|rest| rest.strip_prefix('/'));
        if let Some(below) = below {
            put(&mut json, below, meant);
        }
    }
    for inside in json.values_mut() {
        let is_empty =
            matches!(inside, Value::Object(inside) if inside.values().all(Value::is_null));
        if is_empty {
            *inside = Value::Null;
        }
    }
    Value::Object(json)
}

fn at<'v>(settings: &'v Value, field: &Field) -> Option<&'v Value> {
    settings.pointer(&format!("/{}", field.key)).filter(|value| !value.is_null())
}

fn put(json: &mut Map<String, Value>, key: &str, value: Value) {
    match key.split_once('/') {
        None => drop(json.insert(key.to_owned(), value)),
        Some((first, rest)) => {
            let inside = json.entry(first).or_insert_with(|| Map::new().into());
            if let Value::Object(inside) = inside {
                put(inside, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::gateway::Settings;

    /// Posts a group's form as it is shown.
    fn posted(settings: &Value, group: &'static Group) -> Value {
        let texts: Vec<_> =
            group.fields.iter().map(|field| (field.key, text(settings, field))).collect();
        json(group, |key| {
            texts.iter().find(|(known, _)| *known == key).map_or("", |(_, text)| text)
        })
    }

    #[test]
    fn a_form_that_is_posted_as_it_is_shown_changes_nothing() {
        let settings = serde_json::from_value::<Settings>(json!({
            "clients": { "trusted_hops": 2, "proxy_protocol": "required" },
            "limits": { "request_timeout_s": 7, "max_request_headers_kb": 8 },
            "access_log": { "to": "stdout", "fields": ["time", "mapping"], "only_errors": true },
            "request_id": { "in_responses": true },
            "tracing": { "service": "otel:4317", "sampled_percent": 0 },
            "error_pages": { "404": { "format": "html", "body": "a\nb" } },
        }));
        for settings in [Settings::default(), settings.unwrap()] {
            let before = serde_json::to_value(settings).unwrap();
            for group in GROUPS {
                let mut after = posted(&before, group);
                if let Value::Object(pages) = &mut after
                    && group.key == "error_pages"
                {
                    pages.retain(|_, page| !page.is_null());
                }
                let read = |group_json: &Value| {
                    serde_json::from_value::<Settings>(json!({ group.key: group_json })).unwrap()
                };
                assert_eq!(read(&after), read(&before[group.key]), "{}: {after}", group.key);
            }
        }
    }

    #[test]
    fn the_defaults_in_words_are_those_in_effect() {
        let settings = serde_json::to_value(Settings::default()).unwrap();
        for field in GROUPS.iter().flat_map(|group| group.fields) {
            assert_eq!(words(&settings, field), field.default, "{}", field.key);
        }
    }
}
