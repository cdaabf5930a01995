//! Checks what a viewer sees after frames in order, out of order, twice and not at all.

use super::*;
use crate::api::live::{ConfigState, Counters, Health, Totals};
use crate::api::mapping::Mapping;

fn at(seq: u64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seq.cast_signed(), 0).unwrap_or_default()
}

fn row(name: &str, prefix: &str, ok: u64) -> LiveMapping {
    LiveMapping {
        mapping: Mapping {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            service: "svc".to_owned(),
            rewrite: "/".to_owned(),
            labels: Vec::new(),
            revision: 1,
            created_at: at(0),
            updated_at: at(0),
            warnings: Vec::new(),
        },
        counters: Counters { upstream_ok: ok, ..Counters::default() },
        rate: Some(0.0),
        bad_rate: None,
        ok_percent: None,
        latency: None,
        trend: Vec::new(),
        members: None,
        health: Health::Idle,
        config: ConfigState::NoNodes,
    }
}

fn full(epoch: &str, seq: u64, mappings: Vec<LiveMapping>) -> Frame {
    Frame::Full(Full {
        epoch: epoch.to_owned(),
        seq,
        at: at(seq),
        gateway: Gateway::default(),
        totals: Totals::default(),
        overview: None,
        mappings,
    })
}

fn delta(since: u64, seq: u64, changed: Vec<LiveMapping>, removed: &[&str]) -> Frame {
    Frame::Delta(Delta {
        since,
        seq,
        at: at(seq),
        gateway: Gateway { revision: seq, ..Gateway::default() },
        totals: Totals::default(),
        overview: None,
        changed,
        removed: removed.iter().map(|name| (*name).to_owned()).collect(),
    })
}

fn at_41() -> State {
    let mut state = State::default();
    state.apply(full("a", 41, vec![row("user", "/user/", 1), row("grue", "/grue/", 1)]));
    state
}

fn applied(touched: &[&str], reordered: bool) -> Outcome {
    let touched = touched.iter().map(|name| (*name).to_owned()).collect();
    Outcome::Applied(Changes { touched, reordered })
}

#[test]
fn mappings_stand_in_match_order() {
    let mut state = State::default();

    state.apply(full(
        "a",
        1,
        vec![row("z", "/b/", 0), row("root", "/", 0), row("y", "/a/", 0), row("long", "/a/b/", 0)],
    ));

    assert_eq!(state.order(), ["long", "y", "z", "root"]);
}

#[test]
fn prefixes_are_measured_in_bytes_as_the_gateway_does() {
    let mut state = State::default();

    state.apply(full("a", 1, vec![row("ascii", "/abc/", 0), row("umlaut", "/äöü/", 0)]));

    assert_eq!(state.order(), ["umlaut", "ascii"]);
}

#[test]
fn a_delta_replaces_what_changed_and_leaves_the_rest() {
    let mut state = at_41();

    let outcome = state.apply(delta(41, 42, vec![row("user", "/user/", 7)], &[]));

    assert_eq!(outcome, applied(&["user"], false));
    assert_eq!(state.get("user").map(|row| row.counters.upstream_ok), Some(7));
    assert_eq!((state.seq, state.at, state.gateway.revision), (42, Some(at(42)), 42));
}

#[test]
fn a_delta_inserts_in_order_and_removes() {
    let mut state = at_41();

    let outcome = state.apply(delta(41, 42, vec![row("img", "/user/img/", 0)], &["grue"]));

    assert_eq!(outcome, applied(&["img"], true));
    assert_eq!(state.order(), ["img", "user"]);
}

#[test]
fn a_new_prefix_moves_its_mapping() {
    let mut state = at_41();

    let outcome = state.apply(delta(41, 42, vec![row("user", "/u/", 1)], &[]));

    assert_eq!(outcome, applied(&["user"], true));
    assert_eq!(state.order(), ["grue", "user"]);
}

#[test]
fn a_delta_after_a_missing_one_is_a_gap_and_changes_nothing() {
    let mut state = at_41();

    let outcome = state.apply(delta(42, 43, vec![row("user", "/user/", 9)], &[]));

    assert_eq!(outcome, Outcome::Gap);
    assert_eq!(state, at_41());
}

#[test]
fn a_delta_without_any_state_is_a_gap() {
    assert_eq!(State::default().apply(delta(0, 1, Vec::new(), &[])), Outcome::Gap);
}

#[test]
fn an_older_delta_is_ignored() {
    let mut state = at_41();

    let outcome = state.apply(delta(38, 40, vec![row("user", "/user/", 0)], &[]));

    assert_eq!(outcome, Outcome::Old);
    assert_eq!(state, at_41());
}

#[test]
fn a_coalesced_delta_that_starts_earlier_is_applied() {
    let mut state = at_41();

    let outcome = state.apply(delta(39, 45, vec![row("user", "/user/", 5)], &[]));

    assert_eq!(outcome, applied(&["user"], false));
    assert_eq!(state.seq, 45);
}

#[test]
fn a_sign_of_life_brings_the_time_and_touches_nothing() {
    let mut state = at_41();

    assert_eq!(state.apply(delta(41, 41, Vec::new(), &[])), applied(&[], false));
    assert_eq!(state.apply(delta(41, 42, Vec::new(), &[])), applied(&[], false));
    assert_eq!(state.at, Some(at(42)));
}

#[test]
fn a_full_frame_touches_only_what_differs() {
    let mut state = at_41();

    let frame = full("a", 50, vec![row("user", "/user/", 2), row("grue", "/grue/", 1)]);

    assert_eq!(state.apply(frame), applied(&["user"], false));
}

#[test]
fn a_full_frame_removes_what_it_does_not_name() {
    let mut state = at_41();

    let outcome = state.apply(full("a", 50, vec![row("user", "/user/", 1)]));

    assert_eq!(outcome, applied(&[], true));
    assert_eq!(state.order(), ["user"]);
    assert_eq!(state.get("grue"), None);
}

#[test]
fn another_run_of_the_server_counts_from_its_own_start() {
    let mut state = at_41();

    let outcome = state.apply(full("b", 3, vec![row("user", "/user/", 0)]));

    assert_eq!(outcome, applied(&["user"], true));
    assert_eq!((state.epoch.as_str(), state.seq), ("b", 3));
}

#[test]
fn a_full_frame_of_the_same_run_that_was_overtaken_is_ignored() {
    let mut state = at_41();

    assert_eq!(state.apply(full("a", 40, Vec::new())), Outcome::Old);
    assert_eq!(state, at_41());
}
