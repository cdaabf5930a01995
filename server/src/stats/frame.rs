//! Frames for viewers, put together from pieces that are encoded once. Pure.
//!
//! ```text
//! {"type":"delta","since":41, │ "seq":42,"at":…,"gateway":…,"totals":…, │ "overview":…, │ "changed":[ a , b ]}
//!                             └ once a tick                             └ once a tick   └ once a mapping
//! ```
//! A viewer of some mappings thus costs copying, and viewers of all that the same teams have get the
//! same bytes. What is in a frame is what its viewer sees.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use app::api::live::{Full, Gateway, Totals, WATCHED_MAX, Watch};
use bytes::{BufMut, Bytes, BytesMut};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    seen::Seen,
    tick::{Entry, Tick},
};
use crate::{
    auth::sight::Sight,
    gateway::{
        mapping::{Mapping, MappingName},
        order::OrderKey,
        table::Table,
    },
};

/// What a viewer wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watching {
    /// `None` means all mappings that are seen; without duplicates.
    names: Option<BTreeSet<MappingName>>,
    overview: bool,
}

/// Says that a viewer names too many mappings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} mappings are named; at most {WATCHED_MAX} can be watched, or all")]
pub struct TooMany(usize);

impl Watching {
    /// Reads what a viewer asks for. A text that can't be a name stands for a mapping that does not
    /// exist, of which nothing is sent.
    ///
    /// # Errors
    /// Returns [`TooMany`] for more than [`WATCHED_MAX`] names.
    pub fn read(watch: &Watch) -> Result<Self, TooMany> {
        let names = match &watch.mappings {
            None => None,
            Some(names) if names.len() > WATCHED_MAX => return Err(TooMany(names.len())),
            Some(names) => {
                Some(names.iter().filter_map(|name| MappingName::parse(name).ok()).collect())
            }
        };
        Ok(Self { names, overview: watch.overview })
    }

    /// Watches no mapping.
    pub fn nothing(overview: bool) -> Self {
        Self { names: Some(BTreeSet::new()), overview }
    }

    /// Returns the mappings of `table` that are watched and seen, in match order.
    pub fn find_in<'a>(&self, table: &'a Table, sight: &Sight) -> Vec<&'a Arc<Mapping>> {
        let is_seen = |mapping: &&Arc<Mapping>| sight.sees(&mapping.spec.team);
        let Some(names) = &self.names else { return table.iter().filter(is_seen).collect() };
        let found = names.iter().filter_map(|name| table.get(name)).filter(is_seen);
        let mut found: Vec<_> = found.collect();
        found.sort_by_cached_key(|mapping| OrderKey::of(mapping));
        found
    }

    /// Tells whether `name` is watched.
    pub fn has(&self, name: &MappingName) -> bool {
        self.names.as_ref().is_none_or(|names| names.contains(name))
    }

    pub fn has_overview(&self) -> bool {
        self.overview
    }
}

/// The pieces that are encoded already, of what some viewers are told of a tick.
#[derive(Debug, Default)]
pub(super) struct Frames {
    core: OnceLock<Bytes>,
    overview: OnceLock<Bytes>,
    /// For viewers of all mappings, without and with the overview.
    full: [OnceLock<Bytes>; 2],
    delta: [OnceLock<Bytes>; 2],
}

/// What is in every frame.
#[derive(Serialize)]
struct Core<'a> {
    seq: u64,
    at: DateTime<Utc>,
    gateway: &'a Gateway,
    totals: &'a Totals,
}

impl Tick {
    /// Returns the frame with everything that is watched and seen.
    pub fn full_frame(&self, watching: &Watching, sight: &Sight) -> Bytes {
        let seen = self.seen(sight);
        let make = || {
            let mut text = Text::begin("full");
            text.field("epoch", &encode(&seen.epoch));
            self.head(&mut text, watching, &seen);
            let watched = self.watched(watching, sight).into_iter();
            text.list("mappings", watched.map(|entry| entry.json()));
            text.end()
        };
        match &watching.names {
            None => shared(&seen.frames.full, watching).get_or_init(make).clone(),
            Some(_) => make(),
        }
    }

    /// Returns the frame that brings a viewer from `since` to this tick, or the full frame when
    /// that is too long ago. The viewer must have seen the same teams then.
    pub fn frame_since(&self, since: u64, watching: &Watching, sight: &Sight) -> Bytes {
        if since < self.resumable_from || since > self.seq {
            return self.full_frame(watching, sight);
        }
        let seen = self.seen(sight);
        if since + 1 == self.seq && watching.names.is_none() {
            let shared = shared(&seen.frames.delta, watching);
            return shared.get_or_init(|| self.delta(since, watching, &seen)).clone();
        }
        self.delta(since, watching, &seen)
    }

    /// Returns everything that is watched and seen.
    pub fn full(&self, watching: &Watching, sight: &Sight) -> Full {
        let seen = self.seen(sight);
        let watched = self.watched(watching, sight).into_iter();
        Full {
            epoch: seen.epoch.clone(),
            seq: self.seq,
            at: self.at,
            gateway: seen.gateway.clone(),
            totals: seen.totals.clone(),
            overview: watching.overview.then(|| seen.overview(self).clone()),
            mappings: watched.map(|entry| entry.live.clone()).collect(),
        }
    }

