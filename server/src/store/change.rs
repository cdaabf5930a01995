//! Changes of mappings: what is asked for, what must be true for it, and how it is carried out.

use std::sync::Arc;

use super::{
    StoreError, audit,
    idempotency::{self, Once},
    neighbours, references, rows,
    writer::Batch,
};
use crate::{
    auth::{
        access::{Edit, Entity},
        audit::Entry,
        claim::{Place, Territory},
        command::Grounds,
        names::TeamName,
        ownership::{self, Neighbours, PutFacts, Right},
        permission::{self, Object},
        principal::{Author, Principal, Who},
        refusal::Refusal,
        role::Role,
    },
    gateway::{
        mapping::{Mapping, MappingName, Revision, Spec},
        plan,
        table::MatchTaken,
    },
};

/// Asks for a mapping to be created or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    pub spec: Spec,
    pub condition: Condition,
    /// Makes a creation that is sent twice happen once.
    pub once: Option<Once>,
    pub author: Author,
    pub grounds: Grounds,
}

impl Put {
    /// Asks for `spec`, whatever is there now.
    pub fn new(spec: Spec, author: Author) -> Self {
        Self { spec, condition: Condition::Any, once: None, author, grounds: Grounds::Wanted }
    }
}

/// What a server without a sign-in asks for.
impl From<Spec> for Put {
    fn from(spec: Spec) -> Self {
        Self::new(spec, Author::of(Who::Open))
    }
}

/// Asks for a mapping to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    pub name: MappingName,
    pub condition: Condition,
    pub author: Author,
    pub grounds: Grounds,
}

impl Delete {
    /// Asks for the mapping to go, whatever it is now.
    pub fn new(name: MappingName, author: Author) -> Self {
        Self { name, condition: Condition::Any, author, grounds: Grounds::Wanted }
    }
}

/// What a server without a sign-in asks for.
impl From<MappingName> for Delete {
    fn from(name: MappingName) -> Self {
        Self::new(name, Author::of(Who::Open))
    }
}

/// What must be true of the mapping as it is for a write to happen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Condition {
    #[default]
    Any,
    /// There is none, since a new one is to be made.
    New,
    /// There is none.
    Absent,
    /// There is one.
    Present,
    /// Its content is that of one of these revisions.
    Revision(Vec<Revision>),
}

impl Condition {
    /// Checks the condition for the mapping `name`, which is `current` now.
    ///
    /// # Errors
    /// Returns [`StoreError::NameTaken`] or [`StoreError::Stale`] when it does not hold.
    pub fn check(&self, name: &MappingName, current: Option<&Mapping>) -> Result<(), StoreError> {
        let holds = match (self, current) {
            (Self::Any, _) | (Self::New | Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::Revision(allowed), Some(current)) => allowed.contains(&current.revision),
            _ => false,
        };
        match self {
            _ if holds => Ok(()),
            Self::New => Err(StoreError::NameTaken(name.clone())),
            _ => Err(StoreError::Stale {
                name: name.clone(),
                current: current.cloned().map(Arc::new),
            }),
        }
    }
}

/// What a [`super::Store::put`] did.
#[derive(Debug, Clone)]
pub struct Written {
    pub mapping: Arc<Mapping>,
    pub effect: Effect,
}

/// How a put changed the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Created,
    Replaced,
    /// The mapping had this content already: no new revision.
    Unchanged,
    /// An earlier request of the same key did it; the mapping is as that had made it.
    Repeated,
}

pub(super) async fn put(batch: &mut Batch<'_>, put: Put) -> Result<Written, StoreError> {
    let Put { spec, condition, once, author, grounds } = put;
    let now = batch.now;
    if let Some(once) = &once
        && let Some(mapping) = idempotency::find(&mut batch.transaction, once, now).await?
    {
        let principal = batch.access().principal(&author.who, now);
        may_see(&principal, &mapping)?;
        return Ok(Written { mapping, effect: Effect::Repeated });
    }
    let before = rows::get(&mut batch.transaction, &spec.name).await?;
    let principal = batch.access().principal(&author.who, now);
    let is_decided = grounds == Grounds::Decided;
    if let (Some(before), false) = (&before, is_decided || condition == Condition::New) {
        let what = format!("mapping named `{}`", spec.name);
        let object = Object::Of { team: &before.spec.team, what: &what };
        permission::check(&principal, Role::Editor, object)?;
    }
    condition.check(&spec.name, before.as_ref())?;
    let team = before.as_ref().map(|before| &before.spec.team);
    let right = right(batch, &principal, grounds, team, &spec).await?;
    // whose place it is says more than that it is not the author's
    if let Some(owner) = rows::owner_of_match(&mut batch.transaction, &spec.match_key()).await?
        && owner.name != spec.name
    {
        return Err(MatchTaken::new(&spec, owner.name, owner.team).into());
    }
    let right = right?;
    let (created_at, effect) = match &before {
        Some(before) if before.spec == spec => {
            let mapping = Arc::new(before.clone());
            return Ok(Written { mapping, effect: Effect::Unchanged });
        }
        Some(before) => (before.created_at, Effect::Replaced),
        None => (now, Effect::Created),
    };
    let was = before.as_ref().map(|before| &before.spec.policy);
    let beyond = spec.policy.beyond(&batch.access().edge().settings().values, was);
    if !beyond.is_empty() {
        return Err(Refusal::Invalid(beyond).into());
    }
    references::must_be_there(batch.access().edge(), &spec)?;
    if grounds == Grounds::Wanted {
        let places = ownership::places(before.as_ref().map(|before| &before.spec), Some(&spec));
        must_be_free(batch, &author, &places, before.as_ref())?;
    }
    if let Right::New(place) = right {
        claim(batch, &author, &spec, place).await?;
    }
    let mapping = Mapping { spec, revision: batch.next_revision(), created_at, updated_at: now };
    rows::put(&mut batch.transaction, &mapping, &author).await?;
    references::put(&mut batch.transaction, &mapping.spec).await?;
    if let Some(once) = &once {
        idempotency::remember(&mut batch.transaction, once, mapping.revision, now).await?;
    }
    let entry = Entry {
        action: if effect == Effect::Created { "mapping.create" } else { "mapping.change" },
        team: Some(mapping.spec.team.clone()),
        kind: "mapping",
        object: mapping.name().to_string(),
        diff: plan::diff(before.as_ref().map(|before| &before.spec), Some(&mapping.spec)),
    };
    audit::write(&mut batch.transaction, &author, &entry, Some(mapping.revision), now).await?;
    Ok(Written { mapping: Arc::new(mapping), effect })
}

