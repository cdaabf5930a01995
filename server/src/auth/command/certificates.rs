//! Decisions about certificates: who may give the gateway one, for which hosts, and take it away.
//!
//! | who | may |
//! | --- | --- |
//! | an admin, a token of all teams that may write | put any certificate |
//! | an owner of a team | put one of the team for hosts that the team has claimed as a whole |
//! | an editor of a team, a token of it that may write | renew one of the team: no new host |
//! | an admin, an owner of the team | delete it |

use std::sync::Arc;

use super::{
    Outcome, Scene,
    edge::{Expected, must_be_unused, must_look_after, team_of, too_many, unchanged, written},
};
use crate::{
    auth::{
        access::{Edit, Entity},
        audit::Entry,
        claim::{HostPattern, Territory},
        names::TeamName,
        permission::Object,
        refusal::Refusal,
        role::Role,
        seal::SealedKey,
    },
    gateway::{
        edge::{Certificate, CertificateFacts, Edge, EdgeName, uses},
        references::{ReferenceKind, Unnamed},
    },
};

/// Certificates at the most: each is a part of the listener that every node has.
pub const CERTIFICATES_MAX: usize = 1000;

/// A certificate that was pushed, and checked for itself.
#[derive(Debug, Clone)]
pub struct NewCertificate {
    pub name: EdgeName,
    /// Absent: as it is.
    pub team: Option<TeamName>,
    pub chain_pem: String,
    pub key: SealedKey,
    pub facts: CertificateFacts,
    pub expected: Expected,
    /// The key that is kept can't be opened: the same certificate again mends that.
    pub is_damaged: bool,
}

/// Lets the gateway show a certificate to its clients.
///
/// # Errors
/// Returns the permission that is missing, the condition that does not hold, or which certificate
/// has one of its names.
pub fn put(scene: &Scene<'_>, new: NewCertificate) -> Result<Outcome, Refusal> {
    scene.may(Role::Viewer, Object::Common)?;
    let edge = scene.access.edge();
    let current = edge.certificate(&new.name);
    let team = team_of(scene, new.team.clone(), current.map(|current| &current.team))?;
    may_put(scene, current, team.as_ref(), &new.facts)?;
    let what = format!("certificate `{}`", new.name);
    new.expected.check(&what, current.map(|current| current.revision))?;
    must_be_the_only_one(edge, &new)?;
    let is_same = current.is_some_and(|current| {
        current.chain_pem == new.chain_pem && current.team == team && !new.is_damaged
    });
    if is_same {
        return Ok(unchanged());
    }
    if current.is_none() && edge.certificates().count() >= CERTIFICATES_MAX {
        return Err(too_many("certificates", CERTIFICATES_MAX));
    }
    let NewCertificate { name, chain_pem, key, facts, .. } = new;
    let certificate = Certificate {
        name,
        team,
        chain_pem,
        key,
        facts,
        revision: current.map_or(1, |current| current.revision.saturating_add(1)),
        created_at: current.map_or(scene.now, |current| current.created_at),
        updated_at: scene.now,
        updated_by: scene.author.who.to_string(),
    };
    let unless_named = Unnamed::by_others(
        ReferenceKind::Certificate,
        &certificate.name,
        current.map(|current| &current.team),
        &certificate.team,
    );
    let entry = entry("certificate.put", current.map(Arc::as_ref), Some(&certificate));
    let edit = Edit::Put(Entity::Certificate(Arc::new(certificate)));
    Ok(Outcome { unless_named, ..Outcome::new(vec![edit], entry) })
}

/// Takes a certificate away.
///
/// # Errors
/// Returns the permission that is missing, the condition that does not hold, or what uses it.
pub fn delete(scene: &Scene<'_>, name: &EdgeName, expected: &Expected) -> Result<Outcome, Refusal> {
    scene.may(Role::Viewer, Object::Common)?;
    let current = find(scene.access.edge(), name)?;
    must_look_after(scene, current.team.as_ref())?;
    let what = format!("certificate `{name}`");
    expected.check(&what, Some(current.revision))?;
    must_be_unused(&what, &uses::of_certificate(scene.access.edge(), name))?;
    let entry = entry("certificate.delete", Some(current), None);
    let edit = Edit::Remove(Entity::Certificate(Arc::clone(current)));
    let unless_named = Some(Unnamed::by_any(ReferenceKind::Certificate, name));
    Ok(Outcome { unless_named, ..Outcome::new(vec![edit], entry) })
}

