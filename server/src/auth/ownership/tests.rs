//! The rules of ownership against a model that is too simple to be wrong: lists, gone through.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::auth::command::{
    Scene,
    acting::{Acting, place, team},
    claims::{self, NewClaim, NewGrant},
};

const TEAMS: [(&str, &str); 2] = [("accounts", "ada"), ("shop", "grace")];

/// Places that nest in one another in every way, and some that only look as if they did.
const PLACES: [&str; 8] = ["/", "/a/", "/a/b/", "/a/b/c/", "/a/bc/", "/ab/", "/b/", "/a/b/d/"];

#[derive(Debug, Clone)]
enum Step {
    Claim { team: usize, place: usize },
    GiveUp { team: usize, place: usize },
    Grant { team: usize, claim: usize, place: usize, days: Option<i64> },
    Revoke { team: usize, claim: usize },
    Pass { days: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (teams, places) = (0..TEAMS.len(), 0..PLACES.len());
    prop_oneof![
        3 => (teams.clone(), places.clone()).prop_map(|(team, place)| Step::Claim { team, place }),
        1 => (teams.clone(), places.clone()).prop_map(|(team, place)| Step::GiveUp { team, place }),
        3 => (teams.clone(), places.clone(), places.clone(), select(vec![None, Some(1), Some(3)]))
            .prop_map(|(team, claim, place, days)| Step::Grant { team, claim, place, days }),
        1 => (teams, places).prop_map(|(team, claim)| Step::Revoke { team, claim }),
        1 => (1..3_i64).prop_map(|days| Step::Pass { days }),
    ]
}

/// A claim of the model, with its grants.
struct Known {
    team: usize,
    place: &'static str,
    /// The place, and until when.
    grants: Vec<(&'static str, Option<DateTime<Utc>>)>,
}

#[derive(Default)]
struct Model(Vec<Known>);

impl Model {
    fn at(&mut self, place: &str) -> Option<&mut Known> {
        self.0.iter_mut().find(|known| known.place == place)
    }

    /// Returns the claim with the longest place that `place` begins with.
    fn owner(&self, place: &str) -> Option<&Known> {
        let around = self.0.iter().filter(|known| place.starts_with(known.place));
        around.max_by_key(|known| known.place.len())
    }

    fn is_free_for(&self, team: usize, place: &str) -> bool {
        place != "/"
            && !self.0.iter().any(|known| known.team != team && known.place.starts_with(place))
    }

    fn may_claim(&self, team: usize, place: &str) -> bool {
        match self.owner(place) {
            Some(owner) => owner.team == team && owner.place != place,
            None => self.is_free_for(team, place),
        }
    }

    fn may_map(&self, team: usize, place: &str, now: DateTime<Utc>) -> bool {
        match self.owner(place) {
            Some(owner) if owner.team == team => true,
            Some(owner) => owner.grants.iter().any(|(granted, until)| {
                place.starts_with(granted) && until.is_none_or(|until| now < until)
            }),
            None => self.is_free_for(team, place),
        }
    }
}

/// Does a step as an owner of its team; returns whether it was done, and whether the model would.
fn act(acting: &mut Acting, model: &mut Model, step: &Step) -> (bool, bool) {
    let now = acting.now;
    match *step {
        Step::Claim { team: index, place: at } => {
            let ((its, who), text) = (TEAMS[index], PLACES[at]);
            let new = NewClaim {
                team: team(its),
                host: HostPattern::Any,
                territory: place(text),
                note: String::new(),
            };
            let done = acting.act(who, |scene| claims::create(scene, new)).is_ok();
            let may = model.may_claim(index, text);
            if may {
                model.0.push(Known { team: index, place: text, grants: Vec::new() });
            }
            (done, may)
        }
        Step::GiveUp { team: index, place: at } => {
            let Some(id) = id_at(acting, PLACES[at]) else { return (false, false) };
            let done = acting.act(TEAMS[index].1, |scene| claims::delete(scene, id)).is_ok();
            let may = model.at(PLACES[at]).is_some_and(|known| known.team == index);
            if may {
                model.0.retain(|known| known.place != PLACES[at]);
            }
            (done, may)
        }
        Step::Grant { team: index, claim, place: at, days } => {
            let Some(id) = id_at(acting, PLACES[claim]) else { return (false, false) };
            let until = days.map(|days| now + TimeDelta::days(days));
            let other = TEAMS[1 - index].0;
            let new = NewGrant { team: team(other), territory: Some(place(PLACES[at])), until };
            let done = acting.act(TEAMS[index].1, |scene| claims::grant(scene, id, new)).is_ok();
            let known = model.at(PLACES[claim]).filter(|known| known.team == index);
            let known = known.filter(|known| PLACES[at].starts_with(known.place));
            let may = known.is_some();
            if let Some(known) = known {
                known.grants.retain(|(granted, _)| *granted != PLACES[at]);
                known.grants.push((PLACES[at], until));
            }
            (done, may)
        }
        Step::Revoke { team: index, claim } => {
            let Some(id) = id_at(acting, PLACES[claim]) else { return (false, false) };
            let first = acting.access.claim(id).and_then(|claim| claim.grants.first());
            let Some(grant) = first.map(|grant| grant.id) else { return (false, false) };
            let decide = |scene: &Scene<'_>| claims::revoke(scene, id, grant);
            let done = acting.act(TEAMS[index].1, decide).is_ok();
            let known = model.at(PLACES[claim]).filter(|known| known.team == index);
            let may = known.is_some();
            if let Some(known) = known {
                known.grants.remove(0);
            }
            (done, may)
        }
        Step::Pass { days } => {
            acting.pass(TimeDelta::days(days));
            (true, true)
        }
    }
}

fn id_at(acting: &Acting, text: &str) -> Option<Id> {
    acting.access.claim_at(&HostPattern::Any, &place(text)).map(|claim| claim.id)
}

fn may_map(acting: &Acting, index: usize, text: &str) -> bool {
    let (its, who) = TEAMS[index];
    let principal = acting.principal(who);
    let policy = ClaimPolicy::FirstCome;
    let wanted = Place::new(HostPattern::Any, place(text));
    right_to(&acting.access, &principal, policy, &team(its), &wanted, acting.now).is_ok()
}

proptest! {
    #[test]
    fn whoever_may_write_by_the_model_may_by_the_rules_and_nobody_else(
        steps in vec(step(), 0..40),
    ) {
        let mut acting = Acting::new();
        let mut model = Model::default();
        for step in steps {
            let (done, may) = act(&mut acting, &mut model, &step);
            prop_assert_eq!(done, may, "{:?}", step);
            for (index, (its, _)) in TEAMS.iter().enumerate() {
                for text in PLACES {
                    let expected = model.may_map(index, text, acting.now);
                    prop_assert_eq!(may_map(&acting, index, text), expected, "{} at {}", its, text);
                }
            }
        }
    }
}
