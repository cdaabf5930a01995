//! One second's state of the statistics, as viewers and the REST API read it.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::{Arc, OnceLock},
};

use app::api::live::{Counters, Delta, Frame, Full, Gateway, LiveMapping, Members};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use imbl::OrdMap;

use crate::gateway::{
    mapping::{Mapping, MappingName},
    order::OrderKey,
    service::ServiceName,
};

/// One mapping, and the tick in which it last changed.
#[derive(Debug)]
pub struct Entry {
    pub seq: u64,
    pub live: LiveMapping,
}

/// What is known of a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServiceStats {
    pub counters: Counters,
    pub members: Option<Members>,
}

/// An immutable state; a viewer that is at `seq` needs what has changed since.
#[derive(Debug, Default)]
pub struct Tick {
    /// Names this run of the server.
    pub epoch: Arc<str>,
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub gateway: Gateway,
    pub entries: OrdMap<OrderKey, Arc<Entry>>,
    pub services: Arc<HashMap<ServiceName, ServiceStats>>,
    /// Mappings that went, and the tick in which they did, oldest first; bounded.
    pub gone: Arc<VecDeque<(u64, MappingName)>>,
    /// The oldest state from which `gone` is complete.
    pub resumable_from: u64,
    /// The frame that brings a viewer from the tick before to this one: encoded once for all.
    pub delta: Bytes,
    pub(super) full: OnceLock<Bytes>,
}

impl Tick {
    /// Returns the requests of a mapping; none for one that is newer than this tick.
    pub fn counters(&self, mapping: &Mapping) -> Counters {
        self.entries
            .get(&OrderKey::of(mapping))
            .map(|entry| entry.live.counters)
            .unwrap_or_default()
    }

    /// Returns the frame with everything; encoded at most once.
    pub fn full_frame(&self) -> Bytes {
        self.full.get_or_init(|| encode(&Frame::Full(self.full()))).clone()
    }

    /// Returns everything.
    pub fn full(&self) -> Full {
        Full {
            epoch: self.epoch.as_ref().to_owned(),
            seq: self.seq,
            at: self.at,
            gateway: self.gateway.clone(),
            totals: Default::default(),
            overview: None,
            mappings: self.entries.values().map(|entry| entry.live.clone()).collect(),
        }
    }

    /// Returns the frame that brings a viewer from `since` to this tick, or the full frame when
    /// that is too long ago.
    pub fn frame_since(&self, since: u64) -> Bytes {
        if since + 1 == self.seq {
            return self.delta.clone();
        }
        if since < self.resumable_from || since > self.seq {
            return self.full_frame();
        }
        encode(&Frame::Delta(self.delta_since(since)))
    }

    pub(super) fn delta_since(&self, since: u64) -> Delta {
        let changed = self.entries.values().filter(|entry| entry.seq > since);
        let changed: Vec<_> = changed.map(|entry| entry.live.clone()).collect();
        // what has gone and come again is among the changed
        let back: HashSet<_> = changed.iter().map(|live| live.mapping.name.as_str()).collect();
        let gone = self.gone.iter().rev().take_while(|(seq, _)| *seq > since);
        let removed: BTreeSet<_> = gone.map(|(_, name)| name.as_str()).collect();
        let removed = removed.into_iter().filter(|name| !back.contains(name));
        Delta {
            since,
            seq: self.seq,
            at: self.at,
            gateway: self.gateway.clone(),
            totals: Default::default(),
            overview: None,
            removed: removed.map(str::to_owned).collect(),
            changed,
        }
    }
}

pub(super) fn encode(frame: &Frame) -> Bytes {
    // plain data with text keys: serde_json has no way to fail on it
    serde_json::to_vec(frame).map(Bytes::from).unwrap_or_default()
}
