//! Knows where in the server's sequence of frames the page is: pure, so that gaps and repeats can
//! be tested.

#[cfg(any(feature = "hydrate", test))]
use crate::api::live::Frame;

/// The newest frame that the page shows, as of the run `epoch` of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Position {
    epoch: String,
    seq: u64,
}

/// What to do with a frame.
#[cfg(any(feature = "hydrate", test))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Show it.
    Apply,
    /// It is older than what the page shows.
    Old,
    /// Frames before it are missing: the page needs a full one.
    Gap,
}

impl Position {
    pub(super) fn new(epoch: String, seq: u64) -> Self {
        Self { epoch, seq }
    }

}

#[cfg(any(feature = "hydrate", test))]
impl Position {
    /// Judges a frame, and moves on if it is to be shown.
    pub(super) fn follow(&mut self, frame: &Frame) -> Verdict {
        match frame {
            Frame::Full(full) if full.epoch == self.epoch && full.seq < self.seq => Verdict::Old,
            Frame::Full(full) => {
                *self = Self::new(full.epoch.clone(), full.seq);
                Verdict::Apply
            }
            Frame::Delta(delta) if self.epoch.is_empty() || delta.since > self.seq => Verdict::Gap,
            // An equal number is a sign of life without a change; it still brings the time.
            Frame::Delta(delta) if delta.seq < self.seq => Verdict::Old,
            Frame::Delta(delta) => {
                self.seq = delta.seq;
                Verdict::Apply
            }
        }
    }

    /// Returns what a connection can resume from: the server's run and the sequence number.
    pub(super) fn resume(&self) -> Option<(&str, u64)> {
        (!self.epoch.is_empty()).then_some((self.epoch.as_str(), self.seq))
    }

    /// Asks for a full frame next, and takes it whatever its number.
    pub(super) fn forget(&mut self) {
        self.epoch.clear();
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::api::live::{Delta, Full, Gateway, Totals};

    fn full(epoch: &str, seq: u64) -> Frame {
        Frame::Full(Full {
            epoch: epoch.to_owned(),
            seq,
            at: DateTime::default(),
            gateway: Gateway::default(),
            totals: Totals::default(),
            overview: None,
            mappings: Vec::new(),
        })
    }

    fn delta(since: u64, seq: u64) -> Frame {
        Frame::Delta(Delta {
            since,
            seq,
            at: DateTime::default(),
            gateway: Gateway::default(),
            totals: Totals::default(),
            overview: None,
            changed: Vec::new(),
            removed: Vec::new(),
        })
    }

    fn at_41() -> Position {
        Position::new("a".to_owned(), 41)
    }

    #[test]
    fn frames_in_order_are_shown() {
        let mut position = at_41();

        assert_eq!(position.follow(&delta(41, 42)), Verdict::Apply);
        assert_eq!(position.follow(&delta(42, 45)), Verdict::Apply);
        assert_eq!(position.resume(), Some(("a", 45)));
    }

    #[test]
    fn a_frame_that_overlaps_what_is_shown_does_no_harm() {
        assert_eq!(at_41().follow(&delta(39, 43)), Verdict::Apply);
    }

    #[test]
    fn an_older_frame_is_not_shown() {
        let mut position = at_41();

        assert_eq!(position.follow(&delta(38, 39)), Verdict::Old);
        assert_eq!(position.follow(&full("a", 40)), Verdict::Old);
        assert_eq!(position.resume(), Some(("a", 41)));
    }

    #[test]
    fn a_gap_is_noticed_and_a_full_frame_closes_it() {
        let mut position = at_41();

        assert_eq!(position.follow(&delta(43, 44)), Verdict::Gap);
        position.forget();
        assert_eq!(position.resume(), None);
        assert_eq!(position.follow(&full("a", 30)), Verdict::Apply);
    }

    #[test]
    fn a_restarted_server_begins_anew() {
        let mut position = at_41();

        assert_eq!(position.follow(&full("b", 1)), Verdict::Apply);
        assert_eq!(position.resume(), Some(("b", 1)));
    }

    #[test]
    fn a_repeated_number_is_a_sign_of_life() {
        assert_eq!(at_41().follow(&delta(41, 41)), Verdict::Apply);
    }
}
