//! Tests that every replica counts the same, whatever way a node's flushes come.

use proptest::prelude::*;

use super::*;
use crate::{
    fleet::replica::ReplicaId,
    stats::told::{Process, Run, Told},
};

const NODES: usize = 2;

fn replica(at: usize) -> ReplicaId {
    at.to_string().into()
}

fn node(at: usize) -> NodeId {
    NodeId::reported(&format!("node-{at}"))
}

fn user() -> MappingName {
    MappingName::parse("user").unwrap()
}

/// A node: where it pushes to, and what its process has counted.
#[derive(Debug, Clone, Default)]
struct Node {
    at: usize,
    ok: u64,
}

/// Two replicas and their nodes.
struct World {
    table: Table,
    boards: [Board; 2],
    is_linked: bool,
    /// A process has ended while the two did not hear each other.
    has_ended: bool,
    nodes: [Node; NODES],
    /// All requests that nodes have told somebody of.
    truth: u64,
    pushed: [u64; NODES],
    now: Now,
}

#[derive(Debug, Clone)]
enum Event {
    Push { node: usize, requests: u64 },
    Move { node: usize },
    RestartNode { node: usize },
    Cut,
    Link,
    RestartReplica { at: usize },
}

fn event() -> impl Strategy<Value = Event> {
    let node = || 0..NODES;
    prop_oneof![
        8 => (node(), 0..20_u64).prop_map(|(node, requests)| Event::Push { node, requests }),
        2 => node().prop_map(|node| Event::Move { node }),
        2 => node().prop_map(|node| Event::RestartNode { node }),
        1 => Just(Event::Cut),
        2 => Just(Event::Link),
        1 => (0..2_usize).prop_map(|at| Event::RestartReplica { at }),
    ]
}

impl World {
    fn new() -> Self {
        let mut fixture = Fixture::new();
        fixture.put("user", "/user/");
        let table = fixture.published.table.clone();
        let mut now = fixture.now;
        now.at += chrono::TimeDelta::hours(1);
        let board = || Board::resume(Checkpoint::default(), &table, now);
        let boards = [board(), board()];
        let mut world = Self {
            boards,
            table,
            is_linked: false,
            has_ended: false,
            nodes: Default::default(),
            truth: 0,
            pushed: [0; NODES],
            now,
        };
        world.link();
        (0..NODES).for_each(|node| world.step(&Event::RestartNode { node }));
        world
    }

    fn step(&mut self, event: &Event) {
        self.now.instant += Duration::from_secs(1);
        self.now.at += chrono::TimeDelta::seconds(1);
        match *event {
            Event::Push { node, requests } => {
                self.nodes[node].ok += requests;
                self.push(node);
            }
            Event::Move { node } => self.nodes[node].at = 1 - self.nodes[node].at,
            Event::RestartNode { node: at } => {
                // if each misses the end of another process, only the larger part is made up for
                if std::mem::replace(&mut self.has_ended, !self.is_linked) {
                    self.link();
                }
                (self.nodes[at].ok, self.pushed[at]) = (0, 0);
                self.report(self.nodes[at].at, Report::NodeStarted(node(at)));
            }
            Event::Cut => self.is_linked = false,
            Event::Link => self.link(),
            Event::RestartReplica { at } => {
                // the other one keeps the checkpoints; what only this one has heard is lost
                self.link();
                let checkpoint = self.boards[1 - at].take_whole_checkpoint();
                self.boards[at] = Board::resume(checkpoint, &self.table, self.now);
                self.is_linked = false;
                self.link();
            }
        }
    }

    /// Each begins to hear the other.
    fn link(&mut self) {
        if std::mem::replace(&mut self.is_linked, true) {
            return;
        }
        self.has_ended = false;
        let beginnings = self.boards.each_ref().map(|board| board.beginning(self.now));
        for (by, beginning) in beginnings.into_iter().enumerate() {
            self.tell(1 - by, Report::Heard(replica(by)));
            for told in beginning {
                self.tell(1 - by, Report::Elsewhere(replica(by), told));
            }
        }
    }

