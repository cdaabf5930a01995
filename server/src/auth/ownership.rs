//! To whom a place in the URL space belongs, and who may put a mapping there.
//!
//! A mapping lies in the claims of its host, of patterns that cover it, and of `*`; the one of the
//! most specific host decides, and there the innermost. Longer prefixes and more specific hosts are
//! tried first, so what lies in another's place keeps its requests; what would take them all the
//! same (a precedence, ignoring case, a host that others have claimed a part of) is refused.

use std::sync::Arc;

use app::api::mapping::Warning;
use chrono::{DateTime, Utc};

use super::{
    access::Access,
    claim::{HostPattern, Place, Territory},
    entity::{Claim, Grant, Id, Protection},
    names::TeamName,
    permission::{self, Object},
    principal::{Author, Principal, Who},
    refusal::Refusal,
    role::Role,
    settings::ClaimPolicy,
};
use crate::gateway::mapping::Spec;

/// Claims of a team at the most.
pub const CLAIMS_MAX: usize = 1000;

/// By which right a mapping may stand in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// The place is the team's own.
    Own(Arc<Claim>),
    /// Another team has granted it.
    Granted(Arc<Claim>, Grant),
    /// It is nobody's, and becomes the team's with the mapping.
    New(Place),
    /// It is nobody's, and stays so: what an admin puts there for the team of all.
    Common,
}

/// The mappings of other teams nearest to a place. Where no claim says whose it is, they do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The innermost around the place, or at it; one at `/` serves what is nobody's.
    pub around: Option<(Territory, TeamName)>,
    /// One inside it.
    pub inside: Option<(Territory, TeamName)>,
    /// One from which a mapping would take requests all the same, see [`Place::overrides`].
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

/// Tells whether the neighbours count: where nobody has claimed a place, or where a mapping could
/// take requests from them, and no admin decides.
pub fn asks_neighbours(access: &Access, principal: &Principal, place: &Place) -> bool {
    !principal.is_admin() && (is_nobodys(access, place) || place.may_override())
}

fn is_nobodys(access: &Access, place: &Place) -> bool {
    access.owner_of(&place.host, &place.territory).is_none()
}

/// Checks that `principal` may give a mapping the content `spec`, and by which right of its team.
///
/// # Errors
/// Returns the permission that is missing, or to whom the place belongs.
pub fn check_put(
    access: &Access,
    principal: &Principal,
    policy: ClaimPolicy,
    write: PutFacts<'_>,
    now: DateTime<Utc>,
) -> Result<Right, Refusal> {
    let PutFacts { before, spec, neighbours } = write;
    let what = format!("mapping named `{}`", spec.name);
    if let Some(before) = before {
        permission::check(principal, Role::Editor, Object::Of { team: before, what: &what })?;
    }
    let team = &spec.team;
    let is_there = access.team(team).is_some();
    let may = permission::check(principal, Role::Editor, Object::Of { team, what: &what });
    match may {
        Ok(()) if is_there => {}
        Ok(()) => return Err(Refusal::field("team", format!("names `{team}`, which is no team"))),
        // others are not told which teams there are
        Err(Refusal::Hidden { .. }) => {
            let message = format!("names `{team}`, of which you are no editor");
            return Err(Refusal::field("team", message));
        }
        Err(refusal) => return Err(refusal),
    }
    let wanted = Place::of(spec);
    let right = right_to(access, principal, policy, team, &wanted, now)?;
    if principal.is_admin() {
        return Ok(right);
    }
    if is_nobodys(access, &wanted) {
        neighbours.leave_free(access, team, &wanted.territory)?;
    }
    takes_nothing(access, team, &wanted, &right, neighbours, now)?;
    Ok(right)
}

/// Checks that a mapping takes no requests that lie in another team's claim or mapping, although
/// its prefix lies in a place that is its team's.
fn takes_nothing(
    access: &Access,
    team: &TeamName,
    wanted: &Place,
    right: &Right,
    neighbours: &Neighbours,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let is_granted = |claim: &Claim| {
        claim.team == *team || grant_of(claim, team, &wanted.territory, now).is_some()
    };
    // hosts of others', for which this would serve as well
    let around = access.claims_around(&wanted.host, &wanted.territory);
    if let Some(claim) = around.into_iter().find(|claim| !is_granted(claim)) {
        return Err(claimed_by(access, claim, team, &wanted.territory));
    }
    let mut inside = access.claims_inside(&wanted.host, &wanted.territory);
    let of_other_host = |claim: &&Arc<Claim>| !claim.host.covers(&wanted.host);
    if let Some(claim) = inside.find(|claim| of_other_host(claim) && !is_granted(claim)) {
        return Err(encloses(&wanted.territory, &claim.territory, &claim.team));
    }
    if !wanted.may_override() {
        return Ok(());
    }
    if let Right::Granted(claim, _) = right {
        let message = format!(
            "is for who owns the place, the team `{}`: leave out `precedence` and `ignore_case`",
            claim.team
        );
        return Err(Refusal::field("match", message));
    }
    let mut claims = access.claims().filter(|claim| claim.team != *team);
    let claim = claims.find(|claim| wanted.overrides(&claim.host, &claim.territory));
    let claim = claim.map(|claim| (&claim.territory, &claim.team));
    let mapping = neighbours.overridden.as_ref().map(|(territory, team)| (territory, team));
    match claim.or(mapping) {
        None => Ok(()),
        Some((territory, owner)) => {
            let message = format!(
                "would take requests below `{territory}` from the team `{owner}`: leave out `precedence` and `ignore_case`"
            );
            Err(Refusal::field("match", message))
        }
    }
}

