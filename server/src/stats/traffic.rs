//! The recent traffic of each mapping that has any, and of all together. Pure.
//!
//! What a second costs is what came in it and in the minute before; a mapping that nobody asked
//! for during an hour costs nothing, not even memory.

use std::collections::{HashMap, HashSet};

use super::{
    counters::Counts,
    coverage::Coverage,
    latency::Buckets,
    marks::Marks,
    window::{LONG_SECONDS, Window},
};
use crate::gateway::mapping::{Mapping, MappingName};

/// Keeps the windows; knows the number of the last second that has ended.
#[derive(Debug, Default)]
pub struct Traffic {
    now: u32,
    windows: HashMap<MappingName, Window>,
    /// Mappings whose numbers of the last minute still move.
    moving: HashSet<MappingName>,
    /// All mappings together.
    whole: Window,
    coverage: Coverage,
    marks: Marks,
    /// The second that is under way.
    requests: HashMap<MappingName, Counts>,
    latency: HashMap<MappingName, Buckets>,
    covered: f32,
}

impl Traffic {
    /// Takes in that a push came which tells of `seconds`.
    pub fn cover(&mut self, seconds: f32) {
        self.covered += seconds;
    }

    /// Takes in requests.
    pub fn count(&mut self, name: &MappingName, requests: Counts) {
        if requests.total() > 0 {
            self.requests.entry(name.clone()).or_default().add(requests);
        }
    }

    /// Takes in how long requests took.
    pub fn measure(&mut self, name: &MappingName, latency: &Buckets) {
        self.latency.entry(name.clone()).or_default().add(latency);
    }

    /// Ends a second, which gets the number `now`; `nodes` are those that push, and of the mappings
    /// only those that `exists` knows count: Envoy may count for a while after one has gone.
    pub fn end_second(&mut self, now: u32, nodes: usize, exists: impl Fn(&MappingName) -> bool) {
        let (before, windows) = (self.now, &self.windows);
        self.moving.retain(|name| windows.get(name).is_some_and(|kept| !kept.is_settled(before)));
        self.now = now;
        let nodes = u16::try_from(nodes.max(1)).unwrap_or(u16::MAX);
        let covered = std::mem::take(&mut self.covered) / f32::from(nodes);
        self.coverage.add(now, covered);

        let mut requests = std::mem::take(&mut self.requests);
        let latency = std::mem::take(&mut self.latency);
        self.marks.end_second(now, covered.into(), &requests, &latency);
        for name in latency.keys() {
            requests.entry(name.clone()).or_default();
        }
        let (mut all_requests, mut all_latency) = (Counts::default(), Buckets::default());
        for (name, counts) in requests.into_iter().filter(|(name, _)| exists(name)) {
            let latency = latency.get(&name);
            all_requests.add(counts);
            latency.into_iter().for_each(|latency| all_latency.add(latency));
            self.windows.entry(name.clone()).or_default().add(now, counts, latency);
            self.moving.insert(name);
        }
        let all_latency = (all_latency.samples() > 0).then_some(&all_latency);
        self.whole.add(now, all_requests, all_latency);
        self.whole.end_second(now);
        for name in &self.moving {
            if let Some(window) = self.windows.get_mut(name) {
                window.end_second(now);
            }
        }
        if now.is_multiple_of(LONG_SECONDS) {
            self.windows.retain(|_, window| window.forget_old(now));
        }
    }

    /// Notes that a mapping was changed, or made, in the second that has just ended.
    pub fn mark(&mut self, mapping: &Mapping, is_new: bool) {
        let name = mapping.name();
        let window = self.windows.get(name).filter(|_| !is_new);
        self.marks.change((name, mapping.revision), self.now, window, &self.coverage);
    }

    /// Forgets a mapping.
    pub fn forget(&mut self, name: &MappingName) {
        self.windows.remove(name);
        self.moving.remove(name);
        self.marks.gone(name);
    }

    /// Returns the number of the last second that has ended.
    pub fn now(&self) -> u32 {
        self.now
    }

    /// Returns the mappings whose numbers may differ from those of the second before.
    pub fn moving(&self) -> impl Iterator<Item = &MappingName> {
        self.moving.iter()
    }

    pub fn window(&self, name: &MappingName) -> Option<&Window> {
        self.windows.get(name)
    }

    pub fn whole(&self) -> &Window {
        &self.whole
    }

    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_within_an_hour_is_kept_and_only_the_last_minute_moves() {
        let name = MappingName::parse("user").unwrap();
        let mut traffic = Traffic::default();
        traffic.count(&name, Counts { ok: 1, ..Counts::default() });

        let (mut moved, mut kept) = (0, 0);
        for now in 1..4_000 {
            traffic.end_second(now, 1, |_| true);
            moved += traffic.moving().count();
            kept += usize::from(traffic.window(&name).is_some());
        }

        assert!((61..=70).contains(&moved), "{moved}");
        assert!((3_570..=3_630).contains(&kept), "{kept}");
    }

    #[test]
    fn what_has_gone_is_not_counted() {
        let name = MappingName::parse("user").unwrap();
        let mut traffic = Traffic::default();
        traffic.count(&name, Counts { ok: 1, ..Counts::default() });

        traffic.end_second(1, 1, |_| false);

        assert!(traffic.window(&name).is_none());
        assert_eq!(traffic.whole().last(1, 60).total(), 0);
    }
}
