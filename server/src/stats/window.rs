//! The last hour of a mapping, or of the whole gateway: requests and latency, step by step. Pure:
//! whoever keeps it says which second it is.
//!
//! ```text
//! second    5 min, each second   ─┐
//! counts ──▶ 1 h, each 30 s       ├─ only steps in which something came
//! buckets ─▶ 1 min, each 5 s      │
//!             └ percentiles ─▶ 5 min, each 5 s, and 1 h, each 30 s
//! ```
//! A second is numbered by the tick that ends it. Whether there was any data in it is known of all
//! mappings at once: see [`super::coverage`].

use std::ops::Range;

use super::{
    counters::Counts,
    latency::{Buckets, Percentiles},
    sparse::Sparse,
};

/// Seconds that are remembered one by one.
pub const SECONDS: usize = 300;

/// Longer steps: those of the hour's chart.
pub const LONG_SECONDS: u32 = 30;
pub const LONG_STEPS: usize = 120;

/// Seconds of a step of latency, and how many of them are merged into a minute.
pub const LATENCY_SECONDS: u32 = 5;
pub const LATENCY_STEPS: usize = SECONDS / LATENCY_SECONDS as usize;
const MINUTE_STEPS: usize = 12;

/// Seconds after which a window's numbers of the last minute stay as they are: the minute, and the
/// step of latency that it begins in.
pub const SETTLED_SECONDS: u32 = 60 + LATENCY_SECONDS + 1;

/// Counts of one step: 4 billion of each are enough for 30 seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Few([u32; 3]);

impl Few {
    fn add(&mut self, counts: Counts) {
        for (sum, more) in self.0.iter_mut().zip([counts.ok, counts.c4xx, counts.bad]) {
            *sum = sum.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        }
    }
}

impl From<Few> for Counts {
    fn from(Few([ok, c4xx, bad]): Few) -> Self {
        Self { ok: ok.into(), c4xx: c4xx.into(), bad: bad.into() }
    }
}

/// What came in the last hour.
#[derive(Debug, Clone)]
pub struct Window {
    /// The last second in which something came.
    touched: u32,
    seconds: Sparse<Few>,
    long: Sparse<Few>,
    buckets: Sparse<Buckets>,
    percentiles: Sparse<Percentiles>,
    long_percentiles: Sparse<Percentiles>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            touched: 0,
            seconds: Sparse::new(SECONDS),
            long: Sparse::new(LONG_STEPS),
            buckets: Sparse::new(MINUTE_STEPS),
            percentiles: Sparse::new(LATENCY_STEPS),
            long_percentiles: Sparse::new(LONG_STEPS),
        }
    }
}

impl Window {
    /// Takes in what came in `second`.
    pub fn add(&mut self, second: u32, counts: Counts, latency: Option<&Buckets>) {
        self.touched = second;
        if counts.total() > 0 {
            for (steps, step) in
                [(&mut self.seconds, second), (&mut self.long, second / LONG_SECONDS)]
            {
                if let Some(sum) = steps.at(step) {
                    sum.add(counts);
                }
            }
        }
        if let Some(latency) = latency
            && let Some(sum) = self.buckets.at(second / LATENCY_SECONDS)
        {
            sum.add(latency);
        }
    }

    /// Ends `now`: writes the percentiles of the minute before into the chart's steps.
    pub fn end_second(&mut self, now: u32) {
        let Some(percentiles) = self.minute(now).percentiles() else { return };
        for (steps, step) in [
            (&mut self.percentiles, now / LATENCY_SECONDS),
            (&mut self.long_percentiles, now / LONG_SECONDS),
        ] {
            if let Some(kept) = steps.at(step) {
                *kept = percentiles;
            }
        }
    }

    /// Returns the requests of the last `seconds` seconds, of at most [`SECONDS`].
    pub fn last(&self, now: u32, seconds: usize) -> Counts {
        let mut sum = Counts::default();
        self.each_second(now, seconds).for_each(|(_, counts)| sum.add(counts));
        sum
    }

    /// Returns the seconds with requests among the last ones, newest first.
    pub fn each_second(&self, now: u32, seconds: usize) -> impl Iterator<Item = (u32, Counts)> {
        self.seconds.last(now, seconds).map(|(step, few)| (step, (*few).into()))
    }

    /// Returns the long steps with requests, newest first.
    pub fn each_long(&self, now: u32) -> impl Iterator<Item = (u32, Counts)> {
        let steps = self.long.last(now / LONG_SECONDS, LONG_STEPS);
        steps.map(|(step, few)| (step, (*few).into()))
    }

    /// Returns the latency of the last minute: of 12 steps, the newest of which is under way.
    pub fn minute(&self, now: u32) -> Buckets {
        let mut sum = Buckets::default();
        let steps = self.buckets.last(now / LATENCY_SECONDS, MINUTE_STEPS);
        steps.for_each(|(_, buckets)| sum.add(buckets));
        sum
    }

