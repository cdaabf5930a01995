//! Applies frames to what the viewer has: pure, so that gaps and repeats can be tested.
//!
//! Not here: signals (see `store`), and how a frame comes (see `socket`).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::api::live::{Delta, Frame, Full, Gateway, LiveMapping};

/// The gateway and its mappings as of `seq` of the run `epoch`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) epoch: String,
    pub(super) seq: u64,
    /// When the server made the newest frame; `None` before the first.
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) gateway: Gateway,
    mappings: BTreeMap<String, LiveMapping>,
    order: Vec<String>,
}

/// What a frame did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Applied(Changes),
    /// It was older than what the viewer has.
    Old,
    /// Frames before it are missing: the viewer needs a full one.
    Gap,
}

/// What has to be drawn again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Names of the mappings that are new or differ.
    pub(super) touched: Vec<String>,
    /// Whether a mapping came, went or moved.
    pub(super) reordered: bool,
}

impl State {
    /// Brings the state to the frame's sequence number.
    pub(super) fn apply(&mut self, frame: Frame) -> Outcome {
        match frame {
            Frame::Full(full) => self.apply_full(full),
            Frame::Delta(delta) => self.apply_delta(delta),
        }
    }

    fn apply_full(&mut self, full: Full) -> Outcome {
        if full.epoch == self.epoch && full.seq < self.seq {
            return Outcome::Old;
        }
        let kept = full.mappings.len();
        let mut changes = Changes::default();
        let mut old = std::mem::take(&mut self.mappings);
        for mapping in full.mappings {
            let before = old.remove(&mapping.mapping.name);
            self.put(mapping, before, &mut changes);
        }
        changes.reordered |= !old.is_empty() || self.order.len() != kept;

        self.epoch = full.epoch;
        self.finish(full.seq, full.at, full.gateway, &changes);
        Outcome::Applied(changes)
    }

    fn apply_delta(&mut self, delta: Delta) -> Outcome {
        if self.epoch.is_empty() || delta.since > self.seq {
            return Outcome::Gap;
        }
        // An equal number is a sign of life without a change; it still brings the time.
        if delta.seq < self.seq {
            return Outcome::Old;
        }
        let mut changes = Changes::default();
        for name in &delta.removed {
            changes.reordered |= self.mappings.remove(name).is_some();
        }
        for mapping in delta.changed {
            let before = self.mappings.remove(&mapping.mapping.name);
            self.put(mapping, before, &mut changes);
        }

        self.finish(delta.seq, delta.at, delta.gateway, &changes);
        Outcome::Applied(changes)
    }

    fn put(&mut self, mapping: LiveMapping, before: Option<LiveMapping>, changes: &mut Changes) {
        let name = mapping.mapping.name.clone();
        if before.as_ref() != Some(&mapping) {
            changes.touched.push(name.clone());
            changes.reordered |=
                before.is_none_or(|before| before.mapping.prefix != mapping.mapping.prefix);
        }
        self.mappings.insert(name, mapping);
    }

    fn finish(&mut self, seq: u64, at: DateTime<Utc>, gateway: Gateway, changes: &Changes) {
        self.seq = seq;
        self.at = Some(at);
        self.gateway = gateway;
        if changes.reordered {
            let mut rows: Vec<_> = self.mappings.values().collect();
            rows.sort_by(|a, b| match_order(a, b));
            self.order = rows.into_iter().map(|row| row.mapping.name.clone()).collect();
        }
    }

    /// Returns what a connection can resume from: the server's run and the sequence number.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the socket resumes"))]
    pub(super) fn position(&self) -> Option<(String, u64)> {
        (!self.epoch.is_empty()).then(|| (self.epoch.clone(), self.seq))
    }

    /// Asks for a full frame next, and takes it whatever its number.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the socket resumes"))]
    pub(super) fn forget_position(&mut self) {
        self.epoch.clear();
    }

    /// Returns the names of the mappings in match order.
    pub(super) fn order(&self) -> &[String] {
        &self.order
    }

    /// Returns a mapping by its name.
    pub(super) fn get(&self, name: &str) -> Option<&LiveMapping> {
        self.mappings.get(name)
    }
}

/// Compares as the gateway matches: the longest prefix in bytes first, then by prefix, then by
/// name.
fn match_order(a: &LiveMapping, b: &LiveMapping) -> Ordering {
    let (a, b) = (&a.mapping, &b.mapping);
    (b.prefix.len().cmp(&a.prefix.len()))
        .then_with(|| a.prefix.cmp(&b.prefix))
        .then_with(|| a.name.cmp(&b.name))
}

#[cfg(test)]
mod tests;
