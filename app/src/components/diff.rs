//! Says what a change has changed, field by field.

use crate::api::plan::FieldChange;

/// Writes a change in a few words: `service usersvc → usersvc-v2, labels a → none`.
pub(crate) fn summary(diff: &[FieldChange]) -> String {
    let said = diff.iter().map(|change| {
        let [before, after] = [&change.before, &change.after].map(|value| shown(value.as_deref()));
        format!("{} {before} → {after}", change.field)
    });
    match said.collect::<Vec<_>>().join(", ") {
        said if said.is_empty() => "saved without a change".to_owned(),
        said => said,
    }
}

/// Writes a value; an empty one in words.
pub(crate) fn shown(value: Option<&str>) -> &str {
    match value {
        None => "none",
        Some("") => "empty",
        Some(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_named_with_both_values() {
        let change = |field: &str, before: Option<&str>, after: Option<&str>| FieldChange {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let diff =
            [change("service", Some("a"), Some("b")), change("rewrite", Some("/"), Some(""))];

        assert_eq!(summary(&diff), "service a → b, rewrite / → empty");
        assert_eq!(summary(&[]), "saved without a change");
    }
}
