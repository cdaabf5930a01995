//! Tests of the board: who is told what, and when.

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::discovery::kubernetes::{
    facts::Fact,
    index::Namespaces,
    made::{key, ready, slice, sources, web_service},
};

fn board() -> Board {
    Board::new(Index::new(Namespaces::All), DateTime::UNIX_EPOCH)
}

fn listed(facts: [Vec<Fact>; 2]) -> Board {
    let mut board = board();
    for (source, facts) in sources().iter().zip(facts) {
        board.take_in(source, News::All(facts));
    }
    board
}

fn service(text: &str) -> ServiceName {
    ServiceName::parse(text).unwrap()
}

/// Returns what is told: the addresses, or why there are none.
fn told(board: &mut Board) -> Vec<(String, String)> {
    let words = |answer: Option<Answer>| match answer {
        None => "forgotten".to_owned(),
        Some(Answer::External { name, port }) => format!("{name}:{port}"),
        Some(Answer::Endpoints(endpoints)) => match endpoints.trouble() {
            Some(reason) => reason.to_string(),
            None => endpoints.addresses().map(|it| it.to_string()).collect::<Vec<_>>().join(" "),
        },
    };
    let told = board.take_told().into_iter();
    let mut told: Vec<_> =
        told.map(|(service, answer)| (service.to_string(), words(answer))).collect();
    told.sort();
    told
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, words)| ((*name).to_owned(), (*words).to_owned())).collect()
}

#[test]
fn what_is_known_is_answered_at_once_and_told_once_more() {
    let slices = vec![slice("usersvc-1", "usersvc", json!([ready("10.1.0.1")]))];
    let mut board = listed([vec![web_service("usersvc")], slices]);

    let answer = board.follow(&service("usersvc.shop"), key("usersvc"));

    assert!(matches!(answer, Some(Answer::Endpoints(Endpoints::Known { .. }))));
    assert_eq!(told(&mut board), pairs(&[("usersvc.shop", "10.1.0.1:8080")]));
    assert_eq!(told(&mut board), pairs(&[]));
}

#[test]
fn a_change_is_told_to_those_alone_who_follow_its_service() {
    let mut board = listed([vec![web_service("usersvc"), web_service("gruesvc")], Vec::new()]);
    for name in ["usersvc", "gruesvc"] {
        board.follow(&service(&format!("{name}.shop")), key(name));
    }
    board.follow(&service("usersvc.shop:http"), key("usersvc"));
    board.take_told();

    let [_, slices] = sources();
    let change = slice("usersvc-1", "usersvc", json!([ready("10.1.0.1")]));
    board.take_in(&slices, News::One(change));

    let both = [("usersvc.shop", "10.1.0.1:8080"), ("usersvc.shop:http", "10.1.0.1:8080")];
    assert_eq!(told(&mut board), pairs(&both));
}

#[test]
fn whoever_is_forgotten_is_told_nothing_more() {
    let mut board = listed([vec![web_service("usersvc")], Vec::new()]);
    let usersvc = service("usersvc.shop");
    board.follow(&usersvc, key("usersvc"));
    board.take_told();

    assert!(board.forget(&usersvc) && !board.forget(&usersvc));
    let [services, _] = sources();
    board.take_in(&services, News::One(web_service("usersvc").ended()));

    assert_eq!(told(&mut board), pairs(&[("usersvc.shop", "forgotten")]));
}

#[test]
fn before_both_lists_are_there_nobody_is_told_anything() {
    let [services, slices] = sources();
    let mut board = board();

    let answer = board.follow(&service("usersvc.shop"), key("usersvc"));
    board.take_in(&services, News::All(vec![web_service("usersvc")]));
    let early = told(&mut board);
    board.take_in(&slices, News::All(Vec::new()));

    assert_eq!(answer, None);
    assert_eq!(early, pairs(&[]));
    assert_eq!(told(&mut board), pairs(&[("usersvc.shop", "")]));
}

#[test]
fn who_has_waited_too_long_is_told_why_and_later_the_truth() {
    let [services, slices] = sources();
    let mut board = board();
    board.follow(&service("usersvc.shop"), key("usersvc"));
    board.failed(&services, "connection refused".to_owned(), DateTime::UNIX_EPOCH);

    board.set_overdue();
    let overdue = board.take_told();
    for source in [services, slices] {
        board.take_in(&source, News::All(Vec::new()));
    }

    // which nodes that have endpoints from before are spared
    let [(_, Some(Answer::Endpoints(Endpoints::Unresolved { reason })))] = overdue.as_slice()
    else {
        panic!("{overdue:?}");
    };
    assert_eq!(
        reason.as_ref(),
        "Kubernetes: not everything has been listed yet: connection refused"
    );
    let absent = "there is no Service `usersvc` in the namespace `shop`";
    assert_eq!(told(&mut board), pairs(&[("usersvc.shop", absent)]));
}

#[test]
fn the_link_is_lost_with_the_first_source_and_back_with_the_last() {
    let [services, slices] = sources();
    let mut board = listed([Vec::new(), Vec::new()]);
    let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);

    let synced = board.link();
    board.failed(&slices, "closed".to_owned(), at(1));
    board.failed(&services, "refused".to_owned(), at(2));
    board.failed(&slices, "refused, too".to_owned(), at(3));
    let lost = board.link();
    board.connected(&slices);
    let half = board.link();
    board.connected(&services);

    assert_eq!((synced, board.link()), (Link::Synced, Link::Synced));
    assert_eq!(lost, Link::Reconnecting { since: at(1), error: "refused".into() });
    assert_eq!(half, Link::Reconnecting { since: at(2), error: "refused".into() });
}
