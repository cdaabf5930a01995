//! Checks how requests are decided, and what is kept of them.

use super::*;
use crate::auth::{
    command::{
        acting::{Acting, place, team},
        protections::{self, NewProtection},
        tokens,
    },
    entity::Scope,
    secret::SecretHash,
};

fn protect(acting: &mut Acting, text: &str, needed: u32) -> Id {
    let new = NewProtection { territory: place(text), approvers: team("security"), needed };
    acting.make("root", |scene| protections::create(scene, new))
}

fn proposal(mapping: &str, places: &[&str]) -> Proposal {
    Proposal {
        mapping: mapping.to_owned(),
        content: None,
        base: Some(1),
        team: team("shop"),
        places: places.iter().map(|text| place(text)).collect(),
        diff: Vec::new(),
    }
}

fn ask(acting: &mut Acting, mapping: &str) -> Id {
    acting.make("grace", |scene| propose(scene, proposal(mapping, &["/pay/x/"])))
}

fn state(acting: &Acting, id: Id) -> RequestState {
    acting.access.request(id).unwrap().state
}

#[test]
fn an_approval_of_someone_who_is_no_owner_any_more_does_not_count() {
    let mut acting = Acting::new();
    protect(&mut acting, "/pay/", 2);
    let id = ask(&mut acting, "pay");
    acting.act("barbara", |scene| approve(scene, id, Vec::new())).unwrap();

    // barbara leaves the team
    let mut security = acting.access.team(&team("security")).unwrap().as_ref().clone();
    security.members.remove(&crate::auth::command::acting::name("barbara"));
    acting.access.apply(&Edit::Put(Entity::Team(Arc::new(security))));
    acting.act("dorothy", |scene| approve(scene, id, Vec::new())).unwrap();

    assert_eq!(state(&acting, id), RequestState::Open);
    let approvals = &acting.access.request(id).unwrap().approvals;
    assert_eq!(approvals.len(), 1, "{approvals:?}");
    let last = acting.act("root", |scene| approve(scene, id, Vec::new())).unwrap();
    assert_eq!(state(&acting, id), RequestState::Approved);
    assert_eq!(last.writes[0].grounds, Grounds::Approved);
    assert_eq!(last.writes[0].author.who.to_string(), "grace");
}

#[test]
fn nobody_agrees_to_what_a_token_of_theirs_has_asked_for() {
    let mut acting = Acting::new();
    protect(&mut acting, "/pay/", 1);
    let new = tokens::New {
        name: "pipeline".to_owned(),
        team: Some(team("security")),
        scope: Scope::Write,
        hash: SecretHash::of("secret"),
        expires_at: None,
    };
    let token = acting.make("barbara", |scene| tokens::create(scene, new));
    let by_token = Author::of(Who::Token(token));
    let asked = acting.act_by(&by_token, |scene| propose(scene, proposal("pay", &["/pay/x/"])));
    let id = asked.unwrap().id.unwrap();

    let own = acting.act("barbara", |scene| approve(scene, id, Vec::new()));

    assert!(matches!(own, Err(Refusal::Forbidden { .. })), "{own:?}");
    assert_eq!(state(&acting, id), RequestState::Open);
    acting.act("dorothy", |scene| approve(scene, id, Vec::new())).unwrap();
    assert_eq!(state(&acting, id), RequestState::Approved);
}

#[test]
fn a_move_between_two_protected_places_needs_two_requests() {
    let mut acting = Acting::new();
    protect(&mut acting, "/pay/", 1);
    protect(&mut acting, "/bank/", 1);

    let places = ["/pay/x/", "/bank/x/"];
    let refused = acting.act("grace", |scene| propose(scene, proposal("pay", &places)));

    assert!(matches!(refused, Err(Refusal::Conflict { code: "two-protections", .. })));
}

#[test]
fn a_team_has_no_more_open_requests_than_there_may_be() {
    let mut acting = Acting::new();
    protect(&mut acting, "/pay/", 1);
    for number in 0..OPEN_MAX {
        ask(&mut acting, &format!("m{number}"));
    }

    let many = proposal("one-more", &["/pay/x/"]);
    let refused = acting.act("grace", |scene| propose(scene, many));

    assert!(matches!(refused, Err(Refusal::Conflict { code: "too-many", .. })));
    // the same again is none more
    let again = acting.act("grace", |scene| propose(scene, proposal("m0", &["/pay/x/"])));
    assert!(again.unwrap().edits.is_empty());
}

#[test]
fn of_what_is_closed_the_newest_are_kept() {
    let mut acting = Acting::new();
    protect(&mut acting, "/pay/", 1);
    let first = ask(&mut acting, "first");
    acting.act("grace", |scene| withdraw(scene, first)).unwrap();
    for number in 0..CLOSED_KEPT {
        let id = ask(&mut acting, &format!("m{number}"));
        acting.act("grace", |scene| withdraw(scene, id)).unwrap();
    }

    assert_eq!(acting.access.requests().count(), CLOSED_KEPT);
    assert!(acting.access.request(first).is_none());
}

#[test]
fn a_claim_that_has_gone_elsewhere_meanwhile_is_not_handed_over() {
    let mut acting = Acting::new();
    let new = claims::NewClaim {
        team: team("accounts"),
        host: crate::auth::claim::HostPattern::Any,
        territory: place("/user/"),
        note: String::new(),
    };
    let claim = acting.make("ada", |scene| claims::create(scene, new));
    let ask = |scene: &Scene<'_>| ask_for_claim(scene, claim, team("shop"), String::new());
    let id = acting.make("grace", ask);
    acting.act("ada", |scene| claims::delete(scene, claim)).unwrap();

    acting.act("ada", |scene| approve(scene, id, Vec::new())).unwrap();

    assert_eq!(state(&acting, id), RequestState::Stale);
}
