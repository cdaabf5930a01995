//! How the mappings stand among each other: how many of each health, the worst, the busiest. Pure.
//!
//! Kept as mappings change, so that a tick does not look at those that did not.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashSet},
};

use app::api::live::{ConfigState, Health, LiveMapping, Totals};
use imbl::{HashMap, OrdSet};

use super::tick::Entry;
use crate::{
    auth::{names::TeamName, sight::Sight},
    gateway::{order::OrderKey, service::ServiceName},
};

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

/// The mappings of a team, or all; a clone is cheap.
#[derive(Debug, Clone, Default)]
struct Standing {
    /// Only the counts of it are kept.
    counts: Totals,
    mappings: u32,
    /// How many mappings use each service.
    services: HashMap<ServiceName, u32>,
    worst: OrdSet<(Trouble, Highest, Highest, OrderKey)>,
    busiest: OrdSet<(Highest, OrderKey)>,
}

/// Adds up all mappings that were put in and not taken out, and those of each team; a clone is
/// cheap.
#[derive(Debug, Clone, Default)]
pub struct Standings {
    all: Standing,
    by_team: HashMap<TeamName, Standing>,
}

impl Standings {
    /// Puts in a mapping.
    pub fn put(&mut self, key: &OrderKey, entry: &Entry) {
        self.all.put(key, entry);
        self.by_team.entry(entry.mapping.spec.team.clone()).or_default().put(key, entry);
    }

    /// Takes out a mapping that was put in with just these numbers.
    pub fn take(&mut self, key: &OrderKey, entry: &Entry) {
        self.all.take(key, entry);
        let team = &entry.mapping.spec.team;
        if let Some(standing) = self.by_team.get_mut(team) {
            standing.take(key, entry);
            if standing.mappings == 0 {
                self.by_team.remove(team);
            }
        }
    }

    /// Takes out a mapping, and puts it in with its new numbers.
    pub fn replace(&mut self, key: &OrderKey, before: &Entry, after: &Entry) {
        let (old, new) = (&before.mapping.spec, &after.mapping.spec);
        match self.by_team.get_mut(&new.team) {
            // that is so each second, for each mapping with traffic
            Some(standing)
                if old.team == new.team && old.reached_services().eq(new.reached_services()) =>
            {
                standing.replace(key, &before.live, &after.live);
                self.all.replace(key, &before.live, &after.live);
            }
            _ => {
                self.take(key, before);
                self.put(key, after);
            }
        }
    }

    /// Returns totals with the counts of what is seen and nothing else.
    pub fn counts(&self, sight: &Sight) -> Totals {
        let mut sum = Totals::default();
        for Standing { counts, .. } in self.seen(sight) {
            for (sum, count) in [
                (&mut sum.healthy, counts.healthy),
                (&mut sum.degraded, counts.degraded),
                (&mut sum.failing, counts.failing),
                (&mut sum.idle, counts.idle),
                (&mut sum.stale, counts.stale),
                (&mut sum.pending, counts.pending),
                (&mut sum.rejected, counts.rejected),
            ] {
                *sum = sum.saturating_add(count);
            }
        }
        sum
    }

    /// Returns how many mappings are seen.
    pub fn mappings(&self, sight: &Sight) -> u32 {
        self.seen(sight).fold(0, |sum, standing| sum.saturating_add(standing.mappings))
    }

    /// Returns the services that mappings which are seen use.
    pub fn services(&self, sight: &Sight) -> HashSet<&ServiceName> {
        self.seen(sight).flat_map(|standing| standing.services.keys()).collect()
    }

    /// Returns the places of those that need attention, the worst first.
    pub fn worst(&self, sight: &Sight) -> Vec<&OrderKey> {
        let each = self.seen(sight).flat_map(|standing| standing.worst.iter().take(WORST_MAX));
        each.collect::<BTreeSet<_>>().into_iter().take(WORST_MAX).map(|(.., key)| key).collect()
    }

    /// Returns the places of those with the most requests a second.
    pub fn busiest(&self, sight: &Sight) -> Vec<&OrderKey> {
        let each = self.seen(sight).flat_map(|standing| standing.busiest.iter().take(BUSIEST_MAX));
        each.collect::<BTreeSet<_>>().into_iter().take(BUSIEST_MAX).map(|(_, key)| key).collect()
    }

    fn seen(&self, sight: &Sight) -> impl Iterator<Item = &Standing> {
        let (all, teams) = match sight {
            Sight::All => (Some(&self.all), None),
            Sight::Of(teams) => (None, Some(teams.iter())),
        };
        let of_teams = teams.into_iter().flatten().filter_map(|team| self.by_team.get(team));
        all.into_iter().chain(of_teams.collect::<Vec<_>>())
    }
}

impl Standing {
    fn put(&mut self, key: &OrderKey, entry: &Entry) {
        let live = &entry.live;
        self.each_count(live, |count| *count = count.saturating_add(1));
        self.mappings = self.mappings.saturating_add(1);
        for service in entry.mapping.spec.reached_services() {
            *self.services.entry(service.clone()).or_default() += 1;
        }
        if let Some(place) = place_of_trouble(key, live) {
            self.worst.insert(place);
        }
        if let Some(place) = place_of_rate(key, live) {
            self.busiest.insert(place);
        }
    }

    fn take(&mut self, key: &OrderKey, entry: &Entry) {
        let live = &entry.live;
        self.each_count(live, |count| *count = count.saturating_sub(1));
        self.mappings = self.mappings.saturating_sub(1);
        for service in entry.mapping.spec.reached_services() {
            if let Some(users) = self.services.get_mut(service) {
                *users = users.saturating_sub(1);
                if *users == 0 {
                    self.services.remove(service);
                }
            }
        }
        if let Some(place) = place_of_trouble(key, live) {
            self.worst.remove(&place);
        }
        if let Some(place) = place_of_rate(key, live) {
            self.busiest.remove(&place);
        }
    }

    fn replace(&mut self, key: &OrderKey, before: &LiveMapping, after: &LiveMapping) {
        self.each_count(before, |count| *count = count.saturating_sub(1));
        self.each_count(after, |count| *count = count.saturating_add(1));
        let troubles = (place_of_trouble(key, before), place_of_trouble(key, after));
        if troubles.0 != troubles.1 {
            troubles.0.map(|place| self.worst.remove(&place));
            troubles.1.map(|place| self.worst.insert(place));
        }
        let rates = (place_of_rate(key, before), place_of_rate(key, after));
        if rates.0 != rates.1 {
            rates.0.map(|place| self.busiest.remove(&place));
            rates.1.map(|place| self.busiest.insert(place));
        }
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
