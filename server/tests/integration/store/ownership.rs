//! Who may write where: decided and carried out in one transaction, and kept over a restart.

use chancery::{
    auth::{
        access::{Edit, Entity},
        audit::Entry,
        claim::{HostPattern, Territory},
        command::{Grounds, MappingWrite, Outcome, claims, protections, requests},
        entity::{Id, Membership, RequestState, Team, User},
        names::UserName,
        principal::{Author, Who},
        refusal::Refusal,
        role::Role,
    },
    clock::Clock,
};
use chrono::{TimeDelta, Utc};

use super::*;

on_every_database![
    a_decision_is_carried_out_with_its_mappings_or_not_at_all,
    a_request_that_can_not_be_carried_out_is_closed_and_nothing_else_is_done,
    claims_grants_and_requests_are_there_after_a_restart,
    a_grant_ends_by_the_clock_of_the_store,
    of_two_teams_that_map_a_place_at_once_one_has_it,
];

fn team_name(text: &str) -> TeamName {
    TeamName::parse(text).unwrap()
}

fn place(text: &str) -> Territory {
    Territory::parse(text).unwrap()
}

fn author(user: &str) -> Author {
    Author::of(Who::User(UserName::parse(user).unwrap()))
}

fn of_team(team: &str, name: &str, prefix: &str) -> Spec {
    Spec { team: team_name(team), ..spec(name, prefix, "a") }
}

fn team(name: &str, owner: &str) -> Edit {
    let role = Membership { role: Some(Role::Owner), by_group: None };
    Edit::Put(Entity::Team(Arc::new(Team {
        name: team_name(name),
        title: String::new(),
        contact: String::new(),
        members: [(UserName::parse(owner).unwrap(), role)].into_iter().collect(),
        created_at: Utc::now(),
    })))
}

fn user(name: &str, is_admin: bool) -> Edit {
    Edit::Put(Entity::User(Arc::new(User {
        name: UserName::parse(name).unwrap(),
        display_name: String::new(),
        email: String::new(),
        password_hash: None,
        identity: None,
        is_admin,
        is_admin_by_group: false,
        is_disabled: false,
        created_at: Utc::now(),
        signed_in_at: None,
        favourites: std::collections::BTreeSet::new(),
        views: std::collections::BTreeMap::new(),
    })))
}

/// Opens the store with the teams `accounts` of ada, `shop` of grace, and the admin root.
async fn peopled(database: &Database, clock: &Clock) -> Store {
    let rules = Rules { clock: clock.clone(), ..Rules::default() };
    let store = Store::open(&database.url, rules, &database.tasks).await.unwrap();
    let edits = vec![
        team("accounts", "ada"),
        team("shop", "grace"),
        user("ada", false),
        user("grace", false),
        user("root", true),
    ];
    let done = store.act(Author::of(Who::CommandLine), move |_| Ok(Outcome::unnoted(edits))).await;
    done.unwrap();
    store
}

async fn claim(store: &Store, who: &str, its: &str, text: &str) -> Id {
    let new = claims::NewClaim {
        team: team_name(its),
        host: HostPattern::Any,
        territory: place(text),
        note: String::new(),
    };
    let acted = store.act(author(who), move |scene| claims::create(scene, new)).await;
    acted.unwrap().id.unwrap()
}

async fn grant(store: &Store, claim: Id, until: Option<chrono::DateTime<Utc>>) {
    let new = claims::NewGrant { team: team_name("shop"), territory: None, until };
    store.act(author("ada"), move |scene| claims::grant(scene, claim, new)).await.unwrap();
}

async fn a_decision_is_carried_out_with_its_mappings_or_not_at_all(database: Database) {
    let store = peopled(&database, &Clock::default()).await;
    let id = claim(&store, "ada", "accounts", "/user/").await;
    let user = store.put(Put::new(of_team("accounts", "user", "/user/"), author("ada"))).await;
    let newest = user.unwrap().mapping.revision;
    let decide = |base: u64| {
        move |scene: &chancery::auth::command::Scene<'_>| {
            let claim = scene.access.claim(id).unwrap();
            let content = app::api::mapping::MappingDraft {
                name: "user".to_owned(),
                prefix: "/user/".to_owned(),
                service: "b".to_owned(),
                team: Some("shop".to_owned()),
                ..app::api::mapping::MappingDraft::default()
            };
            let write = MappingWrite {
                name: "user".to_owned(),
                content: Some(content),
                base: Some(base),
                author: scene.author.clone(),
                grounds: Grounds::Decided,
            };
            let edits = vec![Edit::Remove(Entity::Claim(Arc::clone(claim)))];
            let entry = Entry::new("test", "claim", claim.place());
            Ok(Outcome { writes: vec![write], ..Outcome::new(edits, entry) })
        }
    };

    let failed = store.act(author("root"), decide(newest.0 + 7)).await;

    assert!(matches!(failed, Err(StoreError::Stale { .. })), "{failed:?}");
    assert!(store.access().borrow().claim(id).is_some());
    assert_eq!(feed(&store).await.len(), 1);

    let done = store.act(author("root"), decide(newest.0)).await.unwrap();

    assert_eq!(done.revision, Some(Revision(newest.0 + 1)));
    assert!(store.access().borrow().claim(id).is_none());
    let table = store.load().await.unwrap().table;
    assert_eq!(table.get(&name("user")).unwrap().spec.team, team_name("shop"));
}

