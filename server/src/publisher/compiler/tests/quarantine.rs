//! What Envoy refuses is held back, and nothing else.

use super::*;

const WORDS: &str = "missing ]: [invalid";

impl Bench {
    /// Refuses a shard as a node does that goes on with `kept`.
    fn refuse(&mut self, shard: &str, kept: Option<&Resource>) -> Vec<String> {
        let refused = self.resource(Kind::Routes, shard);
        self.compiler.rejected(&refused, &WORDS.into(), kept);
        self.publish()
    }

    fn ack(&mut self, shard: &str) -> Vec<String> {
        let acked = self.resource(Kind::Routes, shard);
        self.compiler.acked(&acked);
        self.publish()
    }

    fn quarantined(&self) -> Vec<&str> {
        let names: BTreeSet<_> = self.last.quarantined.keys().map(MappingName::as_str).collect();
        names.into_iter().collect()
    }

    /// Plays a node that refuses whatever has one of these services, until all is quiet.
    fn play(&mut self, shard: &str, bad: &[&str]) {
        let key = ResourceKey { kind: Kind::Routes, name: shard.into() };
        let mut kept: Option<Arc<Resource>> = None;
        let mut heard: Option<Arc<Resource>> = None;
        for _ in 0..100 {
            let Some(now) = self.last.resources.get(&key).cloned() else { return };
            if heard.as_ref().is_some_and(|heard| Arc::ptr_eq(heard, &now)) {
                return;
            }
            heard = Some(Arc::clone(&now));
            if now.needs.iter().any(|need| bad.contains(&need.as_ref())) {
                self.compiler.rejected(&now, &WORDS.into(), kept.as_deref());
            } else if kept.as_ref().is_none_or(|kept| kept.version != now.version) {
                self.compiler.acked(&now);
                kept = Some(now);
            }
            self.publish();
        }
        panic!("it goes on forever");
    }
}

fn rejected() -> ConfigState {
    ConfigState::Rejected { reason: WORDS.to_owned() }
}

#[test]
fn exactly_the_mapping_that_differs_is_held_back_and_its_last_version_shown() {
    let mut bench = Bench::new();
    let user = bench.put("user", "/user/", "a");
    bench.put("admin", "/user/admin/", "good");
    bench.publish();
    let kept = bench.resource(Kind::Routes, "segment/user");
    let admin = bench.put("admin", "/user/admin/", "bad");
    bench.publish();

    let touched = bench.refuse("segment/user", Some(&kept));

    assert_eq!(
        touched,
        [
            "cluster +good",
            "cluster -bad",
            "endpoints +good",
            "endpoints -bad",
            "routes +segment/user"
        ],
    );
    assert_eq!(bench.shown("admin"), Some("good"));
    assert_eq!(bench.shown("user"), Some("a"));
    assert_eq!(bench.state(&admin), rejected());
    assert_ne!(bench.state(&user), rejected());
    assert_eq!(bench.resource(Kind::Routes, "segment/user").version, kept.version);
}

#[test]
fn a_new_revision_is_tried_again() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "good");
    bench.publish();
    let kept = bench.resource(Kind::Routes, "segment/user");
    bench.put("user", "/user/", "bad");
    bench.publish();
    bench.refuse("segment/user", Some(&kept));

    let mended = bench.put("user", "/user/", "better");
    bench.publish();

    assert_eq!(bench.shown("user"), Some("better"));
    assert_ne!(bench.state(&mended), rejected());
    assert_eq!(bench.quarantined(), Vec::<&str>::new());
}

#[test]
fn a_refused_first_version_is_not_shown_at_all() {
    let mut bench = Bench::new();
    let user = bench.put("user", "/user/", "bad");
    bench.publish();

    let touched = bench.refuse("segment/user", None);

    assert_eq!(
        touched,
        ["cluster -bad", "endpoints -bad", "routes -segment/user", "scope -segment/user"],
    );
    assert_eq!(bench.state(&user), rejected());
}

#[test]
fn of_several_suspects_each_is_tried_and_the_good_ones_are_shown_in_the_end() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "a");
    bench.publish();
    let kept = bench.resource(Kind::Routes, "segment/user");
    bench.put("one", "/user/one/", "b");
    bench.put("two", "/user/two/", "bad");
    bench.put("three", "/user/three/", "c");
    bench.publish();

    bench.refuse("segment/user", Some(&kept));
    let on_trial = bench.last.on_trial;
    bench.play("segment/user", &["bad"]);

    assert!(on_trial);
    assert!(!bench.last.on_trial);
    assert_eq!(bench.quarantined(), ["two"]);
    assert_eq!(bench.shown("one"), Some("b"));
    assert_eq!(bench.shown("three"), Some("c"));
}

#[test]
fn an_ack_admits_the_next_suspect() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "a");
    bench.publish();
    let kept = bench.resource(Kind::Routes, "segment/user");
    bench.put("one", "/user/one/", "b");
    bench.put("two", "/user/two/", "c");
    bench.publish();

    bench.refuse("segment/user", Some(&kept));
    let at_first = bench.quarantined().join(" ");
    bench.ack("segment/user");

    assert_eq!(at_first, "two");
    assert_eq!(bench.quarantined(), Vec::<&str>::new());
}

