//! What a tick says to who does not see all mappings. Pure.
//!
//! ```text
//! Tick ─ Sight ─▶ Seen: counts, rankings and encoded frames of what is seen
//! ```
//! It is made when the first viewer of these teams asks, once a tick, and shared by all of them.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use app::api::live::{Gateway, LiveMapping, Members, Overview, Totals};

use super::{frame::Frames, tick::Tick};
use crate::{auth::sight::Sight, gateway::order::OrderKey};

/// What one tick says, by who is told; there are as many as sights of viewers in that second.
#[derive(Debug, Default)]
pub(super) struct Views(Mutex<HashMap<Sight, Arc<Seen>>>);

/// What a tick says to all who see the same teams.
#[derive(Debug)]
pub struct Seen {
    pub sight: Sight,
    /// Names the run of the server and what is seen of it: who sees other teams than before begins
    /// anew, since a delta says nothing of what was seen then.
    pub epoch: String,
    pub gateway: Gateway,
    pub totals: Totals,
    overview: OnceLock<Overview>,
    pub(super) frames: Frames,
}

impl Tick {
    /// Returns what the tick says to who sees this much.
    pub fn seen(&self, sight: &Sight) -> Arc<Seen> {
        // no code that holds the lock can panic half-way
        let mut views = self.views.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = views.get(sight) {
            return Arc::clone(seen);
        }
        let seen = Arc::new(Seen::new(self, sight));
        views.insert(sight.clone(), Arc::clone(&seen));
        seen
    }
}

impl Seen {
    fn new(tick: &Tick, sight: &Sight) -> Self {
        let (gateway, totals) = match sight {
            Sight::All => (tick.gateway.clone(), tick.totals.clone()),
            Sight::Of(_) => parts(tick, sight),
        };
        Self {
            sight: sight.clone(),
            epoch: epoch(tick, sight),
            gateway,
            totals,
            overview: OnceLock::new(),
            frames: Frames::default(),
        }
    }

    /// Returns the rankings; `tick` is the one that this was made of.
    pub fn overview(&self, tick: &Tick) -> &Overview {
        let live = |key: &OrderKey| tick.entries.get(key).map(|entry| entry.live.clone());
        let all = |keys: Vec<&OrderKey>| -> Vec<LiveMapping> {
            keys.into_iter().filter_map(live).collect()
        };
        self.overview.get_or_init(|| Overview {
            worst: all(tick.standings.worst(&self.sight)),
            busiest: all(tick.standings.busiest(&self.sight)),
        })
    }
}

fn epoch(tick: &Tick, sight: &Sight) -> String {
    match sight {
        Sight::All => tick.epoch.as_ref().to_owned(),
        Sight::Of(teams) => {
            let mut hasher = DefaultHasher::new();
            teams.hash(&mut hasher);
            format!("{}-{:016x}", tick.epoch, hasher.finish())
        }
    }
}

/// Counts what is seen. The requests are those of the whole gateway: everyone sees how it is.
fn parts(tick: &Tick, sight: &Sight) -> (Gateway, Totals) {
    let services = tick.standings.services(sight);
    let stats = services.iter().filter_map(|service| tick.services.get(*service));
    let counts = tick.standings.counts(sight);
    let gateway = Gateway {
        mappings: tick.standings.mappings(sight),
        services: u32::try_from(services.len()).unwrap_or(u32::MAX),
        ..tick.gateway.clone()
    };
    let of_gateway = &tick.totals;
    let totals = Totals {
        rate: of_gateway.rate,
        bad_rate: of_gateway.bad_rate,
        ok_percent: of_gateway.ok_percent,
        second: of_gateway.second,
        latency: of_gateway.latency,
        members: sum(stats.filter_map(|stats| stats.members)),
        ..counts
    };
    (gateway, totals)
}

/// Adds up the endpoints of services; `None` until a node has reported any.
pub fn sum(members: impl Iterator<Item = Members>) -> Option<Members> {
    members.reduce(|sum, one| Members {
        healthy_members: sum.healthy_members.saturating_add(one.healthy_members),
        total_members: sum.total_members.saturating_add(one.total_members),
    })
}
