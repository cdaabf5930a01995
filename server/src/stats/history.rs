//! What charts are drawn from: a window and the coverage, as series with gaps. Pure.
//!
//! The newest element of a series is the step that is under way and ends at the newest tick.

use app::api::series::{LatencySeries, Requests, Series, Span};

use super::{
    counters::Counts,
    coverage::{Coverage, per_second},
    latency::Percentiles,
    window::{LATENCY_SECONDS, LATENCY_STEPS, LONG_SECONDS, LONG_STEPS, SECONDS, Window},
};

/// Seconds of an element of a trend.
const TREND_SECONDS: usize = 10;

/// A mapping's last five minutes, for a row of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recent {
    /// Requests a second in each ten seconds, oldest first; 30 values, or none when there was no
    /// traffic.
    pub trend: Vec<Option<f64>>,
    /// All requests of the five minutes.
    pub requests: u64,
}

/// Returns the charts of a window, the newest element of which ends with the second `now`; without
/// epoch, end and markers.
pub fn series(window: &Window, coverage: &Coverage, now: u32, span: Span) -> Series {
    let (requests, latency) = match span {
        Span::FiveMinutes => (
            requests(1, now, SECONDS, coverage.each_second(now), window.each_second(now, SECONDS)),
            {
                let known = coverage.each_second(now).map(|(step, _)| step / LATENCY_SECONDS);
                let step = now / LATENCY_SECONDS;
                latency(LATENCY_SECONDS, step, LATENCY_STEPS, known, window.each_latency(now))
            },
        ),
        Span::Hour => (
            requests(
                LONG_SECONDS,
                now / LONG_SECONDS,
                LONG_STEPS,
                coverage.each_long(now),
                window.each_long(now),
            ),
            {
                let known = coverage.each_long(now).map(|(step, _)| step);
                let step = now / LONG_SECONDS;
                latency(LONG_SECONDS, step, LONG_STEPS, known, window.each_long_latency(now))
            },
        ),
    };
    Series { span, requests, latency, ..Series::default() }
}

fn requests(
    step_seconds: u32,
    now: u32,
    steps: usize,
    covered: impl Iterator<Item = (u32, f64)>,
    counts: impl Iterator<Item = (u32, Counts)>,
) -> Requests {
    let known = by_place(now, steps, covered);
    let counts = by_place(now, steps, counts);
    let rates = |of: fn(&Counts) -> u64| {
        let pairs = known.iter().zip(&counts);
        let rate = pairs.map(|(covered, counts)| {
            per_second(counts.as_ref().map(of).unwrap_or_default(), covered.unwrap_or_default())
        });
        rate.collect()
    };
    Requests {
        step_seconds,
        ok: rates(|counts| counts.ok),
        c4xx: rates(|counts| counts.c4xx),
        bad: rates(|counts| counts.bad),
    }
}

fn latency(
    step_seconds: u32,
    now: u32,
    steps: usize,
    known: impl Iterator<Item = u32>,
    percentiles: impl Iterator<Item = (u32, Percentiles)>,
) -> LatencySeries {
    let known = by_place(now, steps, known.map(|step| (step, ())));
    let percentiles = by_place(now, steps, percentiles);
    let each = |of: fn(Percentiles) -> u32| {
        let pairs = known.iter().zip(&percentiles);
        pairs.map(|(known, percentiles)| known.and(percentiles.map(of))).collect()
    };
    LatencySeries {
        step_seconds,
        p50_ms: each(|percentiles| percentiles.p50_ms),
        p95_ms: each(|percentiles| percentiles.p95_ms),
        p99_ms: each(|percentiles| percentiles.p99_ms),
    }
}

/// Puts values at their places among the last `steps` steps, oldest first.
fn by_place<T: Clone>(
    now: u32,
    steps: usize,
    values: impl Iterator<Item = (u32, T)>,
) -> Vec<Option<T>> {
    let mut placed = vec![None; steps];
    for (step, value) in values {
        // counted from the end, since a young server has fewer steps behind it
        let place = usize::try_from(now.saturating_sub(step)).ok();
        let place = place.and_then(|age| steps.checked_sub(age + 1));
        if let Some(slot) = place.and_then(|place| placed.get_mut(place)) {
            *slot = Some(value);
        }
    }
    placed
}

