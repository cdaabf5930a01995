//! Checks what the integration tests do not reach: bounds, and what is written down.

use super::*;
use crate::auth::command::acting::{Acting, place, team};

fn claim(acting: &mut Acting, who: &str, its: &str, text: &str) -> Id {
    let new = NewClaim {
        team: team(its),
        host: HostPattern::Any,
        territory: place(text),
        note: String::new(),
    };
    acting.make(who, |scene| create(scene, new))
}

fn grant_to(text: &str, until: Option<DateTime<Utc>>) -> NewGrant {
    NewGrant { team: team("shop"), territory: Some(place(text)), until }
}

#[test]
fn the_audit_says_whose_a_claim_became_and_what_was_granted() {
    let mut acting = Acting::new();
    let id = claim(&mut acting, "ada", "accounts", "/user/");
    let until = acting.now + TimeDelta::days(1);

    let outcome = acting.act("ada", |scene| grant(scene, id, grant_to("/user/a/", Some(until))));

    let entry = outcome.unwrap().entry.unwrap();
    assert_eq!((entry.action, entry.object.as_str()), ("grant.create", "/user/"));
    let told: Vec<_> = entry.diff.iter().map(|change| change.after.clone().unwrap()).collect();
    assert_eq!(told, ["shop", "/user/a/", "until 1970-01-02 00:00 UTC"]);
}

#[test]
fn a_team_has_no_more_claims_than_there_may_be() {
    let mut acting = Acting::new();
    for number in 0..ownership::CLAIMS_MAX {
        claim(&mut acting, "ada", "accounts", &format!("/a{number}/"));
    }
    let new = NewClaim {
        team: team("accounts"),
        host: HostPattern::Any,
        territory: place("/more/"),
        note: String::new(),
    };

    let refused = acting.act("ada", |scene| create(scene, new)).unwrap_err();

    assert!(matches!(refused, Refusal::Conflict { code: "too-many", .. }), "{refused}");
    let principal = acting.principal("ada");
    let policy = crate::auth::settings::ClaimPolicy::FirstCome;
    let (its, wanted) = (team("accounts"), place("/mapped/"));
    let mapped = ownership::right_to(
        &acting.access,
        &principal,
        policy,
        &its,
        &Place::new(HostPattern::Any, wanted.clone()),
        acting.now,
    );
    assert!(matches!(mapped, Err(Refusal::Conflict { code: "too-many", .. })));
}

#[test]
fn grants_that_have_ended_make_room_for_new_ones() {
    let mut acting = Acting::new();
    let id = claim(&mut acting, "ada", "accounts", "/user/");
    let until = acting.now + TimeDelta::days(1);
    for number in 0..GRANTS_MAX {
        let new = grant_to(&format!("/user/{number}/"), Some(until));
        acting.act("ada", |scene| grant(scene, id, new)).unwrap();
    }

    let full = acting.act("ada", |scene| grant(scene, id, grant_to("/user/x/", None)));
    acting.pass(TimeDelta::days(1));
    let after = acting.act("ada", |scene| grant(scene, id, grant_to("/user/x/", None)));

    assert!(matches!(full, Err(Refusal::Conflict { code: "too-many", .. })));
    assert!(after.is_ok());
    assert_eq!(acting.access.claim(id).unwrap().grants.len(), 1);
}

#[test]
fn the_same_grant_anew_takes_the_place_of_the_old() {
    let mut acting = Acting::new();
    let id = claim(&mut acting, "ada", "accounts", "/user/");
    let until = acting.now + TimeDelta::days(1);
    acting.act("ada", |scene| grant(scene, id, grant_to("/user/", Some(until)))).unwrap();
    acting.act("ada", |scene| grant(scene, id, grant_to("/user/", None))).unwrap();

    let grants = &acting.access.claim(id).unwrap().grants;

    assert_eq!((grants.len(), grants[0].until), (1, None));
}
