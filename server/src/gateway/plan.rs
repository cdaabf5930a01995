//! Says what a write would change, before it is made. Pure: it carries the write out on a copy of
//! the table, which costs what differs.
//!
//! ```text
//! Table ─ clone, apply ─▶ Table as it would be ─▶ who serves what now, and who would then
//! ```
//! Not here: recent requests and what discovery knows; the caller adds them, and shows the plan as
//! far as [`seen_by`] lets it.

mod seen;

use std::{collections::BTreeMap, sync::Arc};

use app::api::{
    mapping::Warning,
    plan::{Action, Affected, Effect, Example, FieldChange, Plan},
};

pub use self::seen::seen_by;
use super::{
    mapping::{Change, ChangeKind, Mapping, MappingName, Revision, Spec},
    order::{OrderKey, is_tried_after},
    path::Prefix,
    table::{PrefixTaken, Table},
};
use crate::auth::names::TeamName;

/// Mappings inside a prefix that are named; their number is in the warning.
const NESTED_NAMED: usize = 20;

/// Plans that a mapping gets the content of `spec`.
///
/// # Errors
/// Returns the mapping that has the prefix.
pub fn put(table: &Table, spec: &Spec) -> Result<Plan, PrefixTaken> {
    table.check_collision(spec)?;
    let before = table.get(&spec.name).map(Arc::clone);
    let revision = Revision(table.revision().0 + 1);
    let created_at = before.as_ref().map(|before| before.created_at).unwrap_or_default();
    let mapping =
        Arc::new(Mapping { spec: spec.clone(), revision, created_at, updated_at: created_at });
    let after = applied(table, revision, ChangeKind::Put(Arc::clone(&mapping)));
    let diff = diff(before.as_ref().map(|before| &before.spec), Some(spec));
    let moves = before.as_ref().is_none_or(|before| before.spec.prefix != spec.prefix);
    let mut affected = BTreeMap::new();
    let mut warnings = Vec::new();
    // where nothing changes, the neighbours are what there is to tell
    if moves || diff.is_empty() {
        let others = without(table, before.as_deref());
        let losers = servers(&others, &spec.prefix);
        let inside = nested_in(&others, &spec.prefix);
        if moves {
            let losers = losers.iter().map(|loser| touched(loser, Effect::Loses));
            warnings.extend(losers.map(|loser| nested(&loser, spec)));
            warnings.extend((!inside.is_empty()).then(|| shadows(inside.len(), spec)));
        }
        note(&mut affected, losers, Effect::Loses);
        note(&mut affected, inside.into_iter().take(NESTED_NAMED), Effect::Keeps);
    }
    if moves && let Some(before) = &before {
        let gainers = servers(&after, &before.spec.prefix);
        let others = gainers.into_iter().filter(|gainer| gainer.name() != &spec.name);
        note(&mut affected, others, Effect::Gains);
    }
    Ok(Plan {
        action: match &before {
            None => Action::Create,
            Some(_) if diff.is_empty() => Action::Unchanged,
            Some(_) => Action::Replace,
        },
        name: spec.name.to_string(),
        revision: before.map(|before| before.revision.0),
        diff,
        warnings,
        affected: affected.into_values().collect(),
        position: Some(position(&after, &mapping)),
        examples: examples(&after, &spec.prefix),
    })
}

/// Plans that `mapping` is deleted.
pub fn delete(table: &Table, mapping: &Mapping) -> Plan {
    let after = without(table, Some(mapping));
    let mut affected = BTreeMap::new();
    note(&mut affected, servers(&after, &mapping.spec.prefix), Effect::Gains);
    Plan {
        action: Action::Delete,
        name: mapping.name().to_string(),
        revision: Some(mapping.revision.0),
        diff: diff(Some(&mapping.spec), None),
        warnings: Vec::new(),
        affected: affected.into_values().collect(),
        position: None,
        examples: examples(&after, &mapping.spec.prefix),
    }
}

/// Returns the place of a mapping in the match order, from 1.
pub fn position(table: &Table, mapping: &Mapping) -> u32 {
    let key = OrderKey::of(mapping);
    let before = table.in_order().range(..key).count();
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
}

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
        ("prefix", spec.prefix.to_string()),
        ("service", spec.service_text().to_owned()),
        ("rewrite", spec.rewrite.as_str().to_owned()),
        ("labels", labels.join(" ")),
        ("team", spec.team.to_string()),
    ];
    let fields = fields.map(|(key, text)| (key.to_owned(), text));
    fields.into_iter().chain(spec.policy.facts()).collect()
}

