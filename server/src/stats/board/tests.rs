//! What ticks say, second by second.

use std::time::Duration;

use app::api::live::{Delta, Frame, Full, Health, LiveMapping, Watch};

use super::*;
use crate::{
    auth::sight::Sight,
    gateway::{
        backends::{Backend, Backends},
        mapping::{Change, ChangeKind, Mapping, Revision},
        service::Service,
        table::tests::mapping,
    },
    stats::{counters::Counts, frame::Watching, latency::Buckets},
    xds::node::NodeId,
};

mod elsewhere;
mod numbers;
mod sides;
mod sight;
mod watching;

/// A board with its last tick, a table that grows, and a clock that is moved by hand.
struct Fixture {
    board: Board,
    tick: Tick,
    published: Published,
    now: Now,
    nodes: HashSet<NodeId>,
}

impl Fixture {
    fn new() -> Self {
        let now = Now { instant: Instant::now(), at: DateTime::UNIX_EPOCH };
        Self {
            board: Board::resume(Checkpoint::default(), &Table::default(), now),
            tick: Tick::default(),
            published: Published::default(),
            now,
            nodes: HashSet::new(),
        }
    }

    fn put(&mut self, name: &str, prefix: &str) {
        self.apply(ChangeKind::Put(mapping(name, prefix, "service", "/")));
    }

    fn delete(&mut self, name: &str) {
        self.apply(ChangeKind::Delete(MappingName::parse(name).unwrap()));
    }

    fn apply(&mut self, kind: ChangeKind) {
        let revision = Revision(self.published.table.revision().0 + 1);
        let kind = match kind {
            ChangeKind::Put(mapping) => {
                ChangeKind::Put(Arc::new(Mapping { revision, ..Mapping::clone(&mapping) }))
            }
            delete @ ChangeKind::Delete(_) => delete,
        };
        self.published.table.apply(&Change { revision, kind });
    }

    /// A node reports the cumulative requests of a mapping, and its service's endpoints.
    fn flush(&mut self, node: &str, name: &str, ok: u64, bad: u64) {
        let name = MappingName::parse(name).unwrap();
        let counts = [(Source::of_mapping(name), Counts { ok, bad, c4xx: 0 })].into();
        self.push(Flush { counts, ..Flush::of(NodeId::reported(node)) });
    }

    /// The same, with how long each of the requests since the last flush took.
    fn flush_slow(&mut self, node: &str, name: &str, ok: u64, (requests, ms): (u64, f64)) {
        let name = MappingName::parse(name).unwrap();
        let latency =
            [((name.clone(), Side::FIRST), Buckets::read([(ms, requests)], requests))].into();
        let counts = [(Source::of_mapping(name), Counts { ok, ..Counts::default() })].into();
        self.push(Flush { counts, latency, ..Flush::of(NodeId::reported(node)) });
    }

    fn push(&mut self, flush: Flush) {
        if self.nodes.insert(flush.node.clone()) {
            let started = Report::NodeStarted(flush.node.clone());
            self.board.take_in(started, &self.published.table, self.now);
        }
        let members = Members { healthy_members: 1, total_members: 1 };
        let members = [(Upstream::parse("service").unwrap(), members)].into();
        let report = Report::Flush(Flush { members, ..flush });
        self.board.take_in(report, &self.published.table, self.now);
    }

    /// A second passes.
    fn tick(&mut self) -> Delta {
        let before = self.tick.seq;
        self.now.instant += Duration::from_secs(1);
        let published = Arc::new(self.published.clone());
        let one = NodeCount { nodes: 1, current: 1, ..NodeCount::default() };
        self.tick = self.board.tick(&self.tick, &published, one, self.now);
        self.delta_since(before)
    }

    fn delta_since(&self, since: u64) -> Delta {
        match serde_json::from_slice(&self.tick.frame_since(since, &all(), &Sight::All)).unwrap() {
            Frame::Delta(delta) => delta,
            Frame::Full(_) => panic!("a tick makes deltas"),
        }
    }

    fn live(&self, name: &str) -> LiveMapping {
        let mut entries = self.tick.entries.values();
        entries.find(|entry| entry.live.mapping.name == name).unwrap().live.clone()
    }
}

fn all() -> Watching {
    Watching::default()
}

