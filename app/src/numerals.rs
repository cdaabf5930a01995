//! Writes numbers, rates, ages and times as people read them.
//!
//! Only whole numbers are formatted, also for rates: the browser's bundle stays without the code
//! that prints floats. Times are in UTC, so that server and browser write the same text.

use chrono::{DateTime, Datelike, Timelike, Utc};

/// Stands where a value is not known; never a zero.
pub(crate) const UNKNOWN: &str = "–";

/// Writes a count with a comma between each three digits.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a count and its noun, with an `s` unless it is one.
pub(crate) fn counted(value: u64, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(value))
}

/// Writes requests a second: one decimal below 100, whole above, `–` when unknown.
///
/// A rate that is not zero is never written as zero.
pub(crate) fn rate(per_second: Option<f64>) -> String {
    let Some(value) = per_second.filter(|value| value.is_finite()) else {
        return UNKNOWN.to_owned();
    };
    let tenths = (value * 10.0).round().max(0.0) as u64;
    match tenths {
        0 if value > 0.0 => "<0.1".to_owned(),
        0 => "0".to_owned(),
        1..1000 if !tenths.is_multiple_of(10) => format!("{}.{}", tenths / 10, tenths % 10),
        _ => count(value.round() as u64),
    }
}

/// Writes a share in percent, with two decimals: `99.98%`, `100%`, `–` when unknown.
///
/// A share that is not the whole is never written as the whole, nor one above nothing as nothing.
pub(crate) fn percent(share: Option<f64>) -> String {
    let Some(share) = share.filter(|share| share.is_finite()) else {
        return UNKNOWN.to_owned();
    };
    let hundredths = (share.clamp(0.0, 100.0) * 100.0).round() as u64;
    match hundredths {
        10_000 if share < 100.0 => "99.99%".to_owned(),
        0 if share > 0.0 => "<0.01%".to_owned(),
        0 | 10_000 => format!("{}%", hundredths / 100),
        _ => format!("{}.{:02}%", hundredths / 100, hundredths % 100),
    }
}

/// Writes a time in milliseconds: `18 ms`, `–` when unknown.
pub(crate) fn millis(ms: Option<u32>) -> String {
    ms.map_or_else(|| UNKNOWN.to_owned(), |ms| format!("{} ms", count(ms.into())))
}

/// Writes a place in an order: `1st`, `2nd`, `14th`.
pub(crate) fn ordinal(place: u32) -> String {
    let ending = match (place % 10, place % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{ending}", count(place.into()))
}

/// Writes how long ago something was: `4 s`, `3 min`, `2 h`.
pub(crate) fn age(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6_000 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

/// Writes how long ago something was, in words: `just now`, `4 s ago`, `3 days ago`.
pub(crate) fn ago(seconds: u64) -> String {
    match seconds {
        0..2 => "just now".to_owned(),
        2..172_800 => format!("{} ago", age(seconds)),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// Writes a time of day: `01:02:03 UTC`.
pub(crate) fn clock(at: DateTime<Utc>) -> String {
    format!("{:02}:{:02}:{:02} UTC", at.hour(), at.minute(), at.second())
}

/// Writes a day and a time: `2026-11-23 01:02:03 UTC`.
pub(crate) fn day_and_clock(at: DateTime<Utc>) -> String {
    format!("{}-{:02}-{:02} {}", at.year(), at.month(), at.day(), clock(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_a_comma_between_each_three_digits() {
        let written: Vec<_> = [0, 12, 999, 1_000, 12_345, 1_234_567].map(count).into();

        assert_eq!(written, ["0", "12", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn rates_are_exact_where_it_matters() {
        let written: Vec<_> =
            [0.0, 0.04, 0.25, 2.8, 12.0, 99.94, 100.2, 1_204.0].map(|r| rate(Some(r))).into();

        assert_eq!(written, ["0", "<0.1", "0.3", "2.8", "12", "99.9", "100", "1,204"]);
    }

    #[test]
    fn a_missing_rate_is_a_gap_and_not_zero() {
        assert_eq!(rate(None), UNKNOWN);
        assert_eq!(rate(Some(f64::NAN)), UNKNOWN);
    }

    #[test]
    fn a_share_is_whole_only_when_nothing_is_missing() {
        let shares = [100.0, 99.999, 99.98, 97.1, 0.001, 0.0];
        let written: Vec<_> = shares.map(|share| percent(Some(share))).into();

        assert_eq!(written, ["100%", "99.99%", "99.98%", "97.10%", "<0.01%", "0%"]);
        assert_eq!(percent(None), UNKNOWN);
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn places_have_their_endings() {
        let written: Vec<_> = [1, 2, 3, 4, 11, 12, 13, 21, 111, 1_002].map(ordinal).into();

        let expected =
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "111th", "1,002nd"];
        assert_eq!(written, expected);
    }

    #[test]
    fn ages_use_the_unit_that_reads_best() {
        let written: Vec<_> = [0, 59, 99, 100, 5_999, 7_200].map(age).into();

        assert_eq!(written, ["0 s", "59 s", "99 s", "1 min", "99 min", "2 h"]);
    }

    #[test]
    fn the_past_is_said_in_words() {
        let written: Vec<_> = [0, 5, 600, 7_200, 259_200].map(ago).into();

        assert_eq!(written, ["just now", "5 s ago", "10 min ago", "2 h ago", "3 days ago"]);
    }

    #[test]
    fn one_has_no_plural() {
        assert_eq!(counted(1, "node"), "1 node");
        assert_eq!(counted(1_200, "node"), "1,200 nodes");
    }

    #[test]
    fn times_are_written_with_two_digits_and_their_zone() {
        let at = DateTime::from_timestamp(1_795_395_723, 0).unwrap_or_default();

        assert_eq!(day_and_clock(at), "2026-11-23 01:02:03 UTC");
    }
}