#[test]
fn only_the_ack_of_the_routes_admits_the_next_suspect() {
    let mut bench = Bench::new();
    bench.put("one", "/user/one/", "b");
    bench.put("two", "/user/two/", "c");
    bench.publish();
    let earlier = bench.resource(Kind::Routes, "segment/user");
    bench.refuse("segment/user", None);

    let scope = bench.resource(Kind::Scope, "segment/user");
    bench.compiler.acked(&scope);
    bench.compiler.acked(&earlier);
    bench.publish();

    assert_eq!(bench.quarantined(), ["two"]);
}

#[test]
fn the_suspects_of_a_shard_that_no_node_has_yet_are_tried_too() {
    let mut bench = Bench::new();
    bench.put("one", "/user/one/", "bad");
    bench.put("two", "/user/two/", "b");
    bench.publish();

    bench.play("segment/user", &["bad"]);

    assert_eq!(bench.quarantined(), ["one"]);
    assert_eq!(bench.shown("two"), Some("b"));
}

#[test]
fn a_suspect_that_is_deleted_meanwhile_does_not_keep_the_others_waiting() {
    let mut bench = Bench::new();
    for (name, service) in [("one", "b"), ("two", "c"), ("three", "d")] {
        bench.put(name, &format!("/user/{name}/"), service);
    }
    bench.publish();
    bench.refuse("segment/user", None);
    let waiting = bench.quarantined().join(" ");
    bench.delete("one");
    bench.publish();

    bench.ack("segment/user");

    assert_eq!(waiting, "one two");
    assert_eq!(bench.quarantined(), Vec::<&str>::new());
    assert_eq!(bench.shown("two"), Some("c"));
}

#[test]
fn two_refused_revisions_in_a_row_do_not_take_turns() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "good");
    bench.publish();
    let kept = bench.resource(Kind::Routes, "segment/user");
    bench.put("user", "/user/", "bad");
    bench.publish();
    let newest = bench.put("user", "/user/", "worse");
    bench.publish();

    bench.refuse("segment/user", Some(&kept));

    assert_eq!(bench.shown("user"), Some("good"));
    assert_eq!(bench.state(&newest), rejected());
}

#[test]
fn what_is_shown_in_place_of_a_refused_revision_may_be_refused_as_well() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "bad");
    bench.publish();
    let newest = bench.put("user", "/user/", "worse");
    bench.publish();

    bench.play("segment/user", &["bad", "worse"]);

    assert_eq!(bench.shown("user"), None);
    assert_eq!(bench.state(&newest), rejected());
}

#[test]
fn what_is_shown_while_discovery_looks_may_be_refused_as_well() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "bad");
    bench.publish();
    bench.put("user", "/user/", "slow");
    bench.publish();

    bench.refuse("segment/user", None);
    let meanwhile = bench.shown("user").map(str::to_owned);
    bench.resolve("slow", somewhere());
    bench.publish();

    assert_eq!(meanwhile, None);
    assert_eq!(bench.shown("user"), Some("slow"));
    assert_eq!(bench.quarantined(), Vec::<&str>::new());
}

#[test]
fn a_second_nodes_refusal_of_what_was_replaced_blames_nobody() {
    let mut bench = Bench::new();
    bench.put("one", "/user/one/", "b");
    bench.put("two", "/user/two/", "bad");
    bench.publish();
    let refused = bench.resource(Kind::Routes, "segment/user");
    bench.refuse("segment/user", None);
    let after_the_first = bench.quarantined().join(" ");

    bench.compiler.rejected(&refused, &WORDS.into(), None);
    bench.publish();

    assert_eq!(bench.quarantined().join(" "), after_the_first);
}

#[test]
fn a_refused_revision_does_not_come_back_to_a_prefix_that_has_another_owner() {
    let mut bench = Bench::new();
    bench.put("first", "/old/", "a");
    bench.publish();
    bench.put("first", "/new/", "bad");
    bench.publish();
    bench.put("second", "/old/", "b");
    bench.publish();

    bench.refuse("segment/new", None);

    assert_eq!(bench.shown("first"), None);
    assert_eq!(bench.shown("second"), Some("b"));
}

#[test]
fn a_refused_cluster_holds_its_users_back() {
    let mut bench = Bench::new();
    bench.put("one", "/one/", "good");
    bench.publish();
    let one = bench.put("one", "/one/", "bad");
    let two = bench.put("two", "/two/", "bad");
    let three = bench.put("three", "/three/", "other");
    bench.publish();

    let cluster = bench.resource(Kind::Cluster, "bad");
    bench.compiler.rejected(&cluster, &WORDS.into(), None);
    bench.publish();

    assert_eq!([&one, &two].map(|mapping| bench.state(mapping)), [rejected(), rejected()]);
    assert_ne!(bench.state(&three), rejected());
    assert_eq!(bench.shown("one"), Some("good"));
    assert_eq!(bench.shown("two"), None);
    assert!(!bench.has(Kind::Cluster, "bad"));
}

#[test]
fn an_edit_that_keeps_a_refused_cluster_has_no_good_version() {
    let mut bench = Bench::new();
    bench.put("one", "/one/", "bad");
    bench.put("one", "/one/two/", "bad");
    bench.publish();

    let cluster = bench.resource(Kind::Cluster, "bad");
    bench.compiler.rejected(&cluster, &WORDS.into(), None);
    bench.publish();

    assert_eq!(bench.shown("one"), None);
    assert!(!bench.has(Kind::Cluster, "bad"));
}
