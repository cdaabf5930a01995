//! Slows down who guesses passwords: failures are counted by account and by address.
//!
//! ```text
//! begin ─▶ must wait: refused, not compared, not counted
//!       └▶ Attempt, counted as a failure at once ─▶ succeeded: the account's failures are forgotten
//!                                                ├▶ undecided: taken back (nothing was compared)
//!                                                └▶ dropped: it stays a failure
//! ```
//! An attempt counts from its beginning, so that a thousand at once are not compared before the
//! first of them has failed. An account that does not exist is counted like any other: that there
//! is a wait says nothing.
//!
//! **What this can't do.** Whoever knows an account's name can keep its owner from signing in by a
//! password, for at most 15 minutes after each failure; sessions, tokens and sign-in by OIDC are
//! not touched. Both tables are bounded, and the oldest entry goes: to have an account forgotten,
//! one must fail with 10,000 others, which after 20 failures takes another address each time. Each
//! round brings four guesses and costs 10,000 calculations of argon2id, minutes of all cores:
//! less than the waits allow.

use std::{
    collections::{BTreeSet, HashMap},
    net::{IpAddr, Ipv6Addr},
};

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

/// Failures of an account that are free: a person mistypes.
const ACCOUNT_FREE: u32 = 5;

/// Failures of an address that are free: an office behind one address mistypes, too.
const ADDRESS_FREE: u32 = 20;

/// The first wait; each further failure doubles it.
const WAIT_MIN_SECONDS: i64 = 1;

/// The longest wait, for which a person can wait. About a hundred guesses a day remain, or three
/// hundred to who lets each hour of failures be forgotten.
const WAIT_MAX_SECONDS: i64 = 15 * 60;

/// A last failure as old as this is forgotten, with all before it; longer than the longest wait.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::hours(1);

/// Accounts, and addresses, that are remembered: about 1 MB each.
const ENTRIES_MAX: usize = 10_000;

/// Bytes of a hashed name; two names that fall together would only share their waits.
const ACCOUNT_KEY_BYTES: usize = 16;

/// Says how long one must wait before the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failed sign-ins; try again in {seconds} s")]
pub struct MustWait {
    /// Whole seconds, at least 1: what `Retry-After` takes.
    pub seconds: u32,
}

/// An attempt that is under way, and counted.
#[derive(Debug)]
#[must_use = "an attempt that is dropped stays a failure"]
pub struct Attempt {
    account: AccountKey,
    address: AddressKey,
}

/// The failures that count at the moment.
#[derive(Debug)]
pub struct Lockout {
    accounts: Failures<AccountKey>,
    addresses: Failures<AddressKey>,
}

impl Default for Lockout {
    fn default() -> Self {
        Self::bounded(ENTRIES_MAX)
    }
}

impl Lockout {
    fn bounded(entries_max: usize) -> Self {
        Self {
            accounts: Failures::new(ACCOUNT_FREE, entries_max),
            addresses: Failures::new(ADDRESS_FREE, entries_max),
        }
    }

    /// Begins an attempt to sign in as `account`, any text that was presented as a name.
    ///
    /// # Errors
    /// Returns how long to wait, the longer of the account's and the address's; the attempt is
    /// neither made nor counted then.
    pub fn begin(
        &mut self,
        account: &str,
        address: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Attempt, MustWait> {
        let (account, address) = (account_key(account), address_key(address));
        self.accounts.forget_old(now);
        self.addresses.forget_old(now);
        let wait = self.accounts.wait(&account, now).max(self.addresses.wait(&address, now));
        if wait > TimeDelta::zero() {
            return Err(MustWait { seconds: whole_seconds(wait) });
        }
        self.accounts.add(account, now);
        self.addresses.add(address, now);
        Ok(Attempt { account, address })
    }

    /// Forgets the account's failures. The address keeps those that it had: else one's own account
    /// would free it again and again.
    pub fn succeeded(&mut self, attempt: Attempt) {
        self.accounts.remove(&attempt.account);
        self.addresses.take_back(&attempt.address);
    }

    /// Takes back an attempt that ended without a comparison.
    pub fn undecided(&mut self, attempt: Attempt) {
        self.accounts.take_back(&attempt.account);
        self.addresses.take_back(&attempt.address);
    }
}

type AccountKey = [u8; ACCOUNT_KEY_BYTES];

/// An IPv4 address, or the /64 of an IPv6 address: whoever has one address of it has them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct AddressKey(IpAddr);

/// Hashes a name, so that a long one takes no more room; upper case and spaces around it do not
/// make another account.
fn account_key(name: &str) -> AccountKey {
    let hash = Sha256::digest(name.trim().to_lowercase());
    let mut key = AccountKey::default();
    key.iter_mut().zip(hash).for_each(|(key, byte)| *key = byte);
    key
}

fn address_key(address: IpAddr) -> AddressKey {
    AddressKey(match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address @ IpAddr::V4(_) => address,
    })
}

/// Rounds up, so that who waits as long is let in.
fn whole_seconds(wait: TimeDelta) -> u32 {
    let rounded = wait.num_seconds() + i64::from(wait.subsec_nanos() > 0);
    u32::try_from(rounded).unwrap_or(u32::MAX)
}

/// Failures by key, the oldest first at hand.
#[derive(Debug)]
struct Failures<K> {
    free: u32,
    entries_max: usize,
    by_key: HashMap<K, Entry>,
    by_age: BTreeSet<(DateTime<Utc>, K)>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    count: u32,
    last: DateTime<Utc>,
}

impl<K: Copy + Eq + Ord + std::hash::Hash> Failures<K> {
    fn new(free: u32, entries_max: usize) -> Self {
        Self { free, entries_max, by_key: HashMap::new(), by_age: BTreeSet::new() }
    }

    /// Returns how long `key` has to wait still; never longer than from now on, also if the clock
    /// was set back.
    fn wait(&self, key: &K, now: DateTime<Utc>) -> TimeDelta {
        let Some(entry) = self.by_key.get(key) else { return TimeDelta::zero() };
        let Some(beyond) = entry.count.checked_sub(self.free) else { return TimeDelta::zero() };
        let doubled = 1_i64.checked_shl(beyond.min(62)).unwrap_or(i64::MAX);
        let seconds = WAIT_MIN_SECONDS.saturating_mul(doubled).min(WAIT_MAX_SECONDS);
        let since = (now - entry.last).max(TimeDelta::zero());
        (TimeDelta::seconds(seconds) - since).max(TimeDelta::zero())
    }

    fn add(&mut self, key: K, now: DateTime<Utc>) {
        let count = self.remove(&key).map_or(0, |entry| entry.count);
        while self.by_key.len() >= self.entries_max {
            let Some((_, oldest)) = self.by_age.first().copied() else { break };
            self.remove(&oldest);
        }
        self.insert(key, Entry { count: count.saturating_add(1), last: now });
    }

    fn take_back(&mut self, key: &K) {
        if let Some(entry) = self.remove(key)
            && entry.count > 1
        {
            self.insert(*key, Entry { count: entry.count - 1, ..entry });
        }
    }

    fn insert(&mut self, key: K, entry: Entry) {
        self.by_age.insert((entry.last, key));
        self.by_key.insert(key, entry);
    }

    fn remove(&mut self, key: &K) -> Option<Entry> {
        let entry = self.by_key.remove(key)?;
        self.by_age.remove(&(entry.last, *key));
        Some(entry)
    }

    fn forget_old(&mut self, now: DateTime<Utc>) {
        while let Some((last, key)) = self.by_age.first().copied()
            && now - last >= FORGOTTEN_AFTER
        {
            self.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