/// Protects `/pay/` and asks for a change of `pay` there as grace; returns the request.
async fn asked(store: &Store) -> Id {
    let pay = store.put(Put::new(of_team("shop", "pay", "/pay/"), author("grace"))).await.unwrap();
    let new = protections::NewProtection {
        territory: place("/pay/"),
        approvers: team_name("accounts"),
        needed: 1,
    };
    store.act(author("root"), move |scene| protections::create(scene, new)).await.unwrap();
    let put = Put::new(spec_of_service("b"), author("grace"));
    let held = store.put(put).await;
    assert!(matches!(held, Err(StoreError::NeedsApproval { .. })), "{held:?}");
    let proposal = requests::Proposal {
        mapping: "pay".to_owned(),
        content: Some(app::api::mapping::MappingDraft {
            name: "pay".to_owned(),
            prefix: "/pay/".to_owned(),
            service: "b".to_owned(),
            team: Some("shop".to_owned()),
            ..app::api::mapping::MappingDraft::default()
        }),
        base: Some(pay.mapping.revision.0),
        team: team_name("shop"),
        places: vec![place("/pay/")],
        diff: Vec::new(),
    };
    let acted = store.act(author("grace"), move |scene| requests::propose(scene, proposal)).await;
    acted.unwrap().id.unwrap()
}

fn spec_of_service(service: &str) -> Spec {
    Spec { team: team_name("shop"), ..spec("pay", "/pay/", service) }
}

async fn approve(store: &Store, id: Id) -> RequestState {
    let decide =
        move |scene: &chancery::auth::command::Scene<'_>| requests::approve(scene, id, Vec::new());
    let acted = store.act(author("ada"), decide).await.unwrap();
    acted.access.request(id).unwrap().state
}

async fn a_request_that_can_not_be_carried_out_is_closed_and_nothing_else_is_done(
    database: Database,
) {
    let store = peopled(&database, &Clock::default()).await;
    let id = asked(&store).await;
    // the operator, whom no protection holds, was faster
    store.put(Put::from(spec_of_service("c"))).await.unwrap();
    let before = feed(&store).await.len();

    let state = approve(&store, id).await;

    assert_eq!(state, RequestState::Stale);
    assert_eq!(feed(&store).await.len(), before);
    let audit = store.audit(&chancery::store::AuditQuery::default(), 1).await.unwrap();
    assert_eq!(audit[0].action, "request.stale");
    let because = store.access().borrow().request(id).unwrap().closed_because.clone();
    assert!(because.contains("was changed since"), "{because}");
}

async fn claims_grants_and_requests_are_there_after_a_restart(database: Database) {
    let clock = Clock::default();
    let store = peopled(&database, &clock).await;
    let claim = claim(&store, "ada", "accounts", "/user/").await;
    grant(&store, claim, None).await;
    let request = asked(&store).await;
    let before = store.access().borrow().clone();
    drop(store);

    let rules = Rules { clock, ..Rules::default() };
    let store = Store::open(&database.url, rules, &database.tasks).await.unwrap();

    let after = store.access().borrow().clone();
    assert_eq!(after.claim(claim), before.claim(claim));
    assert_eq!(after.request(request), before.request(request));
    assert_eq!(after.protections().count(), 1);
    assert_eq!(approve(&store, request).await, RequestState::Approved);
    let table = store.load().await.unwrap().table;
    assert_eq!(table.get(&name("pay")).unwrap().spec.service_text(), "b");
}

async fn a_grant_ends_by_the_clock_of_the_store(database: Database) {
    let clock = Clock::default();
    let store = peopled(&database, &clock).await;
    let claim = claim(&store, "ada", "accounts", "/user/").await;
    grant(&store, claim, Some(clock.now() + TimeDelta::hours(1))).await;
    let put = |name: &'static str, prefix: &'static str| {
        store.put(Put::new(of_team("shop", name, prefix), author("grace")))
    };

    put("one", "/user/one/").await.unwrap();
    clock.advance(TimeDelta::hours(1));
    let refused = put("two", "/user/two/").await;

    let refused = refused.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(Refusal::Claimed { .. })), "{refused}");
}

async fn of_two_teams_that_map_a_place_at_once_one_has_it(database: Database) {
    let store = peopled(&database, &Clock::default()).await;
    let ours = store.put(Put::new(of_team("accounts", "ours", "/a/"), author("ada")));
    let theirs = store.put(Put::new(of_team("shop", "theirs", "/a/b/"), author("grace")));

    let (ours, theirs) = tokio::join!(ours, theirs);

    assert_ne!(ours.is_ok(), theirs.is_ok(), "{ours:?} {theirs:?}");
    assert_eq!(store.access().borrow().claims().count(), 1);
}
