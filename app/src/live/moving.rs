//! Moves what charts show on with each frame: appends what has come, drops what is older than the
//! span. Pure: what a frame says is handed in.
//!
//! ```text
//! seq 41 ─ 42 ─ 43 ····· 46       one step: a value · several: gaps, and the history is asked for
//!  Some   Some  Some  –  –  Some
//! ```

use chrono::TimeDelta;

use crate::api::live::{Counters, Latency};
use crate::api::series::{Series, Span};

/// What a frame says of the traffic that a chart shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Traffic {
    /// Requests of the second that has just ended; `None` when data is missing.
    Second(Option<Counters>),
    /// All requests so far; `None` when data is missing.
    Total(Option<Counters>),
}

/// What came of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The chart stays as it is.
    Stayed,
    Moved,
    /// The frame does not say all that has happened: the history has to be asked for again.
    Missed,
}

/// The numbers of a chart as of the frame `seq`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moving {
    pub(crate) series: Series,
    seq: u64,
    /// All requests as of `seq`, where the next second is the difference to it.
    total: Option<Counters>,
    /// Seconds since the latency's newest element.
    latency_age: u32,
    /// Seconds since the history of an hour was fetched: its steps are too long for frames.
    age: u32,
}

impl Moving {
    /// Begins with a history; `total` are all requests at its end, for [`Traffic::Total`].
    pub(crate) fn new(series: Series, total: Option<Counters>) -> Self {
        Self { seq: series.seq, series, total, latency_age: 0, age: 0 }
    }

    /// Takes a fetched history, when frames up to `seq` are shown already.
    pub(crate) fn replace(&mut self, series: Series, seq: u64, total: Option<Counters>) {
        *self = Self::new(series, total);
        let behind = seq.saturating_sub(self.seq);
        if behind > 0 && self.series.span == Span::FiveMinutes {
            self.shift(behind, None, None);
        }
        self.seq = self.seq.max(seq);
    }

    /// Follows the frame `seq`.
    pub(crate) fn follow(&mut self, seq: u64, traffic: Traffic, latency: Option<Latency>) -> Step {
        let Some(steps) = seq.checked_sub(self.seq).filter(|steps| *steps > 0) else {
            if let Traffic::Total(total) = traffic {
                self.total = total;
            }
            return Step::Stayed;
        };
        self.seq = seq;
        let second = match traffic {
            Traffic::Second(second) => second,
            Traffic::Total(total) => {
                let before = std::mem::replace(&mut self.total, total);
                total.zip(before).filter(|_| steps == 1).and_then(|(now, then)| since(now, then))
            }
        };
        if self.series.span == Span::Hour {
            self.age = self.age.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
            let is_due = self.age >= self.series.requests.step_seconds.max(1);
            return if is_due { Step::Missed } else { Step::Stayed };
        }
        self.shift(steps, second, latency);
        if steps == 1 { Step::Moved } else { Step::Missed }
    }

    /// Moves on by `steps` seconds, of which only the last is known.
    fn shift(&mut self, steps: u64, second: Option<Counters>, latency: Option<Latency>) {
        let requests = &mut self.series.requests;
        // A longer pause than the chart is wide leaves nothing of it.
        let gaps = steps.saturating_sub(1).min(requests.ok.len() as u64);
        for _ in 0..gaps {
            for values in [&mut requests.ok, &mut requests.c4xx, &mut requests.bad] {
                push(values, None);
            }
        }
        push(&mut requests.ok, second.map(|c| c.upstream_ok as f64));
        push(&mut requests.c4xx, second.map(|c| c.upstream_4xx as f64));
        push(&mut requests.bad, second.map(|c| c.upstream_bad as f64));

        let series = &mut self.series.latency;
        let step = series.step_seconds.max(1);
        self.latency_age =
            self.latency_age.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
        for missing in (0..(self.latency_age / step).min(series.p50_ms.len() as u32)).rev() {
            let known = latency.filter(|_| missing == 0);
            push(&mut series.p50_ms, known.map(|latency| latency.p50_ms));
            push(&mut series.p95_ms, known.map(|latency| latency.p95_ms));
            push(&mut series.p99_ms, known.map(|latency| latency.p99_ms));
        }
        self.latency_age %= step;
        let moved = TimeDelta::try_seconds(i64::try_from(steps).unwrap_or(0)).unwrap_or_default();
        self.series.end += moved;
    }
}

/// Appends a value, and drops the oldest.
pub(crate) fn push<T>(values: &mut Vec<T>, value: T) {
    if !values.is_empty() {
        values.remove(0);
    }
    values.push(value);
}

