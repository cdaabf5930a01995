//! Mappings: what an owner asks for ([`Spec`]) and what has been committed ([`Mapping`]).

use std::{borrow::Cow, fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{
    backends::{Backends, Side},
    cluster_policy::ClusterSpec,
    labels::Labels,
    matching::{Match, MatchKey, host::HostPattern},
    path::{Prefix, Rewrite, described},
    policy::Policy,
    request::Request,
    rule::{Rule, rules},
    service::{Service, ServiceName},
    upstream::{Upstream, Variant},
};
use crate::auth::names::TeamName;

/// Longest name of a mapping in bytes, as in the article's store.
pub const NAME_MAX_BYTES: usize = 64;

/// Numbers committed changes: one global sequence that begins at 1; 0 is the empty table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(pub u64);

/// Names a mapping in URLs, in Envoy's statistics and in the portal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MappingName(Arc<str>);

/// Says why a text can't name a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("is empty; 1 to {NAME_MAX_BYTES} letters, digits, `-`, `_` and `.` are allowed")]
    Empty,
    #[error("is {0} bytes long; at most {NAME_MAX_BYTES} are allowed")]
    TooLong(usize),
    #[error("has {}; letters, digits, `-`, `_` and `.` are allowed", described(*.0))]
    Character(char),
    #[error("must not be `.` or `..`, which URLs can't carry")]
    Dots,
}

impl MappingName {
    /// Parses a name of 1 to 64 ASCII letters, digits, `-`, `_` and `.`.
    ///
    /// # Errors
    /// Returns the first rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(c) =
            text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'))
        {
            return Err(NameError::Character(c));
        }
        if text.len() > NAME_MAX_BYTES {
            return Err(NameError::TooLong(text.len()));
        }
        if matches!(text, "." | "..") {
            return Err(NameError::Dots);
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an owner asks of a mapping; every field has been parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub name: MappingName,
    /// The hosts whose requests it serves.
    pub host: HostPattern,
    pub prefix: Prefix,
    /// What a request must be like besides.
    pub matching: Match,
    /// Where its requests go; `None` where `policy` has the answer: a redirect or a text.
    pub service: Option<Service>,
    /// Who shares the requests with `service`, which is the first of them.
    pub backends: Backends,
    pub rewrite: Rewrite,
    pub labels: Labels,
    /// Whose it is.
    pub team: TeamName,
    pub policy: Policy,
}

impl Spec {
    /// Returns the identity of the service, where there is one.
    pub fn service_name(&self) -> Option<&ServiceName> {
        self.service.as_ref().map(|service| &service.name)
    }

    /// Returns the rules of the mapping, in the order in which they are to be tried.
    pub fn rules(&self) -> Vec<Rule> {
        rules(&self.prefix, &self.matching, &self.path_change())
    }

    /// Returns what takes the place of the prefix.
    fn path_change(&self) -> Cow<'_, Rewrite> {
        let policy = &self.policy;
        if let Some(redirect) = &policy.redirect {
            let prefix = redirect.prefix.as_deref().map(Rewrite::parse);
            return Cow::Owned(prefix.and_then(Result::ok).unwrap_or_else(Rewrite::unchanged));
        }
        if policy.respond.is_some() || policy.regex_rewrite.is_some() {
            return Cow::Owned(Rewrite::unchanged());
        }
        Cow::Borrowed(&self.rewrite)
    }

    /// Returns the service as its owner wrote it; empty where there is none.
    pub fn service_text(&self) -> &str {
        self.service.as_ref().map_or("", |service| &service.text)
    }
}

impl Spec {
    /// Tells whether a request meets the conditions that are asked besides its host and its path.
    pub fn admits(&self, request: &Request) -> bool {
        let asked = || request.asked_about().filter(|_| self.has_preflights());
        self.matching.admits(request) || asked().is_some_and(|asked| self.matching.admits(&asked))
    }

