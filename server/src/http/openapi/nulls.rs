//! Says that what may be absent may be `null`, too, in the bodies whose reader takes the two for
//! the same: mappings and the settings of the gateway.

use std::collections::BTreeSet;

use utoipa::openapi::{
    Components, OpenApi, RefOr,
    schema::{Object, OneOfBuilder, Schema, SchemaType, Type},
};

/// The schemas of such bodies; what they refer to is meant, too.
const BODIES: [&str; 4] = ["Settings", "MappingContent", "MappingDraft", "MappingPatch"];

/// Lets every field of these bodies that is not required be `null`.
pub(super) fn allow(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    let mut waiting: Vec<String> = BODIES.map(str::to_owned).into();
    let mut seen = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if seen.insert(name.clone()) {
            waiting.extend(inside(components, &name));
        }
    }
}

/// Does it for one schema; returns the names of those that its fields refer to.
fn inside(components: &mut Components, name: &str) -> Vec<String> {
    let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(name) else {
        return Vec::new();
    };
    let mut referred = Vec::new();
    for (field, schema) in &mut object.properties {
        referred.extend(refers_to(schema));
        if !object.required.contains(field) {
            or_null(schema);
        }
    }
    referred
}

fn refers_to(schema: &RefOr<Schema>) -> Vec<String> {
    match schema {
        RefOr::Ref(reference) => {
            reference.ref_location.rsplit('/').next().map(str::to_owned).into_iter().collect()
        }
        RefOr::T(Schema::OneOf(one)) => one.items.iter().flat_map(refers_to).collect(),
        RefOr::T(_) => Vec::new(),
    }
}

fn or_null(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::Ref(_) => {
            let is = schema.clone();
            let null = Object::with_type(Type::Null);
            let either = OneOfBuilder::new().item(null).item(is).build();
            *schema = RefOr::T(Schema::OneOf(either));
        }
        RefOr::T(Schema::Object(object)) => nullable(&mut object.schema_type),
        RefOr::T(Schema::Array(array)) => nullable(&mut array.schema_type),
        RefOr::T(_) => {}
    }
}

fn nullable(kind: &mut SchemaType) {
    match kind {
        SchemaType::Type(one) => *kind = SchemaType::Array(vec![one.clone(), Type::Null]),
        SchemaType::Array(several) if !several.contains(&Type::Null) => several.push(Type::Null),
        SchemaType::Array(_) | SchemaType::AnyValue => {}
    }
}
