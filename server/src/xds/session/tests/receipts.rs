//! Receipts: how many nodes run a resource, up and down.

use super::*;

fn one_shard() -> Talk {
    Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    })
}

fn routes(talk: &Talk) -> Arc<Resource> {
    Arc::clone(talk.goal.get(Kind::Routes, "x").unwrap())
}

#[test]
fn a_node_counts_from_its_ack_on() {
    let mut talk = one_shard();
    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));
    let on_the_way = routes(&talk).acked_by();

    talk.hears(ack(&sent[0]));

    assert_eq!(on_the_way, 0);
    assert_eq!(routes(&talk).acked_by(), 1);
}

#[test]
fn what_is_replaced_counts_until_the_new_version_is_acknowledged() {
    let mut talk = one_shard();
    let old = routes(&talk);
    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));
    let on_the_way = old.acked_by();

    talk.hears(ack(&sent[0]));

    assert_eq!(on_the_way, 1);
    assert_eq!(old.acked_by(), 0);
}

#[test]
fn what_a_node_lets_go_of_is_not_counted() {
    let mut talk = one_shard();

    talk.hears(unsubscribe(Kind::Routes, "x"));

    assert_eq!(routes(&talk).acked_by(), 0);
}

#[test]
fn the_ack_of_what_a_node_has_let_go_of_meanwhile_counts_for_nothing() {
    let mut talk = one_shard();
    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));
    talk.hears(unsubscribe(Kind::Routes, "x"));

    talk.hears(ack(&sent[0]));

    assert_eq!(routes(&talk).acked_by(), 0);
    assert!(talk.session.poll().is_none());
}

#[test]
fn a_node_that_has_a_scope_without_its_routes_is_not_there_yet() {
    let mut talk = one_shard();
    assert!(talk.session.is_settled());

    talk.hears(unsubscribe(Kind::Routes, "x"));

    assert!(!talk.session.is_settled());
}

#[test]
fn a_node_that_lets_go_and_asks_again_counts_once() {
    let mut talk = one_shard();
    let first = talk.change(|goal| goal.shard("x", &["a"], 1));
    talk.hears(unsubscribe(Kind::Routes, "x"));
    let second = talk.hears(subscribe(Kind::Routes, &["x"]));

    talk.hears(ack(&first[0]));
    let after_the_old_ack = routes(&talk).acked_by();
    talk.hears(ack(&second[0]));

    assert_eq!(after_the_old_ack, 1);
    assert_eq!(routes(&talk).acked_by(), 1);
}

#[test]
fn the_end_of_a_conversation_takes_its_counts_with_it() {
    let mut talk = one_shard();
    let other = Talk {
        session: Session::new(talk.goal.resources.clone(), 1),
        goal: talk.goal.clone(),
        events: Vec::new(),
    };
    talk.change(|goal| goal.shard("x", &["a"], 1));
    let (cluster, old) = (Arc::clone(talk.goal.get(Kind::Cluster, "a").unwrap()), routes(&other));

    drop(other);
    let beside = old.acked_by();
    drop(talk.session);

    assert_eq!(beside, 1);
    assert_eq!(old.acked_by(), 0);
    assert_eq!(cluster.acked_by(), 0);
    assert_eq!(talk.goal.get(Kind::Routes, "x").unwrap().acked_by(), 0);
}

#[test]
fn newer_mappings_with_the_same_content_count_without_a_response() {
    let mut talk = one_shard();
    let old = routes(&talk);

    let sent = talk.change(|goal| {
        goal.shard_of("x", &["a"], 0, mapping("newer", "/m/", "a", "/"));
    });

    assert!(sent.is_empty());
    assert_eq!(old.acked_by(), 0);
    assert_eq!(routes(&talk).acked_by(), 1);
}

#[test]
fn newer_mappings_with_the_content_that_is_on_the_way_count_with_its_ack() {
    let mut talk = one_shard();
    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));
    let old = routes(&talk);
    let nothing = talk.change(|goal| {
        goal.shard_of("x", &["a"], 1, mapping("newer", "/m/", "a", "/"));
    });

    talk.hears(ack(&sent[0]));

    assert!(nothing.is_empty());
    assert_eq!(old.acked_by(), 0);
    assert_eq!(routes(&talk).acked_by(), 1);
}

#[test]
fn every_node_counts() {
    let mut one = one_shard();
    let mut other = Talk {
        session: Session::new(one.goal.resources.clone(), 1),
        goal: one.goal.clone(),
        events: Vec::new(),
    };

    other.hears(subscribe(Kind::Cluster, &[]));
    other.hears(subscribe(Kind::Routes, &["x"]));
    other.settle();
    let both = one.acked_by(Kind::Routes, "x");
    one.hears(unsubscribe(Kind::Routes, "x"));

    assert_eq!(both, 2);
    assert_eq!(one.acked_by(Kind::Routes, "x"), 1);
}
