//! Decisions about claims and grants: who owns which part of the URL space, and who may use it.

use std::sync::Arc;

use app::api::mapping::MappingDraft;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Grounds, MappingWrite, Outcome, Scene};
use crate::auth::{
    access::{Access, Edit, Entity},
    audit::Entry,
    claim::{HostPattern, Place, Territory},
    entity::{Claim, Grant, Id},
    names::TeamName,
    ownership,
    permission::Object,
    principal::Author,
    refusal::Refusal,
    role::Role,
};

/// Grants of a claim at the most.
pub const GRANTS_MAX: usize = 100;

/// Longest note in bytes: a few sentences.
pub const NOTE_MAX_BYTES: usize = 500;

/// Longest time of a grant that ends: five years.
const GRANT_MAX: TimeDelta = TimeDelta::days(5 * 366);

/// A claim that a team asks for.
#[derive(Debug, Clone)]
pub struct NewClaim {
    pub team: TeamName,
    pub host: HostPattern,
    pub territory: Territory,
    pub note: String,
}

/// Makes a place a team's.
///
/// # Errors
/// Returns the permission that is missing, or to whom the place belongs.
pub fn create(scene: &Scene<'_>, new: NewClaim) -> Result<Outcome, Refusal> {
    let NewClaim { team, host, territory, note } = new;
    let access = scene.access;
    scene.must_be(Role::Owner, &team).map_err(|refusal| of_team_field(refusal, &team))?;
    if let Some(taken) = access.claim_at(&host, &territory) {
        let detail = format!("`{}` is claimed already by the team `{}`", taken.place(), taken.team);
        return Err(Refusal::Taken { field: "prefix", detail });
    }
    let around = access.owner_of(&host, &territory);
    let is_nobodys = around.is_none();
    let place = Place::new(host.clone(), territory.clone());
    match around {
        // a part of what is the team's; that of fewer hosts decides before others inside it
        Some(around) if around.team == team => {
            if around.host != host && !scene.principal.is_admin() {
                ownership::encloses_nobody(access, &team, &place)?;
            }
        }
        Some(around) if !scene.principal.is_admin() => {
            return Err(ownership::claimed_by(access, around, &team, &territory));
        }
        Some(_) => {}
        None => {
            let (principal, policy) = (scene.principal, scene.policy);
            ownership::may_claim(access, principal, policy, &team, &place)?;
        }
    }
    ownership::has_room(access, &team)?;
    let (id, given) = access.next_id();
    let claim = ownership::new_claim(id, &team, place.clone(), scene.author, scene.now);
    let claim = Claim { note, ..claim };
    let entry = entry("claim.create", &claim).with("team", None, Some(team.as_str()));
    let entry = entry.with("note", None, told(&claim.note));
    // what nobody owns may be served by another team all the same
    let is_taken = is_nobodys && !scene.principal.is_admin();
    let free_for = is_taken.then(|| (claim.team.clone(), place));
    let outcome = Outcome::new(vec![given, put(claim)], entry).with_id(id);
    Ok(Outcome { free_for, ..outcome })
}

/// Changes what is noted about a claim.
///
/// # Errors
/// Returns the permission that is missing.
pub fn annotate(scene: &Scene<'_>, id: Id, note: String) -> Result<Outcome, Refusal> {
    let claim = own(scene, id)?;
    let entry = entry("claim.change", claim).with("note", told(&claim.note), told(&note));
    Ok(Outcome::new(vec![put(Claim { note, ..Claim::clone(claim) })], entry).with_id(id))
}

/// Gives a place up; the mappings in it stay as they are.
///
/// # Errors
/// Returns the permission that is missing.
pub fn delete(scene: &Scene<'_>, id: Id) -> Result<Outcome, Refusal> {
    let claim = own(scene, id)?;
    let entry = entry("claim.delete", claim).with("team", Some(claim.team.as_str()), None);
    let edits = vec![Edit::Remove(Entity::Claim(Arc::clone(claim)))];
    Ok(Outcome::new(edits, entry))
}

/// A grant that the owner of a claim gives.
#[derive(Debug, Clone)]
pub struct NewGrant {
    pub team: TeamName,
    /// Absent: the whole claim.
    pub territory: Option<Territory>,
    /// Absent: until it is taken back.
    pub until: Option<DateTime<Utc>>,
}

/// Lets another team use a part of a claim.
///
/// # Errors
/// Returns the permission that is missing, or what is wrong with the grant.
pub fn grant(scene: &Scene<'_>, id: Id, new: NewGrant) -> Result<Outcome, Refusal> {
    let claim = own(scene, id)?;
    let NewGrant { team, territory, until } = new;
    let territory = territory.unwrap_or_else(|| claim.territory.clone());
    if scene.access.team(&team).is_none() {
        return Err(Refusal::field("team", format!("names `{team}`, and there is no such team")));
    }
    if team == claim.team {
        return Err(Refusal::field("team", "is the team whose the claim is already"));
    }
    if !claim.territory.covers(&territory) {
        let message = format!("must lie in `{}`, which is what the team owns", claim.territory);
        return Err(Refusal::field("prefix", message));
    }
    if until.is_some_and(|until| until <= scene.now) {
        return Err(Refusal::field("until", "has passed already"));
    }
    if until.is_some_and(|until| until > scene.now + GRANT_MAX) {
        let message = "is more than five years away; leave it out to grant until you take it back";
        return Err(Refusal::field("until", message));
    }
    let (grant_id, given) = scene.access.next_id();
    // the same place for the same team anew takes the place of what was
    let is_kept = |grant: &&Grant| grant.team != team || grant.territory != territory;
    let mut grants: Vec<_> = claim.grants.iter().filter(is_kept).cloned().collect();
    if grants.len() >= GRANTS_MAX {
        grants.retain(|grant| grant.is_in_force(scene.now));
    }
    if grants.len() >= GRANTS_MAX {
        let detail = format!("the claim has {GRANTS_MAX} grants, and can't have more");
        return Err(Refusal::Conflict { code: "too-many", detail });
    }
    let entry = entry("grant.create", claim)
        .with("team", None, Some(team.as_str()))
        .with("prefix", None, Some(territory.as_str()))
        .with("until", None, Some(&spelled(until)));
    grants.push(Grant {
        id: grant_id,
        team,
        territory,
        until,
        created_by: scene.author.who.to_string(),
        created_at: scene.now,
    });
    let edits = vec![given, put(Claim { grants, ..Claim::clone(claim) })];
    Ok(Outcome::new(edits, entry).with_id(grant_id))
}

