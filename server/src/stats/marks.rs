//! What the traffic of a mapping was before and after each of its changes. Pure: whoever keeps it
//! says which second it is.
//!
//! ```text
//! second   s-60 ………………… s-1   s   s+1   s+2 ………………… s+61
//!          └──── before ────┘  change    └──── after ────┘ second by second
//! ```
//! The second of the change and the next one count for neither side: the pushes that come then
//! tell of requests from before it, too. Neither side reaches beyond a neighbouring change.

use std::collections::{BTreeMap, HashMap};

use app::api::series::Around;

use super::{counters::Counts, coverage::Coverage, latency::Buckets, window::Window};
use crate::gateway::mapping::{MappingName, Revision};

/// Longest side of a change: as long as the time that health is judged by.
const SIDE_SECONDS: u32 = 60;

/// Shortest side that says anything: a rate is taken over as many seconds.
const SIDE_SECONDS_MIN: u32 = 5;

/// Seconds of the change itself: its own, and the one whose pushes can still tell of it.
const CHANGE_SECONDS: u32 = 2;

/// Seconds for which a change is remembered: the longest chart.
const REMEMBERED_SECONDS: u32 = 3_600;

/// Changes that are remembered at the most: at 600 bytes each, 3 MB.
const MARKS_MAX: usize = 5_000;

/// The traffic on one side of a change.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// How much time is known.
    covered: f64,
    requests: Counts,
    latency: Buckets,
}

/// A change of a mapping.
#[derive(Debug)]
struct Mark {
    mapping: MappingName,
    second: u32,
    before: Side,
    after: Side,
    /// The last second, which counts once it is known that no other change came in it.
    last: Side,
    /// Whether the mapping is still as this change has made it.
    is_open: bool,
}

/// Remembers changes, and measures what comes after them.
#[derive(Debug, Default)]
pub struct Marks {
    /// Of a later second, the revision is higher.
    marks: BTreeMap<Revision, Mark>,
    /// The newest change of each mapping that is remembered.
    newest: HashMap<MappingName, Revision>,
}

impl Marks {
    /// Notes that `mapping` was changed in the second `now`, which has ended; `window` is its
    /// traffic until then, unless it is new.
    pub fn change(
        &mut self,
        (mapping, revision): (&MappingName, Revision),
        now: u32,
        window: Option<&Window>,
        coverage: &Coverage,
    ) {
        let last = self.close(mapping);
        let before = match (window, last) {
            (None, _) => Side::default(),
            // what came after the last change is what was before this one
            (_, Some((second, after)))
                if now.saturating_sub(second) <= CHANGE_SECONDS + SIDE_SECONDS =>
            {
                after
            }
            (Some(window), _) => Side::before(now, window, coverage),
        };
        let mark = Mark {
            mapping: mapping.clone(),
            second: now,
            before,
            after: Side::default(),
            last: Side::default(),
            is_open: true,
        };
        self.marks.insert(revision, mark);
        self.newest.insert(mapping.clone(), revision);
        while self.marks.len() > MARKS_MAX {
            self.forget_oldest();
        }
    }

    /// Notes that `mapping` is gone.
    pub fn gone(&mut self, mapping: &MappingName) {
        self.close(mapping);
    }

    /// Adds what came in the second `now`, which ends, and of which `covered` is known.
    pub fn end_second(
        &mut self,
        now: u32,
        covered: f64,
        requests: &HashMap<MappingName, Counts>,
        latency: &HashMap<MappingName, Buckets>,
    ) {
        let age = |mark: &Mark| now.saturating_sub(mark.second);
        let newest_first = self.marks.values_mut().rev();
        let recent = newest_first.take_while(|mark| age(mark) <= CHANGE_SECONDS + SIDE_SECONDS);
        for mark in recent.filter(|mark| mark.is_open && age(mark) >= CHANGE_SECONDS) {
            let mut second = Side::default();
            if age(mark) < CHANGE_SECONDS + SIDE_SECONDS {
                second.covered = covered;
                second.requests = requests.get(&mark.mapping).copied().unwrap_or_default();
                second.latency = latency.get(&mark.mapping).copied().unwrap_or_default();
            }
            mark.after.add(&std::mem::replace(&mut mark.last, second));
        }
        let is_old = |mark: &Mark| now.saturating_sub(mark.second) > REMEMBERED_SECONDS;
        while self.marks.first_key_value().is_some_and(|(_, mark)| is_old(mark)) {
            self.forget_oldest();
        }
    }

    /// Returns the traffic before and after a change, where enough is known and there was any.
    pub fn around(&self, revision: Revision) -> [Option<Around>; 2] {
        let sides = self.marks.get(&revision).map(|mark| [mark.before, mark.after]);
        sides.unwrap_or_default().map(Side::told)
    }

    /// Ends what is measured of the newest change of `mapping`; returns its second, and what came
    /// after it.
    fn close(&mut self, mapping: &MappingName) -> Option<(u32, Side)> {
        let mark = self.marks.get_mut(self.newest.get(mapping)?)?;
        mark.is_open = false;
        Some((mark.second, mark.after))
    }

    fn forget_oldest(&mut self) {
        if let Some((revision, mark)) = self.marks.pop_first()
            && self.newest.get(&mark.mapping) == Some(&revision)
        {
            self.newest.remove(&mark.mapping);
        }
    }
}

impl Side {
    /// Returns the traffic of the minute before the second `now`.
    fn before(now: u32, window: &Window, coverage: &Coverage) -> Self {
        let from = now.saturating_sub(SIDE_SECONDS);
        let is_before = |second: u32| (from..now).contains(&second);
        let mut side = Self::default();
        let covered = coverage.each_second(now).filter(|(second, _)| is_before(*second));
        side.covered = covered.map(|(_, covered)| covered).sum();
        let seconds = SIDE_SECONDS as usize + 1;
        let requests = window.each_second(now, seconds).filter(|(second, _)| is_before(*second));
        requests.for_each(|(_, requests)| side.requests.add(requests));
        side.latency = window.latency_between(now, from..now);
        side
    }

    fn add(&mut self, other: &Self) {
        self.covered += other.covered;
        self.requests.add(other.requests);
        self.latency.add(&other.latency);
    }

    fn told(self) -> Option<Around> {
        let seconds = whole(self.covered);
        let ok_percent = self.requests.ok_percent()?;
        (seconds >= SIDE_SECONDS_MIN).then(|| Around {
            seconds,
            requests: self.requests.total(),
            ok_percent,
            p95_ms: self.latency.percentiles().map(|percentiles| percentiles.p95_ms),
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the sum of at most 60 seconds"
)]
fn whole(seconds: f64) -> u32 {
    seconds.round() as u32
}

#[cfg(test)]
mod tests;