/// Returns by which right a mapping may stand in its place, or why it may not.
async fn right(
    batch: &mut Batch<'_>,
    principal: &Principal,
    grounds: Grounds,
    before: Option<&TeamName>,
    spec: &Spec,
) -> Result<Result<Right, Refusal>, StoreError> {
    if grounds == Grounds::Decided {
        return Ok(Ok(Right::Common));
    }
    let place = Place::of(spec);
    let neighbours = if ownership::asks_neighbours(batch.access(), principal, &place) {
        neighbours::neighbours(&mut batch.transaction, &spec.team, &place).await?
    } else {
        Neighbours::default()
    };
    let facts = PutFacts { before, spec, neighbours: &neighbours };
    let (policy, now) = (batch.rules.policy, batch.now);
    Ok(ownership::check_put(batch.access(), principal, policy, facts, now))
}

/// Checks that nobody must agree to a change at `places` first.
fn must_be_free(
    batch: &Batch<'_>,
    author: &Author,
    places: &[Territory],
    before: Option<&Mapping>,
) -> Result<(), StoreError> {
    match ownership::protection(batch.access(), &author.who, places)? {
        None => Ok(()),
        Some(protection) => Err(StoreError::NeedsApproval {
            protection: Arc::clone(protection),
            before: before.cloned().map(Arc::new),
        }),
    }
}

/// What a repeated creation answers with is the mapping: whoever has lost it since sees it no more.
fn may_see(principal: &Principal, mapping: &Mapping) -> Result<(), StoreError> {
    let what = format!("mapping named `{}`", mapping.name());
    let object = Object::Of { team: &mapping.spec.team, what: &what };
    Ok(permission::check(principal, Role::Viewer, object)?)
}

/// Claims a mapping's place for its team.
async fn claim(
    batch: &mut Batch<'_>,
    author: &Author,
    spec: &Spec,
    place: Place,
) -> Result<(), StoreError> {
    let (id, given) = batch.access().next_id();
    let claim = ownership::new_claim(id, &spec.team, place, author, batch.now);
    let entry = Entry::new("claim.create", "claim", claim.place()).of_team(&spec.team);
    let entry = entry.with("team", None, Some(spec.team.as_str()));
    batch.edit([given, Edit::Put(Entity::Claim(Arc::new(claim)))]).await?;
    audit::write(&mut batch.transaction, author, &entry, None, batch.now).await
}

pub(super) async fn delete(
    batch: &mut Batch<'_>,
    delete: Delete,
) -> Result<Option<Revision>, StoreError> {
    let Delete { name, condition, author, grounds } = delete;
    let now = batch.now;
    let before = rows::get(&mut batch.transaction, &name).await?;
    if let Some(before) = &before {
        let principal = batch.access().principal(&author.who, now);
        ownership::check_delete(&principal, &before.spec.team, name.as_str())?;
    }
    condition.check(&name, before.as_ref())?;
    let Some(before) = before else {
        // also one that this version can't read goes
        return delete_row(batch, &name, None, &author).await;
    };
    if grounds == Grounds::Wanted {
        let places = ownership::places(Some(&before.spec), None);
        must_be_free(batch, &author, &places, Some(&before))?;
    }
    let team = Some(&before.spec.team);
    let deleted = delete_row(batch, &name, team, &author).await?;
    let entry = Entry {
        action: "mapping.delete",
        team: Some(before.spec.team.clone()),
        kind: "mapping",
        object: name.to_string(),
        diff: plan::diff(Some(&before.spec), None),
    };
    audit::write(&mut batch.transaction, &author, &entry, deleted, now).await?;
    Ok(deleted)
}

/// Deletes a mapping's row; returns the revision, if there was one.
async fn delete_row(
    batch: &mut Batch<'_>,
    name: &MappingName,
    team: Option<&TeamName>,
    author: &Author,
) -> Result<Option<Revision>, StoreError> {
    if !rows::delete(&mut batch.transaction, name).await? {
        return Ok(None);
    }
    let (revision, now) = (batch.next_revision(), batch.now);
    rows::record_deletion(&mut batch.transaction, name, team, revision, author, now).await?;
    Ok(Some(revision))
}
