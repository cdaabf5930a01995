//! The recent traffic of each mapping that has any, and of all together. Pure.
//!
//! What a second costs is what came in it and in the minute before; a mapping that nobody asked
//! for during an hour costs nothing, not even memory.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use super::{
    counters::Counts,
    coverage::Coverage,
    latency::Buckets,
    marks::Marks,
    window::{LONG_SECONDS, Window},
};
use crate::gateway::{
    backends::Side,
    mapping::{Mapping, MappingName},
};

/// Keeps the windows; knows the number of the last second that has ended.
#[derive(Debug, Default)]
pub struct Traffic {
    now: u32,
    mappings: Windows<MappingName>,
    /// Of mappings whose requests are shared: each side by itself.
    sides: Windows<(MappingName, Side)>,
    /// All mappings together.
    whole: Window,
    coverage: Coverage,
    marks: Marks,
    covered: f32,
}

/// The windows of what had traffic, by what it is called.
#[derive(Debug)]
struct Windows<K> {
    windows: HashMap<K, Window>,
    /// Those whose numbers of the last minute still move.
    moving: HashSet<K>,
    /// The second that is under way.
    requests: HashMap<K, Counts>,
    latency: HashMap<K, Buckets>,
}

impl Traffic {
    /// Takes in that a push came which tells of `seconds`.
    pub fn cover(&mut self, seconds: f32) {
        self.covered += seconds;
    }

    /// Takes in requests.
    pub fn count(&mut self, name: &MappingName, requests: Counts) {
        self.mappings.count(name, requests);
    }

    /// Takes in requests of a side; they are counted for the mapping, too.
    pub fn count_side(&mut self, name: &MappingName, side: Side, requests: Counts) {
        self.sides.count(&(name.clone(), side), requests);
    }

    /// Takes in how long requests took.
    pub fn measure(&mut self, name: &MappingName, latency: &Buckets) {
        self.mappings.measure(name, latency);
    }

    /// Takes in how long requests of a side took.
    pub fn measure_side(&mut self, name: &MappingName, side: Side, latency: &Buckets) {
        self.sides.measure(&(name.clone(), side), latency);
    }

    /// Ends a second, which gets the number `now`; `nodes` are those that push, and of the mappings
    /// only those that `exists` knows count: Envoy may count for a while after one has gone.
    pub fn end_second(&mut self, now: u32, nodes: usize, exists: impl Fn(&MappingName) -> bool) {
        self.mappings.rest(self.now);
        self.sides.rest(self.now);
        self.now = now;
        let nodes = u16::try_from(nodes.max(1)).unwrap_or(u16::MAX);
        let covered = std::mem::take(&mut self.covered) / f32::from(nodes);
        self.coverage.add(now, covered);
        let Windows { requests, latency, .. } = &self.mappings;
        self.marks.end_second(now, covered.into(), requests, latency);
        let (requests, latency) = self.mappings.end_second(now, &exists);
        self.sides.end_second(now, |(name, _)| exists(name));
        self.whole.add(now, requests, (latency.samples() > 0).then_some(&latency));
        self.whole.end_second(now);
    }

    /// Notes that a mapping was changed, or made, in the second that has just ended.
    pub fn mark(&mut self, mapping: &Mapping, is_new: bool) {
        let name = mapping.name();
        let window = self.mappings.windows.get(name).filter(|_| !is_new);
        self.marks.change((name, mapping.revision), self.now, window, &self.coverage);
    }

    /// Forgets a mapping; not its sides.
    pub fn forget(&mut self, name: &MappingName) {
        self.mappings.forget(name);
        self.marks.gone(name);
    }

    /// Forgets a side of a mapping.
    pub fn forget_side(&mut self, name: &MappingName, side: Side) {
        self.sides.forget(&(name.clone(), side));
    }

    /// Returns the number of the last second that has ended.
    pub fn now(&self) -> u32 {
        self.now
    }

    /// Returns the mappings whose numbers may differ from those of the second before.
    pub fn moving(&self) -> impl Iterator<Item = &MappingName> {
        self.mappings.moving.iter()
    }

    pub fn window(&self, name: &MappingName) -> Option<&Window> {
        self.mappings.windows.get(name)
    }

    pub fn side(&self, name: &MappingName, side: Side) -> Option<&Window> {
        self.sides.windows.get(&(name.clone(), side))
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

impl<K> Default for Windows<K> {
    fn default() -> Self {
        let (windows, moving, requests, latency) = Default::default();
        Self { windows, moving, requests, latency }
    }
}

impl<K: Clone + Eq + Hash> Windows<K> {
    fn count(&mut self, key: &K, requests: Counts) {
        if requests.total() > 0 {
            self.requests.entry(key.clone()).or_default().add(requests);
        }
    }

    fn measure(&mut self, key: &K, latency: &Buckets) {
        self.latency.entry(key.clone()).or_default().add(latency);
    }

    /// Leaves out those that have come to rest in the second `before`, which was the last.
    fn rest(&mut self, before: u32) {
        let windows = &self.windows;
        self.moving.retain(|key| windows.get(key).is_some_and(|kept| !kept.is_settled(before)));
    }

    /// Ends the second `now` of those that exist; returns what came in all of them.
    fn end_second(&mut self, now: u32, exists: impl Fn(&K) -> bool) -> (Counts, Buckets) {
        let mut requests = std::mem::take(&mut self.requests);
        let latency = std::mem::take(&mut self.latency);
        for key in latency.keys() {
            requests.entry(key.clone()).or_default();
        }
        let (mut all_requests, mut all_latency) = (Counts::default(), Buckets::default());
        for (key, counts) in requests.into_iter().filter(|(key, _)| exists(key)) {
            let latency = latency.get(&key);
            all_requests.add(counts);
            latency.into_iter().for_each(|latency| all_latency.add(latency));
            self.windows.entry(key.clone()).or_default().add(now, counts, latency);
            self.moving.insert(key);
        }
        for key in &self.moving {
            if let Some(window) = self.windows.get_mut(key) {
                window.end_second(now);
            }
        }
        if now.is_multiple_of(LONG_SECONDS) {
            self.windows.retain(|_, window| window.forget_old(now));
        }
        (all_requests, all_latency)
    }

    fn forget(&mut self, key: &K) {
        self.windows.remove(key);
        self.moving.remove(key);
        self.requests.remove(key);
        self.latency.remove(key);
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
