//! Counters come from nodes, with restarts of both sides, and add up.

use proptest::prelude::*;

use super::*;
use crate::gateway::{backends::Side, mapping::MappingName};

fn name() -> MappingName {
    MappingName::parse("user").unwrap()
}

fn user() -> Target {
    Target::Mapping(name())
}

/// A side of the mapping in a virtual host; of the first there are those of a mapping of one
/// service.
fn source(side: usize, host: Option<&str>) -> Source {
    Source::Route { mapping: name(), side: Side::at(side), host: host.map(Into::into) }
}

fn record(ledger: &mut Ledger, id: &str, counts: Counts) {
    ledger.record(&node(id), &source(0, None), counts, [user()]);
}

fn node(id: &str) -> NodeId {
    NodeId::reported(id)
}

fn ok(ok: u64) -> Counts {
    Counts { ok, ..Counts::default() }
}

#[test]
fn two_nodes_and_a_repeated_flush_add_up_to_what_was_sent() {
    let mut ledger = Ledger::default();

    record(&mut ledger, "a", ok(3));
    record(&mut ledger, "b", ok(4));
    record(&mut ledger, "a", ok(3));
    record(&mut ledger, "a", ok(5));

    assert_eq!(ledger.total(&user()), ok(9));
}

#[test]
fn a_new_process_counts_from_zero_even_when_it_is_already_past_the_old_value() {
    let mut ledger = Ledger::default();
    record(&mut ledger, "a", ok(5));

    ledger.node_started(&node("a"));
    record(&mut ledger, "a", ok(7));

    assert_eq!(ledger.total(&user()), ok(12));
}

#[test]
fn a_counter_that_fell_has_begun_again() {
    let mut ledger = Ledger::default();
    record(&mut ledger, "a", ok(5));

    record(&mut ledger, "a", ok(2));

    assert_eq!(ledger.total(&user()), ok(7));
}

#[test]
fn a_restart_of_the_server_goes_on_where_the_checkpoint_ended() {
    let mut before = Ledger::default();
    record(&mut before, "a", ok(5));
    let mut after = Ledger::resume(before.take_checkpoint());

    record(&mut after, "a", ok(8));

    assert_eq!(after.total(&user()), ok(8));
}

#[test]
fn a_checkpoint_holds_only_what_changed_and_a_lost_one_is_made_good() {
    let mut ledger = Ledger::default();
    record(&mut ledger, "a", ok(5));
    let lost = ledger.take_checkpoint();
    assert!(ledger.take_checkpoint().is_empty());

    ledger.put_back(&lost);

    assert_eq!(ledger.take_checkpoint(), lost);
}

#[test]
fn a_counter_that_envoy_has_dropped_begins_again_even_above_its_old_value() {
    let mut ledger = Ledger::default();
    record(&mut ledger, "a", ok(3));

    ledger.retain_seen(&node("a"), |_source| false);
    record(&mut ledger, "a", ok(5));

    assert_eq!(ledger.total(&user()), ok(8));
}

#[test]
fn a_dropped_counter_is_dropped_in_the_checkpoint_too() {
    let mut before = Ledger::default();
    record(&mut before, "a", ok(3));
    before.take_checkpoint();

    before.retain_seen(&node("a"), |_source| false);

    assert_eq!(before.take_checkpoint().unseen, [(node("a"), source(0, None))]);
}

#[test]
fn what_ends_after_its_mapping_has_gone_is_nobodys() {
    let mut ledger = Ledger::default();
    record(&mut ledger, "a", ok(5));
    ledger.forget(&user());

    ledger.observe(&node("a"), &source(0, None), ok(6));
    assert_eq!(ledger.total(&user()), ok(0));
    record(&mut ledger, "a", ok(8));

    assert_eq!(ledger.total(&user()), ok(2));
}

#[test]
fn a_mapping_made_again_under_its_old_name_begins_at_zero() {
    let mut ledger = Ledger::default();
    record(&mut ledger, "a", ok(5));

    ledger.forget(&user());
    record(&mut ledger, "a", ok(6));

    assert_eq!(ledger.total(&user()), ok(1));
}

#[test]
fn what_is_counted_apart_adds_up_in_the_target_and_the_side_has_its_own() {
    let mut ledger = Ledger::default();
    let side = Target::Side(name(), Side::at(1));
    let of_first = [source(0, None), source(0, Some("api~example~com"))];
    let of_second = source(1, None);

    for first in &of_first {
        ledger.record(&node("a"), first, ok(3), [user()]);
    }
    ledger.record(&node("a"), &of_second, ok(2), [user(), side.clone()]);
    ledger.record(&node("a"), &of_second, ok(5), [user(), side.clone()]);

    assert_eq!((ledger.total(&user()), ledger.total(&side)), (ok(11), ok(5)));
}