/// No label is nothing to speak of, and the team of all goes without saying.
fn is_told(change: &FieldChange) -> bool {
    let silent = match change.field.as_str() {
        "labels" => "",
        "team" => TeamName::DEFAULT,
        _ => return true,
    };
    [&change.before, &change.after].into_iter().flatten().any(|text| text != silent)
}

fn applied(table: &Table, revision: Revision, kind: ChangeKind) -> Table {
    let mut after = table.clone();
    after.apply(&Change { revision, kind });
    after
}

fn without(table: &Table, mapping: Option<&Mapping>) -> Table {
    match mapping {
        Some(mapping) => {
            applied(table, table.revision(), ChangeKind::Delete(mapping.name().clone()))
        }
        None => table.clone(),
    }
}

/// Returns who serves the requests that `prefix` matches and no longer prefix does: one mapping,
/// or two where `/a` and `/a/x` have different ones.
fn servers(table: &Table, prefix: &Prefix) -> Vec<Arc<Mapping>> {
    let base = prefix.base();
    let below = format!("{base}/");
    // no prefix can be a part of this segment
    let deep = format!("{base}/\u{0}");
    let itself = (!prefix.has_trailing_slash()).then_some(base);
    let mut servers: Vec<Arc<Mapping>> = Vec::new();
    for path in itself.into_iter().chain([below.as_str(), deep.as_str()]) {
        if let Some((mapping, _)) = table.explain(path)
            && !servers.iter().any(|known| known.name() == mapping.name())
            // `/a/` serves what is below `/a`, whoever has that
            && is_tried_after(mapping, prefix)
        {
            servers.push(Arc::clone(mapping));
        }
    }
    servers
}

/// Returns the mappings whose prefix lies inside `prefix`: their requests stay theirs.
fn nested_in(table: &Table, prefix: &Prefix) -> Vec<Arc<Mapping>> {
    let below = format!("{}/", prefix.base());
    let is_inside = |other: &Prefix| {
        other.as_str().starts_with(&below) && other.as_str().len() > prefix.as_str().len()
    };
    table.iter().filter(|other| is_inside(&other.spec.prefix)).map(Arc::clone).collect()
}

fn note(
    affected: &mut BTreeMap<MappingName, Affected>,
    mappings: impl IntoIterator<Item = Arc<Mapping>>,
    effect: Effect,
) {
    for mapping in mappings {
        affected.entry(mapping.name().clone()).or_insert_with(|| touched(&mapping, effect));
    }
}

fn touched(mapping: &Mapping, effect: Effect) -> Affected {
    Affected {
        name: mapping.name().to_string(),
        prefix: mapping.spec.prefix.to_string(),
        team: mapping.spec.team.to_string(),
        effect,
        recent_requests: 0,
    }
}

/// Tells whose requests move; of a mapping that the reader may not know, only the team.
fn nested(loser: &Affected, spec: &Spec) -> Warning {
    let Affected { name, prefix, team, .. } = loser;
    let now = match name.as_str() {
        "" => format!("to a mapping of the team `{team}` now"),
        name => format!("to `{name}` now (its prefix is `{prefix}`)"),
    };
    Warning {
        code: "nested".to_owned(),
        message: format!(
            "requests below `{}` go {now}; they would go to `{}`",
            spec.prefix, spec.name
        ),
    }
}

fn shadows(inside: usize, spec: &Spec) -> Warning {
    let (mappings, keep) = match inside {
        1 => ("1 mapping has", "keeps its"),
        _ => (&*format!("{inside} mappings have"), "keep their"),
    };
    Warning {
        code: "shadows".to_owned(),
        message: format!("{mappings} a prefix inside `{}` and {keep} requests", spec.prefix),
    }
}

/// Shows on four paths what a prefix means: below it, the prefix itself with and without its
/// slash, and a path that only begins with the same letters.
fn examples(table: &Table, prefix: &Prefix) -> Vec<Example> {
    let base = prefix.base();
    let paths = match base {
        "" => vec!["/".to_owned(), "/any/path".to_owned()],
        base => {
            let (slash, plain) = (format!("{base}/"), base.to_owned());
            let itself = if prefix.has_trailing_slash() { [slash, plain] } else { [plain, slash] };
            let [first, second] = itself;
            vec![format!("{base}/42"), first, second, format!("{base}s")]
        }
    };
    paths.into_iter().map(|path| example(table, path)).collect()
}

