//! A refused resource is known by name, is not sent in vain, and holds nothing else up.

use super::*;
use crate::xds::session::SINGLE_CHANGES;

const WORDS: &str = "missing ]: [invalid";

impl Talk {
    /// Returns what was refused: name, Envoy's words, and the version the node goes on with.
    fn rejections(&self) -> Vec<(&str, &str, Option<&str>)> {
        let rejections = self.events.iter().filter_map(|event| match event {
            Event::Acked(_) => None,
            Event::Rejected { resource, reason, kept } => Some((
                resource.key.name.as_ref(),
                reason.as_ref(),
                kept.as_ref().map(|kept| kept.version.as_str()),
            )),
        });
        rejections.collect()
    }
}

fn one_shard() -> Talk {
    Talk::at_rest(|goal| {
        goal.cluster("a", 0);
        goal.shard("x", &["a"], 0);
        goal.shard("y", &["a"], 0);
    })
}

#[test]
fn a_refusal_tells_the_resource_envoys_words_and_what_the_node_kept() {
    let mut talk = one_shard();
    let before = talk.goal.get(Kind::Routes, "x").unwrap().version.clone();
    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));

    talk.hears(nack(&sent[0], WORDS));

    assert_eq!(talk.rejections(), [("x", WORDS, Some(before.as_str()))]);
    assert_eq!(talk.goal.get(Kind::Routes, "x").unwrap().rejected().unwrap().as_ref(), WORDS);
}

#[test]
fn a_refused_first_version_leaves_nothing_kept() {
    let mut talk = Talk::new(|goal| goal.cluster("a", 0));
    let sent = talk.hears(subscribe(Kind::Cluster, &[]));

    let then = talk.hears(nack(&sent[0], WORDS));

    assert!(then.is_empty());
    assert_eq!(talk.rejections(), [("a", WORDS, None)]);
}

#[test]
fn a_refused_resource_is_not_sent_again_until_it_changes() {
    let mut talk = one_shard();
    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));
    let after_the_refusal = talk.hears(nack(&sent[0], WORDS));
    talk.session.retarget(talk.goal.resources.clone(), 3, None);

    let compared_with_all = talk.says();
    let changed = talk.change(|goal| goal.shard("x", &["a"], 2));

    assert!(after_the_refusal.is_empty());
    assert!(compared_with_all.is_empty());
    assert_eq!(texts(&changed), ["routes +x"]);
}

#[test]
fn a_refused_content_that_comes_back_is_tried_again() {
    let mut talk = one_shard();
    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));
    talk.hears(nack(&sent[0], WORDS));

    let withdrawn = talk.change(|goal| goal.shard("x", &["a"], 0));
    let again = talk.change(|goal| goal.shard("x", &["a"], 1));

    assert!(withdrawn.is_empty());
    assert_eq!(texts(&again), ["routes +x"]);
}

#[test]
fn a_refusal_is_told_of_the_newer_mappings_that_have_the_same_content() {
    let mut talk = one_shard();
    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));
    let newer = mapping("newer", "/m/", "a", "/");
    talk.change(|goal| goal.shard_of("x", &["a"], 1, Arc::clone(&newer)));

    let again = talk.hears(nack(&sent[0], WORDS));
    talk.hears(nack(&again[0], WORDS));

    let Some(Event::Rejected { resource, .. }) = talk.events.last() else { panic!("no refusal") };
    assert!(Arc::ptr_eq(&resource.carries[0], &newer));
    assert!(talk.session.is_settled());
}

#[test]
fn other_resources_go_on_beside_a_refused_one() {
    let mut talk = one_shard();
    let sent = talk.change(|goal| goal.shard("x", &["a"], 1));
    talk.hears(nack(&sent[0], WORDS));

    let other = talk.change(|goal| goal.shard("y", &["a"], 1));
    talk.hears(ack(&other[0]));

    assert_eq!(texts(&other), ["routes +y"]);
    assert_eq!(talk.acked_by(Kind::Routes, "y"), 1);
    assert!(talk.session.is_settled());
}

#[test]
fn a_cluster_that_only_refused_routes_need_can_go() {
    let mut talk = one_shard();
    let cluster = talk.change(|goal| {
        goal.cluster("b", 0);
        goal.shard("x", &["b"], 0);
    });
    let routes = talk.hears(ack(&cluster[0]));
    talk.hears(nack(&routes[0], WORDS));

    let sent = talk.change(|goal| {
        goal.shard("x", &["a"], 0);
        goal.remove_cluster("b");
    });

    assert_eq!(texts(&sent), ["cluster -b"]);
}

#[test]
fn of_a_refused_batch_exactly_the_bad_one_is_reported() {
    let names: Vec<_> = (0..=SINGLE_CHANGES).map(|n| format!("c{n:02}")).collect();
    let mut talk = Talk::new(|goal| names.iter().for_each(|name| goal.cluster(name, 0)));
    let batch = talk.hears(subscribe(Kind::Cluster, &[]));

    let mut one_by_one = VecDeque::from(talk.hears(nack(&batch[0], WORDS)));
    let mut tried = Vec::new();
    while let Some(response) = one_by_one.pop_front() {
        tried.push(text(&response));
        let bad = response.resources[0].name == "c07";
        let answer = if bad { nack(&response, WORDS) } else { ack(&response) };
        one_by_one.extend(talk.hears(answer));
    }

    assert_eq!(batch.len(), 1);
    assert_eq!(batch[0].resources.len(), names.len());
    assert_eq!(tried, names.iter().map(|name| format!("cluster +{name}")).collect::<Vec<_>>());
    assert_eq!(talk.rejections(), [("c07", WORDS, None)]);
    assert!(talk.session.is_settled());
}

#[test]
fn a_refused_batch_is_not_tried_again_where_the_node_has_let_go() {
    let names: Vec<_> = (0..=SINGLE_CHANGES).map(|n| format!("c{n:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut talk = Talk::new(|goal| names.iter().for_each(|name| goal.cluster(name, 0)));
    let batch = talk.hears(subscribe(Kind::Endpoints, &names));
    talk.hears(unsubscribe(Kind::Endpoints, "c07"));

    let one_by_one = talk.hears(nack(&batch[0], WORDS));

    assert_eq!(one_by_one.len(), names.len() - 1);
    assert!(!texts(&one_by_one).contains(&"endpoints +c07".to_owned()));
}