    fn delta(&self, since: u64, watching: &Watching, seen: &Seen) -> Bytes {
        let mut text = Text::begin("delta");
        text.field("since", &encode(&since));
        self.head(&mut text, watching, seen);
        let changed = self.changed_since(since, watching, &seen.sight);
        if !changed.is_empty() {
            text.list("changed", changed.into_iter().map(|entry| entry.json()));
        }
        let removed = self.removed_since(since, watching, &seen.sight);
        if !removed.is_empty() {
            text.field("removed", &encode(&removed));
        }
        text.end()
    }

    fn head(&self, text: &mut Text, watching: &Watching, seen: &Seen) {
        let core = || {
            let Seen { gateway, totals, .. } = seen;
            encode(&Core { seq: self.seq, at: self.at, gateway, totals })
        };
        text.fields_of(seen.frames.core.get_or_init(core));
        if watching.overview {
            let overview = || encode(seen.overview(self));
            text.field("overview", seen.frames.overview.get_or_init(overview));
        }
    }

    /// Returns the entries that are watched and seen, in match order.
    fn watched(&self, watching: &Watching, sight: &Sight) -> Vec<&Arc<Entry>> {
        if watching.names.is_none() {
            return self.entries.values().filter(|entry| entry.is_seen(sight)).collect();
        }
        let found = watching.find_in(&self.table, sight).into_iter();
        found.filter_map(|mapping| self.entries.get(&OrderKey::of(mapping))).collect()
    }

    fn changed_since<'a>(
        &'a self,
        since: u64,
        watching: &'a Watching,
        sight: &Sight,
    ) -> Vec<&'a Arc<Entry>> {
        if since + 1 < self.seq {
            let watched = self.watched(watching, sight).into_iter();
            return watched.filter(|entry| entry.seq > since).collect();
        }
        if since == self.seq {
            return Vec::new();
        }
        let is_seen = |entry: &&Arc<Entry>| entry.is_seen(sight);
        match &watching.names {
            None => self.changed.values().filter(is_seen).collect(),
            Some(names) => {
                names.iter().filter_map(|name| self.changed.get(name)).filter(is_seen).collect()
            }
        }
    }

    /// Returns the names of watched mappings that were seen and are no more; what came again is
    /// not gone.
    fn removed_since(&self, since: u64, watching: &Watching, sight: &Sight) -> BTreeSet<&str> {
        let is_seen = |name: &MappingName| {
            self.table.get(name).is_some_and(|mapping| sight.sees(&mapping.spec.team))
        };
        let gone = self.gone.iter().rev().take_while(|gone| gone.seq > since);
        gone.filter(|gone| {
            watching.has(&gone.name) && sight.sees(&gone.team) && !is_seen(&gone.name)
        })
        .map(|gone| gone.name.as_str())
        .collect()
    }
}

impl Entry {
    fn is_seen(&self, sight: &Sight) -> bool {
        sight.sees(&self.mapping.spec.team)
    }

    fn json(&self) -> &Bytes {
        self.json.get_or_init(|| encode(&self.live))
    }
}

fn shared<'a>(frames: &'a [OnceLock<Bytes>; 2], watching: &Watching) -> &'a OnceLock<Bytes> {
    let [without, with] = frames;
    if watching.overview { with } else { without }
}

/// A JSON object that is being written.
struct Text(BytesMut);

impl Text {
    /// Begins a frame of this type.
    fn begin(kind: &str) -> Self {
        let mut text = BytesMut::from(&b"{\"type\":\""[..]);
        text.put_slice(kind.as_bytes());
        text.put_u8(b'"');
        Self(text)
    }

    fn field(&mut self, name: &str, json: &[u8]) {
        self.key(name);
        self.0.put_slice(json);
    }

    fn key(&mut self, name: &str) {
        self.0.put_slice(b",\"");
        self.0.put_slice(name.as_bytes());
        self.0.put_slice(b"\":");
    }

    /// Takes over the fields of an object, which has at least one.
    fn fields_of(&mut self, object: &[u8]) {
        let fields = object.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
        self.0.put_u8(b',');
        self.0.put_slice(fields.unwrap_or_default());
    }

    fn list<'a>(&mut self, name: &str, elements: impl Iterator<Item = &'a Bytes>) {
        self.key(name);
        let mut before = b'[';
        for element in elements {
            self.0.put_u8(before);
            self.0.put_slice(element);
            before = b',';
        }
        if before == b'[' {
            self.0.put_u8(before);
        }
        self.0.put_u8(b']');
    }

    fn end(mut self) -> Bytes {
        self.0.put_u8(b'}');
        self.0.freeze()
    }
}

fn encode(value: &(impl Serialize + ?Sized)) -> Bytes {
    // plain data with text keys: serde_json has no way to fail on it
    serde_json::to_vec(value).map(Bytes::from).unwrap_or_default()
}
