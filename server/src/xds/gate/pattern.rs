//! Which nodes a credential is for.

use std::{fmt, sync::Arc};

use super::super::node::NODE_ID_MAX_BYTES;

/// Says why a text can't name nodes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("has {0} bytes; 1 to {NODE_ID_MAX_BYTES} are allowed")]
    Length(usize),
    #[error(
        "has a character that is not allowed: visible ASCII is, but not a `#` at the beginning"
    )]
    Character,
    #[error(
        "has a `*` at a place where none is allowed: one may stand at the end, after what all the node ids begin with, as in `edge-*`"
    )]
    Star,
}

/// The id of one node, or, with a `*` at the end, what the ids of several begin with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodePattern(Arc<str>);

impl NodePattern {
    /// Reads `edge-1` or `edge-*`.
    ///
    /// # Errors
    /// Says what is wrong with `text`, without repeating it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() || text.len() > NODE_ID_MAX_BYTES {
            return Err(PatternError::Length(text.len()));
        }
        // a line of the file of tokens that begins with `#` is a comment
        if text.starts_with('#') || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(PatternError::Character);
        }
        let beginning = text.strip_suffix('*').unwrap_or(text);
        if beginning.is_empty() || beginning.contains('*') {
            return Err(PatternError::Star);
        }
        Ok(Self(text.into()))
    }

    /// Tells whether it is for the node with this id.
    pub fn covers(&self, id: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => id.starts_with(beginning),
            None => id == &*self.0,
        }
    }
}

impl fmt::Display for NodePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("edge-1", "edge-1", true)]
    #[case("edge-1", "edge-10", false)]
    #[case("edge-1", "", false)]
    #[case("edge-*", "edge-10", true)]
    #[case("edge-*", "edge-", true)]
    #[case("edge-*", "edge", false)]
    #[case("edge-*", "ledge-1", false)]
    #[case("spiffe://example.org/edge/*", "spiffe://example.org/edge/7", true)]
    fn a_pattern_covers_what_it_says(#[case] pattern: &str, #[case] id: &str, #[case] is: bool) {
        assert_eq!(NodePattern::parse(pattern).unwrap().covers(id), is);
    }

    #[rstest]
    #[case("", PatternError::Length(0))]
    #[case(&"x".repeat(301), PatternError::Length(301))]
    #[case("edge 1", PatternError::Character)]
    #[case("#edge", PatternError::Character)]
    #[case("*", PatternError::Star)]
    #[case("*.edge.example", PatternError::Star)]
    #[case("edge-**", PatternError::Star)]
    fn what_names_all_or_nothing_is_refused(#[case] text: &str, #[case] expected: PatternError) {
        assert_eq!(NodePattern::parse(text).unwrap_err(), expected);
    }
}