fn names(changed: &[LiveMapping]) -> Vec<&str> {
    let mut names: Vec<_> = changed.iter().map(|live| live.mapping.name.as_str()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_tick_tells_only_what_has_changed() {
    let mut fixture = Fixture::new();
    fixture.put("busy", "/busy/");
    fixture.put("idle", "/idle/");
    fixture.flush("one", "busy", 0, 0);
    assert_eq!(names(&fixture.tick().changed), ["busy", "idle"]);

    fixture.flush("one", "busy", 7, 0);
    let delta = fixture.tick();

    assert_eq!(names(&delta.changed), ["busy"]);
    assert_eq!(fixture.live("busy").counters.upstream_ok, 7);
    assert_eq!(fixture.live("busy").rate, Some(3.5), "the second before is known to have had none");
}

#[test]
fn a_rate_falls_to_zero_when_the_traffic_ends_and_the_mapping_becomes_idle() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    fixture.flush("one", "user", 10, 0);
    fixture.tick();
    assert_eq!(fixture.live("user").health, Health::Healthy);

    for _ in 0..70 {
        fixture.flush("one", "user", 10, 0);
        fixture.tick();
    }

    assert_eq!(fixture.live("user").rate, Some(0.0));
    assert_eq!(fixture.live("user").health, Health::Idle);
}

#[test]
fn silence_is_stale_with_the_time_it_began_and_never_zero() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    fixture.flush("one", "user", 10, 0);
    fixture.tick();

    fixture.tick();
    fixture.tick();
    let delta = fixture.tick();

    assert_eq!(delta.gateway.stale_since, Some(DateTime::UNIX_EPOCH));
    let live = fixture.live("user");
    assert_eq!((live.health, live.rate, live.members), (Health::Stale, None, None));
    assert_eq!(live.counters.upstream_ok, 10, "totals stay");
}

#[test]
fn a_moved_mapping_is_changed_and_not_removed() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    fixture.tick();

    fixture.put("user", "/people/");
    let delta = fixture.tick();

    assert_eq!(names(&delta.changed), ["user"]);
    assert!(delta.removed.is_empty());
    assert_eq!(fixture.tick.entries.len(), 1);
}

#[test]
fn a_deleted_mapping_is_removed_and_one_made_again_begins_at_zero() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    fixture.flush("one", "user", 10, 0);
    fixture.tick();

    fixture.delete("user");
    assert_eq!(fixture.tick().removed, ["user"]);
    fixture.put("user", "/user/");
    fixture.flush("one", "user", 12, 0);
    fixture.tick();

    assert_eq!(fixture.live("user").counters.upstream_ok, 2);
}

#[test]
fn a_mapping_made_again_between_two_ticks_begins_at_zero_too() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    fixture.flush("one", "user", 10, 0);
    fixture.tick();

    let old = mapping("user", "/user/", "service", "/");
    let created_at = old.created_at + chrono::TimeDelta::seconds(1);
    fixture.delete("user");
    fixture.apply(ChangeKind::Put(Arc::new(Mapping { created_at, ..Mapping::clone(&old) })));
    fixture.tick();

    assert_eq!(fixture.live("user").counters.upstream_ok, 0);
}

#[test]
fn a_mapping_deleted_after_the_last_checkpoint_leaves_nothing_behind() {
    let total = |name: &str| {
        (Target::Mapping(MappingName::parse(name).unwrap()), Counts { ok: 5, c4xx: 0, bad: 0 })
    };
    let totals = vec![total("gone"), total("kept")];
    let mut fixture = Fixture::new();
    fixture.put("kept", "/kept/");

    let checkpoint = Checkpoint { totals, ..Checkpoint::default() };
    fixture.board = Board::resume(checkpoint, &fixture.published.table, fixture.now);
    fixture.put("gone", "/gone/");
    fixture.tick();

    assert_eq!(fixture.live("kept").counters.upstream_ok, 5);
    assert_eq!(fixture.live("gone").counters.upstream_ok, 0);
}

#[test]
fn a_viewer_who_missed_ticks_gets_their_sum() {
    let mut fixture = Fixture::new();
    for name in ["kept", "changed", "gone"] {
        fixture.put(name, &format!("/{name}/"));
    }
    fixture.flush("one", "kept", 0, 0);
    fixture.tick();
    let seen = fixture.tick.seq;

    fixture.delete("gone");
    fixture.flush("one", "kept", 0, 0);
    fixture.tick();
    fixture.put("changed", "/elsewhere/");
    fixture.tick();
    let delta = fixture.delta_since(seen);

    assert_eq!(names(&delta.changed), ["changed"]);
    assert_eq!(delta.removed, ["gone"]);
}