/// What a put is judged by.
#[derive(Debug, Clone, Copy)]
pub struct PutFacts<'a> {
    /// The team that has the mapping now.
    pub before: Option<&'a TeamName>,
    pub spec: &'a Spec,
    /// Those that there are, where [`asks_neighbours`].
    pub neighbours: &'a Neighbours,
}

/// Checks that `principal` may delete a mapping of `team`.
///
/// # Errors
/// Returns the permission that is missing.
pub fn check_delete(principal: &Principal, team: &TeamName, name: &str) -> Result<(), Refusal> {
    let what = format!("mapping named `{name}`");
    permission::check(principal, Role::Editor, Object::Of { team, what: &what })
}

/// Returns by which right `team` may map a place.
///
/// # Errors
/// Returns to whom it belongs, or why it can't be claimed.
pub fn right_to(
    access: &Access,
    principal: &Principal,
    policy: ClaimPolicy,
    team: &TeamName,
    place: &Place,
    now: DateTime<Utc>,
) -> Result<Right, Refusal> {
    let wanted = &place.territory;
    let Some(claim) = access.owner_of(&place.host, wanted) else {
        return of_nobody(access, principal, policy, team, place);
    };
    if claim.team == *team {
        return Ok(Right::Own(Arc::clone(claim)));
    }
    match grant_of(claim, team, wanted, now) {
        Some(grant) => Ok(Right::Granted(Arc::clone(claim), grant.clone())),
        None => Err(claimed_by(access, claim, team, wanted)),
    }
}

/// Refuses a place to `team`, since it lies in a claim of another.
pub fn claimed_by(access: &Access, claim: &Claim, team: &TeamName, wanted: &Territory) -> Refusal {
    claimed(access, wanted, claim.place(), &claim.team, team)
}

/// Says that a place is another team's.
fn claimed(
    access: &Access,
    wanted: &Territory,
    claimed: String,
    owner: &TeamName,
    team: &TeamName,
) -> Refusal {
    Refusal::Claimed {
        wanted: wanted.clone(),
        claimed,
        owner: owner.clone(),
        team: team.clone(),
        contact: access.team(owner).map(|owner| owner.contact.clone()).unwrap_or_default(),
    }
}

/// Returns the grant of `claim` by which `team` may use a place at `now`.
pub fn grant_of<'a>(
    claim: &'a Claim,
    team: &TeamName,
    wanted: &Territory,
    now: DateTime<Utc>,
) -> Option<&'a Grant> {
    let covers = |grant: &&Grant| {
        grant.team == *team && grant.territory.covers(wanted) && grant.is_in_force(now)
    };
    claim.grants.iter().find(covers)
}

fn of_nobody(
    access: &Access,
    principal: &Principal,
    policy: ClaimPolicy,
    team: &TeamName,
    wanted: &Place,
) -> Result<Right, Refusal> {
    if principal.is_admin() && *team == TeamName::default_team() {
        return Ok(Right::Common);
    }
    may_claim(access, principal, policy, team, wanted)?;
    has_room(access, team)?;
    Ok(Right::New(wanted.clone()))
}

/// Checks that a team can have another claim.
///
/// # Errors
/// Says how many are allowed.
pub fn has_room(access: &Access, team: &TeamName) -> Result<(), Refusal> {
    let has = access.claims().filter(|claim| claim.team == *team).count();
    if has < CLAIMS_MAX {
        return Ok(());
    }
    let detail = format!(
        "the team `{team}` has {has} claims, and no team can have more; one for a larger place takes the room of many"
    );
    Err(Refusal::Conflict { code: "too-many", detail })
}

/// Checks that a place which no claim covers can become the team's.
///
/// # Errors
/// Returns why only an admin could do that.
pub fn may_claim(
    access: &Access,
    principal: &Principal,
    policy: ClaimPolicy,
    team: &TeamName,
    place: &Place,
) -> Result<(), Refusal> {
    let Place { host, territory: wanted, .. } = place;
    if principal.is_admin() {
        return Ok(());
    }
    if policy == ClaimPolicy::Required {
        return Err(Refusal::Unclaimed { wanted: wanted.clone() });
    }
    if wanted.is_root() {
        return Err(Refusal::Root);
    }
    // a host of another team's, on which this would lie as well
    if let Some(around) = access.claims_around(host, wanted).find(|claim| claim.team != *team) {
        return Err(claimed_by(access, around, team, wanted));
    }
    encloses_nobody(access, team, place)
}

