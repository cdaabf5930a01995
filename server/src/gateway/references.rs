//! What mappings name of the edge: it must be there, and stays as long as one names it.

use std::fmt;

use super::{
    edge::{Edge, EdgeName},
    mapping::MappingName,
};
use crate::auth::names::TeamName;

/// What can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReferenceKind {
    Consumer,
    TrustBundle,
    Certificate,
}

impl ReferenceKind {
    /// Returns its word, as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::TrustBundle => "trust_bundle",
            Self::Certificate => "certificate",
        }
    }

    /// Tells whether there is one of this name.
    pub fn is_in(self, edge: &Edge, name: &EdgeName) -> bool {
        match self {
            Self::Consumer => edge.consumer(name).is_some(),
            Self::TrustBundle => edge.trust_bundle(name).is_some(),
            Self::Certificate => edge.certificate(name).is_some(),
        }
    }
}

/// A mapping that names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub mapping: MappingName,
    pub team: TeamName,
}

/// As one reads it.
impl fmt::Display for ReferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Consumer => "consumer",
            Self::TrustBundle => "trust bundle",
            Self::Certificate => "certificate",
        })
    }
}
