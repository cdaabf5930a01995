//! Decides how long to wait before the next attempt to connect.

/// Short enough that a restart of the server is hardly seen.
const FIRST_MS: u32 = 500;

/// Long enough that a thousand open pages do not keep a server from starting.
const LONGEST_MS: u32 = 15_000;

/// Returns the wait before attempt number `failures + 1`, in milliseconds.
///
/// It doubles with each failure. `random` in `0..1` spreads it over its upper half, so that pages
/// which lost the same server do not all come back in the same moment.
pub(super) fn wait_ms(failures: u32, random: f64) -> u32 {
    let doublings = failures.min(LONGEST_MS.ilog2());
    let full = FIRST_MS.saturating_mul(1 << doublings).min(LONGEST_MS);
    let half = f64::from(full) / 2.0;
    (half + half * random.clamp(0.0, 1.0)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_limit() {
        let waits: Vec<_> = [0, 1, 2, 3, 4, 5, 6, u32::MAX].map(|n| wait_ms(n, 1.0)).into();

        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    }

    #[test]
    fn chance_takes_away_at_most_half() {
        assert_eq!(wait_ms(0, 0.0), 250);
        assert_eq!(wait_ms(9, 0.0), 7_500);
    }
}
