//! One second's state of the statistics, as viewers and the REST API read it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, OnceLock},
};

use app::api::live::{Counters, Gateway, LiveMapping, Members, Totals};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use imbl::OrdMap;

use super::{seen::Views, standing::Standings};
use crate::{
    auth::names::TeamName,
    gateway::{
        mapping::{Mapping, MappingName},
        order::OrderKey,
        service::ServiceName,
        table::Table,
    },
    xds::node::{NodeCount, NodeId},
};

/// One mapping, and the tick in which it last changed.
#[derive(Debug)]
pub struct Entry {
    pub seq: u64,
    /// What `live` tells of.
    pub mapping: Arc<Mapping>,
    pub live: LiveMapping,
    /// As it stands in every frame that it is in: encoded when the first of them is made.
    pub(super) json: OnceLock<Bytes>,
}

impl Entry {
    pub fn new(seq: u64, mapping: Arc<Mapping>, live: LiveMapping) -> Self {
        Self { seq, mapping, live, json: OnceLock::new() }
    }
}

/// Says that a team has a mapping no more: it was deleted, or is another team's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The tick since which.
    pub seq: u64,
    pub name: MappingName,
    pub team: TeamName,
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
    /// The gateway and its traffic for who sees all mappings.
    pub gateway: Gateway,
    /// The nodes that were connected.
    pub nodes: NodeCount,
    pub totals: Totals,
    /// How the mappings of each team stand.
    pub standings: Standings,
    /// The mappings that `entries` tells of.
    pub table: Table,
    pub entries: OrdMap<OrderKey, Arc<Entry>>,
    /// Those of them that differ from the tick before.
    pub changed: HashMap<MappingName, Arc<Entry>>,
    pub services: Arc<HashMap<ServiceName, ServiceStats>>,
    /// When each node has pushed its counters last; of nodes that were silent for an hour nothing
    /// is known any more.
    pub reported: Arc<HashMap<NodeId, DateTime<Utc>>>,
    /// Whether the checkpoints of the counters are written here, and not by another replica.
    pub keeps_counters: bool,
    /// What went, oldest first; bounded.
    pub gone: Arc<VecDeque<Gone>>,
    /// The oldest state from which `gone` is complete.
    pub resumable_from: u64,
    pub(super) views: Views,
}

impl Tick {
    /// Returns what is known of a mapping; `None` for a name that the tick's table does not have.
    pub fn entry(&self, name: &MappingName) -> Option<&Arc<Entry>> {
        self.entries.get(&OrderKey::of(self.table.get(name)?))
    }

    /// Returns the requests of a mapping; none for one that is newer than this tick.
    pub fn counters(&self, mapping: &Mapping) -> Counters {
        self.known(mapping).map(|entry| entry.live.counters).unwrap_or_default()
    }

    /// Returns what is known of a mapping of a newer table; nothing of one that was deleted and
    /// made again since.
    pub fn known(&self, mapping: &Mapping) -> Option<&Arc<Entry>> {
        let known = self.table.get(mapping.name())?;
        (known.created_at == mapping.created_at).then(|| self.entry(mapping.name()))?
    }
}