    fn push(&mut self, at: usize) {
        let Node { at: to, ok } = self.nodes[at];
        self.truth += ok - self.pushed[at];
        self.pushed[at] = ok;
        let counts = [(Source::of_mapping(user()), Counts { ok, ..Counts::default() })].into();
        let sent_at_ms = self.now.at.timestamp_millis();
        self.report(to, Report::Flush(Flush { counts, sent_at_ms, ..Flush::of(node(at)) }));
    }

    /// A node tells its replica, and that the other.
    fn report(&mut self, to: usize, report: Report) {
        let told = self.boards[to].take_in(report, &self.table, self.now);
        if let Some(told) = told.filter(|_| self.is_linked) {
            self.tell(1 - to, Report::Elsewhere(replica(to), told));
        }
    }

    fn tell(&mut self, to: usize, report: Report) {
        let news = self.boards[to].take_in(report, &self.table, self.now);
        if let Some(news) = news {
            let back = Report::Elsewhere(replica(to), news);
            let echo = self.boards[1 - to].take_in(back, &self.table, self.now);
            assert!(echo.is_none(), "news goes round and round: {echo:?}");
        }
    }

    fn totals(&self) -> [u64; 2] {
        let target = Target::Mapping(user());
        self.boards.each_ref().map(|board| board.ledger.total(&target).ok)
    }
}

proptest! {
    #[test]
    fn replicas_that_hear_each_other_have_counted_the_same_and_all(
        events in prop::collection::vec(event(), 1..60),
    ) {
        let mut world = World::new();
        events.iter().for_each(|event| world.step(event));

        world.step(&Event::Link);
        (0..NODES).for_each(|node| world.step(&Event::Push { node, requests: 1 }));

        prop_assert_eq!(world.totals(), [world.truth; 2]);
    }
}

fn flush(ok: u64, sent_at_ms: i64) -> Flush {
    let counts = [(Source::of_mapping(user()), Counts { ok, ..Counts::default() })].into();
    Flush { counts, sent_at_ms, ..Flush::of(node(0)) }
}

#[test]
fn an_older_flush_that_comes_by_another_way_is_passed_over() {
    let mut world = World::new();
    let run = world.boards[0].ledger.process(&node(0)).run;
    let by = |at| {
        move |flush| Report::Elsewhere(replica(at), Told::Flush { run, flush: Arc::new(flush) })
    };
    let mut take_in = |report| drop(world.boards[0].take_in(report, &world.table, world.now));

    take_in(Report::Flush(flush(5, 1_000)));
    take_in(by(1)(flush(9, 3_000)));
    take_in(Report::Flush(flush(7, 2_000)));
    take_in(by(1)(flush(10, 4_000)));

    assert_eq!(world.totals()[0], 10);
}

#[test]
fn a_flush_of_a_process_that_is_no_more_is_passed_over() {
    let mut world = World::new();
    let old = world.boards[0].ledger.process(&node(0)).run;
    let told =
        |run, flush| Report::Elsewhere(replica(1), Told::Flush { run, flush: Arc::new(flush) });
    let mut take_in = |report| drop(world.boards[0].take_in(report, &world.table, world.now));

    take_in(told(old, flush(5, 1_000)));
    take_in(told(Run(old.0 + 1), flush(2, 3_000)));
    take_in(told(old, flush(6, 4_000)));

    assert_eq!(world.totals()[0], 7);
    let process = world.boards[0].ledger.process(&node(0));
    assert_eq!(process, Process { run: Run(old.0 + 1), sent_at_ms: 3_000 });
}

#[test]
fn what_another_replica_knows_of_sooner_is_counted_when_it_is_known_here() {
    let mut world = World::new();
    let run = world.boards[0].ledger.process(&node(0)).run;
    let told = |flush| Report::Elsewhere(replica(1), Told::Flush { run, flush: Arc::new(flush) });
    let empty = Table::default();

    drop(world.boards[0].take_in(told(flush(3, 1_000)), &empty, world.now));
    drop(world.boards[0].take_in(told(flush(4, 2_000)), &world.table, world.now));

    assert_eq!(world.totals()[0], 4);
}
