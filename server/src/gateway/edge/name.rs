//! Names of certificates and trust bundles.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::gateway::path::described;

/// Longest name in bytes, as of mappings.
const NAME_MAX_BYTES: usize = 64;

/// Names a certificate or a trust bundle: in URLs, and as a secret of Envoy.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeName(Arc<str>);

/// Says why a text can't be such a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EdgeNameError {
    #[error(
        "is empty; 1 to {NAME_MAX_BYTES} lower-case letters, digits, `-`, `_` and `.` are allowed"
    )]
    Empty,
    #[error("is {0} bytes long; at most {NAME_MAX_BYTES} are allowed")]
    TooLong(usize),
    #[error("has {}; lower-case letters, digits, `-`, `_` and `.` are allowed", described(*.0))]
    Character(char),
    #[error("must begin with a letter or a digit")]
    Start,
}

impl EdgeName {
    /// Parses a name of 1 to 64 lower-case ASCII letters, digits, `-`, `_` and `.`, of which the
    /// first is a letter or a digit.
    ///
    /// # Errors
    /// Returns the first rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, EdgeNameError> {
        let Some(first) = text.chars().next() else { return Err(EdgeNameError::Empty) };
        let is_allowed =
            |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if let Some(other) = text.chars().find(|c| !is_allowed(c)) {
            return Err(EdgeNameError::Character(other));
        }
        if text.len() > NAME_MAX_BYTES {
            return Err(EdgeNameError::TooLong(text.len()));
        }
        if !first.is_ascii_alphanumeric() {
            return Err(EdgeNameError::Start);
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Settings name what they use by text.
impl Borrow<str> for EdgeName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EdgeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EdgeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EdgeName({})", self.0)
    }
}

impl Serialize for EdgeName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EdgeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| D::Error::custom(format!("a name {error}")))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("example.com")]
    #[case("7")]
    #[case("wild_example-2026.org")]
    fn a_name_of_plain_characters_is_accepted(#[case] text: &str) {
        assert_eq!(EdgeName::parse(text).unwrap().as_str(), text);
    }

    #[rstest]
    #[case("")]
    #[case("Example.com")]
    #[case("*.example.com")]
    #[case("a/b")]
    #[case("..")]
    #[case("-a")]
    #[case("é")]
    #[case("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    fn a_name_that_a_url_or_a_secret_cannot_carry_is_refused(#[case] text: &str) {
        assert!(EdgeName::parse(text).is_err());
    }
}
