//! Tests of the waits, by hand and by chance.

use std::net::Ipv4Addr;

use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + seconds)
}

fn address(last: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a00_0000 + last).into()
}

/// Fails once; returns how long one would have to wait instead.
fn fail(lockout: &mut Lockout, account: &str, from: IpAddr, now: i64) -> Option<u32> {
    lockout.begin(account, from, at(now)).err().map(|wait| wait.seconds)
}

/// Fails as soon as it is possible, `times` times, each from another address; returns the waits.
fn waits(lockout: &mut Lockout, account: &str, times: u32) -> Vec<u32> {
    let mut now = 0;
    (0..times)
        .map(|n| {
            let wait = fail(lockout, account, address(n), now).unwrap_or(0);
            if wait > 0 {
                now += i64::from(wait);
                assert_eq!(fail(lockout, account, address(n), now), None, "waited long enough");
            }
            wait
        })
        .collect()
}

#[test]
fn after_five_failures_an_account_waits_twice_as_long_each_time_up_to_a_quarter_of_an_hour() {
    let mut lockout = Lockout::default();

    let waits = waits(&mut lockout, "ada", 18);

    assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
}

#[test]
fn after_twenty_failures_an_address_waits_whatever_the_accounts() {
    let mut lockout = Lockout::default();
    let all = (0..20).map(|n| fail(&mut lockout, &format!("user-{n}"), address(1), 0));
    assert!(all.collect::<Vec<_>>().iter().all(Option::is_none));

    assert_eq!(fail(&mut lockout, "another", address(1), 0), Some(1));
    assert_eq!(fail(&mut lockout, "another", address(2), 0), None);
    assert_eq!(fail(&mut lockout, "another", address(1), 1), None);
    assert_eq!(fail(&mut lockout, "another", address(1), 1), Some(2));
}

#[test]
fn a_refused_attempt_does_not_make_the_wait_longer() {
    let mut lockout = Lockout::default();
    waits(&mut lockout, "ada", 5);

    assert_eq!([0; 3].map(|now| fail(&mut lockout, "ada", address(9), now)), [Some(1); 3]);
    assert_eq!(fail(&mut lockout, "ada", address(9), 1), None);
}

#[test]
fn attempts_at_once_count_before_any_of_them_has_failed() {
    let mut lockout = Lockout::default();

    let begun: Vec<_> =
        (0..1_000).filter_map(|n| lockout.begin("ada", address(n), at(0)).ok()).collect();

    assert_eq!(begun.len(), 5);
}

#[test]
fn success_forgets_the_accounts_failures_and_not_the_addresss() {
    let mut lockout = Lockout::default();
    for n in 0..4 {
        assert_eq!(fail(&mut lockout, "ada", address(1), n), None);
    }

    let attempt = lockout.begin("ada", address(1), at(5)).unwrap();
    lockout.succeeded(attempt);

    assert_eq!(lockout.accounts.by_key.len(), 0);
    assert_eq!(lockout.addresses.by_key[&address_key(address(1))].count, 4);
}

#[test]
fn signing_in_to_ones_own_account_does_not_free_the_address() {
    let mut lockout = Lockout::default();
    let mut guesses = 0;
    for n in 0..100 {
        guesses += u32::from(fail(&mut lockout, &format!("victim-{n}"), address(1), 0).is_none());
        if let Ok(attempt) = lockout.begin("own", address(1), at(0)) {
            lockout.succeeded(attempt);
        }
    }

    assert_eq!(guesses, 20);
}

#[test]
fn an_attempt_that_was_not_compared_is_taken_back() {
    let mut lockout = Lockout::default();
    for _ in 0..100 {
        let attempt = lockout.begin("ada", address(1), at(0)).unwrap();
        lockout.undecided(attempt);
    }

    assert!(lockout.accounts.by_key.is_empty() && lockout.addresses.by_key.is_empty());
}

#[test]
fn failures_are_forgotten_after_an_hour() {
    let mut lockout = Lockout::default();
    let last = 1 + 2 + 4;
    waits(&mut lockout, "ada", 8);

    assert_eq!(fail(&mut lockout, "ada", address(99), last + 7), Some(1));
    assert_eq!(waits(&mut lockout_at(lockout, last + 3_600), "ada", 5), [0; 5]);
}

