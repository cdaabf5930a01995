//! The last minutes of a counter, second by second. Pure: whoever keeps it says when a second
//! ends.

use std::collections::VecDeque;

use super::counters::Counts;

/// Seconds that a window remembers: five minutes, to see what happened a moment ago.
pub const WINDOW_SECONDS: usize = 300;

/// Requests in each of the last seconds; `None` is a second without data, not one without
/// requests.
#[derive(Debug, Clone, Default)]
pub struct Window {
    seconds: VecDeque<Option<Counts>>,
}

impl Window {
    /// Ends a second.
    pub fn push(&mut self, second: Option<Counts>) {
        if self.seconds.len() == WINDOW_SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(second);
    }

    /// Returns the requests of the last `seconds` seconds, and in how many of them there was
    /// data.
    pub fn last(&self, seconds: usize) -> (Counts, usize) {
        let mut sum = Counts::default();
        let mut known = 0;
        for second in self.seconds.iter().rev().take(seconds).flatten() {
            sum.add(*second);
            known += 1;
        }
        (sum, known)
    }

    /// Tells whether no request is remembered, so that the window need not be kept.
    pub fn is_idle(&self) -> bool {
        self.seconds.iter().flatten().all(|second| second.total() == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(ok: u64) -> Option<Counts> {
        Some(Counts { ok, ..Counts::default() })
    }

    #[test]
    fn a_second_without_data_is_a_gap_and_not_a_zero() {
        let mut window = Window::default();
        for second in [ok(4), None, ok(2)] {
            window.push(second);
        }

        assert_eq!(window.last(2), (ok(2).unwrap(), 1));
        assert_eq!(window.last(5), (ok(6).unwrap(), 2));
    }

    #[test]
    fn a_window_never_holds_more_than_its_seconds() {
        let mut window = Window::default();
        for _ in 0..WINDOW_SECONDS + 5 {
            window.push(ok(1));
        }

        assert_eq!(window.last(usize::MAX).1, WINDOW_SECONDS);
    }
}
