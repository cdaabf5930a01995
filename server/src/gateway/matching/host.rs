//! Hosts as mappings and claims name them: one, all below a domain, or every host.

use std::{cmp::Ordering, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Longest host name in bytes (RFC 1035, section 2.3.4).
const HOST_MAX_BYTES: usize = 253;

/// Longest label in bytes (RFC 1035, section 2.3.4).
const LABEL_MAX_BYTES: usize = 63;

/// The hosts of requests: two patterns either nest or have no host in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostPattern {
    /// Every host: `*`.
    #[default]
    Any,
    /// This one.
    Exact(Arc<str>),
    /// Every host below this domain, but not the domain itself: `*.example.com`.
    Below(Arc<str>),
}

/// Says why a text is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be `*`, a host name of letters, digits, `-` and `.`, or `*.` before one; without a port"
)]
pub struct HostError;

impl HostPattern {
    /// Parses `*`, a DNS name in any case of letters, or `*.` and a DNS name.
    ///
    /// # Errors
    /// Returns [`HostError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        match text.strip_prefix("*.") {
            Some(domain) => name(domain).map(Self::Below),
            None => name(text).map(Self::Exact),
        }
    }

    /// Tells whether every request for `other` is one for this, too.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Exact(own), Self::Exact(other)) => own == other,
            (Self::Below(own), Self::Below(other)) => own == other || is_below(other, own),
            (Self::Below(own), Self::Exact(other)) => is_below(other, own),
            (_, Self::Any) | (Self::Exact(_), Self::Below(_)) => false,
        }
    }

    /// Tells whether a request could be for both.
    pub fn meets(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Tells whether a request for `host` (in lower case, without a port) is one for this.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(name) => **name == *host,
            Self::Below(domain) => is_below(host, domain),
        }
    }

    /// Returns it and every pattern around it, the most specific first.
    pub fn outward(&self) -> Vec<Self> {
        let mut all = vec![self.clone()];
        let (Self::Exact(name) | Self::Below(name)) = self else { return all };
        let mut rest: &str = name;
        while let Some((_, domain)) = rest.split_once('.') {
            all.push(Self::Below(domain.into()));
            rest = domain;
        }
        all.push(Self::Any);
        all
    }

    /// Compares as requests are matched: the more specific pattern is less.
    pub fn compare(&self, other: &Self) -> Ordering {
        other.specificity().cmp(&self.specificity()).then_with(|| self.cmp(other))
    }

    fn specificity(&self) -> usize {
        match self {
            Self::Any => 0,
            Self::Below(domain) => domain.len(),
            Self::Exact(_) => usize::MAX,
        }
    }
}

/// Tells whether `host` lies below `domain`.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some_and(|rest| !rest.is_empty())
}

fn name(text: &str) -> Result<Arc<str>, HostError> {
    let name = text.to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=LABEL_MAX_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if name.len() > HOST_MAX_BYTES || !name.split('.').all(is_label) {
        return Err(HostError);
    }
    Ok(name.into())
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exact(name) => f.write_str(name),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

impl Serialize for HostPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HostPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn host(text: &str) -> HostPattern {
        HostPattern::parse(text).unwrap()
    }

    #[rstest]
    #[case("*", "*")]
    #[case("API.example.com", "api.example.com")]
    #[case("*.Example.com", "*.example.com")]
    fn a_host_is_compared_in_small_letters(#[case] text: &str, #[case] pattern: &str) {
        assert_eq!(host(text).to_string(), pattern);
    }

    #[rstest]
    #[case("")]
    #[case("a b")]
    #[case("api.example.com:80")]
    #[case("*example.com")]
    #[case("api.*.com")]
    #[case("*.")]
    #[case("*.*.com")]
    #[case("a..b")]
    #[case("a.")]
    #[case("-a")]
    fn what_no_request_can_name_is_no_host(#[case] text: &str) {
        assert_eq!(HostPattern::parse(text), Err(HostError));
    }

    #[rstest]
    #[case("*", "a.example.com", true)]
    #[case("*.example.com", "a.example.com", true)]
    #[case("*.example.com", "a.b.example.com", true)]
    #[case("*.example.com", "*.b.example.com", true)]
    #[case("*.example.com", "example.com", false)]
    #[case("*.example.com", "badexample.com", false)]
    #[case("a.example.com", "*.example.com", false)]
    #[case("*.b.example.com", "*.example.com", false)]
    #[case("a.example.com", "b.example.com", false)]
    fn a_pattern_covers_what_lies_below_its_domain(
        #[case] outer: &str,
        #[case] inner: &str,
        #[case] covers: bool,
    ) {
        assert_eq!(host(outer).covers(&host(inner)), covers);
    }

    #[test]
    fn outward_the_most_specific_comes_first() {
        let outward: Vec<_> = host("a.b.c").outward().iter().map(ToString::to_string).collect();

        assert_eq!(outward, ["a.b.c", "*.b.c", "*.c", "*"]);
        assert!(host("a.b.c").outward().is_sorted_by(|left, right| left.compare(right).is_lt()));
    }
}
