//! What decisions about certificates, trust bundles and consumers share: who looks after one, what must be
//! true for a write, and who uses what is to go.

use chrono::{DateTime, Utc};

use super::{Outcome, Scene};
use crate::{
    auth::{names::TeamName, principal::Principal, refusal::Refusal, role::Role, sight::Sight},
    gateway::references::{Unnamed, User},
};

/// What must be true of what is there now for a write to happen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expected {
    #[default]
    Anything,
    Nothing,
    Something,
    /// It has one of these revisions.
    Revision(Vec<u64>),
}

impl Expected {
    /// Checks it for `what`, which has the revision `current` if it is there.
    pub(super) fn check(&self, what: &str, current: Option<u64>) -> Result<(), Refusal> {
        let holds = match (self, current) {
            (Self::Anything, _) | (Self::Nothing, None) | (Self::Something, Some(_)) => true,
            (Self::Revision(allowed), Some(current)) => allowed.contains(&current),
            _ => false,
        };
        let detail = match current {
            _ if holds => return Ok(()),
            Some(current) => format!("the {what} is not as expected: its revision is {current}"),
            None => format!("the {what} is not as expected: there is none"),
        };
        Err(Refusal::Outdated { detail })
    }
}

/// Finds the team that is to look after something: the one that is asked for, or that does now.
pub(super) fn team_of(
    scene: &Scene<'_>,
    asked: Option<TeamName>,
    current: Option<&Option<TeamName>>,
) -> Result<Option<TeamName>, Refusal> {
    let Some(team) = asked else { return Ok(current.cloned().flatten()) };
    if scene.principal.role_in(&team).is_none() {
        return Err(Refusal::field("team", format!("names `{team}`, of which you are no owner")));
    }
    match scene.access.team(&team) {
        Some(_) => Ok(Some(team)),
        None => Err(Refusal::field("team", format!("names `{team}`, and there is no such team"))),
    }
}

/// Checks that the author looks after what `team` has: as its owner, or as an admin.
pub(super) fn must_look_after(scene: &Scene<'_>, team: Option<&TeamName>) -> Result<(), Refusal> {
    if scene.principal.is_admin() {
        return Ok(());
    }
    match team {
        None => Err(Refusal::Forbidden {
            needed: "an admin, or an owner of a team whose it is,".to_owned(),
        }),
        // that there is what a team looks after is no secret
        Some(team) if scene.principal.role_in(team) < Some(Role::Owner) => {
            Err(Refusal::Forbidden { needed: format!("an owner of the team `{team}`") })
        }
        Some(_) => Ok(()),
    }
}

/// Refuses to take away what is used.
pub(super) fn must_be_unused(what: &str, users: &[String]) -> Result<(), Refusal> {
    if users.is_empty() {
        return Ok(());
    }
    let detail =
        format!("the {what} is used by the {}; change that first", users.join(" and the "));
    Err(Refusal::Conflict { code: "in-use", detail })
}

/// Mappings that a refusal names; the rest is counted.
const NAMED: usize = 10;

/// Refuses to take away what mappings name: those that `principal` sees are told.
pub(crate) fn must_be_unnamed(
    principal: &Principal,
    unnamed: &Unnamed,
    users: &[User],
) -> Result<(), Refusal> {
    let users = users.iter().filter(|user| unnamed.forbids(user));
    let Unnamed { kind, name, .. } = unnamed;
    must_be_unused(&format!("{kind} `{name}`"), &told(principal, users))
}

/// Says which mappings name something: those that `principal` sees, and how many others.
pub(crate) fn told<'a>(
    principal: &Principal,
    users: impl Iterator<Item = &'a User>,
) -> Vec<String> {
    let sight = Sight::of(principal);
    let (seen, hidden): (Vec<_>, Vec<_>) = users.partition(|user| sight.sees(&user.team));
    let mut named: Vec<_> =
        seen.iter().take(NAMED).map(|user| format!("mapping `{}`", user.mapping)).collect();
    if seen.len() > NAMED {
        named.push(format!("{} more mappings", seen.len() - NAMED));
    }
    match hidden.len() {
        0 => {}
        1 => named.push("mapping of another team".to_owned()),
        more => named.push(format!("{more} mappings of other teams")),
    }
    named
}

/// Writes a moment for the audit.
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.format("%F %H:%M UTC").to_string()
}

/// Returns what nothing needs to be done for.
pub(super) fn unchanged() -> Outcome {
    Outcome::unnoted(Vec::new())
}

/// Refuses one more.
pub(super) fn too_many(what: &str, max: usize) -> Refusal {
    Refusal::Conflict {
        code: "too-many",
        detail: format!("there are {max} {what}, and can't be more"),
    }
}
