//! Adds to the document what the types of requests do not say: which texts a field takes, and that
//! an unknown field is refused.
//!
//! The rules are in `gateway`. A pattern here names the characters and lengths that can pass them,
//! so that who writes a request, or generates many, comes close.

use std::collections::BTreeSet;

use utoipa::openapi::{
    Components, OpenApi, RefOr,
    path::{Operation, ParameterIn},
    schema::{AdditionalProperties, Object, Schema},
};

use super::complete::{operations, schema_name};
use crate::gateway::{mapping::NAME_MAX_BYTES, path::PATH_MAX_BYTES};

/// Longest service in bytes: a scheme, the longest DNS name, a colon and a port.
const SERVICE_MAX_BYTES: usize = "https://".len() + 253 + ":65535".len();

/// What a text of a mapping may look like: the field, a pattern, the longest in bytes (all of one
/// byte a character).
const FIELDS: [(&str, &str, usize); 4] = [
    ("name", "^[A-Za-z0-9._-]+$", NAME_MAX_BYTES),
    ("prefix", "^/[A-Za-z0-9/._~!$&'()*+,;=:@%-]*$", PATH_MAX_BYTES),
    ("rewrite", "^(/[A-Za-z0-9/._~!$&'()*+,;=:@%-]*)?$", PATH_MAX_BYTES),
    ("service", r"^([A-Za-z]+://)?[A-Za-z0-9._:\[\]-]+$", SERVICE_MAX_BYTES),
];

/// Bounds what requests with a body say.
pub(super) fn bound(document: &mut OpenApi) {
    let mut bodies = BTreeSet::new();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            if let Some(sent) = body_schemas(operation) {
                bodies.extend(sent);
                name_in_path(operation);
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

/// Bounds the name of the mapping that is written. Where one is only looked for, any text may be.
fn name_in_path(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if matches!(parameter.parameter_in, ParameterIn::Path)
            && let Some(RefOr::T(Schema::Object(text))) = &mut parameter.schema
        {
            bound_text(&parameter.name, text);
        }
    }
}

fn close(components: &mut Components, body: &str) {
    let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(body) else { return };
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    for (name, property) in &mut object.properties {
        if let RefOr::T(Schema::Object(text)) = property {
            bound_text(name, text);
        }
    }
}

fn bound_text(field: &str, text: &mut Object) {
    for (known, pattern, max_bytes) in FIELDS {
        if field == known {
            text.pattern = Some(pattern.to_owned());
            text.max_length = Some(max_bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
        let mapping = document.pointer("/components/schemas/Mapping").unwrap();
        assert_eq!(mapping.get("additionalProperties"), None);
    }
}