fn example(table: &Table, path: String) -> Example {
    match table.explain(&path) {
        Some((mapping, upstream_path)) => Example {
            mapping: Some(mapping.name().to_string()),
            team: Some(mapping.spec.team.to_string()),
            upstream_path: mapping.spec.service.as_ref().map(|_| upstream_path),
            service: mapping.spec.service.as_ref().map(|service| service.text.to_string()),
            path,
        },
        None => Example { path, mapping: None, team: None, service: None, upstream_path: None },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::gateway::table::tests::mapping;

    fn table(mappings: &[(&str, &str)]) -> Table {
        let mut table = Table::default();
        for (revision, (name, prefix)) in (1..).zip(mappings) {
            let kind = ChangeKind::Put(mapping(name, prefix, "a", "/"));
            table.apply(&Change { revision: Revision(revision), kind });
        }
        table
    }

    fn effects(plan: &Plan) -> Vec<(&str, Effect)> {
        plan.affected.iter().map(|affected| (affected.name.as_str(), affected.effect)).collect()
    }

    #[rstest]
    #[case("/payments/refunds/", &[("payments", Effect::Loses)])]
    #[case("/payments", &[("all", Effect::Loses), ("payments", Effect::Keeps)])]
    #[case("/", &[])]
    #[case("/users/", &[("all", Effect::Loses)])]
    fn a_plan_names_who_loses_requests_and_who_keeps_them(
        #[case] prefix: &str,
        #[case] expected: &[(&str, Effect)],
    ) {
        let mut mappings = vec![("payments", "/payments/")];
        if prefix != "/" {
            mappings.push(("all", "/"));
        }
        let table = table(&mappings);

        let plan = put(&table, &mapping("new", prefix, "b", "/").spec).unwrap();

        let expected = if prefix == "/" { &[("payments", Effect::Keeps)][..] } else { expected };
        assert_eq!(effects(&plan), expected);
        assert_eq!(plan.action, Action::Create);
    }

    #[test]
    fn a_mapping_that_moves_gives_its_old_requests_back() {
        let table = table(&[("all", "/"), ("user", "/user/")]);

        let plan = put(&table, &mapping("user", "/people/", "a", "/").spec).unwrap();

        assert_eq!(plan.action, Action::Replace);
        assert_eq!(effects(&plan), [("all", Effect::Loses)]);
        assert_eq!(plan.diff.len(), 1);
        assert_eq!(plan.diff[0].after.as_deref(), Some("/people/"));
    }

    #[test]
    fn a_delete_says_who_gets_the_requests() {
        let table = table(&[("all", "/"), ("user", "/user/")]);
        let user = table.at_prefix("/user/").unwrap();

        let plan = delete(&table, user);

        assert_eq!(effects(&plan), [("all", Effect::Gains)]);
        assert_eq!(plan.examples[0].mapping.as_deref(), Some("all"));
        assert_eq!(plan.position, None);
    }

    #[test]
    fn the_same_content_is_no_change_and_has_its_neighbours() {
        let table = table(&[("all", "/"), ("user", "/user/"), ("admin", "/user/admin/")]);

        let plan = put(&table, &mapping("user", "/user/", "a", "/").spec).unwrap();

        assert_eq!(plan.action, Action::Unchanged);
        assert_eq!(plan.diff, []);
        assert_eq!(plan.warnings, []);
        assert_eq!(effects(&plan), [("admin", Effect::Keeps), ("all", Effect::Loses)]);
        assert_eq!(plan.position, Some(2));
    }

    #[test]
    fn examples_show_the_segment_and_the_slash() {
        let plan = put(&Table::default(), &mapping("user", "/user/", "svc", "/").spec).unwrap();

        let served: Vec<_> = plan
            .examples
            .iter()
            .map(|example| (example.path.as_str(), example.upstream_path.as_deref()))
            .collect();

        let expected =
            [("/user/42", Some("/42")), ("/user/", Some("/")), ("/user", None), ("/users", None)];
        assert_eq!(served, expected);
    }

    #[test]
    fn a_taken_prefix_has_no_plan() {
        let table = table(&[("user", "/user/")]);

        let refused = put(&table, &mapping("other", "/user/", "a", "/").spec).unwrap_err();

        assert_eq!(refused.owner.as_str(), "user");
    }
}
