//! Says what a write would change, before it is made. Pure: it carries the write out on a copy of
//! the table, which costs what differs.
//!
//! ```text
//! Table ─ clone, apply ─▶ Table as it would be ─▶ who serves what now, and who would then
//! ```
//! Not here: recent requests and what discovery knows; the caller adds them, and shows the plan as
//! far as [`seen_by`] lets it.

mod difference;
mod overlap;
mod seen;

use std::{collections::BTreeMap, sync::Arc};

use app::api::{
    mapping::Warning,
    plan::{Action, Affected, Effect, Example, Plan},
};

use self::overlap::{Sharer, is_shadowed, nested_in, sample, servers};
pub use self::{difference::diff, seen::seen_by};
use super::{
    mapping::{Change, ChangeKind, Mapping, MappingName, Revision, Spec},
    matching::{PathKind, host::HostPattern},
    order::OrderKey,
    request::Request,
    table::{MatchTaken, Table},
};

/// Mappings inside a prefix that are named; their number is in the warning.
const NESTED_NAMED: usize = 20;

/// Plans that a mapping gets the content of `spec`.
///
/// # Errors
/// Returns the mapping that has the match.
pub fn put(table: &Table, spec: &Spec) -> Result<Plan, MatchTaken> {
    table.check_collision(spec)?;
    let before = table.get(&spec.name).map(Arc::clone);
    let revision = Revision(table.revision().0 + 1);
    let created_at = before.as_ref().map(|before| before.created_at).unwrap_or_default();
    let mapping =
        Arc::new(Mapping { spec: spec.clone(), revision, created_at, updated_at: created_at });
    let after = applied(table, revision, ChangeKind::Put(Arc::clone(&mapping)));
    let diff = diff(before.as_ref().map(|before| &before.spec), Some(spec));
    let moves = before.as_ref().is_none_or(|before| before.spec.match_key() != spec.match_key());
    let mut affected = BTreeMap::new();
    let mut warnings = Vec::new();
    // where nothing changes, the neighbours are what there is to tell
    if moves || diff.is_empty() {
        let others = without(table, before.as_deref());
        let losers = servers(&others, spec);
        let inside = nested_in(&others, spec);
        warnings.extend(is_shadowed(&others, spec).then(|| shadowed(spec)));
        if moves {
            let losers = losers.iter().map(|loser| touched(loser, Effect::Loses));
            warnings.extend(losers.map(|loser| nested(&loser, spec)));
            warnings.extend((!inside.is_empty()).then(|| shadows(inside.len(), spec)));
        }
        note(&mut affected, losers, Effect::Loses);
        let inside = inside.into_iter().take(NESTED_NAMED);
        let inside = inside.map(|mapping| Sharer { mapping, is_certain: true });
        note(&mut affected, inside, Effect::Keeps);
    }
    if moves && let Some(before) = &before {
        let gainers = servers(&after, &before.spec);
        let others = gainers.into_iter().filter(|gainer| gainer.mapping.name() != &spec.name);
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
        examples: examples(&after, spec),
    })
}

/// Plans that `mapping` is deleted.
pub fn delete(table: &Table, mapping: &Mapping) -> Plan {
    let after = without(table, Some(mapping));
    let mut affected = BTreeMap::new();
    note(&mut affected, servers(&after, &mapping.spec), Effect::Gains);
    Plan {
        action: Action::Delete,
        name: mapping.name().to_string(),
        revision: Some(mapping.revision.0),
        diff: diff(Some(&mapping.spec), None),
        warnings: Vec::new(),
        affected: affected.into_values().collect(),
        position: None,
        examples: examples(&after, &mapping.spec),
    }
}

