//! In which seconds the nodes have told anything, and about how much time. Pure.
//!
//! A node pushes a little less often than once a second, so now and then a second has no push, or
//! two. Counts are therefore divided by the time that the pushes cover, and where there was none,
//! nothing is known: that is a gap, not a zero.

use super::{
    sparse::Sparse,
    window::{LONG_SECONDS, LONG_STEPS, SECONDS},
};

/// Seconds of traffic that the pushes of each step tell of, as the mean of the nodes.
#[derive(Debug)]
pub struct Coverage {
    seconds: Sparse<f32>,
    long: Sparse<f32>,
}

impl Default for Coverage {
    fn default() -> Self {
        Self { seconds: Sparse::new(SECONDS), long: Sparse::new(LONG_STEPS) }
    }
}

impl Coverage {
    /// Notes that the pushes which came in `second` cover `covered` seconds.
    pub fn add(&mut self, second: u32, covered: f32) {
        if covered <= 0.0 {
            return;
        }
        for (steps, step) in [(&mut self.seconds, second), (&mut self.long, second / LONG_SECONDS)]
        {
            if let Some(sum) = steps.at(step) {
                *sum += covered;
            }
        }
    }

    /// Returns how much of the last `seconds` is covered; 0 where nothing is known.
    pub fn last(&self, now: u32, seconds: usize) -> f64 {
        self.seconds.last(now, seconds).map(|(_, covered)| f64::from(*covered)).sum()
    }

    /// Returns the seconds that are known, newest first, and how much each covers.
    pub fn each_second(&self, now: u32) -> impl Iterator<Item = (u32, f64)> {
        self.seconds.last(now, SECONDS).map(|(step, covered)| (step, f64::from(*covered)))
    }

    /// Returns the long steps that are known, newest first, and how much each covers.
    pub fn each_long(&self, now: u32) -> impl Iterator<Item = (u32, f64)> {
        let steps = self.long.last(now / LONG_SECONDS, LONG_STEPS);
        steps.map(|(step, covered)| (step, f64::from(*covered)))
    }
}

/// Returns requests a second; `None` where nothing is known.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2⁵³ requests")]
pub fn per_second(requests: u64, covered: f64) -> Option<f64> {
    (covered > 0.0).then(|| hundredths(requests as f64 / covered))
}

/// Rounds to two digits: more are not shown, and would be sent.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_that_comes_late_neither_lowers_nor_doubles_the_rate() {
        let mut coverage = Coverage::default();
        // the third second had no push, the fourth two
        for (second, covered) in [(1, 1.0), (2, 1.0), (4, 2.0), (5, 1.0)] {
            coverage.add(second, covered);
        }

        assert_eq!(per_second(50, coverage.last(5, 5)), Some(10.0));
        assert!(coverage.each_second(5).all(|(second, _)| second != 3), "it is a gap");
    }
}