/// Takes a grant back.
///
/// # Errors
/// Returns the permission that is missing.
pub fn revoke(scene: &Scene<'_>, id: Id, grant: Id) -> Result<Outcome, Refusal> {
    let claim = own(scene, id)?;
    let mut grants = claim.grants.clone();
    let place = grants.iter().position(|known| known.id == grant);
    let place = place.ok_or_else(|| Refusal::hidden(format!("grant `{grant}` of this claim")))?;
    let gone = grants.remove(place);
    let entry = entry("grant.delete", claim)
        .with("team", Some(gone.team.as_str()), None)
        .with("prefix", Some(gone.territory.as_str()), None)
        .with("until", Some(&spelled(gone.until)), None);
    Ok(Outcome::new(vec![put(Claim { grants, ..Claim::clone(claim) })], entry))
}

/// A mapping as a decision is told of it.
#[derive(Debug, Clone)]
pub struct Mapped {
    pub content: MappingDraft,
    pub revision: u64,
    pub team: TeamName,
    pub host: HostPattern,
    pub territory: Territory,
}

impl Mapped {
    /// Tells whether `claim` is the innermost that covers it.
    pub fn lies_in(&self, access: &Access, claim: &Claim) -> bool {
        access.owner_of(&self.host, &self.territory).is_some_and(|owner| owner.id == claim.id)
    }

    /// Returns the write that makes it `team`'s.
    pub fn given_to(self, team: &TeamName, author: &Author) -> MappingWrite {
        let name = self.content.name.clone();
        let content = MappingDraft { team: Some(team.to_string()), ..self.content };
        MappingWrite {
            name,
            content: Some(content),
            base: Some(self.revision),
            author: author.clone(),
            grounds: Grounds::Decided,
        }
    }
}

/// Makes a mapping that stands in a claim without a grant the team's whose the claim is. Where its
/// requests go does not change, so that nobody must agree to it in a protected place either.
///
/// # Errors
/// Returns the permission that is missing, or why the mapping can't be taken over.
pub fn take_over(scene: &Scene<'_>, id: Id, mapped: Option<Mapped>) -> Result<Outcome, Refusal> {
    let claim = own(scene, id)?;
    let none = || Refusal::field("mapping", "names no mapping of another team in this claim");
    let mapped = mapped.ok_or_else(none)?;
    if !mapped.lies_in(scene.access, claim) || mapped.team == claim.team {
        return Err(none());
    }
    let grant = ownership::grant_of(claim, &mapped.team, &mapped.territory, scene.now);
    if let Some(grant) = grant {
        let detail = format!(
            "`{}` is granted to the team `{}` ({}); take that back first",
            grant.territory,
            grant.team,
            spelled(grant.until),
        );
        return Err(Refusal::Conflict { code: "granted", detail });
    }
    let entry = entry("mapping.take-over", claim)
        .with("mapping", None, Some(&mapped.content.name))
        .with("team", Some(mapped.team.as_str()), Some(claim.team.as_str()));
    let write = mapped.given_to(&claim.team, scene.author);
    Ok(Outcome { writes: vec![write], ..Outcome::new(Vec::new(), entry) })
}

/// Returns a claim of which the author is an owner.
fn own<'a>(scene: &Scene<'a>, id: Id) -> Result<&'a Arc<Claim>, Refusal> {
    scene.may(Role::Viewer, Object::Common)?;
    let claim = find(scene.access, id)?;
    // that there is the claim is no secret
    if scene.principal.role_in(&claim.team) < Some(Role::Owner) {
        return Err(Refusal::Forbidden {
            needed: format!("an owner of the team `{}`", claim.team),
        });
    }
    Ok(claim)
}

/// Returns a claim.
///
/// # Errors
/// Hides what is not there.
pub fn find(access: &Access, id: Id) -> Result<&Arc<Claim>, Refusal> {
    access.claim(id).ok_or_else(|| Refusal::hidden(format!("claim `{id}`")))
}

/// Says of a field that it names a team for which the author can't decide.
pub(super) fn of_team_field(refusal: Refusal, team: &TeamName) -> Refusal {
    match refusal {
        Refusal::Hidden { .. } => {
            Refusal::field("team", format!("names `{team}`, of which you are no owner"))
        }
        other => other,
    }
}

fn put(claim: Claim) -> Edit {
    Edit::Put(Entity::Claim(Arc::new(claim)))
}

fn entry(action: &'static str, claim: &Claim) -> Entry {
    Entry::new(action, "claim", claim.place()).of_team(&claim.team)
}

/// Returns a text that says something.
fn told(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Writes until when a grant holds.
pub fn spelled(until: Option<DateTime<Utc>>) -> String {
    match until {
        Some(until) => format!("until {}", until.format("%F %H:%M UTC")),
        None => "until it is taken back".to_owned(),
    }
}

#[cfg(test)]
mod tests;
