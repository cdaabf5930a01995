//! Make before break: what is used comes before what uses it, and goes after it.

use super::*;

#[test]
fn a_new_node_gets_clusters_before_the_routes_that_need_them() {
    let mut talk = Talk::new(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    });

    let clusters = talk.hears(subscribe(Kind::Cluster, &[]));
    let too_early = talk.hears(subscribe(Kind::Routes, &["x"]));
    let after_the_ack = talk.hears(ack(&clusters[0]));

    assert_eq!(texts(&clusters), ["cluster +a"]);
    assert!(too_early.is_empty());
    assert_eq!(texts(&after_the_ack), ["routes +x"]);
}

#[test]
fn endpoints_are_sent_when_asked_for_though_the_cluster_is_not_acknowledged() {
    let mut talk = Talk::new(|goal| goal.cluster("a", 0));
    talk.hears(subscribe(Kind::Cluster, &[]));

    let endpoints = talk.hears(subscribe(Kind::Endpoints, &["a"]));

    assert_eq!(texts(&endpoints), ["endpoints +a"]);
}

#[test]
fn a_scope_waits_for_the_clusters_of_its_routes() {
    let mut talk = Talk::new(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    });
    let clusters = talk.hears(subscribe(Kind::Cluster, &[]));

    let too_early = talk.hears(subscribe(Kind::Scope, &[]));
    let after_the_ack = talk.hears(ack(&clusters[0]));

    assert!(too_early.is_empty());
    assert_eq!(texts(&after_the_ack), ["scope +x"]);
}

#[test]
fn a_subscription_to_all_of_nothing_gets_one_empty_response() {
    let mut talk = Talk::new(|_| {});

    let first = talk.hears(subscribe(Kind::Cluster, &[]));
    let second = talk.hears(ack(&first[0]));

    assert_eq!(texts(&first), ["cluster"]);
    assert!(second.is_empty());
}

#[test]
fn a_subscription_to_all_is_answered_though_what_was_held_back_is_gone() {
    let mut talk = Talk::new(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    });
    talk.hears(subscribe(Kind::Cluster, &[]));
    let held_back = talk.hears(subscribe(Kind::Scope, &[]));

    let sent = talk.change(|goal| goal.remove_shard("x"));

    assert!(held_back.is_empty());
    assert_eq!(texts(&sent), ["scope"]);
}

#[test]
fn a_change_is_one_response_with_one_resource() {
    let mut talk = Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
        goal.shard("y", &["a"], 0);
    });

    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));

    assert_eq!(texts(&sent), ["routes +x"]);
    assert_eq!(sent[0].system_version_info, "2");
}

#[test]
fn routes_that_move_to_a_new_cluster_wait_for_it() {
    let mut talk = Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    });

    let sent = talk.change(|goal| {
        goal.cluster("b", 0);
        goal.shard("x", &["b"], 0);
        goal.remove_cluster("a");
    });
    let then = talk.hears(ack(&sent[0]));
    let last = talk.hears(ack(&then[0]));

    assert_eq!(texts(&sent), ["cluster +b"]);
    assert_eq!(texts(&then), ["routes +x"]);
    assert_eq!(texts(&last), ["cluster -a"]);
}

#[test]
fn a_cluster_goes_after_the_scope_and_after_the_node_has_let_go_of_the_routes() {
    let mut talk = Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    });

    let first = talk.change(|goal| {
        goal.remove_shard("x");
        goal.remove_cluster("a");
    });
    let after_the_ack = talk.hears(ack(&first[0]));
    let after_letting_go = talk.hears(unsubscribe(Kind::Routes, "x"));

    assert_eq!(texts(&first), ["scope -x"]);
    assert!(after_the_ack.is_empty());
    assert_eq!(texts(&after_letting_go), ["cluster -a"]);
}

#[test]
fn a_cluster_stays_while_routes_that_need_it_are_on_the_way() {
    let mut talk = Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.cluster("b", 0);
        goal.shard("x", &["b"], 0);
    });

    let to_a = talk.change(|goal| goal.shard("x", &["a"], 0));
    let back = talk.change(|goal| {
        goal.shard("x", &["b"], 0);
        goal.remove_cluster("a");
    });
    let node_runs_a = talk.hears(ack(&to_a[0]));
    let node_runs_b = talk.hears(ack(&back[0]));

    assert_eq!(texts(&back), ["routes +x"]);
    assert!(node_runs_a.is_empty());
    assert_eq!(texts(&node_runs_b), ["cluster -a"]);
}

#[test]
fn a_cluster_that_comes_back_while_its_removal_is_unanswered_is_sent_again() {
    let mut talk = Talk::at_rest(|goal| goal.cluster("a", 0));

    let removed = talk.change(|goal| goal.remove_cluster("a"));
    let again = talk.change(|goal| goal.cluster("a", 0));
    let after_the_first_ack = talk.hears(ack(&removed[0]));
    talk.hears(ack(&again[0]));

    assert_eq!(texts(&removed), ["cluster -a"]);
    assert_eq!(texts(&again), ["cluster +a"]);
    assert!(after_the_first_ack.is_empty());
    assert_eq!(talk.acked_by(Kind::Cluster, "a"), 1);
}

