//! What clients see where the gateway itself refuses or fails.

use std::collections::BTreeMap;

use app::api::gateway::{ErrorPage, PageFormat};
use serde_json::Value;

use crate::gateway::read::Reader;

/// What a page can be for, in the order in which Envoy looks for one.
pub const OCCASIONS: [&str; 9] = ["401", "403", "404", "429", "502", "503", "504", "4xx", "5xx"];

/// Longest body in bytes.
const BODY_MAX_BYTES: usize = 4096;

/// Levels of a JSON body: Envoy reads no message that is nested too deeply, and would refuse all
/// that comes with it.
const DEPTH_MAX: usize = 8;

/// What is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    Status,
    /// What Envoy would have answered.
    Message,
    RequestId,
}

/// A part of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'t> {
    Text(&'t str),
    Variable(Variable),
}

/// How variables are written.
const VARIABLES: [(&str, Variable); 3] = [
    ("{status}", Variable::Status),
    ("{message}", Variable::Message),
    ("{request_id}", Variable::RequestId),
];

/// Splits a body into what is written as it is and what is filled in.
pub fn parts(body: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = body;
    loop {
        let found = VARIABLES.iter().filter_map(|(text, variable)| {
            let (before, after) = rest.split_once(text)?;
            Some((before, *variable, after))
        });
        let Some((before, variable, after)) = found.min_by_key(|(before, ..)| before.len()) else {
            break;
        };
        parts.push(Part::Text(before));
        parts.push(Part::Variable(variable));
        rest = after;
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    parts
}

/// Reads the group `error_pages`.
pub(super) fn read(reader: &Reader<'_>) -> BTreeMap<String, ErrorPage> {
    let page = |occasion| Some((String::from(occasion), reader.object(occasion, page)??));
    OCCASIONS.into_iter().filter_map(page).collect()
}

fn page(reader: &Reader<'_>) -> Option<ErrorPage> {
    let formats =
        [("text", PageFormat::Text), ("json", PageFormat::Json), ("html", PageFormat::Html)];
    let format = reader.choice("format", &formats).unwrap_or_default();
    let body = reader.required("body", "a text", check_length)?;
    if format == PageFormat::Json {
        match serde_json::from_str::<Value>(&body) {
            Ok(json) if depth(&json) > DEPTH_MAX => {
                let message =
                    format!("is nested too deeply; at most {DEPTH_MAX} levels are allowed");
                return reader.wrong("body", message);
            }
            Ok(Value::Object(fields)) if !fields.is_empty() => {}
            _ => return reader.wrong("body", "must be a JSON object that is not empty"),
        }
    }
    Some(ErrorPage { format, body })
}

fn depth(json: &Value) -> usize {
    let deepest = match json {
        Value::Object(fields) => fields.values().map(depth).max(),
        Value::Array(values) => values.iter().map(depth).max(),
        _ => return 0,
    };
    deepest.unwrap_or_default() + 1
}

/// A page may have several lines, so control characters are none of its faults.
fn check_length(body: &str) -> Result<String, String> {
    match body.len() {
        0 => Err("is empty".to_owned()),
        1..=BODY_MAX_BYTES => Ok(body.to_owned()),
        bytes => Err(format!("is {bytes} bytes long; at most {BODY_MAX_BYTES} are allowed")),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::{
        super::tests::{is_read_back, wrong},
        *,
    };

    #[test]
    fn what_was_written_is_read_back() {
        is_read_back(&json!({ "error_pages": {
            "404": { "format": "json", "body": r#"{"status": "{status}"}"# },
            "5xx": { "format": "html", "body": "<h1>Sorry</h1>\n{message}\n" },
        }}));
    }

    #[rstest]
    #[case(json!({ "418": { "body": "x" } }), "/error_pages/418")]
    #[case(json!({ "4xx": {} }), "/error_pages/4xx/body")]
    #[case(json!({ "4xx": { "body": "" } }), "/error_pages/4xx/body")]
    #[case(json!({ "4xx": { "body": "x".repeat(4097) } }), "/error_pages/4xx/body")]
    #[case(json!({ "4xx": { "body": "x", "format": "json" } }), "/error_pages/4xx/body")]
    #[case(json!({ "4xx": { "body": "[]", "format": "json" } }), "/error_pages/4xx/body")]
    #[case(json!({ "4xx": { "body": format!("{{\"a\":{}1{}}}", "[".repeat(8), "]".repeat(8)), "format": "json" } }), "/error_pages/4xx/body")]
    #[case(json!({ "4xx": { "body": "x", "format": "xml" } }), "/error_pages/4xx/format")]
    fn what_can_not_be_set_is_named(#[case] group: Value, #[case] pointer: &str) {
        let wrong = wrong(&json!({ "error_pages": group }));

        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].0, pointer);
    }

    #[test]
    fn only_what_is_a_variable_is_filled_in() {
        let found = parts("{status} {who} %REQ(COOKIE)% {message}{request_id}");

        assert_eq!(
            found,
            [
                Part::Variable(Variable::Status),
                Part::Text(" {who} %REQ(COOKIE)% "),
                Part::Variable(Variable::Message),
                Part::Variable(Variable::RequestId),
            ]
        );
    }
}
