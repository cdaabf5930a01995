//! What someone sees of the mappings.

use std::{collections::BTreeSet, sync::Arc};

use super::{names::TeamName, principal::Principal, role::Role};

/// The teams whose mappings someone sees; a clone is cheap.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sight {
    All,
    Of(Arc<BTreeSet<TeamName>>),
}

impl Sight {
    /// Returns what `principal` sees.
    pub fn of(principal: &Principal) -> Self {
        if principal.installation.is_some() {
            return Self::All;
        }
        Self::Of(Arc::new(principal.teams_with(Role::Viewer).cloned().collect()))
    }

    /// Tells whether what belongs to `team` is seen.
    pub fn sees(&self, team: &TeamName) -> bool {
        match self {
            Self::All => true,
            Self::Of(teams) => teams.contains(team),
        }
    }

    /// Tells whether everything is seen.
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }
}