    /// Tells whether the questions of browsers are for it although their method is not: those about
    /// a request that is.
    pub fn has_preflights(&self) -> bool {
        let methods = self.matching.methods();
        let takes_options = methods.is_empty() || methods.iter().any(|known| **known == *"OPTIONS");
        self.policy.cors.is_some() && !takes_options
    }

    /// Returns what no other mapping may have.
    pub fn match_key(&self) -> MatchKey {
        MatchKey::new(&self.host, &self.prefix, &self.matching)
    }

    /// Returns the first segment that every request for it has, without slashes; `None` where
    /// that is open.
    pub fn first_segment(&self) -> Option<&str> {
        if self.matching.ignores_case() { None } else { self.prefix.first_segment() }
    }

    /// Returns every service, as the owner has written it.
    pub fn named_services(&self) -> impl Iterator<Item = &Service> {
        let only = self.service.iter().filter(|_| self.backends.is_empty());
        only.chain(self.backends.sides().map(|(_, backend)| &backend.service))
    }

    /// Returns every service.
    pub fn services(&self) -> impl Iterator<Item = &ServiceName> {
        self.named_services().map(|service| &service.name)
    }

    /// Returns how the services are spoken to.
    pub fn variant(&self) -> Variant {
        self.policy.variant()
    }

    /// Returns every cluster that Envoy needs for it: those of the services, then those of what
    /// else it names.
    pub fn clusters(&self) -> impl Iterator<Item = ClusterSpec> {
        let own = self.named_services().map(|service| self.policy.cluster(service.clone()));
        own.chain(self.policy.other_clusters().iter().cloned())
    }

    /// Returns every service that it makes nodes speak to, whether or not it answers requests.
    pub fn reached_services(&self) -> impl Iterator<Item = &ServiceName> {
        let others = self.policy.other_clusters().iter().map(|cluster| &cluster.service.name);
        self.services().chain(others)
    }

    /// Returns every service as it is reached.
    pub fn upstreams(&self) -> impl Iterator<Item = Upstream> {
        let variant = self.variant();
        self.services().map(move |service| Upstream { service: service.clone(), variant })
    }

    /// Returns the upstreams that get requests.
    pub fn busy_upstreams(&self) -> impl Iterator<Item = Upstream> {
        let is_busy = |side: Side| self.backends.get(side).is_none_or(|backend| backend.weight > 0);
        let upstreams = self.upstreams().enumerate();
        upstreams.filter(move |(place, _)| is_busy(Side::at(*place))).map(|(_, upstream)| upstream)
    }

    /// Returns the upstreams without which Envoy would refuse its routes.
    pub fn needed_upstreams(&self) -> impl Iterator<Item = Upstream> {
        self.busy_upstreams().chain(self.policy.other_clusters().iter().map(ClusterSpec::upstream))
    }
}

/// A committed mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    pub spec: Spec,
    /// The change that gave it this content.
    pub revision: Revision,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Mapping {
    pub fn name(&self) -> &MappingName {
        &self.spec.name
    }
}

/// One committed change of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub revision: Revision,
    pub kind: ChangeKind,
}

/// What a change did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// Created the mapping or replaced its content.
    Put(Arc<Mapping>),
    Delete(MappingName),
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for MappingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for MappingName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MappingName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl fmt::Debug for MappingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MappingName({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("")]
    #[case(" ")]
    #[case("a/b")]
    #[case("a b")]
    #[case("é")]
    #[case("🚀")]
    #[case("..")]
    #[case("<script>")]
    fn a_name_that_a_url_or_a_statistic_cannot_carry_is_refused(#[case] text: &str) {
        assert!(MappingName::parse(text).is_err());
    }

    #[test]
    fn a_name_of_64_bytes_is_accepted_and_one_of_65_is_not() {
        assert!(MappingName::parse(&"a".repeat(64)).is_ok());
        assert_eq!(MappingName::parse(&"a".repeat(65)), Err(NameError::TooLong(65)));
    }
}
