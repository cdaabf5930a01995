//! Parts of the URL space: hosts, and what lies below a path.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::gateway::path::{PathError, Prefix};

/// Longest host name in bytes (RFC 1035, section 2.3.4).
const HOST_MAX_BYTES: usize = 253;

/// A host that requests name, or every host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    Any,
    Named(Arc<str>),
}

/// Says why a text is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be `*` or a host name of letters, digits, `-` and `.`, without a port")]
pub struct HostError;

impl Host {
    /// Parses `*`, or a DNS name in any case of letters.
    ///
    /// # Errors
    /// Returns [`HostError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let name = text.to_ascii_lowercase();
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if name.len() > HOST_MAX_BYTES || !name.split('.').all(is_label) {
            return Err(HostError);
        }
        Ok(Self::Named(name.into()))
    }

    /// Tells whether every request for `other` is one for this, too.
    pub fn covers(&self, other: &Self) -> bool {
        *self == Self::Any || self == other
    }

    /// Tells whether a request could be for both.
    pub fn meets(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// All that lies at or below a path: `/user/` is `/user`, `/user/` and `/user/x`, not `/users`.
///
/// Written with a slash at its end; `/` is everything.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Territory(Arc<str>);

impl Territory {
    /// Parses a path, with or without a slash at its end.
    ///
    /// # Errors
    /// Returns the first rule of a prefix that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        Prefix::parse(text).map(|prefix| Self::of(&prefix))
    }

    /// Returns where the requests of `prefix` lie.
    pub fn of(prefix: &Prefix) -> Self {
        Self(format!("{}/", prefix.base()).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether it is the whole URL space.
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// Tells whether `other` lies in it, or is it.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.starts_with(&*self.0)
    }

    /// Returns it and everything around it, the innermost first.
    pub fn outward(&self) -> impl Iterator<Item = Self> {
        let ends: Vec<_> = self.0.match_indices('/').map(|(slash, _)| slash + 1).collect();
        let text = Arc::clone(&self.0);
        ends.into_iter().rev().filter_map(move |end| Some(Self(text.get(..end)?.into())))
    }
}

impl fmt::Display for Territory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Territory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Territory({})", self.0)
    }
}

impl Serialize for Host {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Host {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Territory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Territory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn territory(text: &str) -> Territory {
        Territory::parse(text).unwrap()
    }

    #[rstest]
    #[case("/user", "/user/", true)]
    #[case("/user/", "/user/42", true)]
    #[case("/user", "/users", false)]
    #[case("/user/42", "/user", false)]
    #[case("/", "/anything", true)]
    fn a_territory_covers_what_lies_below_it_by_segments(
        #[case] outer: &str,
        #[case] inner: &str,
        #[case] covers: bool,
    ) {
        assert_eq!(territory(outer).covers(&territory(inner)), covers);
    }

    #[test]
    fn from_a_territory_outward_the_innermost_comes_first() {
        let all: Vec<_> = territory("/a/b").outward().map(|t| t.to_string()).collect();

        assert_eq!(all, ["/a/b/", "/a/", "/"]);
    }

    #[rstest]
    #[case("*", "*")]
    #[case("API.example.com", "api.example.com")]
    fn a_host_is_compared_in_small_letters(#[case] text: &str, #[case] host: &str) {
        assert_eq!(Host::parse(text).unwrap().to_string(), host);
    }

    #[rstest]
    #[case("")]
    #[case("a b")]
    #[case("api.example.com:80")]
    #[case("*.example.com")]
    #[case("a..b")]
    #[case("-a")]
    fn what_no_request_can_name_is_no_host(#[case] text: &str) {
        assert_eq!(Host::parse(text), Err(HostError));
    }
}
