//! JSON merge patches (RFC 7396).

use serde_json::{Map, Value};

/// What becomes of a `null` for a field that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AbsentNull {
    /// It does nothing, as the RFC says: names in a map may be taken away twice.
    Goes,
    /// It stays for who reads the result, and refuses names that it does not know.
    Stays,
}

/// Merges a patch into `target`: `null` takes a field away.
pub(super) fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>, null: AbsentNull) {
    for (field, value) in patch {
        match (value, target.get_mut(field)) {
            (Value::Null, Some(_)) => drop(target.remove(field)),
            (Value::Null, None) if null == AbsentNull::Goes => {}
            (Value::Object(inside), Some(Value::Object(before))) => merge(before, inside, null),
            (Value::Object(inside), _) => {
                let mut made = Map::new();
                merge(&mut made, inside, null);
                target.insert(field.clone(), Value::Object(made));
            }
            (value, _) => drop(target.insert(field.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!({ "a": 1 }), json!({ "b": 2 }), json!({ "a": 1, "b": 2 }))]
    #[case(json!({ "a": 1 }), json!({ "a": null, "b": null }), json!({}))]
    #[case(json!({ "a": { "b": 1 } }), json!({ "a": { "b": null, "d": 3 } }), json!({ "a": { "d": 3 } }))]
    #[case(json!({ "a": [1, 2] }), json!({ "a": [3] }), json!({ "a": [3] }))]
    #[case(json!({ "a": 1 }), json!({ "a": { "b": 2, "c": null } }), json!({ "a": { "b": 2 } }))]
    fn a_patch_changes_what_it_names(
        #[case] mut target: Value,
        #[case] patch: Value,
        #[case] after: Value,
    ) {
        let patch = patch.as_object().unwrap();

        merge(target.as_object_mut().unwrap(), patch, AbsentNull::Goes);

        assert_eq!(target, after);
    }

    #[test]
    fn a_name_that_is_not_there_can_be_left_to_be_judged() {
        let mut target = Map::new();
        let patch = json!({ "tsl": null });

        merge(&mut target, patch.as_object().unwrap(), AbsentNull::Stays);

        assert!(target.contains_key("tsl"));
    }
}
