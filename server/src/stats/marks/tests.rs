//! Sides of changes, computed by hand.

use super::*;

/// A mapping that is asked each second, from second 1 on, by one node.
struct Fixture {
    window: Window,
    coverage: Coverage,
    marks: Marks,
    now: u32,
}

impl Fixture {
    fn new() -> Self {
        let (window, coverage, marks) = Default::default();
        Self { window, coverage, marks, now: 0 }
    }

    /// So many seconds pass, each with `ok` and `bad` requests that took `ms`.
    fn pass(&mut self, seconds: u32, ok: u64, bad: u64, ms: f64) {
        for _ in 0..seconds {
            self.now += 1;
            let counts = Counts { ok, c4xx: 0, bad };
            let buckets = Buckets::read([(ms, ok + bad)], ok + bad);
            self.window.add(self.now, counts, Some(&buckets));
            self.window.end_second(self.now);
            self.coverage.add(self.now, 1.0);
            let (requests, latency) = ([(user(), counts)].into(), [(user(), buckets)].into());
            self.marks.end_second(self.now, 1.0, &requests, &latency);
        }
    }

    /// So many seconds pass of which no node tells.
    fn silence(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now += 1;
            self.marks.end_second(self.now, 0.0, &HashMap::new(), &HashMap::new());
        }
    }

    /// The mapping is changed in the second that has just ended.
    fn change(&mut self, revision: u64) {
        let change = (&user(), Revision(revision));
        self.marks.change(change, self.now, Some(&self.window), &self.coverage);
    }

    fn around(&self, revision: u64) -> [Option<Around>; 2] {
        self.marks.around(Revision(revision))
    }
}

fn user() -> MappingName {
    MappingName::parse("user").unwrap()
}

fn around(seconds: u32, requests: u64, ok_percent: f64, p95_ms: u32) -> Option<Around> {
    Some(Around { seconds, requests, ok_percent, p95_ms: Some(p95_ms) })
}

#[test]
fn a_change_for_the_worse_shows_on_both_of_its_sides() {
    let mut fixture = Fixture::new();
    // 199 of 200 a second are ok; all in the bucket from 7 to 10 ms: 7 + 3 · 0.95, rounded up
    fixture.pass(100, 199, 1, 10.0);
    fixture.change(7);
    // what comes in this second is told by pushes of the time before, too
    fixture.pass(1, 0, 1_000, 5_000.0);
    assert_eq!(fixture.around(7), [around(60, 12_000, 99.5, 10), None]);
    fixture.pass(60, 3, 1, 100.0);
    fixture.pass(60, 0, 9, 3_000.0);

    // the bucket from 70 to 100 ms: 70 + 30 · 0.95, rounded up
    assert_eq!(fixture.around(7), [around(60, 12_000, 99.5, 10), around(60, 240, 75.0, 99)]);
}

#[test]
fn the_side_after_grows_until_it_is_a_minute_and_says_nothing_before_five_seconds() {
    let mut fixture = Fixture::new();
    fixture.pass(70, 1, 0, 10.0);
    fixture.change(7);
    let mut told = Vec::new();
    for _ in 0..65 {
        fixture.pass(1, 1, 0, 10.0);
        told.push(fixture.around(7)[1].map(|after| after.seconds));
    }

    // one second is the change's, and the newest does not count yet
    assert_eq!(told[..8], [None, None, None, None, None, None, Some(5), Some(6)]);
    assert_eq!(told[60..], [Some(59), Some(60), Some(60), Some(60), Some(60)]);
}

#[test]
fn no_traffic_and_no_data_are_no_numbers() {
    let mut fixture = Fixture::new();
    fixture.pass(60, 0, 0, 10.0);
    fixture.change(7);
    fixture.silence(30);
    assert_eq!(fixture.around(7), [None, None]);

    fixture.pass(5, 5, 0, 10.0);
    assert_eq!(fixture.around(7)[1], None, "four seconds are too few");
    fixture.pass(1, 5, 0, 10.0);

    assert_eq!(fixture.around(7)[1].map(|after| (after.seconds, after.requests)), Some((5, 25)));
    assert_eq!(fixture.around(8), [None, None], "there was no such change");
}

#[test]
fn a_side_ends_where_the_next_change_begins() {
    let mut fixture = Fixture::new();
    fixture.pass(60, 1, 0, 10.0);
    fixture.change(7);
    fixture.pass(20, 0, 1, 10.0);
    fixture.change(8);
    fixture.pass(70, 1, 0, 10.0);

    let sides = [7, 8].map(|revision| {
        fixture.around(revision).map(|side| side.map(|side| (side.seconds, side.ok_percent)))
    });

    // of the twenty seconds between, the first may tell of the change before, and the last of the
    // next one
    assert_eq!(sides[0], [Some((59, 100.0)), Some((18, 0.0))]);
    assert_eq!(sides[1], [Some((18, 0.0)), Some((60, 100.0))]);
}

#[test]
fn a_new_mapping_has_nothing_before_it_and_one_that_is_gone_nothing_more_after() {
    let mut fixture = Fixture::new();
    fixture.pass(60, 1, 0, 10.0);
    fixture.marks.change((&user(), Revision(7)), fixture.now, None, &fixture.coverage);
    fixture.pass(10, 1, 0, 10.0);
    fixture.marks.gone(&user());
    fixture.pass(10, 1, 0, 10.0);

    let [before, after] = fixture.around(7);

    assert_eq!(before, None);
    assert_eq!(after.map(|after| after.seconds), Some(8));
}

#[test]
fn what_is_remembered_is_bounded_in_time_and_in_number() {
    let mut fixture = Fixture::new();
    fixture.pass(60, 1, 0, 10.0);
    fixture.change(1);
    fixture.silence(3_600);
    assert!(fixture.around(1)[0].is_some());
    fixture.silence(1);
    assert_eq!(fixture.around(1), [None, None]);

    for revision in 2..=MARKS_MAX as u64 + 10 {
        let name = MappingName::parse(&format!("m{revision}")).unwrap();
        fixture.marks.change((&name, Revision(revision)), 4_000, None, &fixture.coverage);
    }
    assert_eq!(fixture.marks.marks.len(), MARKS_MAX);
    assert_eq!(fixture.marks.newest.len(), MARKS_MAX);
}
