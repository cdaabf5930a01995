//! How the mappings stand among each other: how many of each health, the worst, the busiest. Pure.
//!
//! Kept as mappings change, so that a tick does not look at those that did not.

use std::{cmp::Reverse, collections::BTreeSet};

use app::api::live::{ConfigState, Health, LiveMapping, Totals};

use crate::gateway::order::OrderKey;

/// Most mappings in each of the two rankings.
const WORST_MAX: usize = 8;
const BUSIEST_MAX: usize = 6;

/// How bad it is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Rejected,
    Failing,
    Degraded,
}

/// A rate that can be sorted, the highest first: of floating-point numbers that are not negative
/// the bits have the order of the numbers.
type Highest = Reverse<u64>;

/// Adds up all mappings that were put in and not taken out.
#[derive(Debug, Default)]
pub struct Standing {
    /// Only the counts of it are kept.
    counts: Totals,
    worst: BTreeSet<(Trouble, Highest, Highest, OrderKey)>,
    busiest: BTreeSet<(Highest, OrderKey)>,
}

impl Standing {
    /// Puts in a mapping.
    pub fn put(&mut self, key: &OrderKey, live: &LiveMapping) {
        self.each_count(live, |count| *count = count.saturating_add(1));
        if let Some(place) = place_of_trouble(key, live) {
            self.worst.insert(place);
        }
        if let Some(place) = place_of_rate(key, live) {
            self.busiest.insert(place);
        }
    }

    /// Takes out a mapping that was put in with just these numbers.
    pub fn take(&mut self, key: &OrderKey, live: &LiveMapping) {
        self.each_count(live, |count| *count = count.saturating_sub(1));
        if let Some(place) = place_of_trouble(key, live) {
            self.worst.remove(&place);
        }
        if let Some(place) = place_of_rate(key, live) {
            self.busiest.remove(&place);
        }
    }

    /// Returns totals with these counts and nothing else.
    pub fn counts(&self) -> Totals {
        self.counts.clone()
    }

    /// Returns the places of those that need attention, the worst first.
    pub fn worst(&self) -> impl Iterator<Item = &OrderKey> {
        self.worst.iter().take(WORST_MAX).map(|(.., key)| key)
    }

    /// Returns the places of those with the most requests a second.
    pub fn busiest(&self) -> impl Iterator<Item = &OrderKey> {
        self.busiest.iter().take(BUSIEST_MAX).map(|(_, key)| key)
    }

    fn each_count(&mut self, live: &LiveMapping, change: impl Fn(&mut u32)) {
        let counts = &mut self.counts;
        change(match live.health {
            Health::Healthy => &mut counts.healthy,
            Health::Degraded => &mut counts.degraded,
            Health::Failing => &mut counts.failing,
            Health::Idle => &mut counts.idle,
            Health::Stale => &mut counts.stale,
        });
        match live.config {
            ConfigState::Pending { .. } => change(&mut counts.pending),
            ConfigState::Rejected { .. } => change(&mut counts.rejected),
            ConfigState::Live { .. } | ConfigState::NoNodes => {}
        }
    }
}

fn place_of_trouble(
    key: &OrderKey,
    live: &LiveMapping,
) -> Option<(Trouble, Highest, Highest, OrderKey)> {
    let trouble = match (&live.config, live.health) {
        (ConfigState::Rejected { .. }, _) => Trouble::Rejected,
        (_, Health::Failing) => Trouble::Failing,
        (_, Health::Degraded) => Trouble::Degraded,
        _ => return None,
    };
    Some((trouble, highest(live.bad_rate), highest(live.rate), key.clone()))
}

fn place_of_rate(key: &OrderKey, live: &LiveMapping) -> Option<(Highest, OrderKey)> {
    live.rate.filter(|rate| *rate > 0.0).map(|rate| (highest(Some(rate)), key.clone()))
}

fn highest(rate: Option<f64>) -> Highest {
    Reverse(rate.unwrap_or_default().max(0.0).to_bits())
}
