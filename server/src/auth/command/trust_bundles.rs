//! Decisions about trust bundles. Whom the gateway trusts is for admins and a team's owners: no
//! token decides it.

use std::sync::Arc;

use super::{
    Outcome, Scene,
    edge::{Expected, must_be_unused, must_look_after, team_of, too_many, unchanged, written},
};
use crate::{
    auth::{
        access::{Edit, Entity},
        audit::Entry,
        names::TeamName,
        permission::Object,
        refusal::Refusal,
        role::Role,
    },
    gateway::{
        edge::{Edge, EdgeName, TrustBundle, authorities::Checked, uses},
        references::{ReferenceKind, Unnamed},
    },
};

/// Trust bundles at the most: each can be of hundreds of kilobytes.
pub const TRUST_BUNDLES_MAX: usize = 100;

/// A trust bundle that was sent, and checked for itself.
#[derive(Debug)]
pub struct NewTrustBundle {
    pub name: EdgeName,
    /// Absent: as it is.
    pub team: Option<TeamName>,
    pub checked: Checked,
    pub expected: Expected,
}

/// Names authorities that can be trusted.
///
/// # Errors
/// Returns the permission that is missing, or the condition that does not hold.
pub fn put(scene: &Scene<'_>, new: NewTrustBundle) -> Result<Outcome, Refusal> {
    scene.may(Role::Viewer, Object::Common)?;
    let NewTrustBundle { name, team, checked, expected } = new;
    let edge = scene.access.edge();
    let current = edge.trust_bundle(&name);
    let team = team_of(scene, team, current.map(|current| &current.team))?;
    if let Some(current) = current {
        must_look_after(scene, current.team.as_ref())?;
    }
    must_look_after(scene, team.as_ref())?;
    expected.check(&format!("trust bundle `{name}`"), current.map(|current| current.revision))?;
    if current.is_some_and(|current| current.pem == checked.pem && current.team == team) {
        return Ok(unchanged());
    }
    if current.is_none() && edge.trust_bundles().count() >= TRUST_BUNDLES_MAX {
        return Err(too_many("trust bundles", TRUST_BUNDLES_MAX));
    }
    let bundle = TrustBundle {
        name,
        team,
        pem: checked.pem,
        authorities: checked.authorities,
        revision: current.map_or(1, |current| current.revision.saturating_add(1)),
        created_at: current.map_or(scene.now, |current| current.created_at),
        updated_at: scene.now,
        updated_by: scene.author.who.to_string(),
    };
    let unless_named = Unnamed::by_others(
        ReferenceKind::TrustBundle,
        &bundle.name,
        current.map(|current| &current.team),
        &bundle.team,
    );
    let entry = entry("trust_bundle.put", current.map(Arc::as_ref), Some(&bundle));
    let edit = Edit::Put(Entity::TrustBundle(Arc::new(bundle)));
    Ok(Outcome { unless_named, ..Outcome::new(vec![edit], entry) })
}

/// Takes a trust bundle away.
///
/// # Errors
/// Returns the permission that is missing, the condition that does not hold, or what uses it.
pub fn delete(scene: &Scene<'_>, name: &EdgeName, expected: &Expected) -> Result<Outcome, Refusal> {
    scene.may(Role::Viewer, Object::Common)?;
    let current = find(scene.access.edge(), name)?;
    must_look_after(scene, current.team.as_ref())?;
    let what = format!("trust bundle `{name}`");
    expected.check(&what, Some(current.revision))?;
    must_be_unused(&what, &uses::of_trust_bundle(scene.access.edge(), name))?;
    let entry = entry("trust_bundle.delete", Some(current), None);
    let edit = Edit::Remove(Entity::TrustBundle(Arc::clone(current)));
    let unless_named = Some(Unnamed::by_any(ReferenceKind::TrustBundle, name));
    Ok(Outcome { unless_named, ..Outcome::new(vec![edit], entry) })
}

/// Returns a trust bundle.
///
/// # Errors
/// Hides what is not there.
pub fn find<'a>(edge: &'a Edge, name: &EdgeName) -> Result<&'a Arc<TrustBundle>, Refusal> {
    edge.trust_bundle(name).ok_or_else(|| Refusal::hidden(format!("trust bundle `{name}`")))
}

fn entry(action: &'static str, before: Option<&TrustBundle>, after: Option<&TrustBundle>) -> Entry {
    let Some(object) = after.or(before) else { return Entry::new(action, "trust_bundle", "") };
    let told = |bundle: Option<&TrustBundle>| bundle.map(authorities);
    let (was, is) = (told(before), told(after));
    let team = |bundle: Option<&TrustBundle>| bundle.and_then(|bundle| bundle.team.clone());
    let (had, has) = (team(before), team(after));
    let entry = Entry::new(action, "trust_bundle", &object.name)
        .with("authorities", was.as_deref(), is.as_deref())
        .with("team", had.as_ref().map(TeamName::as_str), has.as_ref().map(TeamName::as_str));
    match has.or(had) {
        Some(team) => entry.of_team(&team),
        None => entry,
    }
}

/// Authorities that the audit names of a bundle; the rest is counted.
const NAMED: usize = 10;

fn authorities(bundle: &TrustBundle) -> String {
    let named = bundle.authorities.iter().take(NAMED).map(|facts| {
        let print = facts.fingerprint.get(..16).unwrap_or_default();
        format!("{} ({print}…, until {})", facts.subject, written(facts.not_after))
    });
    let mut named: Vec<_> = named.collect();
    let more = bundle.authorities.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    named.join("; ")
}
