//! Checks what the provider's word gives, and what it takes.

use chrono::{DateTime, TimeDelta};
use rstest::rstest;

use super::*;
use crate::auth::{
    access::is_admin,
    entity::PasswordHash,
    principal::{Author, Principal, Who},
    secret::Secret,
    settings::{ClaimPolicy, SessionLimits},
};

const ISSUER: &str = "https://id.example.com";

fn user_name(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

fn team_name(name: &str) -> TeamName {
    TeamName::parse(name).unwrap()
}

/// Ada, as the provider describes her.
fn ada() -> Identity {
    Identity {
        issuer: ISSUER.into(),
        subject: "00u1".into(),
        username: Some("ada".into()),
        name: Some("Ada Lovelace".into()),
        email: Some("ada@example.com".into()),
        is_email_verified: true,
        groups: Vec::new(),
    }
}

fn granted(is_admin: bool, teams: &[(&str, Role)]) -> Granted {
    let teams = teams.iter().map(|(name, role)| (team_name(name), *role)).collect();
    Granted { is_admin, teams }
}

fn arrival(identity: Identity, granted: Granted) -> Arrival {
    let opening = Opening {
        secret: Secret::random("").hash(),
        replaces: None,
        user_agent: String::new(),
        how: "oidc",
        limits: SessionLimits::default(),
    };
    Arrival { identity, granted, opening }
}

/// An installation, with the teams `payments` and `search` and the local user `grace`.
struct World {
    access: Access,
}

impl World {
    fn new() -> Self {
        let mut world = Self { access: Access::default() };
        for name in ["payments", "search"] {
            let members = BTreeMap::from([(
                user_name("grace"),
                Membership { role: Some(Role::Owner), by_group: None },
            )]);
            let name = team_name(name);
            let (title, contact) = (String::new(), String::new());
            let created_at = DateTime::UNIX_EPOCH;
            let team = Team { name, title, contact, members, created_at };
            world.put(Entity::Team(team.into()));
        }
        let local = serde_json::json!({
            "name": "grace", "is_admin": true, "password_hash": "canary",
            "created_at": DateTime::UNIX_EPOCH,
        });
        world.put(Entity::User(Arc::new(serde_json::from_value(local).unwrap())));
        world
    }

    fn put(&mut self, entity: Entity) {
        self.access.apply(&Edit::Put(entity));
    }

    fn decide(
        &mut self,
        decision: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Outcome, Refusal> {
        let outcome = decision(&Scene {
            access: &self.access,
            author: &Author::of(Who::Anonymous),
            principal: &Principal::anonymous(),
            policy: ClaimPolicy::FirstCome,
            now: DateTime::UNIX_EPOCH + TimeDelta::days(1),
        })?;
        for edit in &outcome.edits {
            self.access.apply(edit);
        }
        Ok(outcome)
    }

    fn sign_in(&mut self, identity: Identity, granted: Granted) -> Result<Outcome, Refusal> {
        self.decide(|scene| sign_in(scene, arrival(identity, granted)))
    }

    fn user(&self, name: &str) -> &User {
        self.access.user(&user_name(name)).unwrap()
    }

    fn role(&self, team: &str, user: &str) -> Option<Role> {
        self.access.team(&team_name(team))?.members.get(&user_name(user))?.effective()
    }
}

/// What was done, in the order in which it is audited.
fn actions(outcome: &Outcome) -> Vec<&'static str> {
    outcome.entry.iter().chain(&outcome.also).map(|entry| entry.action).collect()
}

#[test]
fn a_first_sign_in_makes_the_user_with_what_their_groups_give() {
    let mut world = World::new();

    let outcome = world.sign_in(ada(), granted(true, &[("payments", Role::Editor)])).unwrap();

    let user = world.user("ada");
    assert_eq!(
        (user.display_name.as_str(), user.email.as_str()),
        ("Ada Lovelace", "ada@example.com")
    );
    assert!(user.is_admin_by_group && !user.is_admin && user.password_hash.is_none());
    assert_eq!(world.role("payments", "ada"), Some(Role::Editor));
    assert_eq!(world.role("search", "ada"), None);
    let session = world.access.sessions_of(&user.name).next().unwrap();
    assert_eq!(session.how, "oidc");
    assert_eq!(outcome.signed_in, Some(user_name("ada")));
    assert_eq!(actions(&outcome), ["session.start", "user.create", "team.member"]);
}

#[test]
fn what_groups_give_is_replaced_at_each_sign_in_and_what_was_given_here_stays() {
    let mut world = World::new();
    let both = [("payments", Role::Owner), ("search", Role::Viewer)];
    world.sign_in(ada(), granted(true, &both)).unwrap();
    let mut search = Team::clone(world.access.team(&team_name("search")).unwrap());
    search.members.get_mut(&user_name("ada")).unwrap().role = Some(Role::Editor);
    world.put(Entity::Team(search.into()));

    let outcome = world.sign_in(ada(), Granted::default()).unwrap();

    assert!(!is_admin(world.user("ada")));
    assert_eq!(world.role("payments", "ada"), None);
    let payments = world.access.team(&team_name("payments")).unwrap();
    assert!(!payments.members.contains_key(&user_name("ada")));
    assert_eq!(world.role("search", "ada"), Some(Role::Editor));
    assert_eq!(world.role("search", "grace"), Some(Role::Owner));
    assert_eq!(actions(&outcome), ["session.start", "user.change", "team.member", "team.member"]);
}

#[test]
fn who_signs_in_again_as_before_is_only_signed_in() {
    let mut world = World::new();
    world.sign_in(ada(), granted(false, &[("payments", Role::Viewer)])).unwrap();

    let less = Identity { username: Some("ada.king".into()), name: None, email: None, ..ada() };
    let outcome = world.sign_in(less, granted(false, &[("payments", Role::Viewer)])).unwrap();

    assert_eq!(actions(&outcome), ["session.start"]);
    assert_eq!(world.user("ada").display_name, "Ada Lovelace");
    assert_eq!(world.access.users().count(), 2);
    assert_eq!(world.access.sessions_of(&user_name("ada")).count(), 2);
}

#[test]
fn a_user_who_is_there_already_is_never_taken_over() {
    let mut world = World::new();
    let grace = |subject: &str| Identity {
        subject: subject.into(),
        username: Some("Grace".into()),
        email: Some("grace@example.com".into()),
        ..ada()
    };

    world.sign_in(grace("00u2"), Granted::default()).unwrap();
    world.sign_in(grace("00u3"), Granted::default()).unwrap();
    world
        .sign_in(
            Identity { issuer: "https://other.example".into(), ..grace("00u2") },
            Granted::default(),
        )
        .unwrap();

    let names: Vec<_> = world.access.users().map(|user| user.name.to_string()).collect();
    assert_eq!(names, ["grace", "grace-2", "grace-3", "grace-4"]);
    let local = world.user("grace");
    assert_eq!(local.password_hash, Some(PasswordHash("canary".into())));
    assert_eq!((local.identity.as_ref(), local.signed_in_at), (None, None));
    assert!(!is_admin(world.user("grace-2")));
}

#[test]
fn who_is_disabled_is_refused() {
    let mut world = World::new();
    world.sign_in(ada(), Granted::default()).unwrap();
    let user = User { is_disabled: true, ..world.user("ada").clone() };
    world.put(Entity::User(user.into()));

    let refused = world.sign_in(ada(), granted(true, &[])).unwrap_err();

    assert!(matches!(refused, Refusal::Conflict { code: DISABLED, .. }), "{refused}");
}

#[test]
fn a_team_that_does_not_exist_is_left_out_and_told() {
    let mut world = World::new();
    let granted = granted(false, &[("payments", Role::Viewer), ("nowhere", Role::Owner)]);

    world.sign_in(ada(), granted.clone()).unwrap();

    assert_eq!(world.access.teams().count(), 2);
    let left_out = left_out(&world.access, &user_name("ada"), &granted.teams);
    assert_eq!(left_out, [&team_name("nowhere")]);
}

#[rstest]
#[case(Some("ada@example.com"), None, "ada@example.com")]
#[case(Some("Ada Lovelace"), None, "ada-lovelace")]
#[case(Some("CORP\\ada"), None, "corp-ada")]
#[case(Some("  -_ada!!"), None, "ada")]
#[case(Some("алиса"), Some("alice@example.com"), "alice@example.com")]
#[case(None, Some("Alice@Example.com"), "alice@example.com")]
#[case(Some(""), None, "user")]
#[case(None, None, "user")]
#[case(
    Some("a.very.long.name.that.no.column.could.ever.hold@example.com"),
    None,
    "a.very.long.name.that.no.column.could.ev"
)]
fn a_new_user_is_named_as_the_provider_calls_them(
    #[case] username: Option<&str>,
    #[case] email: Option<&str>,
    #[case] expected: &str,
) {
    let own = |text: Option<&str>| text.map(str::to_owned);
    let identity = Identity { username: own(username), email: own(email), name: None, ..ada() };

    let name = free_name(&Access::default(), &identity);

    assert_eq!(name, Some(user_name(expected)));
}

#[test]
fn a_number_fits_behind_the_longest_name() {
    let mut world = World::new();
    for subject in ["1", "2"] {
        let username = Some("x".repeat(60));
        world
            .sign_in(Identity { subject: subject.into(), username, ..ada() }, Granted::default())
            .unwrap();
    }

    assert!(world.access.user(&user_name(&format!("{}-2", "x".repeat(38)))).is_some());
}

#[test]
fn a_key_is_kept_once() {
    let mut world = World::new();
    let [first, second] = [SealKey::random(), SealKey::random()];

    let kept = first.clone();
    let outcome = world.decide(|scene| keep_key(scene, kept)).unwrap();
    world.decide(|scene| keep_key(scene, second)).unwrap();

    assert_eq!(world.access.seal_key(), Some(&first));
    assert!(outcome.entry.is_none() && outcome.also.is_empty());
}
