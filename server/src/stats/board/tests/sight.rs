//! What viewers of different teams are sent.

use super::*;
use crate::{auth::names::TeamName, stats::seen::Seen};

fn team(name: &str) -> TeamName {
    TeamName::parse(name).unwrap()
}

fn sight(teams: &[&str]) -> Sight {
    Sight::Of(Arc::new(teams.iter().map(|name| team(name)).collect()))
}

impl Fixture {
    fn put_for(&mut self, owner: &str, name: &str, service: &str) {
        let mut mapping = mapping(name, &format!("/{name}/"), service, "/").as_ref().clone();
        mapping.spec.team = team(owner);
        mapping.revision = Revision(self.published.table.revision().0 + 1);
        self.apply(ChangeKind::Put(mapping.into()));
    }

    fn seen(&self, teams: &[&str]) -> Arc<Seen> {
        self.tick.seen(&sight(teams))
    }

    fn full_of(&self, watching: &Watching, sight: &Sight) -> Full {
        match serde_json::from_slice(&self.tick.full_frame(watching, sight)).unwrap() {
            Frame::Full(full) => full,
            Frame::Delta(_) => panic!("it is a full frame"),
        }
    }

    fn delta_of(&self, since: u64, watching: &Watching, sight: &Sight) -> Delta {
        match serde_json::from_slice(&self.tick.frame_since(since, watching, sight)).unwrap() {
            Frame::Delta(delta) => delta,
            Frame::Full(_) => panic!("it is a delta"),
        }
    }
}

/// Two teams: `shop` has two mappings, `pay` one, each with a service of its own.
fn two_teams() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.put_for("shop", "cart", "service");
    fixture.put_for("shop", "list", "lists");
    fixture.put_for("pay", "card", "cards");
    fixture.flush("one", "cart", 0, 0);
    fixture.tick();
    fixture
}

#[test]
fn a_frame_has_only_what_is_seen_whoever_asks_for_what() {
    let fixture = two_teams();
    let by_name =
        Watch { mappings: Some(vec!["card".to_owned(), "cart".to_owned()]), overview: false };
    let by_name = Watching::read(&by_name).unwrap();

    let all = fixture.full_of(&all(), &sight(&["shop"]));
    let named = fixture.full_of(&by_name, &sight(&["shop"]));
    let none = fixture.full_of(&by_name, &sight(&[]));

    assert_eq!(names(&all.mappings), ["cart", "list"]);
    assert_eq!(names(&named.mappings), ["cart"]);
    assert!(none.mappings.is_empty());
    assert_eq!(fixture.tick.full(&by_name, &sight(&["shop"])), named);
}

#[test]
fn counts_and_rankings_are_of_what_is_seen_and_requests_of_the_gateway() {
    let mut fixture = two_teams();
    fixture.flush("one", "cart", 50, 0);
    fixture.flush("one", "card", 0, 10);
    fixture.tick();
    let of = |lives: &[LiveMapping]| {
        lives.iter().map(|live| live.mapping.name.clone()).collect::<Vec<_>>()
    };

    let shop = fixture.seen(&["shop"]);
    let pay = fixture.seen(&["pay"]);
    let both = fixture.seen(&["pay", "shop"]);

    assert_eq!((shop.gateway.mappings, shop.gateway.services), (2, 2));
    assert_eq!((pay.gateway.mappings, pay.gateway.services), (1, 1));
    assert_eq!((both.gateway.mappings, both.gateway.services), (3, 3));
    assert_eq!((shop.totals.failing, pay.totals.failing), (0, 1));
    assert!(shop.overview(&fixture.tick).worst.is_empty());
    assert_eq!(of(&shop.overview(&fixture.tick).busiest), ["cart"]);
    assert_eq!(of(&pay.overview(&fixture.tick).worst), ["card"]);
    assert_eq!(of(&both.overview(&fixture.tick).busiest), ["cart", "card"]);
    // only `service` has told its endpoints
    assert_eq!((shop.totals.members.is_some(), pay.totals.members), (true, None));
    assert_eq!(shop.totals.rate, fixture.tick.totals.rate);
    assert_eq!(fixture.seen(&[]).gateway.mappings, 0);
}

#[test]
fn all_teams_together_count_as_those_who_see_all() {
    let mut fixture = two_teams();
    fixture.flush("one", "card", 3, 10);
    fixture.delete("list");
    fixture.tick();

    let (all, both) = (fixture.tick.seen(&Sight::All), fixture.seen(&["pay", "shop"]));

    assert_eq!(all.totals, both.totals);
    assert_eq!(all.gateway, both.gateway);
    assert_eq!(all.overview(&fixture.tick), both.overview(&fixture.tick));
}

#[test]
fn what_others_do_is_in_no_delta() {
    let mut fixture = two_teams();
    fixture.flush("one", "cart", 7, 0);
    fixture.flush("one", "card", 7, 0);
    fixture.put_for("pay", "bill", "service");
    fixture.delete("list");
    fixture.tick();

    let shop = fixture.delta_of(1, &all(), &sight(&["shop"]));
    let pay = fixture.delta_of(1, &all(), &sight(&["pay"]));

    assert_eq!((names(&shop.changed), shop.removed), (vec!["cart"], vec!["list".to_owned()]));
    assert_eq!(names(&pay.changed), ["bill", "card"]);
    assert!(pay.removed.is_empty());
}

#[test]
fn a_mapping_that_changes_hands_goes_from_one_and_comes_to_the_other() {
    let mut fixture = two_teams();
    fixture.put_for("pay", "cart", "service");
    fixture.tick();

    let shop = fixture.delta_of(1, &all(), &sight(&["shop"]));
    let pay = fixture.delta_of(1, &all(), &sight(&["pay"]));
    let both = fixture.delta_of(1, &all(), &sight(&["pay", "shop"]));

    assert_eq!((names(&shop.changed), shop.removed), (vec![], vec!["cart".to_owned()]));
    assert_eq!((names(&pay.changed), pay.removed), (vec!["cart"], vec![]));
    assert_eq!((names(&both.changed), both.removed), (vec!["cart"], vec![]));
    assert_eq!(fixture.seen(&["shop"]).gateway.mappings, 1);
    assert_eq!(fixture.seen(&["pay"]).gateway.mappings, 2);
}

#[test]
fn viewers_of_the_same_teams_get_the_same_bytes_and_others_another_epoch() {
    let fixture = two_teams();
    let shared = |teams: &[&str]| fixture.tick.frame_since(0, &all(), &sight(teams)).as_ptr();

    assert_eq!(shared(&["shop"]), shared(&["shop"]));
    assert_ne!(shared(&["shop"]), shared(&["pay"]));
    assert_eq!(fixture.seen(&["shop"]).epoch, fixture.seen(&["shop"]).epoch);
    assert_ne!(fixture.seen(&["shop"]).epoch, fixture.seen(&["pay"]).epoch);
    assert_ne!(fixture.seen(&["shop"]).epoch, fixture.tick.seen(&Sight::All).epoch);
}
