//! Adds to the document what the types of requests do not say: which texts a field, a parameter or
//! a header takes, and that an unknown field is refused.
//!
//! The rules are in `gateway` and at the handlers. A pattern here names the characters and lengths
//! that can pass them, so that who writes a request, or generates many, comes close.

use std::collections::BTreeSet;

use serde_json::json;
use utoipa::openapi::{
    Components, OpenApi, RefOr,
    path::{Operation, Parameter, ParameterIn},
    schema::{AdditionalProperties, Array, ArrayItems, Object, Schema, Type},
};

use super::complete::{operations, schema_name};
use crate::{
    gateway::{
        labels::{LABEL_MAX_BYTES, LABELS_MAX},
        mapping::NAME_MAX_BYTES,
        path::PATH_MAX_BYTES,
    },
    http::condition::KEY_MAX_BYTES,
};

/// Longest service in bytes: a scheme, the longest DNS name, a colon and a port.
const SERVICE_MAX_BYTES: usize = "https://".len() + 253 + ":65535".len();

/// A name of a text, what it may look like, and the longest in bytes (all of one byte a
/// character).
type Text = (&'static str, &'static str, usize);

const FIELDS: [Text; 4] = [
    ("name", "^[A-Za-z0-9._-]+$", NAME_MAX_BYTES),
    ("prefix", "^/[A-Za-z0-9/._~!$&'()*+,;=:@%-]*$", PATH_MAX_BYTES),
    ("rewrite", "^(/[A-Za-z0-9/._~!$&'()*+,;=:@%-]*)?$", PATH_MAX_BYTES),
    ("service", r"^([A-Za-z]+://)?[A-Za-z0-9._:\[\]-]+$", SERVICE_MAX_BYTES),
];

const LABELS: [Text; 1] = [("labels", "^[A-Za-z0-9._:=/-]+$", LABEL_MAX_BYTES)];

/// Headers of writes.
const HEADERS: [Text; 1] = [("idempotency-key", "^[!-~]+$", KEY_MAX_BYTES)];

/// Bounds what requests with a body say.
pub(super) fn bound(document: &mut OpenApi) {
    let mut bodies = BTreeSet::new();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            headers_are_texts(operation);
            if let Some(sent) = body_schemas(operation) {
                bodies.extend(sent);
                parameters(operation);
            }
        }
    }
    if let Some(components) = &mut document.components {
        bodies.iter().for_each(|body| close(components, body));
    }
}

/// Returns the names of the schemas of an operation's body; `None` when it takes none.
fn body_schemas(operation: &Operation) -> Option<Vec<String>> {
    let Some(RefOr::T(body)) = &operation.request_body else { return None };
    let schemas = body.content.values().filter_map(|content| match content {
        RefOr::T(content) => content.schema.as_ref().and_then(schema_name).map(str::to_owned),
        RefOr::Ref(_) => None,
    });
    Some(schemas.collect())
}

/// A header is there or not; it is never `null`, as the optional type of its value says.
fn headers_are_texts(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(Parameter { parameter_in, schema, .. }) = parameter else { continue };
        if matches!(parameter_in, ParameterIn::Header)
            && let Some(RefOr::T(Schema::Object(text))) = schema
        {
            text.schema_type = Type::String.into();
        }
    }
}

/// Bounds the name of the mapping that is written, and the conditions. Where a mapping is only
/// looked for, its name may be any text.
fn parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(Parameter { name, parameter_in, schema, .. }) = parameter else { continue };
        let Some(RefOr::T(Schema::Object(text))) = schema else { continue };
        match parameter_in {
            ParameterIn::Path => bound_text(&FIELDS, name, text),
            ParameterIn::Header if name.eq_ignore_ascii_case("if-none-match") => {
                text.enum_values = Some(vec![json!("*")]);
            }
            ParameterIn::Header => bound_text(&HEADERS, &name.to_ascii_lowercase(), text),
            _ => {}
        }
    }
}

fn close(components: &mut Components, body: &str) {
    let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(body) else { return };
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    for (name, property) in &mut object.properties {
        match property {
            RefOr::T(Schema::Object(text)) => bound_text(&FIELDS, name, text),
            RefOr::T(Schema::Array(list)) => bound_list(name, list),
            _ => {}
        }
    }
}

fn bound_list(field: &str, list: &mut Array) {
    if !LABELS.iter().any(|(known, ..)| *known == field) {
        return;
    }
    list.max_items.get_or_insert(LABELS_MAX);
    if let ArrayItems::RefOrSchema(items) = &mut list.items
        && let RefOr::T(Schema::Object(text)) = items.as_mut()
    {
        bound_text(&LABELS, field, text);
    }
}

fn bound_text(known: &[Text], name: &str, text: &mut Object) {
    for (known, pattern, max_bytes) in known {
        if name == *known && text.pattern.is_none() {
            text.pattern = Some((*pattern).to_owned());
            text.max_length = Some(*max_bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::http::openapi::document;

    #[test]
    fn what_is_written_is_bounded_and_what_is_looked_for_is_not() {
        let document = serde_json::to_value(document()).unwrap();
        let name = |method: &str| {
            let path = "/paths/~1api~1v1~1mappings~1{name}";
            document.pointer(&format!("{path}/{method}/parameters/0/schema")).unwrap().clone()
        };

        assert_eq!(name("get"), json!({ "type": "string" }));
        assert_eq!(name("put")["maxLength"], 64);
        let draft = document.pointer("/components/schemas/MappingDraft").unwrap();
        assert_eq!(draft["additionalProperties"], false);
        assert!(draft.pointer("/properties/service/pattern").is_some_and(Value::is_string));
        assert!(draft.pointer("/properties/labels/items/pattern").is_some_and(Value::is_string));
        let mapping = document.pointer("/components/schemas/Mapping").unwrap();
        assert_eq!(mapping.get("additionalProperties"), None);
    }
}