/// Returns the place of a mapping in the match order, from 1.
pub fn position(table: &Table, mapping: &Mapping) -> u32 {
    let key = OrderKey::of(mapping);
    let before = table.in_order().range(..key).count();
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
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

fn note(
    affected: &mut BTreeMap<MappingName, Affected>,
    sharers: impl IntoIterator<Item = Sharer>,
    effect: Effect,
) {
    for sharer in sharers {
        let name = sharer.mapping.name().clone();
        affected.entry(name).or_insert_with(|| touched(&sharer, effect));
    }
}

fn touched(sharer: &Sharer, effect: Effect) -> Affected {
    let mapping = &sharer.mapping;
    Affected {
        name: mapping.name().to_string(),
        prefix: mapping.spec.prefix.to_string(),
        team: mapping.spec.team.to_string(),
        effect,
        is_certain: sharer.is_certain,
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
    let (requests, go) = match loser.is_certain {
        true => (place(spec), "go"),
        false => (format!("some {}", place(spec)), "may go"),
    };
    Warning {
        code: "nested".to_owned(),
        message: format!("{requests} {go} {now}; they would go to `{}`", spec.name),
    }
}

/// Names the requests that a content asks for.
fn place(spec: &Spec) -> String {
    let host = match &spec.host {
        HostPattern::Any => String::new(),
        host => format!(" for `{host}`"),
    };
    let words = spec.matching.words();
    let with = if words.is_empty() { words } else { format!(" ({words})") };
    format!("requests{host} below `{}`{with}", spec.prefix)
}

fn shadowed(spec: &Spec) -> Warning {
    let name = &spec.name;
    let message = format!(
        "no request reaches `{name}`: a mapping that is tried earlier serves all of them; a higher `precedence` would change that"
    );
    Warning { code: "shadowed".to_owned(), message }
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

/// Shows on some paths what a match means: below the prefix, the prefix itself with and without its
/// slash, and a path that only begins with the same letters; then the first without the conditions.
fn examples(table: &Table, spec: &Spec) -> Vec<Example> {
    let base = spec.prefix.base();
    let is_exact = *spec.matching.path() == PathKind::Exact;
    let paths = match base {
        "" => vec!["/".to_owned(), "/any/path".to_owned()],
        base => {
            let (slash, plain) = (format!("{base}/"), base.to_owned());
            let is_slashed = spec.prefix.has_trailing_slash();
            let [first, second] = if is_slashed { [slash, plain] } else { [plain, slash] };
            let (below, beside) = (format!("{base}/42"), format!("{base}s"));
            if is_exact {
                vec![first, second, below, beside]
            } else {
                vec![below, first, second, beside]
            }
        }
    };
    let plain = (spec.matching.conditions() > 0).then(|| paths.first().cloned()).flatten();
    let plain =
        plain.map(|path| Request { host: sample(spec, &path).host, ..Request::of_path(&path) });
    let sampled = paths.iter().map(|path| sample(spec, path));
    sampled.chain(plain).map(|request| example(table, &request)).collect()
}

fn example(table: &Table, request: &Request) -> Example {
    let mut with: Vec<_> =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    if request.method != "GET" {
        with.insert(0, request.method.to_string());
    }
    let query =
        if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let served = table.explain(request);
    let spec = served.as_ref().map(|(mapping, _)| &mapping.spec);
    Example {
        path: format!("{}{query}", request.path),
        host: request.host.clone(),
        with: with.join(", "),
        mapping: spec.map(|spec| spec.name.to_string()),
        team: spec.map(|spec| spec.team.to_string()),
        service: spec
            .and_then(|spec| spec.service.as_ref())
            .map(|service| service.text.to_string()),
        upstream_path: served
            .filter(|(mapping, _)| mapping.spec.service.is_some())
            .map(|(_, path)| format!("{path}{query}")),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::gateway::table::tests::{mapping, mapping_with};

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
        let user = table.at_prefix("/user/").next().unwrap();

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

    fn with(name: &str, body: serde_json::Value) -> Arc<Mapping> {
        mapping_with(name, &body)
    }

    #[test]
    fn what_conditions_have_in_common_is_called_possible_and_what_excludes_is_left_out() {
        let mut table = table(&[("all", "/")]);
        let beta = |value| json!([{"name": "x-beta", "is": "exact", "value": value}]);
        for (name, body) in [
            ("one", json!({"prefix": "/user/", "match": {"headers": beta("1")}})),
            ("two", json!({"prefix": "/user/", "match": {"headers": beta("2")}})),
            ("other", json!({"host": "a.example.com", "prefix": "/user/"})),
        ] {
            let kind = ChangeKind::Put(with(name, body));
            table.apply(&Change { revision: Revision(9), kind });
        }

        let body = json!({
            "host": "b.example.com", "prefix": "/user/", "match": {"headers": beta("1")},
        });
        let plan = put(&table, &with("new", body).spec).unwrap();

        assert_eq!(effects(&plan), [("all", Effect::Loses), ("one", Effect::Loses)]);
        let certain: Vec<_> = plan.affected.iter().map(|affected| affected.is_certain).collect();
        assert_eq!(certain, [true, false]);
        assert_eq!(plan.examples[0].host, "b.example.com");
        assert_eq!(plan.examples[0].with, "x-beta: 1");
        assert_eq!(plan.examples[0].mapping.as_deref(), Some("new"));
        assert_eq!(plan.examples.last().unwrap().mapping.as_deref(), Some("all"));
    }

    #[test]
    fn a_mapping_that_no_request_reaches_is_told() {
        let table = table(&[("user", "/user/")]);
        let regex = json!({"path": "regex", "regex": "[0-9]+"});

        let plan = put(&table, &with("ids", json!({"prefix": "/user/", "match": regex})).spec);

        let codes: Vec<_> =
            plan.unwrap().warnings.into_iter().map(|warning| warning.code).collect();
        assert_eq!(codes, ["shadowed"]);
    }

    #[test]
    fn a_precedence_takes_requests_from_what_is_inside() {
        let table = table(&[("user", "/user/"), ("admin", "/user/admin/")]);
        let body = json!({"prefix": "/user/", "match": {"precedence": 1}});

        let plan = put(&table, &with("new", body).spec).unwrap();

        assert_eq!(effects(&plan), [("admin", Effect::Loses), ("user", Effect::Loses)]);
    }
}
