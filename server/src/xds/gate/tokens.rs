//! The tokens of nodes, as a file has them: of each its SHA-256, and which nodes it is for.
//!
//! ```text
//! # made by `chancery node-token create`
//! edge-1 sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! edge-* sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
//! ```
//! A node may have several, so that one can take the place of another without a gap.

use std::collections::HashMap;

use super::pattern::{NodePattern, PatternError};
use crate::auth::secret::SecretHash;

/// Tokens of a file at the most: one for each of more nodes than one server serves.
pub const TOKENS_MAX: usize = 10_000;

/// Before the hash, so that the file says what it holds.
const ALGORITHM: &str = "sha256:";

/// Digits of a hash by which a token is told from the others of its node.
pub const FINGERPRINT_DIGITS: usize = 12;

/// Says what is wrong with a file of tokens; lines count from 1. It repeats nothing: somebody may
/// have written a token itself into it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokensError {
    #[error("line {0} is not `NODE sha256:HASH`; `chancery node-token create NODE` writes one")]
    Form(usize),
    #[error("line {line} names a node that {reason}")]
    Pattern { line: usize, reason: PatternError },
    #[error("line {0} does not have a SHA-256 of 64 digits from 0 to 9 and a to f")]
    Hash(usize),
    #[error(
        "line {0} has a token that a line before it has; each is for one node or `beginning-*`"
    )]
    Twice(usize),
    #[error("there are more than {TOKENS_MAX} tokens")]
    TooMany,
}

/// One token, of which only the hash is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub nodes: NodePattern,
    pub hash: SecretHash,
}

impl Token {
    /// Returns by what it is told from the others of its node: the first digits of its hash.
    pub fn fingerprint(&self) -> &str {
        self.hash.as_str().get(..FINGERPRINT_DIGITS).unwrap_or_default()
    }

    /// Returns its line of the file, with the end of the line.
    pub fn line(&self) -> String {
        format!("{} {ALGORITHM}{}\n", self.nodes, self.hash.as_str())
    }
}

/// All tokens of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens(HashMap<SecretHash, NodePattern>);

impl Tokens {
    /// Reads a file. Empty lines and those that begin with `#` are passed over.
    ///
    /// # Errors
    /// Says what is wrong in which line.
    pub fn read(text: &str) -> Result<Self, TokensError> {
        let mut tokens = HashMap::new();
        for (line, number) in text.lines().zip(1..) {
            let Some(Token { nodes, hash }) = read_line(line, number)? else { continue };
            if tokens.len() == TOKENS_MAX {
                return Err(TokensError::TooMany);
            }
            if tokens.insert(hash, nodes).is_some() {
                return Err(TokensError::Twice(number));
            }
        }
        Ok(Self(tokens))
    }

    /// Returns which nodes a token is for; `None` when there is no such token.
    pub fn nodes_of(&self, hash: &SecretHash) -> Option<&NodePattern> {
        self.0.get(hash)
    }
}

/// Reads the tokens of a file in its order, for people.
///
/// # Errors
/// Says what is wrong in which line.
pub fn list(text: &str) -> Result<Vec<Token>, TokensError> {
    text.lines().zip(1..).filter_map(|(line, number)| read_line(line, number).transpose()).collect()
}

/// Returns the file without the tokens of a node, or without the one that has this fingerprint, and
/// how many were taken out. Everything else stays as it is.
///
/// # Errors
/// Says what is wrong in which line.
pub fn without(
    text: &str,
    nodes: &NodePattern,
    fingerprint: Option<&str>,
) -> Result<(String, usize), TokensError> {
    let (mut kept, mut removed) = (String::new(), 0);
    for (line, number) in text.lines().zip(1..) {
        let goes = read_line(line, number)?.is_some_and(|token| {
            token.nodes == *nodes && fingerprint.is_none_or(|it| it == token.fingerprint())
        });
        if goes {
            removed += 1;
        } else {
            kept.extend([line, "\n"]);
        }
    }
    Ok((kept, removed))
}

fn read_line(line: &str, number: usize) -> Result<Option<Token>, TokensError> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let mut words = line.split_ascii_whitespace();
    let (Some(nodes), Some(hash), None) = (words.next(), words.next(), words.next()) else {
        return Err(TokensError::Form(number));
    };
    let hash = hash.strip_prefix(ALGORITHM).ok_or(TokensError::Form(number))?;
    let nodes = NodePattern::parse(nodes)
        .map_err(|reason| TokensError::Pattern { line: number, reason })?;
    let hash = SecretHash::read(hash).ok_or(TokensError::Hash(number))?;
    Ok(Some(Token { nodes, hash }))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::auth::secret::{NODE_TOKEN_PREFIX, Secret};

    fn token(nodes: &str) -> Token {
        let hash = Secret::random(NODE_TOKEN_PREFIX).hash();
        Token { nodes: NodePattern::parse(nodes).unwrap(), hash }
    }

    #[test]
    fn a_token_is_found_by_its_hash_and_no_other_is() {
        let (one, many) = (token("edge-1"), token("edge-*"));
        let text = format!("# tokens\n\n{}  {}\r\n", one.line(), many.line().trim());

        let tokens = Tokens::read(&text).unwrap();

        assert_eq!(tokens.nodes_of(&one.hash), Some(&one.nodes));
        assert_eq!(tokens.nodes_of(&many.hash), Some(&many.nodes));
        assert_eq!(tokens.nodes_of(&token("edge-1").hash), None);
        assert_eq!(list(&text).unwrap(), [one, many]);
    }

    #[test]
    fn what_is_taken_out_leaves_the_rest_of_the_file_as_it_was() {
        let (old, new, other) = (token("edge-1"), token("edge-1"), token("edge-2"));
        let text = ["# tokens\n", &old.line(), &new.line(), "\n", &other.line()].concat();

        let (rest, removed) = without(&text, &old.nodes, Some(old.fingerprint())).unwrap();
        let (none, both) = without(&text, &old.nodes, None).unwrap();

        assert_eq!((removed, both), (1, 2));
        assert_eq!(rest, ["# tokens\n", &new.line(), "\n", &other.line()].concat());
        assert_eq!(none, ["# tokens\n\n", &other.line()].concat());
    }

    #[rstest]
    #[case("chn_canary", TokensError::Form(1))]
    #[case("# a\nedge-1 canary", TokensError::Form(2))]
    #[case("edge-1 sha256:canary", TokensError::Hash(1))]
    #[case("edge-1 sha256:a b", TokensError::Form(1))]
    #[case("* sha256:a", TokensError::Pattern { line: 1, reason: PatternError::Star })]
    fn junk_is_refused_with_its_line_and_not_repeated(
        #[case] text: &str,
        #[case] expected: TokensError,
    ) {
        let refused = Tokens::read(text).unwrap_err();

        assert!(!refused.to_string().contains("canary"), "{refused}");
        assert_eq!(refused, expected);
    }

    #[test]
    fn a_token_for_two_nodes_is_refused() {
        let one = token("edge-1");
        let other = Token { nodes: NodePattern::parse("edge-2").unwrap(), ..one.clone() };

        let refused = Tokens::read(&[one.line(), other.line()].concat()).unwrap_err();

        assert_eq!(refused, TokensError::Twice(2));
    }
}
