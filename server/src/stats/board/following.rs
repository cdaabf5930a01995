//! What becomes of what is known when the table changes.

use std::{collections::HashSet, sync::Arc};

use imbl::{OrdMap, ordmap::DiffItem};

use super::Board;
use crate::{
    auth::names::TeamName,
    gateway::{
        mapping::{Mapping, MappingName},
        order::OrderKey,
    },
    publisher::Published,
    stats::{counters::Target, tick::Entry},
};

impl Board {
    /// Brings the entries to the order of the table; returns the mappings that teams have lost.
    pub(super) fn follow_table(
        &mut self,
        published: &Published,
        entries: &mut OrdMap<OrderKey, Arc<Entry>>,
        touched: &mut HashSet<MappingName>,
    ) -> Vec<(MappingName, TeamName)> {
        let table = &published.table;
        let before = Arc::clone(&self.last.published);
        let mut removed = Vec::new();
        let mut changed = Vec::new();
        for difference in before.table.in_order().diff(table.in_order()) {
            match difference {
                DiffItem::Add(_, mapping) => {
                    touched.insert(mapping.name().clone());
                    changed.push(mapping);
                }
                DiffItem::Update { old: (_, old), new: (_, new) } => {
                    let name = new.name();
                    touched.insert(name.clone());
                    if old.spec.team != new.spec.team {
                        removed.push((name.clone(), old.spec.team.clone()));
                    }
                    // deleted and made again between two ticks
                    if old.created_at != new.created_at {
                        self.forget(name);
                    }
                    self.follow_sides(old, Some(new));
                    changed.push(new);
                }
                DiffItem::Remove(key, mapping) => {
                    if let Some(entry) = entries.remove(key) {
                        self.standings.take(key, &entry);
                    }
                    let name = mapping.name();
                    let now = table.get(name);
                    if now.is_none_or(|now| now.created_at != mapping.created_at) {
                        self.forget(name);
                    }
                    self.follow_sides(mapping, now);
                    if now.is_none_or(|now| now.spec.team != mapping.spec.team) {
                        removed.push((name.clone(), mapping.spec.team.clone()));
                    }
                    for service in mapping.spec.reached_services() {
                        if table.users_of(service).next().is_none() {
                            self.ledger.forget(&Target::Service(service.clone()));
                        }
                    }
                }
            }
        }
        // what was there when the server began was not changed now
        if self.traffic.now() > 1 {
            for mapping in changed {
                let old = before.table.get(mapping.name());
                let is_new = old.is_none_or(|old| old.created_at != mapping.created_at);
                self.traffic.mark(mapping, is_new);
            }
        }
        removed
    }

    fn forget(&mut self, name: &MappingName) {
        self.traffic.forget(name);
        self.ledger.forget(&Target::Mapping(name.clone()));
    }

    /// Forgets the sides of a mapping that are another service's now, or nobody's.
    fn follow_sides(&mut self, old: &Mapping, new: Option<&Arc<Mapping>>) {
        let new = new.filter(|new| new.created_at == old.created_at);
        for (side, backend) in old.spec.backends.sides() {
            let now = new.and_then(|new| new.spec.backends.get(side));
            if now.is_none_or(|now| now.service.name != backend.service.name) {
                self.traffic.forget_side(old.name(), side);
                self.ledger.forget(&Target::Side(old.name().clone(), side));
            }
        }
    }
}
