//! Judges recent traffic and endpoints. Pure; the words are those of [`Health`].

use app::api::live::{Health, Members};

use super::counters::Counts;

/// Shares of bad requests, in percent, above which a mapping is degraded or failing.
const DEGRADED_PERCENT: u64 = 1;
const FAILING_PERCENT: u64 = 10;

/// Returns the health of a mapping from its requests of the last minute and its endpoints.
pub fn judge(is_stale: bool, recent: Counts, members: Option<Members>) -> Health {
    if is_stale {
        return Health::Stale;
    }
    let total = recent.total();
    let bad_above = |percent: u64| recent.bad * 100 > total * percent;
    let none_healthy = members.is_some_and(|members| members.healthy_members == 0);
    let some_down = members.is_some_and(|members| members.healthy_members < members.total_members);
    if none_healthy || bad_above(FAILING_PERCENT) {
        Health::Failing
    } else if some_down || bad_above(DEGRADED_PERCENT) {
        Health::Degraded
    } else if total == 0 {
        Health::Idle
    } else {
        Health::Healthy
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn members(healthy_members: u32, total_members: u32) -> Option<Members> {
        Some(Members { healthy_members, total_members })
    }

    #[rstest]
    #[case(100, 0, members(3, 3), Health::Healthy)]
    #[case(99, 1, members(3, 3), Health::Healthy)]
    #[case(98, 2, members(3, 3), Health::Degraded)]
    #[case(100, 0, members(2, 3), Health::Degraded)]
    #[case(89, 11, members(3, 3), Health::Failing)]
    #[case(100, 0, members(0, 3), Health::Failing)]
    #[case(0, 0, members(0, 0), Health::Failing)]
    #[case(0, 0, members(1, 1), Health::Idle)]
    #[case(0, 0, None, Health::Idle)]
    fn traffic_and_endpoints_are_judged_together(
        #[case] ok: u64,
        #[case] bad: u64,
        #[case] members: Option<Members>,
        #[case] health: Health,
    ) {
        assert_eq!(judge(false, Counts { ok, bad, c4xx: 0 }, members), health);
    }

    #[test]
    fn no_traffic_is_idle_and_missing_data_is_stale_never_healthy() {
        assert_eq!(judge(false, Counts::default(), members(1, 1)), Health::Idle);
        assert_eq!(
            judge(true, Counts { ok: 9, ..Counts::default() }, members(1, 1)),
            Health::Stale
        );
    }
}
