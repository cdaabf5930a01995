//! What differs between two contents of a mapping, field by field.

use app::api::plan::FieldChange;

use crate::{auth::names::TeamName, gateway::mapping::Spec};

/// Returns the fields in which two contents differ, in the order of the form; the name is among
/// them only where a mapping comes or goes. A part of the policy that is not set has no text.
pub fn diff(before: Option<&Spec>, after: Option<&Spec>) -> Vec<FieldChange> {
    let (before, after) = (before.map(fields), after.map(fields));
    let mut keys: Vec<String> = Vec::new();
    for (key, _) in before.iter().chain(&after).flatten() {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys.sort_by_key(|key| app::fields::place(key));
    let text = |side: &Option<Vec<(String, String)>>, key: &str| {
        let mut all = side.iter().flatten();
        all.find(|(known, _)| known == key).map(|(_, text)| text.clone())
    };
    let changes = keys.into_iter().map(|field| FieldChange {
        before: text(&before, &field),
        after: text(&after, &field),
        field,
    });
    changes.filter(|change| change.before != change.after && is_told(change)).collect()
}

fn fields(spec: &Spec) -> Vec<(String, String)> {
    let labels: Vec<_> = spec.labels.iter().collect();
    let fields = [
        ("name", spec.name.to_string()),
        ("host", spec.host.to_string()),
        ("prefix", spec.prefix.to_string()),
        ("match", spec.matching.words()),
        ("service", spec.service_text().to_owned()),
        ("backends", spec.backends.text()),
        ("rewrite", spec.rewrite.as_str().to_owned()),
        ("labels", labels.join(" ")),
        ("team", spec.team.to_string()),
    ];
    let fields = fields.map(|(key, text)| (key.to_owned(), text));
    fields.into_iter().chain(spec.policy.facts()).collect()
}

/// No label, condition and backend are nothing to speak of; any host and the team of all go without
/// saying.
fn is_told(change: &FieldChange) -> bool {
    let silent = match change.field.as_str() {
        "labels" | "match" | "backends" => "",
        "host" => "*",
        "team" => TeamName::DEFAULT,
        _ => return true,
    };
    [&change.before, &change.after].into_iter().flatten().any(|text| text != silent)
}
