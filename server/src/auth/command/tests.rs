//! Tests of the decisions about people: no order of them lifts anyone by their own hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::{Outcome, Scene, sessions, teams, tokens, users};
use crate::auth::{
    access::{Access, Edit, Entity},
    entity::{Membership, PasswordHash, Scope, Team, User},
    names::{TeamName, UserName},
    principal::{Author, Principal, Who},
    refusal::Refusal,
    role::Role,
    secret::SecretHash,
    settings::{ClaimPolicy, SessionLimits},
};

const PEOPLE: [&str; 3] = ["ada", "alan", "vera"];

fn now() -> DateTime<Utc> {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

fn team_name() -> TeamName {
    TeamName::parse("accounts").unwrap()
}

fn user(text: &str, is_admin: bool) -> User {
    User {
        name: name(text),
        display_name: String::new(),
        email: String::new(),
        password_hash: Some(PasswordHash("hash".to_owned())),
        identity: None,
        is_admin,
        is_admin_by_group: false,
        is_disabled: false,
        created_at: now(),
        signed_in_at: None,
        favourites: BTreeSet::new(),
        views: BTreeMap::new(),
    }
}

/// An admin, and a team with an owner, an editor and a viewer.
fn access() -> Access {
    let mut access = Access::default();
    let people = [("root", true), ("ada", false), ("alan", false), ("vera", false)];
    for (text, is_admin) in people {
        access.apply(&Edit::Put(Entity::User(Arc::new(user(text, is_admin)))));
    }
    let members = PEOPLE.into_iter().zip([Role::Owner, Role::Editor, Role::Viewer]);
    let members = members
        .map(|(user, role)| (name(user), Membership { role: Some(role), by_group: None }))
        .collect();
    let team = Team {
        name: team_name(),
        title: String::new(),
        contact: String::new(),
        members,
        created_at: now(),
    };
    access.apply(&Edit::Put(Entity::Team(Arc::new(team))));
    access
}

fn author(who: &str) -> Author {
    Author::of(Who::User(name(who)))
}

/// Decides as someone, and does it if it is allowed.
fn act(
    access: &mut Access,
    author: &Author,
    decide: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal>,
) -> Result<(), Refusal> {
    let principal = access.principal(&author.who, now());
    let scene =
        Scene { access, author, principal: &principal, policy: ClaimPolicy::FirstCome, now: now() };
    let outcome = decide(&scene)?;
    for edit in &outcome.edits {
        access.apply(edit);
    }
    Ok(())
}

fn start(user: &str, secret: &str) -> sessions::Start {
    sessions::Start {
        user: name(user),
        verified: Some(PasswordHash("hash".to_owned())),
        newer: None,
        opening: sessions::Opening {
            secret: SecretHash::of(secret),
            replaces: None,
            user_agent: String::new(),
            how: "password",
            limits: SessionLimits::default(),
        },
    }
}

#[test]
fn a_password_that_has_changed_since_it_was_compared_lets_nobody_in() {
    let mut access = access();
    let other = PasswordHash("other".to_owned());
    let root = author("root");
    act(&mut access, &root, |scene| users::set_password(scene, &name("ada"), other)).unwrap();

    let refused =
        act(&mut access, &author("ada"), |scene| sessions::start(scene, start("ada", "a")));

    assert_eq!(refused, Err(Refusal::SignIn));
}

#[test]
fn a_user_has_so_many_sessions_and_no_more() {
    let mut access = access();
    for index in 0..=sessions::SESSIONS_MAX {
        let begun = start("ada", &index.to_string());
        act(&mut access, &author("ada"), |scene| sessions::start(scene, begun)).unwrap();
    }

    let on = |secret: &str| access.session(&SecretHash::of(secret)).is_some();
    assert_eq!(access.sessions_of(&name("ada")).count(), sessions::SESSIONS_MAX);
    assert!(!on("0") && on("1") && on("20"), "the oldest has gone");
}

#[test]
fn who_was_disabled_is_out_and_can_t_come_back() {
    let mut access = access();
    act(&mut access, &author("ada"), |scene| sessions::start(scene, start("ada", "a"))).unwrap();
    let patch = users::Patch { is_disabled: Some(true), ..users::Patch::default() };
    act(&mut access, &author("root"), |scene| users::patch(scene, &name("ada"), patch)).unwrap();

    let again = act(&mut access, &author("ada"), |scene| sessions::start(scene, start("ada", "b")));

    assert_eq!(access.sessions_of(&name("ada")).count(), 0);
    assert_eq!(again, Err(Refusal::SignIn));
    assert_eq!(access.principal(&Who::User(name("ada")), now()), Principal::anonymous());
}

/// Something that someone without admin rights may try, on anyone.
#[derive(Debug, Clone)]
enum Try {
    Member(usize, Role),
    Remove(usize),
    Admin(usize),
    Make(bool),
    Token(bool, Scope),
    NewTeam,
}

fn any_try() -> impl Strategy<Value = (usize, Try)> {
    let role = prop::sample::select(Role::ALL.to_vec());
    let scope = prop::sample::select(vec![Scope::Read, Scope::Write]);
    let what = prop_oneof![
        4 => (0..PEOPLE.len(), role).prop_map(|(user, role)| Try::Member(user, role)),
        2 => (0..PEOPLE.len()).prop_map(Try::Remove),
        1 => (0..PEOPLE.len()).prop_map(Try::Admin),
        1 => any::<bool>().prop_map(Try::Make),
        1 => (any::<bool>(), scope).prop_map(|(all, scope)| Try::Token(all, scope)),
        1 => Just(Try::NewTeam),
    ];
    (0..PEOPLE.len(), what)
}

fn attempt(scene: &Scene<'_>, what: Try) -> Result<Outcome, Refusal> {
    match what {
        Try::Member(user, role) => {
            teams::put_member(scene, &team_name(), &name(PEOPLE[user]), role)
        }
        Try::Remove(user) => teams::remove_member(scene, &team_name(), &name(PEOPLE[user])),
        Try::Admin(user) => {
            let patch = users::Patch { is_admin: Some(true), ..users::Patch::default() };
            users::patch(scene, &name(PEOPLE[user]), patch)
        }
        Try::Make(is_admin) => users::create(
            scene,
            users::New {
                name: name("eve"),
                display_name: String::new(),
                email: String::new(),
                password: None,
                is_admin,
            },
        ),
        Try::Token(all, scope) => tokens::create(
            scene,
            tokens::New {
                name: "t".to_owned(),
                team: (!all).then(team_name),
                scope,
                hash: SecretHash::of("t"),
                expires_at: Some(now() + TimeDelta::days(1)),
            },
        ),
        Try::NewTeam => teams::create(
            scene,
            teams::New {
                name: TeamName::parse("new").unwrap(),
                title: String::new(),
                contact: String::new(),
                owner: Some(name("vera")),
            },
        ),
    }
}

proptest! {
    /// Whatever users without admin rights do, in any order: nobody's own act lifts them, nobody
    /// becomes an admin, only owners give roles, and the team keeps an owner.
    #[test]
    fn nobody_rises_by_their_own_hand(tries in prop::collection::vec(any_try(), 1..24)) {
        let mut access = access();
        for (who, what) in tries {
            let author = author(PEOPLE[who]);
            let before = access.principal(&author.who, now());
            let role = before.role_in(&team_name());

            let done = act(&mut access, &author, |scene| attempt(scene, what.clone()));

            let after = access.principal(&author.who, now());
            prop_assert!(after.role_in(&team_name()) <= role, "{what:?} has lifted {who}");
            let own = matches!(what, Try::Remove(user) if user == who);
            prop_assert!(
                done.is_err() || role == Some(Role::Owner) || own,
                "{what:?} by a {role:?}"
            );
            prop_assert_eq!(access.admins().count(), 1);
            let team = access.team(&team_name()).unwrap();
            let mut roles = team.members.values().map(Membership::effective);
            prop_assert!(roles.any(|role| role == Some(Role::Owner)), "no owner after {:?}", what);
            let all = access.tokens().all(|token| token.team.is_some());
            prop_assert!(all, "a token of the installation");
        }
    }
}
