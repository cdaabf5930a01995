//! No team's mapping ever takes a request that lies in another team's claim or mapping: whatever
//! hosts, cases of letters and precedences teams ask for, the table is asked who serves what.

use std::sync::Arc;

use chrono::DateTime;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;
use crate::{
    auth::command::{
        acting::{Acting, team},
        claims::{self, NewClaim},
    },
    gateway::{
        mapping::{Change, ChangeKind, Mapping, Revision},
        request::Request,
        table::{Table, tests::mapping_with},
    },
};

const TEAMS: [(&str, &str); 2] = [("accounts", "ada"), ("shop", "grace")];

const HOSTS: [&str; 5] = ["*", "a.test", "b.a.test", "*.test", "*.a.test"];

const PREFIXES: [&str; 8] = ["/a/", "/a", "/A/", "/a/b/", "/a/B/c", "/ab/", "/b/", "/B/a/"];

/// Hosts of requests, one of which only `*` covers.
const ASKED: [&str; 5] = ["a.test", "b.a.test", "x.a.test", "x.test", "elsewhere"];

const PATHS: [&str; 10] =
    ["/a", "/A", "/a/", "/A/x", "/a/b/x", "/A/b/c", "/a/B/c", "/ab/x", "/b/a/x", "/B/a/x"];

#[derive(Debug, Clone)]
enum Step {
    Claim { team: usize, host: &'static str, prefix: &'static str },
    Put { team: usize, name: &'static str, body: Value },
    Delete { name: &'static str },
}

fn step() -> impl Strategy<Value = Step> {
    let names = || select(vec!["m0", "m1", "m2", "m3", "m4", "m5"]);
    let place = || (0..TEAMS.len(), select(HOSTS.to_vec()), select(PREFIXES.to_vec()));
    let precedence = prop_oneof![3 => Just(0), 1 => -1..2_i32];
    prop_oneof![
        2 => place().prop_map(|(team, host, prefix)| Step::Claim { team, host, prefix }),
        6 => (place(), names(), any::<bool>(), any::<bool>(), precedence).prop_map(
            |((team, host, prefix), name, ignore_case, is_exact, precedence)| {
                let path = if is_exact { "exact" } else { "prefix" };
                let matching =
                    json!({"path": path, "ignore_case": ignore_case, "precedence": precedence});
                let body = json!({"host": host, "prefix": prefix, "match": matching});
                Step::Put { team, name, body }
            }
        ),
        1 => names().prop_map(|name| Step::Delete { name }),
    ]
}

/// Does a step as an owner of a team would, if the rules allow it.
fn act(acting: &mut Acting, table: &mut Table, step: &Step) {
    match step {
        Step::Claim { team: index, host, prefix } => {
            let (its, who) = TEAMS[*index];
            let (host, territory) =
                (HostPattern::parse(host).unwrap(), Territory::parse(prefix).unwrap());
            let place = Place::new(host.clone(), territory.clone());
            let is_nobodys = acting.access.owner_of(&host, &territory).is_none();
            let neighbours = table.neighbours(&team(its), &place);
            let free = neighbours.leave_free(&acting.access, &team(its), &territory);
            if is_nobodys && free.is_err() {
                return;
            }
            let new = NewClaim { team: team(its), host, territory, note: String::new() };
            let _refused = acting.act(who, |scene| claims::create(scene, new));
        }
        Step::Put { team: index, name, body } => {
            let (its, who) = TEAMS[*index];
            let mut mapping = Mapping::clone(&mapping_with(name, body));
            mapping.spec.team = team(its);
            put(acting, table, who, mapping);
        }
        Step::Delete { name } => {
            let name = mapping_with(name, &json!({"prefix": "/"})).name().clone();
            table.apply(&Change { revision: Revision(1), kind: ChangeKind::Delete(name) });
        }
    }
}

fn put(acting: &mut Acting, table: &mut Table, who: &str, mapping: Mapping) {
    let (principal, spec) = (acting.principal(who), &mapping.spec);
    let place = Place::of(spec);
    let neighbours = match asks_neighbours(&acting.access, &principal, &place) {
        true => table.neighbours(&spec.team, &place),
        false => Neighbours::default(),
    };
    let before = table.get(&spec.name).map(|before| before.spec.team.clone());
    let facts = PutFacts { before: before.as_ref(), spec, neighbours: &neighbours };
    let policy = ClaimPolicy::FirstCome;
    let Ok(right) = check_put(&acting.access, &principal, policy, facts, acting.now) else {
        return;
    };
    if table.check_collision(spec).is_err() {
        return;
    }
    if let Right::New(place) = right {
        let (id, given) = acting.access.next_id();
        let author = Author::of(principal.who.clone());
        let claim = new_claim(id, &spec.team, place, &author, DateTime::UNIX_EPOCH);
        acting.access.apply(&given);
        let claim = crate::auth::access::Entity::Claim(Arc::new(claim));
        acting.access.apply(&crate::auth::access::Edit::Put(claim));
    }
    table.apply(&Change { revision: Revision(1), kind: ChangeKind::Put(Arc::new(mapping)) });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_request_of_one_team_is_ever_served_by_another(steps in vec(step(), 0..24)) {
        let (mut acting, mut table) = (Acting::new(), Table::default());
        for step in &steps {
            act(&mut acting, &mut table, step);
        }
        for host in ASKED {
            for path in PATHS {
                let request = Request { host: host.to_owned(), ..Request::of_path(path) };
                let teams: Vec<_> =
                    table.matching(&request).map(|(mapping, _)| &mapping.spec.team).collect();
                prop_assert!(
                    teams.windows(2).all(|pair| pair[0] == pair[1]),
                    "{}{} is of {:?}", host, path, teams
                );
                let exact = HostPattern::parse(host).unwrap();
                let owner = acting.access.owner_of(&exact, &Territory::parse(path).unwrap());
                if let (Some(owner), Some(served)) = (owner, teams.first()) {
                    prop_assert_eq!(&&owner.team, served, "{}{}", host, path);
                }
            }
        }
    }
}
