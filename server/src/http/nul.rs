//! Refuses U+0000: no text of ours has it, and PostgreSQL can't keep it.

use app::api::problem::FieldError;
use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::error::ApiError;

/// How an HTML form writes it.
const ENCODED: &str = "%00";

/// Checks the fields of a JSON body.
///
/// # Errors
/// 422 that names the field.
pub(super) fn check_object(object: &Map<String, Value>) -> Result<(), ApiError> {
    let Some(pointer) = find_in(object) else { return Ok(()) };
    let message = "must not have a control character, and has U+0000".to_owned();
    Err(ApiError::invalid(vec![FieldError { pointer, message }]))
}

/// Checks the body of an HTML form.
///
/// # Errors
/// 400 when it has one.
pub(super) fn check_form(body: &[u8]) -> Result<(), ApiError> {
    if body.windows(ENCODED.len()).any(|bytes| bytes == ENCODED.as_bytes()) || body.contains(&0) {
        let detail = "the form must not have the character U+0000";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "has-nul", detail));
    }
    Ok(())
}

/// Returns the pointer (RFC 6901) of the first value that has it, in itself or in a name.
fn find(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .find_map(|(place, value)| Some(format!("/{place}{}", find(value)?))),
        Value::Object(object) => find_in(object),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn find_in(object: &Map<String, Value>) -> Option<String> {
    object.iter().find_map(|(name, value)| {
        if name.contains('\0') {
            // a pointer with the character itself would not show it
            return Some(format!("/{}", name.replace('\0', "\u{fffd}")));
        }
        let within = find(value)?;
        Some(format!("/{}{within}", name.replace('~', "~0").replace('/', "~1")))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!({ "a": "x\0" }), "/a")]
    #[case(json!({ "a": "x", "b/c": [1, { "d": "\0" }] }), "/b~1c/1/d")]
    #[case(json!({ "a\0": 1 }), "/a\u{fffd}")]
    fn it_is_found_wherever_it_is(#[case] body: Value, #[case] pointer: &str) {
        let refused = check_object(body.as_object().unwrap()).unwrap_err();

        assert_eq!(refused.errors[0].pointer, pointer);
    }

    #[test]
    fn what_only_looks_alike_is_let_through() {
        let body = json!({ "a": "\\u0000 %00 \u{1}", "b": [null, true, 0, {}] });

        check_object(body.as_object().unwrap()).unwrap();
        check_form(b"a=%2500&b=0").unwrap();
        check_form(b"a=%00").unwrap_err();
    }
}
