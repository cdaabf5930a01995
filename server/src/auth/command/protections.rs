//! Decisions about protections: the places in which changes need approval.

use std::sync::Arc;

use super::{Outcome, Scene};
use crate::auth::{
    access::{Edit, Entity},
    audit::Entry,
    claim::Territory,
    entity::{Id, Protection},
    names::TeamName,
    refusal::Refusal,
};

/// Approvals that a change can need at the most.
pub const NEEDED_MAX: u32 = 5;

/// Protections at the most: they are few by what they are for.
pub const PROTECTIONS_MAX: usize = 1000;

/// A protection that an admin asks for.
#[derive(Debug, Clone)]
pub struct NewProtection {
    pub territory: Territory,
    pub approvers: TeamName,
    pub needed: u32,
}

/// Lets changes in a place need approval from now on.
///
/// # Errors
/// Refuses whoever is no admin, a place that is protected already, and a team that is not there.
pub fn create(scene: &Scene<'_>, new: NewProtection) -> Result<Outcome, Refusal> {
    scene.must_be_admin()?;
    let NewProtection { territory, approvers, needed } = new;
    if scene.access.team(&approvers).is_none() {
        let message = format!("names `{approvers}`, and there is no such team");
        return Err(Refusal::field("approvers", message));
    }
    if !(1..=NEEDED_MAX).contains(&needed) {
        return Err(Refusal::field("needed", format!("must be a number from 1 to {NEEDED_MAX}")));
    }
    if scene.access.protections().any(|known| known.territory == territory) {
        let detail = format!("`{territory}` is protected already; delete that first");
        return Err(Refusal::Taken { field: "prefix", detail });
    }
    if scene.access.protections().count() >= PROTECTIONS_MAX {
        let detail = format!("there are {PROTECTIONS_MAX} protections, and can't be more");
        return Err(Refusal::Conflict { code: "too-many", detail });
    }
    let (id, given) = scene.access.next_id();
    let entry = Entry::new("protection.create", "protection", &territory)
        .with("approvers", None, Some(approvers.as_str()))
        .with("needed", None, Some(&needed.to_string()));
    let protection = Protection {
        id,
        territory,
        approvers,
        needed,
        created_by: scene.author.who.to_string(),
        created_at: scene.now,
    };
    let put = Edit::Put(Entity::Protection(Arc::new(protection)));
    Ok(Outcome::new(vec![given, put], entry).with_id(id))
}

/// Lets changes in a place be free again. What was asked for stays to be decided.
///
/// # Errors
/// Refuses whoever is no admin.
pub fn delete(scene: &Scene<'_>, id: Id) -> Result<Outcome, Refusal> {
    scene.must_be_admin()?;
    let known = scene.access.protection(id);
    let known = known.ok_or_else(|| Refusal::hidden(format!("protection `{id}`")))?;
    let entry = Entry::new("protection.delete", "protection", &known.territory)
        .with("approvers", Some(known.approvers.as_str()), None)
        .with("needed", Some(&known.needed.to_string()), None);
    Ok(Outcome::new(vec![Edit::Remove(Entity::Protection(Arc::clone(known)))], entry))
}