/// What may happen between two looks at the totals.
#[derive(Debug, Clone)]
enum Event {
    /// A node answers requests of a source, with each of the three outcomes.
    Serve(usize, usize, [u64; 3]),
    /// A node's push arrives.
    Push(usize),
    /// A node's process is replaced; what it has not pushed is lost with it.
    RestartNode(usize),
    /// A checkpoint is written.
    Save,
    /// A checkpoint could not be written, and is put back.
    FailToSave,
    /// The server goes on from what was written last.
    RestartServer,
}

fn event() -> impl Strategy<Value = Event> {
    let counts = prop::array::uniform3(0..5_u64);
    prop_oneof![
        5 => (0..2_usize, 0..4_usize, counts).prop_map(|(n, s, c)| Event::Serve(n, s, c)),
        4 => (0..2_usize).prop_map(Event::Push),
        1 => (0..2_usize).prop_map(Event::RestartNode),
        2 => Just(Event::Save),
        1 => Just(Event::FailToSave),
        1 => Just(Event::RestartServer),
    ]
}

/// Two nodes, what they have counted of four sources, and a server with its database.
#[derive(Default)]
struct World {
    ledger: Ledger,
    counted: [[Counts; 4]; 2],
    pushed: [[Counts; 4]; 2],
    /// What must be in the totals: all that was pushed, of each source.
    known: [Counts; 4],
    totals: HashMap<Target, Counts>,
    seen: HashMap<(NodeId, Source), Counts>,
}

impl World {
    fn sources() -> [(Source, Vec<Target>); 4] {
        let sides = [Target::Side(name(), Side::FIRST), Target::Side(name(), Side::at(1))];
        let targets = |side: usize| vec![user(), sides[side].clone()];
        [(0, None), (0, Some("one")), (1, None), (1, Some("one"))]
            .map(|(side, host)| (source(side, host), targets(side)))
    }

    fn step(&mut self, event: &Event) {
        match *event {
            Event::Serve(at, source, [ok, c4xx, bad]) => {
                self.counted[at][source].add(Counts { ok, c4xx, bad });
            }
            Event::Push(at) => self.push(at),
            Event::RestartNode(at) => {
                self.ledger.node_started(&node(&at.to_string()));
                self.counted[at] = Default::default();
                self.pushed[at] = Default::default();
            }
            Event::Save => self.save(),
            Event::FailToSave => {
                let lost = self.ledger.take_checkpoint();
                self.ledger.put_back(&lost);
            }
            Event::RestartServer => {
                let (totals, seen) = (self.totals.clone(), self.seen.clone());
                let (totals, seen) = (totals.into_iter().collect(), seen.into_iter().collect());
                self.ledger = Ledger::resume(Checkpoint { totals, seen, ..Checkpoint::default() });
                // the nodes say all of it again
                (0..2).for_each(|at| self.push(at));
            }
        }
    }

    fn push(&mut self, at: usize) {
        for (place, (source, targets)) in Self::sources().into_iter().enumerate() {
            let counts = self.counted[at][place];
            self.ledger.record(&node(&at.to_string()), &source, counts, targets);
            self.known[place].add(counts.since(self.pushed[at][place]));
            self.pushed[at][place] = counts;
        }
    }

    fn save(&mut self) {
        let checkpoint = self.ledger.take_checkpoint();
        self.seen.retain(|(node, _), _| !checkpoint.restarted.contains(node));
        self.seen.retain(|key, _| !checkpoint.unseen.contains(key));
        self.totals.extend(checkpoint.totals);
        self.seen.extend(checkpoint.seen);
        self.totals.retain(|target, _| !checkpoint.gone.contains(target));
    }
}

proptest! {
    #[test]
    fn whatever_restarts_and_is_lost_the_totals_are_what_was_pushed(
        events in prop::collection::vec(event(), 1..60),
    ) {
        let mut world = World::default();
        for event in &events {
            // a crash of both at once is no part of this: it loses what was not saved
            if matches!(event, Event::RestartNode(_)) {
                world.save();
            }
            world.step(event);
            if matches!(event, Event::RestartNode(_)) {
                world.save();
            }
        }
        (0..2).for_each(|at| world.push(at));

        let sum = |places: &[usize]| {
            let mut sum = Counts::default();
            places.iter().for_each(|place| sum.add(world.known[*place]));
            sum
        };
        let side = |side| world.ledger.total(&Target::Side(name(), side));
        prop_assert_eq!(world.ledger.total(&user()), sum(&[0, 1, 2, 3]));
        prop_assert_eq!(side(Side::FIRST), sum(&[0, 1]));
        prop_assert_eq!(side(Side::at(1)), sum(&[2, 3]));
    }
}
