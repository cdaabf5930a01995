//! Who may call the mappings that are shown: what their consumers are known by, and which mappings
//! name each, so that a change of one costs only what names it.

use std::collections::{HashMap, HashSet};

use super::Compiler;
use crate::gateway::{
    edge::{EdgeName, credentials::Valid},
    mapping::{Mapping, MappingName},
    references::ReferenceKind,
};

impl Compiler {
    /// Takes in what a consumer is known by now; nothing: there is no such consumer any more. Only
    /// the shards of mappings that name it are rendered again.
    pub fn set_credentials(&mut self, consumer: &EdgeName, valid: Option<Valid>) {
        if !self.around.credentials.set(consumer, valid) {
            return;
        }
        for name in self.callers.of(consumer) {
            if let Some(mapping) = self.next.shown.get(name) {
                self.placement.touch(mapping);
            }
        }
    }
}

/// The shown mappings that name each consumer.
#[derive(Debug, Default)]
pub(super) struct Callers {
    named_by: HashMap<EdgeName, HashSet<MappingName>>,
}

impl Callers {
    /// Returns the shown mappings that name a consumer.
    fn of(&self, consumer: &EdgeName) -> impl Iterator<Item = &MappingName> {
        self.named_by.get(consumer).into_iter().flatten()
    }

    /// Notes whom a mapping names that is shown from now on.
    pub(super) fn show(&mut self, mapping: &Mapping) {
        for consumer in consumers(mapping) {
            self.named_by.entry(consumer).or_default().insert(mapping.name().clone());
        }
    }

    /// Forgets a mapping that is no longer shown.
    pub(super) fn hide(&mut self, mapping: &Mapping) {
        for consumer in consumers(mapping) {
            let Some(mappings) = self.named_by.get_mut(&consumer) else { continue };
            mappings.remove(mapping.name());
            if mappings.is_empty() {
                self.named_by.remove(&consumer);
            }
        }
    }
}

fn consumers(mapping: &Mapping) -> impl Iterator<Item = EdgeName> {
    let named = mapping.spec.policy.references();
    named.filter_map(|(kind, name)| (kind == ReferenceKind::Consumer).then_some(name))
}