/// Lets the clock go on.
fn lockout_at(mut lockout: Lockout, now: i64) -> Lockout {
    lockout.accounts.forget_old(at(now));
    lockout.addresses.forget_old(at(now));
    lockout
}

#[rstest]
#[case("ada", " ADA ", true)]
#[case("ada", "adam", false)]
fn an_account_is_one_however_its_name_is_written(
    #[case] one: &str,
    #[case] other: &str,
    #[case] same: bool,
) {
    assert_eq!(account_key(one) == account_key(other), same);
}

#[rstest]
#[case("2001:db8:1:2::1", "2001:db8:1:2:ffff::7", true)]
#[case("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
#[case("::ffff:192.0.2.1", "192.0.2.1", true)]
#[case("192.0.2.1", "192.0.2.2", false)]
fn an_address_is_an_ipv4_address_or_a_64_of_ipv6(
    #[case] one: IpAddr,
    #[case] other: IpAddr,
    #[case] same: bool,
) {
    assert_eq!(address_key(one) == address_key(other), same);
}

#[test]
fn a_clock_that_is_set_back_makes_no_one_wait_longer_than_the_longest_wait() {
    let mut lockout = Lockout::default();
    waits(&mut lockout, "ada", 30);

    assert_eq!(fail(&mut lockout, "ada", address(99), -1_000_000), Some(900));
}

#[test]
fn memory_is_bounded_and_the_oldest_goes() {
    let mut lockout = Lockout::default();
    for n in 0..=10_000 {
        let account = format!("{n}{}", "x".repeat(100));
        assert_eq!(fail(&mut lockout, &account, address(n), i64::from(n) / 10), None);
    }

    for (entries, ages) in [
        (lockout.accounts.by_key.len(), lockout.accounts.by_age.len()),
        (lockout.addresses.by_key.len(), lockout.addresses.by_age.len()),
    ] {
        assert_eq!((entries, ages), (10_000, 10_000));
    }
    assert!(!lockout.addresses.by_key.contains_key(&address_key(address(0))));
    assert!(lockout.addresses.by_key.contains_key(&address_key(address(1))));
}

#[derive(Debug, Clone)]
struct Step {
    account: u8,
    address: u32,
    seconds: i64,
    /// 0 fails, 1 succeeds, 2 is undecided.
    end: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..6_u8, 0..6_u32, 0..400_i64, 0..3_u8);
    let step =
        step.prop_map(|(account, address, seconds, end)| Step { account, address, seconds, end });
    prop::collection::vec(step, 1..200)
}

proptest! {
    /// Whatever happens in whatever order: no more than is allowed is remembered, both views of it
    /// agree, waits stay within their bounds, and who waits as long as was said is let in.
    #[test]
    fn the_bounds_hold_whatever_happens(steps in steps()) {
        let mut lockout = Lockout::bounded(4);
        let mut now = 0;
        for Step { account, address: from, seconds, end } in steps {
            now += seconds;
            let account = account.to_string();
            match lockout.begin(&account, address(from), at(now)) {
                Ok(attempt) => match end {
                    1 => {
                        let key = attempt.account;
                        lockout.succeeded(attempt);
                        prop_assert!(!lockout.accounts.by_key.contains_key(&key));
                    }
                    2 => lockout.undecided(attempt),
                    _ => drop(attempt),
                },
                Err(MustWait { seconds }) => {
                    prop_assert!((1..=900).contains(&seconds));
                    now += i64::from(seconds);
                    prop_assert!(lockout.begin(&account, address(from), at(now)).is_ok());
                }
            }
            for (keys, ages) in [
                (lockout.accounts.by_key.len(), lockout.accounts.by_age.len()),
                (lockout.addresses.by_key.len(), lockout.addresses.by_age.len()),
            ] {
                prop_assert!(keys == ages && keys <= 4);
            }
        }
    }

    /// A guesser with any number of addresses gets no more guesses at one account than the waits
    /// leave: five, then ten until the longest wait, then one in a quarter of an hour.
    #[test]
    fn an_accounts_guesses_are_bounded_whatever_the_addresses(pace in 1..600_i64) {
        let mut lockout = Lockout::default();
        let day = 24 * 3_600;
        let tries = (0..day / pace).map(|n| {
            let from = address(u32::try_from(n).unwrap());
            u32::from(fail(&mut lockout, "ada", from, n * pace).is_none())
        });

        prop_assert!(tries.sum::<u32>() <= 5 + 10 + 96);
    }
}
