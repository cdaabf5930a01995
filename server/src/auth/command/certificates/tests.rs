//! Who may put which certificate: a team for its own hosts, an admin for all.

use rstest::rstest;

use super::*;
use crate::{
    auth::{
        command::{acting::Acting, claims},
        names::UserName,
        principal::{Author, Who},
        seal::Sealer,
        secret::Secret,
    },
    gateway::edge::chain::{
        check,
        tests::made::{Authority, Made, host},
    },
};

fn name(text: &str) -> EdgeName {
    EdgeName::parse(text).unwrap()
}

fn team(text: &str) -> TeamName {
    TeamName::parse(text).unwrap()
}

/// Returns what is put for a new certificate of an authority of its own.
fn new(its: &str, owner: Option<&str>, hosts: &[&str]) -> NewCertificate {
    let Made { pem, key } = Authority::root("Root").issues(&host(hosts));
    let checked = check(&pem, &key, "2027-01-01T12:00:00Z".parse().unwrap()).unwrap();
    let sealer = Sealer::new(&[7; 32]).unwrap();
    NewCertificate {
        name: name(its),
        team: owner.map(team),
        chain_pem: checked.chain_pem,
        key: sealer.seal_key(its, &Secret::of(key)).unwrap(),
        facts: checked.facts,
        expected: Expected::Anything,
        is_damaged: false,
    }
}

/// A state in which the team `accounts` owns the host `a.example.com`, and a part of another.
fn acting() -> Acting {
    let mut acting = Acting::new();
    for (its, territory) in [("a.example.com", "/"), ("part.example.com", "/user/")] {
        let new = claims::NewClaim {
            team: team("accounts"),
            host: HostPattern::parse(its).unwrap(),
            territory: Territory::parse(territory).unwrap(),
            note: String::new(),
        };
        acting.act("root", |scene| claims::create(scene, new)).unwrap();
    }
    acting
}

fn put(acting: &mut Acting, who: &str, new: NewCertificate) -> Result<Outcome, Refusal> {
    acting.act(who, |scene| super::put(scene, new))
}

#[test]
fn an_admin_puts_any_certificate_and_the_audit_names_what_it_is() {
    let mut acting = acting();
    let new = new("wild", None, &["*.example.org", "192.0.2.7"]);
    let print = new.facts.leaf.fingerprint.clone();

    let outcome = put(&mut acting, "root", new).unwrap();

    let entry = outcome.entry.unwrap();
    let told: Vec<_> = entry
        .diff
        .iter()
        .map(|change| (change.field.as_str(), change.after.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("names", "*.example.org, 192.0.2.7"),
            ("fingerprint", &print),
            ("not_after", "2199-12-31 00:00 UTC"),
        ]
    );
    assert_eq!((entry.action, entry.team), ("certificate.put", None));
    assert_eq!(acting.access.edge().certificate(&name("wild")).unwrap().revision, 1);
}

#[test]
fn a_teams_owner_puts_one_for_the_hosts_of_the_team() {
    let mut acting = acting();

    put(&mut acting, "ada", new("a", Some("accounts"), &["a.example.com"])).unwrap();
    // as it is: the team stays
    put(&mut acting, "ada", new("a", None, &["a.example.com"])).unwrap();

    let kept = acting.access.edge().certificate(&name("a")).unwrap();
    assert_eq!((kept.team.clone(), kept.revision), (Some(team("accounts")), 2));
}

#[rstest]
#[case::a_part_of_a_host(
    "ada",
    Some("accounts"),
    "part.example.com",
    "claimed `part.example.com/`"
)]
#[case::a_strange_host("ada", Some("accounts"), "b.example.com", "claimed `b.example.com/`")]
#[case::a_wildcard("ada", Some("accounts"), "*.a.example.com", "wildcard")]
#[case::an_address("ada", Some("accounts"), "192.0.2.7", "address")]
#[case::of_the_installation("ada", None, "a.example.com", "an admin")]
#[case::another_team("grace", Some("accounts"), "a.example.com", "no owner")]
#[case::her_own_team("grace", Some("shop"), "a.example.com", "claimed `a.example.com/`")]
#[case::no_team("root", Some("nobody"), "a.example.com", "no such team")]
fn others_are_refused(
    #[case] who: &str,
    #[case] owner: Option<&str>,
    #[case] its: &str,
    #[case] says: &str,
) {
    let mut acting = acting();

    let refused = put(&mut acting, who, new("a", owner, &[its])).unwrap_err();

    assert!(refused.to_string().contains(says), "{refused}");
    assert_eq!(acting.access.edge().certificates().count(), 0);
}

#[test]
fn a_team_neither_replaces_nor_deletes_what_is_not_its_own() {
    let mut acting = acting();
    put(&mut acting, "root", new("a", None, &["a.example.com"])).unwrap();

    let replaced = put(&mut acting, "ada", new("a", Some("accounts"), &["a.example.com"]));
    let deleted =
        acting.act("ada", |scene| delete(scene, &name("a"), &Expected::Anything)).unwrap_err();

    assert!(matches!(replaced.unwrap_err(), Refusal::Forbidden { .. }));
    assert!(matches!(deleted, Refusal::Forbidden { .. }));
}

