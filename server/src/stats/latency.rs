//! How long requests took: counts in buckets, and the percentiles of them. Pure.
//!
//! Buckets of several nodes, seconds and mappings can be added up, which percentiles can not.

use app::api::live::Latency;

use crate::envoy::stat_names::LATENCY_BOUNDS_MS;

/// One bucket for each bound, and one for what is beyond the last.
const BUCKETS: usize = LATENCY_BOUNDS_MS.len() + 1;

/// Requests by how long they took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Buckets([u32; BUCKETS]);

/// The percentiles of a moment, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Percentiles {
    pub p50_ms: u32,
    pub p95_ms: u32,
    pub p99_ms: u32,
}

impl Buckets {
    /// Reads the buckets of a histogram as Envoy sends it: upper bounds in rising order, each with
    /// the number of all requests below it, and the number of all.
    ///
    /// The bounds may be others than ours, from a node with an older bootstrap: requests are then
    /// counted where their own bucket ends.
    pub fn read(cumulative: impl IntoIterator<Item = (f64, u64)>, all: u64) -> Self {
        let mut buckets = Self::default();
        let mut below = 0;
        for (bound, up_to) in cumulative {
            let place = LATENCY_BOUNDS_MS.partition_point(|ours| f64::from(*ours) < bound);
            buckets.count(place, up_to.saturating_sub(below));
            below = below.max(up_to);
        }
        buckets.count(BUCKETS - 1, all.saturating_sub(below));
        buckets
    }

    /// Returns the requests of each bucket.
    pub fn counts(&self) -> &[u32] {
        &self.0
    }

    /// Reads what [`Self::counts`] has returned; `None` if that was of other buckets.
    pub fn of_counts(counts: &[u32]) -> Option<Self> {
        counts.try_into().ok().map(Self)
    }

    fn count(&mut self, place: usize, requests: u64) {
        if let Some(bucket) = self.0.get_mut(place) {
            *bucket = bucket.saturating_add(u32::try_from(requests).unwrap_or(u32::MAX));
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (bucket, other) in self.0.iter_mut().zip(other.0) {
            *bucket = bucket.saturating_add(other);
        }
    }

    /// Returns the number of requests in all buckets.
    pub fn samples(&self) -> u64 {
        self.0.iter().copied().map(u64::from).sum()
    }

    /// Returns the percentiles; `None` without requests.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let samples = self.samples();
        (samples > 0).then(|| Percentiles {
            p50_ms: self.quantile(samples, 0.50),
            p95_ms: self.quantile(samples, 0.95),
            p99_ms: self.quantile(samples, 0.99),
        })
    }

    /// Returns the latency as the API shows it; `None` without requests.
    pub fn latency(&self) -> Option<Latency> {
        let Percentiles { p50_ms, p95_ms, p99_ms } = self.percentiles()?;
        Some(Latency { p50_ms, p95_ms, p99_ms, samples: self.samples() })
    }

    /// Returns the time within which the share `q` of the requests was answered, as if those of a
    /// bucket were spread evenly over it; beyond the last bound, that bound.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "exact up to 2⁵³ requests, and between two bounds, which are small"
    )]
    fn quantile(&self, samples: u64, q: f64) -> u32 {
        let rank = samples as f64 * q;
        let (mut below, mut lower) = (0.0, 0.0);
        for (requests, bound) in self.0.iter().zip(LATENCY_BOUNDS_MS) {
            let (requests, upper) = (f64::from(*requests), f64::from(bound));
            if requests > 0.0 && below + requests >= rank {
                return (lower + (upper - lower) * ((rank - below) / requests)).ceil() as u32;
            }
            below += requests;
            lower = upper;
        }
        lower as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Puts times into buckets as Envoy does.
    fn histogram(times_ms: &[u32], bounds: &[u32]) -> Buckets {
        let below = |bound: &u32| times_ms.iter().filter(|time| *time < bound).count() as u64;
        let cumulative = bounds.iter().map(|bound| (f64::from(*bound), below(bound)));
        Buckets::read(cumulative, times_ms.len() as u64)
    }

    #[test]
    fn no_request_has_no_latency() {
        assert_eq!(Buckets::default().latency(), None);
    }

    #[test]
    fn what_is_beyond_the_last_bound_is_counted_and_shown_as_that_bound() {
        let buckets = histogram(&[400_000], &LATENCY_BOUNDS_MS);

        let latency = buckets.latency().unwrap();

        assert_eq!((latency.samples, latency.p50_ms), (1, 300_000));
    }

    #[test]
    fn buckets_of_other_bounds_are_counted_where_they_end() {
        let buckets = histogram(&[3, 40, 40, 40], &[5, 10, 25, 50]);

        let latency = buckets.latency().unwrap();

        assert_eq!(latency.samples, 4);
        assert!((31..=50).contains(&latency.p95_ms), "{latency:?}");
    }

    #[test]
    fn two_nodes_together_are_not_the_mean_of_the_two() {
        let mut both = histogram(&[4; 90], &LATENCY_BOUNDS_MS);
        both.add(&histogram(&[900; 10], &LATENCY_BOUNDS_MS));

        let latency = both.latency().unwrap();

        assert_eq!(latency.samples, 100);
        assert!(latency.p50_ms <= 5 && latency.p95_ms > 700, "{latency:?}");
    }

    proptest! {
        #[test]
        fn a_percentile_lies_in_the_bucket_of_the_true_one(
            mut times_ms in prop::collection::vec(0_u32..200_000, 1..200),
        ) {
            let latency = histogram(&times_ms, &LATENCY_BOUNDS_MS).latency().unwrap();

            times_ms.sort_unstable();
            for (share, told) in [(50, latency.p50_ms), (95, latency.p95_ms), (99, latency.p99_ms)] {
                let rank = (times_ms.len() * share).div_ceil(100) - 1;
                let place = LATENCY_BOUNDS_MS.partition_point(|bound| *bound <= times_ms[rank]);
                let lower = if place == 0 { 0 } else { LATENCY_BOUNDS_MS[place - 1] };
                prop_assert!(lower <= told && told <= LATENCY_BOUNDS_MS[place]);
            }
        }
    }
}
