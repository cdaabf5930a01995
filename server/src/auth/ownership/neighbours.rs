//! The mappings of other teams around a place.

use super::{claimed, encloses};
use crate::auth::{access::Access, claim::Territory, names::TeamName, refusal::Refusal};

/// The mappings of other teams nearest to a place. Where no claim says whose it is, they do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The innermost around the place, or at it; one at `/` serves what is nobody's.
    pub around: Option<(Territory, TeamName)>,
    /// One inside it.
    pub inside: Option<(Territory, TeamName)>,
    /// One from which a mapping would take requests all the same, see `Place::overrides`.
    pub overridden: Option<(Territory, TeamName)>,
}

impl Neighbours {
    /// Checks that `team` can have `wanted` without taking requests from the neighbours.
    ///
    /// # Errors
    /// Returns whose requests they are.
    pub fn leave_free(
        &self,
        access: &Access,
        team: &TeamName,
        wanted: &Territory,
    ) -> Result<(), Refusal> {
        if let Some((around, owner)) = &self.around {
            return Err(claimed(access, wanted, around.to_string(), owner, team));
        }
        match &self.inside {
            None => Ok(()),
            Some((inside, owner)) => Err(encloses(wanted, inside, owner)),
        }
    }
}
