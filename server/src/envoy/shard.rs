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
//! By segment is the rule. A catch-all mapping `/` does not fix its first segment, and scope
//! keys know no wildcard; while there is one, the shards are cut by the path's first character,
//! and the catch-all stands in each of them. The keys of the two layouts can't collide (one
//! begins with a slash, the other has none), so both can be served while Envoy changes over.

use std::{fmt, sync::Arc};

use crate::gateway::path::Prefix;

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
    /// Returns the shards in which a mapping with this prefix stands.
    ///
    /// The segment layout has no place for the catch-all: it gives none.
    pub fn shards_of(self, prefix: &Prefix) -> Vec<ShardKey> {
        match (self, prefix.first_segment()) {
            (Self::Segment, None) => Vec::new(),
            (Self::Segment, Some(segment)) => vec![ShardKey::Segment(segment.into())],
            (Self::Character, None) => std::iter::once(None)
                .chain(FIRST_CHARACTERS.chars().map(Some))
                .map(ShardKey::Character)
                .collect(),
            (Self::Character, Some(segment)) => {
                vec![ShardKey::Character(segment.chars().next())]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shards(layout: Layout, prefix: &str) -> Vec<String> {
        let prefix = Prefix::parse(prefix).unwrap();
        layout.shards_of(&prefix).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_mapping_stands_in_the_shard_of_its_first_segment_with_and_without_a_slash() {
        assert_eq!(shards(Layout::Segment, "/user"), ["segment/user"]);
        assert_eq!(shards(Layout::Segment, "/user/v2/"), ["segment/user"]);
        assert_eq!(shards(Layout::Character, "/user/"), ["character/u"]);
    }

    #[test]
    fn the_catch_all_stands_in_every_shard_of_the_character_layout() {
        let everywhere = shards(Layout::Character, "/");

        assert_eq!(everywhere.len(), 1 + FIRST_CHARACTERS.len());
        assert!(everywhere.contains(&"character/u".to_owned()));
        assert!(shards(Layout::Segment, "/").is_empty());
    }
}
