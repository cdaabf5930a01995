//! Spreads the groups of policy over the schemas of mappings: on the wire they stand beside the
//! other fields, and a schema that is put together of two can't refuse unknown fields.

use app::api::policy::Policy;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{OpenApi, RefOr, schema::Schema},
};

/// The schemas that have a mapping's fields.
const MAPPINGS: [&str; 4] = ["Mapping", "MappingDraft", "MappingContent", "MappingPatch"];

/// Adds the groups to each of them, and their schemas to the document.
pub(super) fn spread(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let RefOr::T(Schema::Object(policy)) = Policy::schema() else { return };
    let mut groups = Vec::new();
    Policy::schemas(&mut groups);
    components.schemas.extend(groups);
    for name in MAPPINGS {
        if let Some(RefOr::T(Schema::Object(mapping))) = components.schemas.get_mut(name) {
            mapping.properties.extend(policy.properties.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::http::openapi::document;

    #[test]
    fn a_mapping_has_its_groups_beside_its_fields() {
        let document = serde_json::to_value(document()).unwrap();

        for name in super::MAPPINGS {
            let schema = &document["components"]["schemas"][name];
            assert!(schema["properties"]["redirect"].is_object(), "{name}: {schema}");
        }
        assert_eq!(document["components"]["schemas"]["Retries"]["additionalProperties"], false);
    }
}