/// Returns a mapping's last five minutes.
pub fn recent(window: &Window, coverage: &Coverage, now: u32) -> Recent {
    let requests = window.last(now, SECONDS).total();
    if requests == 0 {
        return Recent::default();
    }
    let elements = SECONDS / TREND_SECONDS;
    let mut sums = vec![(0_u64, 0.0_f64); elements];
    let place =
        |step: u32| usize::try_from(now.saturating_sub(step)).ok().map(|age| age / TREND_SECONDS);
    for (step, counts) in window.each_second(now, SECONDS) {
        if let Some((sum, _)) = place(step).and_then(|place| sums.get_mut(place)) {
            *sum += counts.total();
        }
    }
    for (step, covered) in coverage.each_second(now) {
        if let Some((_, sum)) = place(step).and_then(|place| sums.get_mut(place)) {
            *sum += covered;
        }
    }
    let oldest_first = sums.iter().rev();
    let trend = oldest_first.map(|(requests, covered)| per_second(*requests, *covered)).collect();
    Recent { trend, requests }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::latency::Buckets;

    /// A window and the coverage of a gateway that was silent for some seconds.
    fn silent_between(silent: std::ops::Range<u32>, now: u32) -> (Window, Coverage) {
        let (mut window, mut coverage) = (Window::default(), Coverage::default());
        for second in (1..=now).filter(|second| !silent.contains(second)) {
            coverage.add(second, 1.0);
            if second % 2 == 0 {
                let counts = Counts { ok: 3, c4xx: 1, bad: 0 };
                window.add(second, counts, Some(&Buckets::read([(10.0, 4)], 4)));
            }
            window.end_second(second);
        }
        (window, coverage)
    }

    #[test]
    fn silence_is_a_gap_and_no_traffic_is_zero() {
        let (window, coverage) = silent_between(5..8, 10);

        let series = series(&window, &coverage, 10, Span::FiveMinutes);

        let ok = &series.requests.ok;
        assert_eq!((ok.len(), series.requests.step_seconds), (300, 1));
        let zero = Some(0.0);
        let expected =
            [zero, Some(3.0), zero, Some(3.0), None, None, None, Some(3.0), zero, Some(3.0)];
        assert_eq!(ok[290..], expected);
        assert!(ok[..290].iter().all(Option::is_none), "before the server began nothing is known");
        assert_eq!(series.requests.bad[299], zero);
    }

    #[test]
    fn a_mapping_without_a_window_has_zeros_where_the_gateway_has_data() {
        let (_, coverage) = silent_between(5..8, 10);

        let series = series(&Window::default(), &coverage, 10, Span::FiveMinutes);

        assert_eq!(series.requests.ok[293..297], [Some(0.0), None, None, None]);
        assert!(series.latency.p50_ms.iter().all(Option::is_none));
    }

    #[test]
    fn an_hour_has_steps_of_half_a_minute_and_a_silent_one_is_a_gap() {
        let (window, coverage) = silent_between(600..660, 3_615);

        let series = series(&window, &coverage, 3_615, Span::Hour);

        let (ok, p99) = (&series.requests.ok, &series.latency.p99_ms);
        assert_eq!((ok.len(), p99.len(), series.latency.step_seconds), (120, 120, 30));
        // the steps 20 and 21 of those from 1 to 120
        let silent: Vec<_> = (0..120).filter(|place| ok[*place].is_none()).collect();
        assert_eq!(silent, [19, 20]);
        assert_eq!(ok[60], Some(1.5));
        assert_eq!((p99[19], p99[60]), (None, Some(10)));
    }

    #[test]
    fn the_latency_of_five_minutes_has_sixty_elements() {
        let (window, coverage) = silent_between(0..1, 299);

        let series = series(&window, &coverage, 299, Span::FiveMinutes);

        assert_eq!((series.latency.step_seconds, series.latency.p50_ms.len()), (5, 60));
        assert!(series.latency.p50_ms.iter().all(Option::is_some));
    }

    #[test]
    fn a_trend_has_thirty_rates_and_nothing_without_traffic() {
        let (window, coverage) = silent_between(280..290, 300);

        let told = recent(&window, &coverage, 300);

        assert_eq!(told.trend.len(), 30);
        assert_eq!(told.trend[0], Some(2.0));
        assert_eq!(told.trend[27], Some(1.78), "nine known seconds, four of them with 4 requests");
        assert_eq!(told.requests, window.last(300, 300).total());
        assert_eq!(recent(&Window::default(), &coverage, 300), Recent::default());
    }
}