/// Checks that no claim of another team lies inside a place.
///
/// # Errors
/// Returns whose.
pub fn encloses_nobody(access: &Access, team: &TeamName, place: &Place) -> Result<(), Refusal> {
    let mut inside = access.claims_inside(&place.host, &place.territory);
    match inside.find(|claim| claim.team != *team) {
        None => Ok(()),
        Some(claim) => Err(encloses(&place.territory, &claim.territory, &claim.team)),
    }
}

/// Says that a place has another team's inside it.
fn encloses(wanted: &Territory, inside: &Territory, owner: &TeamName) -> Refusal {
    Refusal::Encloses { wanted: wanted.clone(), inside: inside.clone(), owner: owner.clone() }
}

/// Returns the claim that a mapping's first use of a place makes.
pub fn new_claim(
    id: Id,
    team: &TeamName,
    place: Place,
    author: &Author,
    now: DateTime<Utc>,
) -> Claim {
    Claim {
        id,
        team: team.clone(),
        host: place.host,
        territory: place.territory,
        note: String::new(),
        created_by: author.who.to_string(),
        created_at: now,
        grants: Vec::new(),
    }
}

/// Tells the team of a mapping that it stands in another team's place, where no grant holds.
pub fn standing(
    access: &Access,
    team: &TeamName,
    host: &HostPattern,
    place: &Territory,
    now: DateTime<Utc>,
) -> Option<Warning> {
    let claim = access.owner_of(host, place).filter(|claim| claim.team != *team)?;
    if grant_of(claim, team, place, now).is_some() {
        return None;
    }
    let covers = |grant: &&Grant| grant.team == *team && grant.territory.covers(place);
    let ended = claim.grants.iter().filter(covers).filter_map(|grant| grant.until).max();
    let (owner, territory) = (&claim.team, claim.place());
    let (code, message) = match ended {
        Some(at) => (
            "grant-ended",
            format!(
                "the team `{owner}` granted its place until {}; it is served still, and can be deleted, but not changed",
                at.format("%F %H:%M UTC"),
            ),
        ),
        None => (
            "not-granted",
            format!(
                "it stands in `{territory}` of the team `{owner}` without a grant; it is served still, and can be deleted, but not changed"
            ),
        ),
    };
    Some(Warning { code: code.to_owned(), message })
}

/// Returns where the requests lie that a change of a mapping moves, without doubles.
pub fn places(before: Option<&Spec>, after: Option<&Spec>) -> Vec<Territory> {
    let mut places: Vec<_> =
        [after, before].into_iter().flatten().map(|spec| Territory::of(&spec.prefix)).collect();
    places.dedup();
    places
}

/// Returns the protection that a change at `places` must respect: nothing is above it but a server
/// that has no sign-in at all.
///
/// # Errors
/// Refuses a change in two protected places: nobody could agree to both halves.
pub fn protection<'a>(
    access: &'a Access,
    who: &Who,
    places: &[Territory],
) -> Result<Option<&'a Arc<Protection>>, Refusal> {
    if *who == Who::Open {
        return Ok(None);
    }
    let mut found = places.iter().filter_map(|place| access.protection_of(place));
    let first = found.next();
    match (first, found.find(|other| first.is_some_and(|first| first.id != other.id))) {
        (Some(one), Some(other)) => Err(Refusal::Conflict {
            code: "two-protections",
            detail: format!(
                "it moves from `{}` to `{}`, which need two approvals: delete the mapping, then create it anew",
                other.territory, one.territory,
            ),
        }),
        _ => Ok(first),
    }
}

/// Says who must agree to a change.
pub fn needs_approval(protection: &Protection) -> String {
    let Protection { territory, approvers, needed, .. } = protection;
    let owners = match needed {
        1 => "an owner".to_owned(),
        many => format!("{many} owners"),
    };
    format!("changes in `{territory}` need the approval of {owners} of the team `{approvers}`")
}

/// Returns the team of a new mapping whose author names none: who has the place, if the author may
/// map there, else the author's only team.
pub fn default_team(
    access: &Access,
    principal: &Principal,
    place: Option<(&HostPattern, &Territory)>,
    now: DateTime<Utc>,
) -> Option<TeamName> {
    let is_editor = |team: &&TeamName| principal.role_in(team) >= Some(Role::Editor);
    let claim = place.and_then(|(host, place)| access.owner_of(host, place));
    if let Some(owner) = claim.map(|claim| &claim.team).filter(is_editor) {
        return Some(owner.clone());
    }
    let granted = claim.zip(place).and_then(|(claim, (_, place))| {
        claim.grants.iter().find(|grant| {
            is_editor(&&grant.team) && grant.territory.covers(place) && grant.is_in_force(now)
        })
    });
    if let Some(grant) = granted {
        return Some(grant.team.clone());
    }
    let mut own = principal.teams_with(Role::Editor);
    match (own.next(), own.next()) {
        (Some(only), None) => Some(only.clone()),
        (None, _) if principal.installation >= Some(Role::Editor) => Some(TeamName::default_team()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
