//! Parts of the URL space: what lies below a path, for some hosts.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

pub use crate::gateway::matching::host::HostPattern;
use crate::gateway::{
    mapping::Spec,
    path::{PathError, Prefix},
};

/// What a team wants for a mapping, or as its own: what lies below a path, for some hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub host: HostPattern,
    pub territory: Territory,
    /// Whether a mapping there also takes paths that differ in capital and small letters.
    pub any_case: bool,
    /// Whether a mapping there takes requests from those with longer prefixes.
    pub is_first: bool,
}

impl Place {
    /// Returns a place as such.
    pub fn new(host: HostPattern, territory: Territory) -> Self {
        Self { host, territory, any_case: false, is_first: false }
    }

    /// Returns the place of a mapping.
    pub fn of(spec: &Spec) -> Self {
        Self {
            host: spec.host.clone(),
            territory: Territory::of(&spec.prefix),
            any_case: spec.matching.ignores_case(),
            is_first: spec.matching.precedence() > 0,
        }
    }

    /// Writes where it is: the path, after the host where it is not every host's.
    pub fn spelled(&self) -> String {
        spelled(&self.host, &self.territory)
    }

    /// Tells whether a mapping here would take requests of a mapping or claim that the longer
    /// prefix, or the case of letters, protects otherwise.
    pub fn overrides(&self, host: &HostPattern, territory: &Territory) -> bool {
        let is_inside = self.territory.covers(territory);
        let comes_first = self.is_first && is_inside && host.covers(&self.host);
        let differs_in_case = self.any_case
            && !self.territory.meets(territory)
            && self.territory.folded().meets(&territory.folded());
        comes_first || (differs_in_case && self.host.meets(host))
    }

    /// Tells whether [`Self::overrides`] could be true of anything.
    pub fn may_override(&self) -> bool {
        self.is_first || self.any_case
    }
}

/// Writes a path, after the host where it is not every host's.
pub fn spelled(host: &HostPattern, territory: &Territory) -> String {
    match host {
        HostPattern::Any => territory.to_string(),
        host => format!("{host}{territory}"),
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

    /// Returns it in lower case: where it lies for those to whom case does not matter.
    pub fn folded(&self) -> Self {
        Self(self.0.to_ascii_lowercase().into())
    }

    /// Tells whether one of the two lies in the other.
    pub fn meets(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
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
}
