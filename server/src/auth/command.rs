//! Decisions: what someone asks for, as edits and an audit entry, or a refusal.
//!
//! A decision is a pure function of a [`Scene`]. The store calls it within the transaction that
//! carries it out, so that what it was decided on is what is true.

#[cfg(test)]
pub(crate) mod acting;
pub mod certificates;
pub mod claims;
pub mod consumers;
pub mod edge;
pub mod gateway;
pub mod oidc;
pub mod protections;
pub mod requests;
pub mod sessions;
pub mod teams;
pub mod tokens;
pub mod trust_bundles;
pub mod users;
pub mod views;

use app::api::mapping::MappingDraft;
use chrono::{DateTime, Utc};

use super::{
    access::{Access, Edit},
    audit::Entry,
    claim::Place,
    entity::{Id, Request},
    names::{TeamName, UserName},
    permission::{self, Object},
    principal::{Author, Principal},
    refusal::Refusal,
    role::Role,
    settings::ClaimPolicy,
};
use crate::gateway::references::Unnamed;

/// What a decision is made on.
#[derive(Debug)]
pub struct Scene<'a> {
    pub access: &'a Access,
    pub author: &'a Author,
    pub principal: &'a Principal,
    pub policy: ClaimPolicy,
    pub now: DateTime<Utc>,
}

impl Scene<'_> {
    /// Checks the author's permission.
    ///
    /// # Errors
    /// As [`permission::check`].
    pub fn may(&self, role: Role, object: Object<'_>) -> Result<(), Refusal> {
        permission::check(self.principal, role, object)
    }

    /// Checks that the author is an admin.
    ///
    /// # Errors
    /// As [`permission::check`].
    pub fn must_be_admin(&self) -> Result<(), Refusal> {
        self.may(Role::Owner, Object::Installation)
    }

    /// Checks the author's role in a team, which must exist.
    ///
    /// # Errors
    /// As [`permission::check`]; a team that does not exist is hidden.
    pub fn must_be(&self, role: Role, team: &TeamName) -> Result<(), Refusal> {
        let what = format!("team `{team}`");
        self.may(role, Object::Of { team, what: &what })?;
        match self.access.team(team) {
            Some(_) => Ok(()),
            None => Err(Refusal::Hidden { what }),
        }
    }
}

/// What is to be done.
#[derive(Debug)]
pub struct Outcome {
    pub edits: Vec<Edit>,
    /// Absent for what is not worth one: noting that a session is used.
    pub entry: Option<Entry>,
    /// What else is said of it: each team reads of its own members.
    pub also: Vec<Entry>,
    /// Who it turns out to be that acts, where only the decision finds that out.
    pub signed_in: Option<UserName>,
    /// Changes of mappings in the same transaction.
    pub writes: Vec<MappingWrite>,
    /// The request that asked for the writes: where they can't be made, it is closed as stale, and
    /// nothing else is done.
    pub asked_by: Option<Request>,
    /// What mappings must not name, since it goes, or goes to another team.
    pub unless_named: Option<Unnamed>,
    /// A team that must have no mapping.
    pub unless_mapped: Option<TeamName>,
    /// A place that no other team's mapping may lie around or in, since this team gets it.
    pub free_for: Option<(TeamName, Place)>,
    /// The id that was given.
    pub id: Option<Id>,
}

impl Outcome {
    /// Returns an outcome that only edits.
    pub fn new(edits: Vec<Edit>, entry: Entry) -> Self {
        Self { entry: Some(entry), ..Self::unnoted(edits) }
    }

    /// Returns an outcome that nobody needs to read about.
    pub fn unnoted(edits: Vec<Edit>) -> Self {
        Self {
            edits,
            entry: None,
            also: Vec::new(),
            signed_in: None,
            writes: Vec::new(),
            asked_by: None,
            unless_named: None,
            unless_mapped: None,
            free_for: None,
            id: None,
        }
    }

    /// Names what was made.
    #[must_use]
    pub fn with_id(self, id: Id) -> Self {
        Self { id: Some(id), ..self }
    }
}

/// A change of a mapping that a decision makes.
#[derive(Debug, Clone)]
pub struct MappingWrite {
    pub name: String,
    /// The content; absent: it is deleted.
    pub content: Option<MappingDraft>,
    /// The revision that it must have; absent: there must be none.
    pub base: Option<u64>,
    /// Who answers for it.
    pub author: Author,
    pub grounds: Grounds,
}

/// On what grounds a mapping is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grounds {
    /// Its author wants it.
    #[default]
    Wanted,
    /// Those who must agree have done so; its author must still be allowed to.
    Approved,
    /// A decision about the team that has it, which has checked what is to be checked.
    Decided,
}

/// A decision on its way to the store.
pub type Decision = Box<dyn FnOnce(&Scene<'_>) -> Result<Outcome, Refusal> + Send>;

#[cfg(test)]
mod tests;
