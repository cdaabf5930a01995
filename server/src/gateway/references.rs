//! What mappings name of the edge: it must be there, and stays as long as one names it.

use std::{collections::BTreeMap, fmt};

use super::{
    edge::{Edge, EdgeName},
    mapping::MappingName,
    table::Table,
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

    /// Says why a mapping of `team` can't name it; mappings of every team may name a consumer, but
    /// what the gateway shows and trusts for a team is that team's, or the installation's.
    pub fn refusal(self, edge: &Edge, name: &EdgeName, team: &TeamName) -> Option<String> {
        let owner = match self {
            Self::Consumer => edge.consumer(name).map(|_of_any| None),
            Self::TrustBundle => edge.trust_bundle(name).map(|bundle| bundle.team.as_ref()),
            Self::Certificate => edge.certificate(name).map(|it| it.team.as_ref()),
        };
        match owner {
            None => Some(format!("names the {self} `{name}`, and there is none of this name")),
            Some(Some(owner)) if owner != team => Some(format!(
                "names the {self} `{name}` of the team `{owner}`; one of the team `{team}` or of \
                 the installation is meant"
            )),
            Some(_) => None,
        }
    }
}

/// What mappings must not name for a decision to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unnamed {
    pub kind: ReferenceKind,
    pub name: EdgeName,
    /// Whose mappings may.
    pub but_by: Option<TeamName>,
}

impl Unnamed {
    /// No mapping may.
    pub fn by_any(kind: ReferenceKind, name: &EdgeName) -> Self {
        Self { kind, name: name.clone(), but_by: None }
    }

    /// Returns what is looked after by another team from now on, if it is: the mappings of others
    /// must not name it.
    pub fn by_others(
        kind: ReferenceKind,
        name: &EdgeName,
        before: Option<&Option<TeamName>>,
        after: &Option<TeamName>,
    ) -> Option<Self> {
        let after = after.as_ref().filter(|_| before.is_some_and(|before| before != after))?;
        Some(Self { but_by: Some(after.clone()), ..Self::by_any(kind, name) })
    }

    /// Tells whether a mapping must not name it.
    pub fn forbids(&self, user: &User) -> bool {
        self.but_by.as_ref() != Some(&user.team)
    }
}

/// The mappings that name something of a kind, by what they name; each list by name.
pub type Users = BTreeMap<EdgeName, Vec<User>>;

/// Finds the mappings that name something of a kind.
pub fn users(table: &Table, kind: ReferenceKind) -> Users {
    let mut users = Users::new();
    for mapping in table.iter() {
        let named = mapping.spec.policy.references().filter(|(named, _)| *named == kind);
        for (_, name) in named {
            let user = User { mapping: mapping.name().clone(), team: mapping.spec.team.clone() };
            users.entry(name).or_default().push(user);
        }
    }
    users.values_mut().for_each(|users| users.sort_by(|a, b| a.mapping.cmp(&b.mapping)));
    users
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