/// Returns a certificate.
///
/// # Errors
/// Hides what is not there.
pub fn find<'a>(edge: &'a Edge, name: &EdgeName) -> Result<&'a Arc<Certificate>, Refusal> {
    edge.certificate(name).ok_or_else(|| Refusal::hidden(format!("certificate `{name}`")))
}

fn may_put(
    scene: &Scene<'_>,
    current: Option<&Arc<Certificate>>,
    team: Option<&TeamName>,
    facts: &CertificateFacts,
) -> Result<(), Refusal> {
    let principal = scene.principal;
    if principal.installation >= Some(Role::Editor) {
        return Ok(());
    }
    if let Some(current) = current {
        let is_renewal = current.team.as_ref() == team
            && names(facts).all(|name| names(&current.facts).any(|known| known == name));
        let role = current.team.as_ref().and_then(|team| principal.role_in(team));
        if is_renewal && role >= Some(Role::Editor) {
            return Ok(());
        }
        must_look_after(scene, current.team.as_ref())?;
    }
    must_look_after(scene, team)?;
    let Some(team) = team else { return Ok(()) };
    facts
        .dns_names
        .iter()
        .chain(&facts.ip_addresses)
        .try_for_each(|name| may_name(scene, team, name))
}

/// Checks that a host is a team's as a whole: who has its certificate can be it.
fn may_name(scene: &Scene<'_>, team: &TeamName, name: &str) -> Result<(), Refusal> {
    if name.starts_with("*.") || name.parse::<std::net::IpAddr>().is_ok() {
        let kind = if name.starts_with('*') { "a wildcard name" } else { "an address" };
        let needed = format!("an admin, since `{name}` is {kind},");
        return Err(Refusal::Forbidden { needed });
    }
    let everything = Territory::parse("/").ok();
    let owner = HostPattern::parse(name)
        .ok()
        .zip(everything)
        .and_then(|(host, everything)| scene.access.owner_of(&host, &everything));
    if owner.is_some_and(|claim| claim.team == *team) {
        return Ok(());
    }
    let needed = format!("an admin, or an owner of a team that has claimed `{name}/`,");
    Err(Refusal::Forbidden { needed })
}

/// Checks that no other certificate has one of the names: clients would get either.
fn must_be_the_only_one(edge: &Edge, new: &NewCertificate) -> Result<(), Refusal> {
    let others = edge.certificates().filter(|other| other.name != new.name);
    let taken = others.flat_map(|other| names(&other.facts).map(move |name| (name, &other.name)));
    let mine: std::collections::BTreeSet<_> = names(&new.facts).collect();
    match taken.into_iter().find(|(name, _)| mine.contains(name)) {
        None => Ok(()),
        Some((name, other)) => Err(Refusal::Taken {
            field: "chain",
            detail: format!(
                "`{name}` has a certificate already, `{other}`; replace that one, or delete it first"
            ),
        }),
    }
}

/// Returns all that a certificate is for.
fn names(facts: &CertificateFacts) -> impl Iterator<Item = &String> {
    facts.dns_names.iter().chain(&facts.ip_addresses)
}

fn entry(action: &'static str, before: Option<&Certificate>, after: Option<&Certificate>) -> Entry {
    let Some(object) = after.or(before) else { return Entry::new(action, "certificate", "") };
    let told = |certificate: Option<&Certificate>| {
        certificate.map(|it| {
            let leaf = &it.facts.leaf;
            let all: Vec<_> = names(&it.facts).map(String::as_str).collect();
            (all.join(", "), leaf.fingerprint.clone(), written(leaf.not_after))
        })
    };
    let (was, is) = (told(before), told(after));
    let field = |pick: fn(&(String, String, String)) -> &String| {
        (was.as_ref().map(|all| pick(all).as_str()), is.as_ref().map(|all| pick(all).as_str()))
    };
    let (names, fingerprints, ends) =
        (field(|all| &all.0), field(|all| &all.1), field(|all| &all.2));
    let team = |it: Option<&Certificate>| it.and_then(|it| it.team.clone());
    let (had, has) = (team(before), team(after));
    let entry = Entry::new(action, "certificate", &object.name)
        .with("names", names.0, names.1)
        .with("fingerprint", fingerprints.0, fingerprints.1)
        .with("not_after", ends.0, ends.1)
        .with("team", had.as_ref().map(TeamName::as_str), has.as_ref().map(TeamName::as_str));
    match has.or(had) {
        Some(team) => entry.of_team(&team),
        None => entry,
    }
}

#[cfg(test)]
mod tests;