/// Returns the requests between two counts; none when the counter began anew.
fn since(now: Counters, then: Counters) -> Option<Counters> {
    Some(Counters {
        upstream_ok: now.upstream_ok.checked_sub(then.upstream_ok)?,
        upstream_4xx: now.upstream_4xx.checked_sub(then.upstream_4xx)?,
        upstream_bad: now.upstream_bad.checked_sub(then.upstream_bad)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::series::{LatencySeries, Requests};

    fn ok(upstream_ok: u64) -> Option<Counters> {
        Some(Counters { upstream_ok, ..Counters::default() })
    }

    fn series(span: Span, step_seconds: u32) -> Series {
        let zeros = vec![Some(0.0); 4];
        let none = vec![None; 2];
        Series {
            span,
            seq: 41,
            requests: Requests { step_seconds, ok: zeros.clone(), c4xx: zeros.clone(), bad: zeros },
            latency: LatencySeries {
                step_seconds: 5,
                p50_ms: none.clone(),
                p95_ms: none.clone(),
                p99_ms: none,
            },
            ..Series::default()
        }
    }

    fn five_minutes() -> Moving {
        Moving::new(series(Span::FiveMinutes, 1), ok(100))
    }

    #[test]
    fn each_frame_appends_its_second_and_drops_the_oldest() {
        let mut moving = five_minutes();

        assert_eq!(moving.follow(42, Traffic::Second(ok(7)), None), Step::Moved);
        assert_eq!(moving.series.requests.ok, [Some(0.0), Some(0.0), Some(0.0), Some(7.0)]);
        assert_eq!(moving.series.end.timestamp(), 1);
    }

    #[test]
    fn a_mapping_s_second_is_the_difference_of_its_counters() {
        let mut moving = five_minutes();

        moving.follow(42, Traffic::Total(ok(112)), None);
        moving.follow(43, Traffic::Total(ok(112)), None);
        assert_eq!(moving.series.requests.ok, [Some(0.0), Some(0.0), Some(12.0), Some(0.0)]);
    }

    #[test]
    fn a_counter_that_began_anew_is_a_gap() {
        let mut moving = five_minutes();

        moving.follow(42, Traffic::Total(ok(3)), None);
        moving.follow(43, Traffic::Total(ok(5)), None);
        assert_eq!(moving.series.requests.ok, [Some(0.0), Some(0.0), None, Some(2.0)]);
    }

    #[test]
    fn missing_data_is_a_gap_in_every_layer() {
        let mut moving = five_minutes();

        assert_eq!(moving.follow(42, Traffic::Total(None), None), Step::Moved);
        assert_eq!(moving.follow(43, Traffic::Total(ok(130)), None), Step::Moved);
        for values in [&moving.series.requests.ok, &moving.series.requests.bad] {
            assert_eq!(*values, [Some(0.0), Some(0.0), None, None]);
        }
    }

    #[test]
    fn missed_frames_are_gaps_until_the_history_comes() {
        let mut moving = five_minutes();

        assert_eq!(moving.follow(44, Traffic::Second(ok(7)), None), Step::Missed);
        assert_eq!(moving.series.requests.ok, [Some(0.0), None, None, Some(7.0)]);
        assert_eq!(moving.follow(9_000, Traffic::Second(ok(8)), None), Step::Missed);
        assert_eq!(moving.series.requests.ok, [None, None, None, Some(8.0)]);
    }

    #[test]
    fn a_repeated_frame_moves_nothing() {
        let mut moving = five_minutes();

        assert_eq!(moving.follow(41, Traffic::Total(ok(101)), None), Step::Stayed);
        assert_eq!(moving.follow(42, Traffic::Total(ok(103)), None), Step::Moved);
        assert_eq!(moving.series.requests.ok.last(), Some(&Some(2.0)));
    }

    #[test]
    fn a_history_that_is_older_than_the_page_ends_in_gaps() {
        let mut moving = five_minutes();

        moving.replace(series(Span::FiveMinutes, 1), 42, ok(200));
        assert_eq!(moving.series.requests.ok, [Some(0.0), Some(0.0), Some(0.0), None]);
        assert_eq!(moving.follow(43, Traffic::Total(ok(204)), None), Step::Moved);
        assert_eq!(moving.series.requests.ok.last(), Some(&Some(4.0)));
    }

    #[test]
    fn frames_that_a_newer_history_includes_move_nothing() {
        let mut moving = five_minutes();
        let newer = Series { seq: 50, ..series(Span::FiveMinutes, 1) };

        moving.replace(newer, 48, ok(200));
        assert_eq!(moving.follow(50, Traffic::Total(ok(210)), None), Step::Stayed);
        assert_eq!(moving.follow(51, Traffic::Total(ok(215)), None), Step::Moved);
        assert_eq!(moving.series.requests.ok.last(), Some(&Some(5.0)));
    }

    #[test]
    fn latency_moves_on_by_its_own_step() {
        let mut moving = five_minutes();
        let latency = Some(Latency { p50_ms: 4, p95_ms: 20, p99_ms: 48, samples: 9 });

        for seq in 42..46 {
            moving.follow(seq, Traffic::Second(ok(1)), latency);
        }
        assert_eq!(moving.series.latency.p95_ms, [None, None]);
        moving.follow(46, Traffic::Second(ok(1)), latency);
        assert_eq!(moving.series.latency.p95_ms, [None, Some(20)]);
    }

    #[test]
    fn the_hour_is_fetched_again_when_a_step_has_passed() {
        let mut moving = Moving::new(series(Span::Hour, 30), None);

        assert_eq!(moving.follow(70, Traffic::Second(ok(1)), None), Step::Stayed);
        assert_eq!(moving.follow(71, Traffic::Second(ok(1)), None), Step::Missed);
        assert_eq!(moving.series.requests.ok, vec![Some(0.0); 4]);
    }
}
