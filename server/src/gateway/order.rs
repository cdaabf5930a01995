//! The order in which mappings are tried: the one place that says it.
//!
//! Explain, the renderer and the portal all sort by [`OrderKey`], so they can't disagree.

use std::{
    cmp::{Ordering, Reverse},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    mapping::{Mapping, MappingName, Spec},
    matching::{Match, PathKind, host::HostPattern},
    path::Prefix,
};

/// Sorts mappings as they are tried; the first that matches serves a request.
///
/// 1. the most specific host: one, then the longest wildcard, then `*` (what Envoy's virtual hosts
///    do anyway)
/// 2. the highest precedence
/// 3. the longest prefix, in bytes
/// 4. an exact path, then a prefix, then a regex; of regexes the longest
/// 5. where case matters, then where it does not
/// 6. the most conditions: the methods are one, each header and query parameter another
/// 7. what is left only makes the order total and the same everywhere: the prefix, the rest of the
///    match, the name
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OrderKey {
    host: BySpecificity,
    precedence: Reverse<i16>,
    length: Reverse<usize>,
    path: PathRank,
    ignore_case: bool,
    conditions: Reverse<usize>,
    prefix: Prefix,
    rest: Option<Arc<str>>,
    name: MappingName,
}

/// A host, the most specific first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct BySpecificity(HostPattern);

impl Ord for BySpecificity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.compare(&other.0)
    }
}

impl PartialOrd for BySpecificity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum PathRank {
    Exact,
    Prefix,
    Regex(Reverse<usize>),
}

impl PathRank {
    fn of(path: &PathKind) -> Self {
        match path {
            PathKind::Exact => Self::Exact,
            PathKind::Prefix => Self::Prefix,
            PathKind::Regex(pattern) => Self::Regex(Reverse(pattern.as_str().len())),
        }
    }
}

/// Tells whether `mapping` is tried after a mapping of this content.
pub fn is_tried_after(mapping: &Mapping, spec: &Spec) -> bool {
    OrderKey::of(mapping) > OrderKey::of_spec(spec)
}

impl OrderKey {
    /// Returns the place of `mapping` in the order.
    pub fn of(mapping: &Mapping) -> Self {
        Self::of_spec(&mapping.spec)
    }

    /// Returns the place of a mapping of this content.
    pub fn of_spec(spec: &Spec) -> Self {
        let Spec { host, prefix, matching, name, .. } = spec;
        Self::new(host.clone(), prefix.clone(), matching, name.clone())
    }

    /// Returns the place of a mapping of this match and name.
    pub fn new(host: HostPattern, prefix: Prefix, matching: &Match, name: MappingName) -> Self {
        Self {
            host: BySpecificity(host),
            precedence: Reverse(matching.precedence()),
            length: Reverse(prefix.as_str().len()),
            path: PathRank::of(matching.path()),
            ignore_case: matching.ignores_case(),
            conditions: Reverse(matching.conditions()),
            prefix,
            rest: (!matching.is_default()).then(|| matching.canonical()),
            name,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::table::tests::mapping_with;

    #[test]
    fn the_order_is_the_one_that_is_written_down() {
        let beta = json!([{"name": "x-beta", "is": "present"}]);
        let in_order = [
            json!({"host": "a.example.com", "prefix": "/"}),
            json!({"host": "*.a.example.com", "prefix": "/"}),
            json!({"host": "*.example.com", "prefix": "/"}),
            json!({"prefix": "/", "match": {"precedence": 1}}),
            json!({"prefix": "/user/42"}),
            json!({"prefix": "/user/", "match": {"path": "exact"}}),
            json!({"prefix": "/user/", "match": {"headers": beta, "methods": ["GET"]}}),
            json!({"prefix": "/user/", "match": {"headers": beta}}),
            json!({"prefix": "/user/"}),
            json!({"prefix": "/user/", "match": {"ignore_case": true, "methods": ["GET"]}}),
            json!({"prefix": "/user/", "match": {"ignore_case": true}}),
            json!({"prefix": "/user/", "match": {"path": "regex", "regex": "[0-9]+"}}),
            json!({"prefix": "/user/", "match": {"path": "regex", "regex": "a"}}),
            json!({"prefix": "/"}),
            json!({"prefix": "/user/7", "match": {"precedence": -1}}),
        ];

        let keys: Vec<_> =
            in_order.iter().map(|body| OrderKey::of(&mapping_with("m", body))).collect();

        assert!(keys.is_sorted_by(|left, right| left < right), "{keys:#?}");
    }

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        let body = json!({
            "host": "*.example.com", "prefix": "/user/",
            "match": {"path": "regex", "regex": "[0-9]+", "methods": ["GET"], "precedence": -3},
        });
        let key = OrderKey::of(&mapping_with("m", &body));

        let read: OrderKey = serde_json::from_str(&serde_json::to_string(&key).unwrap()).unwrap();

        assert_eq!(read, key);
    }
}
