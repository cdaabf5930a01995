//! A node that comes back has what it had: it gets what differs, and loses nothing too early.

use super::*;

/// Asks as a node does that has these resources, each in the version of `goal` or in another.
fn resume(kind: Kind, has: &[(&str, &str)], wildcard: bool) -> DeltaDiscoveryRequest {
    let names: Vec<_> = has.iter().map(|(name, _)| *name).collect();
    DeltaDiscoveryRequest {
        initial_resource_versions: has
            .iter()
            .map(|(name, version)| ((*name).to_owned(), (*version).to_owned()))
            .collect(),
        ..subscribe(kind, if wildcard { &[] } else { &names })
    }
}

fn version(talk: &Talk, kind: Kind, name: &str) -> String {
    talk.goal.get(kind, name).unwrap().version.as_str().to_owned()
}

fn one_shard() -> Talk {
    Talk::new(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
        goal.shard("y", &["a"], 0);
        goal.listener(0);
    })
}

#[test]
fn a_node_that_has_everything_gets_nothing() {
    let mut talk = one_shard();
    let of = |kind, name| version(&talk, kind, name);
    let requests = [
        resume(Kind::Cluster, &[("a", &of(Kind::Cluster, "a"))], true),
        resume(Kind::Endpoints, &[("a", &of(Kind::Endpoints, "a"))], false),
        resume(Kind::Listener, &[("gateway", &of(Kind::Listener, "gateway"))], true),
        resume(Kind::Scope, &[("x", &of(Kind::Scope, "x")), ("y", &of(Kind::Scope, "y"))], true),
        resume(
            Kind::Routes,
            &[("x", &of(Kind::Routes, "x")), ("y", &of(Kind::Routes, "y"))],
            false,
        ),
    ];

    let sent: Vec<_> = requests.into_iter().flat_map(|request| talk.hears(request)).collect();

    assert_eq!(texts(&sent), Vec::<String>::new());
    assert!(talk.session.is_settled());
    assert_eq!(talk.acked_by(Kind::Routes, "x"), 1);
}

#[test]
fn a_node_tells_of_what_it_runs_by_coming_back_with_it() {
    let mut talk = one_shard();
    let x = version(&talk, Kind::Routes, "x");

    talk.hears(resume(Kind::Routes, &[("x", &x), ("y", "stale")], false));

    let [Event::Acked(resource)] = talk.events.as_slice() else { panic!("{:?}", talk.events) };
    assert_eq!(resource.key.name.as_ref(), "x");
}

#[test]
fn a_node_with_one_stale_resource_gets_that_one() {
    let mut talk = one_shard();
    let (cluster, y) = (version(&talk, Kind::Cluster, "a"), version(&talk, Kind::Routes, "y"));
    talk.hears(resume(Kind::Cluster, &[("a", &cluster)], true));

    let sent = talk.hears(resume(Kind::Routes, &[("x", "stale"), ("y", &y)], false));

    assert_eq!(texts(&sent), ["routes +x"]);
    assert_eq!(talk.acked_by(Kind::Routes, "x"), 0);
    assert_eq!(talk.acked_by(Kind::Routes, "y"), 1);
}

#[test]
fn clusters_of_an_earlier_stream_go_once_the_routes_are_known() {
    let mut talk = one_shard();
    let (cluster, x) = (version(&talk, Kind::Cluster, "a"), version(&talk, Kind::Routes, "x"));

    let clusters = talk.hears(resume(Kind::Cluster, &[("a", &cluster), ("old", "v")], true));
    let routes = talk.hears(resume(Kind::Routes, &[("x", &x), ("y", "stale")], false));
    let after_the_ack = talk.hears(ack(&routes[0]));

    assert!(clusters.is_empty());
    assert_eq!(texts(&routes), ["routes +y"]);
    assert_eq!(texts(&after_the_ack), ["cluster -old"]);
}

#[test]
fn clusters_of_an_earlier_stream_go_when_the_node_has_no_routes() {
    let mut talk = Talk::new(|_| {});

    let clusters = talk.hears(resume(Kind::Cluster, &[("old", "v")], true));
    let scopes = talk.hears(subscribe(Kind::Scope, &[]));

    assert!(clusters.is_empty());
    assert_eq!(texts(&scopes), ["cluster -old", "scope"]);
}

#[test]
fn a_scope_of_an_earlier_stream_goes_and_its_cluster_after_the_node_has_let_go() {
    let mut talk = Talk::new(|_| {});

    let clusters = talk.hears(resume(Kind::Cluster, &[("old", "v")], true));
    let routes = talk.hears(resume(Kind::Routes, &[("x", "v")], false));
    let scopes = talk.hears(resume(Kind::Scope, &[("x", "v")], true));
    let after_letting_go = talk.hears(unsubscribe(Kind::Routes, "x"));

    assert!(clusters.is_empty());
    assert!(routes.is_empty());
    assert_eq!(texts(&scopes), ["scope -x"]);
    assert_eq!(texts(&after_letting_go), ["cluster -old"]);
}

#[test]
fn a_cluster_that_came_on_this_stream_does_not_wait_for_routes_of_an_earlier_one() {
    let mut talk = one_shard();
    let cluster = version(&talk, Kind::Cluster, "a");
    talk.hears(resume(Kind::Cluster, &[("a", &cluster)], true));
    talk.change(|goal| {
        goal.cluster("b", 0);
        goal.shard("x", &["b"], 0);
    });
    talk.hears(resume(Kind::Routes, &[("x", "of an earlier stream")], false));

    let sent = talk.change(|goal| {
        goal.remove_shard("x");
        goal.remove_cluster("b");
    });

    assert_eq!(texts(&sent), ["cluster -b"]);
}

#[test]
fn endpoints_that_are_tentative_do_not_replace_what_a_node_has() {
    let mut talk = Talk::new(|goal| {
        let mut tentative = endpoints("a", 1);
        tentative.is_tentative = true;
        goal.put(tentative);
    });

    let sent = talk.hears(resume(Kind::Endpoints, &[("a", "found yesterday")], false));
    let found = talk.change(|goal| goal.endpoints("a", 2));

    assert!(sent.is_empty());
    assert_eq!(texts(&found), ["endpoints +a"]);
}

#[test]
fn endpoints_that_are_surely_gone_replace_what_a_node_has_also_after_they_were_tentative() {
    let mut talk = Talk::new(|goal| {
        let mut tentative = endpoints("a", 1);
        tentative.is_tentative = true;
        goal.put(tentative);
    });
    talk.hears(resume(Kind::Endpoints, &[("a", "found yesterday")], false));

    let gone = talk.change(|goal| goal.endpoints("a", 1));

    assert_eq!(texts(&gone), ["endpoints +a"]);
}