#[test]
fn an_editor_renews_what_there_is_and_brings_no_new_host() {
    let mut acting = acting();
    put(&mut acting, "ada", new("a", Some("accounts"), &["a.example.com"])).unwrap();
    let mut accounts = (**acting.access.team(&team("accounts")).unwrap()).clone();
    let editor = accounts.members.values().next().unwrap().clone();
    let grace = UserName::parse("grace").unwrap();
    accounts
        .members
        .insert(grace, crate::auth::entity::Membership { role: Some(Role::Editor), ..editor });
    acting.access.apply(&Edit::Put(Entity::Team(Arc::new(accounts))));

    put(&mut acting, "grace", new("a", None, &["a.example.com"])).unwrap();
    let more = put(&mut acting, "grace", new("a", None, &["a.example.com", "b.example.com"]));
    let fresh = put(&mut acting, "grace", new("b", Some("accounts"), &["b.example.com"]));
    let gone = acting.act("grace", |scene| delete(scene, &name("a"), &Expected::Anything));

    assert!(matches!(more.unwrap_err(), Refusal::Forbidden { .. }));
    assert!(fresh.is_err());
    assert!(matches!(gone.unwrap_err(), Refusal::Forbidden { .. }));
}

#[test]
fn a_name_has_one_certificate() {
    let mut acting = acting();
    put(&mut acting, "root", new("one", None, &["a.example.com", "b.example.com"])).unwrap();

    let refused = put(&mut acting, "root", new("other", None, &["c.example.com", "b.example.com"]));

    let refused = refused.unwrap_err();
    assert!(matches!(refused, Refusal::Taken { field: "chain", .. }), "{refused:?}");
    assert!(refused.to_string().contains("`b.example.com` has a certificate already, `one`"));
    put(&mut acting, "root", new("one", None, &["b.example.com"])).unwrap();
    put(&mut acting, "root", new("other", None, &["a.example.com"])).unwrap();
}

#[test]
fn the_same_again_is_no_change_unless_its_key_is_lost() {
    let mut acting = acting();
    let same = new("a", None, &["a.example.com"]);
    put(&mut acting, "root", same.clone()).unwrap();

    let again = put(&mut acting, "root", same.clone()).unwrap();
    assert!(again.edits.is_empty() && again.entry.is_none());
    put(&mut acting, "root", NewCertificate { is_damaged: true, ..same }).unwrap();

    assert_eq!(acting.access.edge().certificate(&name("a")).unwrap().revision, 2);
}

#[rstest]
#[case(Expected::Nothing, true, false)]
#[case(Expected::Something, false, true)]
#[case(Expected::Revision(vec![1]), false, true)]
#[case(Expected::Revision(vec![2]), false, false)]
fn a_write_goes_by_what_it_expects(
    #[case] expected: Expected,
    #[case] first: bool,
    #[case] second: bool,
) {
    let mut acting = acting();
    let mut put = |expected: &Expected| {
        let new = new("a", None, &["a.example.com"]);
        put(&mut acting, "root", NewCertificate { expected: expected.clone(), ..new })
    };

    assert_eq!(put(&expected).is_ok(), first);
    if !first {
        put(&Expected::Anything).unwrap();
    }
    match put(&expected) {
        Ok(_) => assert!(second),
        Err(refused) => {
            assert!(!second);
            assert!(matches!(refused, Refusal::Outdated { .. }), "{refused:?}");
        }
    }
}

#[test]
fn what_the_settings_name_is_not_deleted() {
    let mut acting = acting();
    put(&mut acting, "root", new("a", None, &["a.example.com"])).unwrap();
    let kept = serde_json::json!({ "tls": { "default_certificate": "a" } });
    let kept = serde_json::json!({ "tls": kept["tls"], "values": kept, "revision": 1,
        "updated_at": "2027-01-01T12:00:00Z", "updated_by": "root" });
    acting.access.apply(&Edit::Put(Entity::of_json("gateway", kept).unwrap()));

    let refused = acting.act("root", |scene| delete(scene, &name("a"), &Expected::Anything));

    let refused = refused.unwrap_err();
    assert!(matches!(refused, Refusal::Conflict { code: "in-use", .. }), "{refused:?}");
    assert!(refused.to_string().contains("gateway settings"), "{refused}");
}

#[test]
fn a_token_of_all_teams_that_may_write_puts_one() {
    let mut acting = acting();
    let all = serde_json::json!({ "id": 1, "name": "ci", "team": null, "scope": "write",
        "hash": crate::auth::secret::SecretHash::of("x"), "created_by": "root",
        "created_at": acting.now, "expires_at": null });
    acting.access.apply(&Edit::Put(Entity::of_json("token", all).unwrap()));
    let token = Author::of(Who::Token(crate::auth::entity::Id(1)));
    let new = new("a", None, &["a.example.com"]);

    acting.act_by(&token, |scene| super::put(scene, new)).unwrap();

    let gone = acting.act_by(&token, |scene| delete(scene, &name("a"), &Expected::Anything));
    assert!(matches!(gone.unwrap_err(), Refusal::Forbidden { .. }));
}
