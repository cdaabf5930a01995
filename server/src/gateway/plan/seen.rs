//! What someone may read of a plan: of other teams' mappings only that they are touched.

use std::collections::BTreeSet;

use app::api::plan::{Affected, Effect, Example, Plan};

use super::nested;
use crate::{
    auth::{names::TeamName, sight::Sight},
    gateway::mapping::Spec,
};

/// Leaves out of a plan what `sight` does not show; `spec` is the content that was planned, unless
/// it is a deletion.
#[must_use]
pub fn seen_by(mut plan: Plan, spec: Option<&Spec>, sight: &Sight) -> Plan {
    if sight.is_all() {
        return plan;
    }
    let sees = |team: &str| TeamName::parse(team).is_ok_and(|team| sight.sees(&team));
    let example = |example: Example| match &example.team {
        Some(team) if !sees(team) => {
            Example { mapping: None, service: None, upstream_path: None, ..example }
        }
        _ => example,
    };
    plan.examples = plan.examples.into_iter().map(example).collect();
    let (seen, unseen): (Vec<_>, Vec<_>) =
        plan.affected.into_iter().partition(|affected| sees(&affected.team));
    plan.affected = seen;
    if unseen.is_empty() {
        return plan;
    }
    // one line for each team, however many mappings it has there
    let mut told = BTreeSet::new();
    let unseen = unseen
        .into_iter()
        .filter(|affected| told.insert((affected.team.clone(), affected.effect as u8)));
    plan.affected.extend(unseen.map(|affected| Affected {
        name: String::new(),
        prefix: String::new(),
        recent_requests: 0,
        ..affected
    }));
    if let Some(spec) = spec {
        let is_told = plan.warnings.iter().any(|warning| warning.code == "nested");
        plan.warnings.retain(|warning| warning.code != "nested");
        let losers = plan.affected.iter().filter(|affected| affected.effect == Effect::Loses);
        plan.warnings.extend(losers.filter(|_| is_told).map(|loser| nested(loser, spec)));
    }
    plan
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gateway::{
        mapping::{Change, ChangeKind, Mapping, Revision},
        plan,
        table::{Table, tests::mapping},
    };

    fn of(team: &str, name: &str, prefix: &str) -> Mapping {
        let mut mapping = Mapping::clone(&mapping(name, prefix, "a", "/"));
        mapping.spec.team = TeamName::parse(team).unwrap();
        mapping
    }

    #[test]
    fn of_a_foreign_mapping_a_plan_tells_only_the_team() {
        let mut table = Table::default();
        let all = [of("shop", "secret", "/a/"), of("shop", "hidden", "/a/b/c/")];
        for (revision, mapping) in (1..).zip(all) {
            let kind = ChangeKind::Put(Arc::new(mapping));
            table.apply(&Change { revision: Revision(revision), kind });
        }
        let new = of("accounts", "mine", "/a/b/").spec;
        let sight = Sight::Of(Arc::new([new.team.clone()].into_iter().collect()));

        let whole = plan::put(&table, &new).unwrap();
        let seen = seen_by(whole.clone(), Some(&new), &sight);

        let text = serde_json::to_string(&seen).unwrap();
        assert!(!text.contains("secret") && !text.contains("hidden"), "{text}");
        let told: Vec<_> = seen.affected.iter().map(|it| (it.team.as_str(), it.effect)).collect();
        assert_eq!(told, [("shop", Effect::Keeps), ("shop", Effect::Loses)]);
        assert!(
            seen.warnings[0].message.contains("the team `shop`")
                || seen.warnings[1].message.contains("the team `shop`")
        );
        assert_eq!(seen_by(whole.clone(), Some(&new), &Sight::All), whole);
    }
}
