//! Which mapping stands in which shard, for each layout that is being served.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use crate::{
    envoy::shard::{Layout, ShardKey},
    gateway::{mapping::Mapping, order::OrderKey},
};

/// Holds the shards and remembers which of them have changed.
#[derive(Debug, Default)]
pub(super) struct Placement {
    shards: HashMap<ShardKey, BTreeMap<OrderKey, Arc<Mapping>>>,
    changed: HashSet<ShardKey>,
    /// The layout that the listener uses is always served; the other while it drains.
    served: HashSet<Layout>,
}

impl Placement {
    pub(super) fn serves(&self, layout: Layout) -> bool {
        self.served.contains(&layout)
    }

    /// Begins to serve `layout` with these mappings.
    pub(super) fn serve<'a>(
        &mut self,
        layout: Layout,
        mappings: impl Iterator<Item = &'a Arc<Mapping>>,
    ) {
        if self.served.insert(layout) {
            for mapping in mappings {
                self.insert_into(layout, mapping);
            }
        }
    }

    /// Stops serving `layout`.
    pub(super) fn withdraw(&mut self, layout: Layout) {
        if !self.served.remove(&layout) {
            return;
        }
        let of_layout = |key: &ShardKey| match key {
            ShardKey::Segment(_) => layout == Layout::Segment,
            ShardKey::Character(_) => layout == Layout::Character,
        };
        let gone: Vec<_> = self.shards.keys().filter(|key| of_layout(key)).cloned().collect();
        for key in gone {
            self.shards.remove(&key);
            self.changed.insert(key);
        }
    }

    pub(super) fn insert(&mut self, mapping: &Arc<Mapping>) {
        for layout in [Layout::Segment, Layout::Character] {
            if self.serves(layout) {
                self.insert_into(layout, mapping);
            }
        }
    }

    fn insert_into(&mut self, layout: Layout, mapping: &Arc<Mapping>) {
        for key in layout.shards_of(&mapping.spec) {
            let shard = self.shards.entry(key.clone()).or_default();
            shard.insert(OrderKey::of(mapping), Arc::clone(mapping));
            self.changed.insert(key);
        }
    }

    /// Has the shards of a mapping rendered again.
    pub(super) fn touch(&mut self, mapping: &Mapping) {
        for layout in [Layout::Segment, Layout::Character] {
            if self.serves(layout) {
                self.changed.extend(layout.shards_of(&mapping.spec));
            }
        }
    }

    pub(super) fn remove(&mut self, mapping: &Mapping) {
        for layout in [Layout::Segment, Layout::Character] {
            for key in layout.shards_of(&mapping.spec) {
                let Some(shard) = self.shards.get_mut(&key) else { continue };
                shard.remove(&OrderKey::of(mapping));
                if shard.is_empty() {
                    self.shards.remove(&key);
                }
                self.changed.insert(key);
            }
        }
    }

    /// Takes the shards that have changed, each with its mappings in match order; a shard
    /// without mappings is gone.
    pub(super) fn take_changed(&mut self) -> Vec<(ShardKey, Vec<Arc<Mapping>>)> {
        let mut changed: Vec<_> = self.changed.drain().collect();
        changed.sort_unstable();
        changed
            .into_iter()
            .map(|key| {
                let mappings =
                    self.shards.get(&key).into_iter().flat_map(BTreeMap::values).cloned().collect();
                (key, mappings)
            })
            .collect()
    }
}
