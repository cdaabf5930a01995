//! The order in which mappings are tried: the one place that says it.
//!
//! Explain, the renderer and the portal all sort by [`OrderKey`], so they can't disagree.

use std::cmp::Reverse;

use super::{
    mapping::{Mapping, MappingName},
    path::Prefix,
};

/// Sorts mappings by precedence: the longest prefix (in bytes) first.
///
/// Two different prefixes of the same length can never match the same path, so what follows
/// (prefix, then name) only makes the order total and the same everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderKey {
    length: Reverse<usize>,
    prefix: Prefix,
    name: MappingName,
}

/// Tells whether `mapping` is tried after a mapping that has `prefix`.
pub fn is_tried_after(mapping: &Mapping, prefix: &Prefix) -> bool {
    mapping.spec.prefix.as_str().len() < prefix.as_str().len()
}

impl OrderKey {
    /// Returns the place of `mapping` in the order.
    pub fn of(mapping: &Mapping) -> Self {
        Self::new(mapping.spec.prefix.clone(), mapping.spec.name.clone())
    }

    /// Returns the place of a mapping of this prefix and name.
    pub fn new(prefix: Prefix, name: MappingName) -> Self {
        Self { length: Reverse(prefix.as_str().len()), prefix, name }
    }
}