#[test]
fn the_ack_of_a_cluster_that_was_removed_since_does_not_let_routes_go() {
    let mut talk = Talk::new(|goal| goal.cluster("a", 0));
    let first = talk.hears(subscribe(Kind::Cluster, &[]));
    talk.hears(subscribe(Kind::Routes, &["x"]));
    talk.change(|goal| goal.remove_cluster("a"));
    let again = talk.change(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    });

    let after_the_old_ack = talk.hears(ack(&first[0]));
    let after_the_new_ack = talk.hears(ack(&again[0]));

    assert_eq!(texts(&again), ["cluster +a"]);
    assert!(after_the_old_ack.is_empty());
    assert_eq!(texts(&after_the_new_ack), ["routes +x"]);
}

#[test]
fn a_cluster_that_is_on_the_way_goes_though_nobody_says_what_has_changed() {
    let mut talk = Talk::new(|goal| goal.cluster("a", 0));
    talk.hears(subscribe(Kind::Cluster, &[]));

    talk.session.retarget(Resources::default(), 2, None);

    assert_eq!(texts(&talk.says()), ["cluster -a"]);
}

#[test]
fn a_changed_cluster_gets_its_endpoints_again() {
    let mut talk = Talk::at_rest(|goal| goal.cluster("a", 0));

    let sent = talk.change(|goal| goal.cluster("a", 1));

    assert_eq!(texts(&sent), ["cluster +a", "endpoints +a"]);
}

#[test]
fn a_cluster_that_changes_before_its_first_ack_gets_its_endpoints_again() {
    let mut talk = Talk::new(|goal| goal.cluster("a", 0));
    talk.hears(subscribe(Kind::Cluster, &[]));
    talk.hears(subscribe(Kind::Endpoints, &["a"]));

    let sent = talk.change(|goal| goal.cluster("a", 1));

    assert_eq!(texts(&sent), ["cluster +a", "endpoints +a"]);
}

#[test]
fn a_changed_listener_waits_until_routes_and_scopes_are_quiet() {
    let mut talk = Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.listener(0);
    });

    let scope = talk.change(|goal| {
        goal.listener(1);
        goal.shard("x", &["a"], 0);
    });
    let routes = talk.hears(subscribe(Kind::Routes, &["x"]));
    let after_the_scope = talk.hears(ack(&scope[0]));
    let after_the_routes = talk.hears(ack(&routes[0]));

    assert_eq!(texts(&scope), ["scope +x"]);
    assert_eq!(texts(&routes), ["routes +x"]);
    assert!(after_the_scope.is_empty());
    assert_eq!(texts(&after_the_routes), ["listener +gateway"]);
}

#[test]
fn a_first_listener_waits_for_nothing() {
    let mut talk = Talk::new(|goal| {
        goal.listener(0);
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    });
    talk.hears(subscribe(Kind::Cluster, &[]));
    talk.hears(subscribe(Kind::Scope, &[]));

    let sent = talk.hears(subscribe(Kind::Listener, &[]));

    assert_eq!(texts(&sent), ["listener +gateway"]);
}

#[test]
fn a_node_that_asks_again_gets_it_again() {
    let mut talk = Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    });

    let letting_go = talk.hears(unsubscribe(Kind::Routes, "x"));
    let again = talk.hears(subscribe(Kind::Routes, &["x"]));

    assert!(letting_go.is_empty());
    assert_eq!(texts(&again), ["routes +x"]);
}

#[test]
fn a_cluster_stays_while_a_node_that_asks_again_runs_what_was_sent_before() {
    let mut talk = Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.cluster("b", 0);
        goal.shard("x", &["b"], 0);
    });
    let to_a = talk.change(|goal| goal.shard("x", &["a"], 0));
    let to_c = talk.change(|goal| {
        goal.cluster("c", 0);
        goal.shard("x", &["c"], 0);
        goal.remove_cluster("a");
    });
    talk.hears(unsubscribe(Kind::Routes, "x"));
    talk.hears(subscribe(Kind::Routes, &["x"]));

    let node_runs_a = talk.hears(ack(&to_a[0]));
    let node_may_run_c = talk.hears(ack(&to_c[0]));
    let node_runs_c = talk.hears(ack(&node_may_run_c[0]));

    assert!(node_runs_a.is_empty());
    assert_eq!(texts(&node_may_run_c), ["routes +x"]);
    assert_eq!(texts(&node_runs_c), ["cluster -a"]);
}

#[test]
fn routes_that_a_node_has_let_go_of_are_not_sent_when_their_cluster_is_ready() {
    let mut talk = Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
    });
    let cluster = talk.change(|goal| {
        goal.cluster("b", 0);
        goal.shard("x", &["b"], 0);
    });

    let letting_go = talk.hears(unsubscribe(Kind::Routes, "x"));
    let ready = talk.hears(ack(&cluster[0]));

    assert!(letting_go.is_empty());
    assert!(ready.is_empty());
    assert!(talk.session.poll().is_none());
}

#[test]
fn a_slow_node_gets_the_newest_version_only() {
    let mut talk = Talk::at_rest(|goal| goal.cluster("a", 0));
    let newest = u32::try_from(UNANSWERED_RESPONSES).unwrap() + 10;

    let mut sent = Vec::new();
    for content in 1..=newest {
        sent.extend(talk.change(|goal| goal.endpoints("a", content)));
    }
    let next = talk.hears(ack(&sent[0]));

    assert_eq!(sent.len(), UNANSWERED_RESPONSES);
    assert_eq!(texts(&next), ["endpoints +a"]);
    assert_eq!(next[0].resources[0].version, endpoints("a", newest).version.as_str());
    assert!(talk.hears(ack(&sent[1])).is_empty());
}
