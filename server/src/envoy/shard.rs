//! Which shard of the routes a mapping stands in.
//!
//! Envoy applies a changed route configuration as a whole, so its cost grows with its size. The
//! routes are therefore cut into shards, one route configuration each, and scoped routes choose
//! the shard of a request by a key that an early header mutation computes from the normalized,
//! query-free path. One change then costs the same at 100 and at 100,000 mappings.
//!
//! ```text
//! /user/42?x ─▶ x-chancery-path: /user/42 ─▶ key `user` ─▶ segment/user     (by segment)
//! /user/42?x ─▶ x-chancery-path: /u       ─▶ key `/u`   ─▶ character/u      (by character)
//! ```
//! By segment is the rule. A catch-all mapping `/` does not fix its first segment, nor does one that
//! ignores case, and scope keys know no wildcard; while there is one, the shards are cut by the
//! path's first character: the catch-all stands in each of them, a mapping that ignores case in
//! those of the capital and the small letter. The keys of the two layouts can't collide (one
//! begins with a slash, the other has none), so both can be served while Envoy changes over.

use std::{fmt, sync::Arc};

use crate::gateway::{mapping::Spec, matching::PathKind};

/// How the routes are cut into shards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    #[default]
    Segment,
    Character,
}

/// Characters that a path can have after its first slash: `pchar` of RFC 3986, with `%` for
/// the escaped ones, and the brackets, which browsers send and Envoy leaves as they are.
const FIRST_CHARACTERS: &str =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%-._~!$&'()*+,;=:@[]";

/// Names a shard.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ShardKey {
    /// Paths whose first segment is this.
    Segment(Arc<str>),
    /// Paths whose first character after the slash is this; `None` for the path `/` alone.
    Character(Option<char>),
}

impl ShardKey {
    /// Returns the scope key that Envoy computes for the requests of this shard.
    pub fn scope_key(&self) -> String {
        match self {
            Self::Segment(segment) => segment.as_ref().to_owned(),
            Self::Character(Some(character)) => format!("/{character}"),
            Self::Character(None) => "/".to_owned(),
        }
    }
}

impl fmt::Display for ShardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment(segment) => write!(f, "segment/{segment}"),
            Self::Character(Some(character)) => write!(f, "character/{character}"),
            Self::Character(None) => f.write_str("character/"),
        }
    }
}

impl Layout {
    /// Returns the shards in which a mapping of this content stands.
    ///
    /// The segment layout has no place for one that does not fix its first segment: it gives none.
    pub fn shards_of(self, spec: &Spec) -> Vec<ShardKey> {
        match (self, spec.first_segment()) {
            (Self::Segment, None) => Vec::new(),
            (Self::Segment, Some(segment)) => vec![ShardKey::Segment(segment.into())],
            (Self::Character, _) => character_shards(spec),
        }
    }
}

fn character_shards(spec: &Spec) -> Vec<ShardKey> {
    let is_exact_root = matches!(spec.matching.path(), PathKind::Exact);
    let first = spec.prefix.first_segment().and_then(|segment| segment.chars().next());
    let characters = match first {
        None if is_exact_root => vec![None],
        None => std::iter::once(None).chain(FIRST_CHARACTERS.chars().map(Some)).collect(),
        Some(first) if spec.matching.ignores_case() && first.is_ascii_alphabetic() => {
            vec![Some(first.to_ascii_uppercase()), Some(first.to_ascii_lowercase())]
        }
        first => vec![first],
    };
    characters.into_iter().map(ShardKey::Character).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::table::tests::mapping_with;

    fn shards(layout: Layout, body: &serde_json::Value) -> Vec<String> {
        let mapping = mapping_with("m", body);
        layout.shards_of(&mapping.spec).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_mapping_stands_in_the_shard_of_its_first_segment_with_and_without_a_slash() {
        let at = |prefix: &str| json!({ "prefix": prefix });

        assert_eq!(shards(Layout::Segment, &at("/user")), ["segment/user"]);
        assert_eq!(shards(Layout::Segment, &at("/user/v2/")), ["segment/user"]);
        assert_eq!(shards(Layout::Character, &at("/user/")), ["character/u"]);
    }

    #[test]
    fn the_catch_all_stands_in_every_shard_of_the_character_layout() {
        let everywhere = shards(Layout::Character, &json!({"prefix": "/"}));

        assert_eq!(everywhere.len(), 1 + FIRST_CHARACTERS.len());
        assert!(everywhere.contains(&"character/u".to_owned()));
        assert!(shards(Layout::Segment, &json!({"prefix": "/"})).is_empty());
    }

    #[test]
    fn a_mapping_that_ignores_case_stands_in_the_shards_of_both_letters() {
        let any_case = json!({"prefix": "/User/", "match": {"ignore_case": true}});

        assert_eq!(shards(Layout::Character, &any_case), ["character/U", "character/u"]);
        assert!(shards(Layout::Segment, &any_case).is_empty());
    }

    #[test]
    fn a_regex_with_a_literal_first_segment_stands_in_its_shard() {
        let regex =
            json!({"prefix": "/user/", "match": {"path": "regex", "regex": "[0-9]+(/.*)?"}});

        assert_eq!(shards(Layout::Segment, &regex), ["segment/user"]);
    }
}