    /// Returns the latency of the steps among those of the last minute that lie wholly in
    /// `seconds`.
    pub fn latency_between(&self, now: u32, seconds: Range<u32>) -> Buckets {
        let mut sum = Buckets::default();
        let steps = self.buckets.last(now / LATENCY_SECONDS, MINUTE_STEPS);
        let is_inside = |step: u32| {
            let begin = step * LATENCY_SECONDS;
            seconds.start <= begin && begin + LATENCY_SECONDS <= seconds.end
        };
        let inside = steps.filter(|(step, _)| is_inside(*step));
        inside.for_each(|(_, buckets)| sum.add(buckets));
        sum
    }

    /// Returns the percentiles of the last five minutes, step by step, newest first.
    pub fn each_latency(&self, now: u32) -> impl Iterator<Item = (u32, Percentiles)> {
        let steps = self.percentiles.last(now / LATENCY_SECONDS, LATENCY_STEPS);
        steps.map(|(step, percentiles)| (step, *percentiles))
    }

    /// Returns the percentiles of the last hour, step by step, newest first.
    pub fn each_long_latency(&self, now: u32) -> impl Iterator<Item = (u32, Percentiles)> {
        let steps = self.long_percentiles.last(now / LONG_SECONDS, LONG_STEPS);
        steps.map(|(step, percentiles)| (step, *percentiles))
    }

    /// Tells whether the numbers of the last minute no longer change by the passing of time.
    pub fn is_settled(&self, now: u32) -> bool {
        now.saturating_sub(self.touched) > SETTLED_SECONDS
    }

    /// Forgets what is too old; tells whether anything is left, so that the window must be kept.
    pub fn forget_old(&mut self, now: u32) -> bool {
        self.seconds.forget(now);
        self.long.forget(now / LONG_SECONDS);
        self.buckets.forget(now / LATENCY_SECONDS);
        self.percentiles.forget(now / LATENCY_SECONDS);
        self.long_percentiles.forget(now / LONG_SECONDS);
        !(self.long.is_empty() && self.long_percentiles.is_empty() && self.buckets.is_empty())
    }

    /// Returns the bytes that the window takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.seconds.allocated()
            + self.long.allocated()
            + self.buckets.allocated()
            + self.percentiles.allocated()
            + self.long_percentiles.allocated()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(ok: u64) -> Counts {
        Counts { ok, ..Counts::default() }
    }

    fn took(ms: f64) -> Buckets {
        Buckets::read([(ms, 1)], 1)
    }

    #[test]
    fn the_last_seconds_are_summed_and_older_ones_are_not() {
        let mut window = Window::default();
        for (second, requests) in [(10, 1), (12, 2), (15, 4)] {
            window.add(second, ok(requests), None);
        }

        assert_eq!(window.last(15, 4), ok(6));
        assert_eq!(window.last(20, 5), ok(0));
    }

    #[test]
    fn the_latency_is_that_of_the_last_minute_and_the_chart_keeps_what_it_was() {
        let mut window = Window::default();
        window.add(0, ok(1), Some(&took(500.0)));
        for now in 0..100 {
            if now == 70 {
                window.add(now, ok(1), Some(&took(10.0)));
            }
            window.end_second(now);
        }

        assert_eq!(window.minute(99).samples(), 1);
        let p50: Vec<_> = window.each_latency(99).map(|(step, p)| (step, p.p50_ms)).collect();
        // 1 minute of the first, then a pause, then the second until now
        assert_eq!(p50.last(), Some(&(0, 400)));
        assert!(!p50.iter().any(|(step, _)| *step == 13));
        assert_eq!(p50.first(), Some(&(19, 9)));
    }

    #[test]
    fn a_window_is_kept_for_an_hour_and_then_not_at_all() {
        let mut window = Window::default();
        window.add(1_000, ok(1), Some(&took(10.0)));
        window.end_second(1_000);

        assert!(window.forget_old(1_000 + 3_500));
        assert!(!window.forget_old(1_000 + 3_630));
    }

    #[test]
    fn the_memory_of_a_window_is_bounded_and_small_for_little_traffic() {
        let (mut busy, mut quiet) = (Window::default(), Window::default());
        for now in 0..10_000 {
            busy.add(now, ok(1), Some(&took(10.0)));
            busy.end_second(now);
            if now % 600 == 0 {
                quiet.add(now, ok(1), Some(&took(10.0)));
            }
            if !quiet.is_settled(now) {
                quiet.end_second(now);
            }
            if now % LONG_SECONDS == 0 {
                quiet.forget_old(now);
            }
        }

        assert!(busy.bytes() <= 12_000, "{}", busy.bytes());
        assert!(quiet.bytes() <= 2_500, "{}", quiet.bytes());
    }
}
