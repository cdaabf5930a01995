//! Decisions about consumers: made, changed and given keys by the editors of the team that looks
//! after one, its tokens that may write, and admins. Whom a mapping lets in its own team decides.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    Outcome, Scene,
    edge::{Expected, team_of, too_many, unchanged, written},
};
use crate::{
    auth::{
        access::{Edit, Entity},
        audit::Entry,
        entity::Id,
        names::TeamName,
        permission::Object,
        principal::Principal,
        refusal::Refusal,
        role::Role,
    },
    gateway::{
        edge::{
            Consumer, Edge, EdgeName,
            consumer::{CredentialHash, KEYS_MAX, Key, Password},
        },
        references::{ReferenceKind, Unnamed},
    },
};

/// Consumers at the most: a list of them is one page.
pub const CONSUMERS_MAX: usize = 2000;

/// A consumer that was sent.
#[derive(Debug, Clone)]
pub struct NewConsumer {
    pub name: EdgeName,
    /// Absent: as it is.
    pub team: Option<TeamName>,
    /// Absent: as it is.
    pub description: Option<String>,
    pub expected: Expected,
}

/// A key that is to be; its secret is made elsewhere, and told once.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub label: String,
    pub hash: CredentialHash,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes or changes a consumer; its keys stay.
///
/// # Errors
/// Returns the permission that is missing, or the condition that does not hold.
pub fn put(scene: &Scene<'_>, new: NewConsumer) -> Result<Outcome, Refusal> {
    scene.may(Role::Viewer, Object::Common)?;
    let NewConsumer { name, team, description, expected } = new;
    let edge = scene.access.edge();
    let current = edge.consumer(&name);
    let team = team_of(scene, team, current.map(|current| &current.team))?;
    if let Some(current) = current {
        must_look_after(scene, current.team.as_ref())?;
    }
    must_look_after(scene, team.as_ref())?;
    expected.check(&described(&name), current.map(|current| current.revision))?;
    let description =
        description.or(current.map(|current| current.description.clone())).unwrap_or_default();
    if current.is_some_and(|current| current.team == team && current.description == description) {
        return Ok(unchanged());
    }
    if current.is_none() && edge.consumers().count() >= CONSUMERS_MAX {
        return Err(too_many("consumers", CONSUMERS_MAX));
    }
    let consumer = match current {
        Some(current) => Consumer { team, description, ..renewed(scene, current) },
        None => Consumer {
            name,
            team,
            description,
            keys: Vec::new(),
            password: None,
            revision: 1,
            created_at: scene.now,
            updated_at: scene.now,
            updated_by: scene.author.who.to_string(),
        },
    };
    let entry = entry("consumer.put", current.map(Arc::as_ref), Some(&consumer));
    Ok(outcome(consumer, entry))
}

/// Takes a consumer away, with its keys and its password.
///
/// # Errors
/// Returns the permission that is missing, or the condition that does not hold. Whether a mapping
/// names it the store finds out, in the same transaction.
pub fn delete(scene: &Scene<'_>, name: &EdgeName, expected: &Expected) -> Result<Outcome, Refusal> {
    let current = theirs(scene, name)?;
    expected.check(&described(name), Some(current.revision))?;
    let entry = entry("consumer.delete", Some(current), None);
    let edit = Edit::Remove(Entity::Consumer(Arc::clone(current)));
    let unless_named = Some(Unnamed::by_any(ReferenceKind::Consumer, name));
    Ok(Outcome { unless_named, ..Outcome::new(vec![edit], entry) })
}

/// Gives a consumer a key more.
///
/// # Errors
/// Returns the permission that is missing, or that it has as many as it can.
pub fn add_key(scene: &Scene<'_>, name: &EdgeName, new: NewKey) -> Result<Outcome, Refusal> {
    let current = theirs(scene, name)?;
    if current.keys.len() >= KEYS_MAX {
        let detail = format!(
            "the consumer `{name}` has {KEYS_MAX} keys, the most there can be; remove one first"
        );
        return Err(Refusal::Conflict { code: "too-many", detail });
    }
    let (id, id_given) = scene.access.next_id();
    let NewKey { label, hash, expires_at } = new;
    let (created_at, created_by) = (scene.now, scene.author.who.to_string());
    let key = Key { id, label, hash, created_at, created_by, expires_at };
    let entry = of_key("consumer.key.create", current, None, Some(&key));
    let mut consumer = renewed(scene, current);
    consumer.keys.push(key);
    let Outcome { mut edits, entry, .. } = outcome(consumer, entry);
    edits.insert(0, id_given);
    Ok(Outcome { entry, ..Outcome::unnoted(edits) }.with_id(id))
}

/// Takes a key away: who sends it is refused from then on.
///
/// # Errors
/// Returns the permission that is missing; hides a key that is not there.
pub fn remove_key(scene: &Scene<'_>, name: &EdgeName, id: Id) -> Result<Outcome, Refusal> {
    let current = theirs(scene, name)?;
    let Some(key) = current.keys.iter().find(|key| key.id == id) else {
        return Err(Refusal::hidden(format!("key `{id}` of the consumer `{name}`")));
    };
    let entry = of_key("consumer.key.delete", current, Some(key), None);
    let mut consumer = renewed(scene, current);
    consumer.keys.retain(|key| key.id != id);
    Ok(outcome(consumer, entry))
}

/// Gives a consumer a password, in the place of the one that it has.
///
/// # Errors
/// Returns the permission that is missing.
pub fn set_password(
    scene: &Scene<'_>,
    name: &EdgeName,
    hash: CredentialHash,
) -> Result<Outcome, Refusal> {
    let current = theirs(scene, name)?;
    let (created_at, created_by) = (scene.now, scene.author.who.to_string());
    let password = Some(Password { hash, created_at, created_by });
    let entry = of_team(Entry::new("consumer.password.create", "consumer", name), current);
    Ok(outcome(Consumer { password, ..renewed(scene, current) }, entry))
}

/// Takes a consumer's password away.
///
/// # Errors
/// Returns the permission that is missing; hides a password that is not there.
pub fn remove_password(scene: &Scene<'_>, name: &EdgeName) -> Result<Outcome, Refusal> {
    let current = theirs(scene, name)?;
    if current.password.is_none() {
        return Err(Refusal::hidden(format!("password of the consumer `{name}`")));
    }
    let entry = of_team(Entry::new("consumer.password.delete", "consumer", name), current);
    Ok(outcome(Consumer { password: None, ..renewed(scene, current) }, entry))
}

/// Returns a consumer.
///
/// # Errors
/// Hides what is not there.
pub fn find<'a>(edge: &'a Edge, name: &EdgeName) -> Result<&'a Arc<Consumer>, Refusal> {
    edge.consumer(name).ok_or_else(|| Refusal::hidden(described(name)))
}

/// Tells whether someone may change what `team` looks after.
pub fn looks_after(principal: &Principal, team: Option<&TeamName>) -> bool {
    role(principal, team) >= Some(Role::Editor)
}

/// Tells whether someone may know which keys a consumer of `team` has.
pub fn sees_keys(principal: &Principal, team: Option<&TeamName>) -> bool {
    role(principal, team).is_some()
}

fn role(principal: &Principal, team: Option<&TeamName>) -> Option<Role> {
    team.map_or(principal.installation, |team| principal.role_in(team))
}

/// Names a consumer for the reader of a refusal.
fn described(name: &EdgeName) -> String {
    format!("consumer `{name}`")
}

/// Finds a consumer that the author looks after.
fn theirs<'a>(scene: &Scene<'a>, name: &EdgeName) -> Result<&'a Arc<Consumer>, Refusal> {
    scene.may(Role::Viewer, Object::Common)?;
    let current = find(scene.access.edge(), name)?;
    must_look_after(scene, current.team.as_ref())?;
    Ok(current)
}

/// That there is a consumer is no secret: mappings of every team may name it.
fn must_look_after(scene: &Scene<'_>, team: Option<&TeamName>) -> Result<(), Refusal> {
    if looks_after(scene.principal, team) {
        return Ok(());
    }
    let needed = match team {
        None => "an admin, or an editor of a team whose it is,".to_owned(),
        Some(team) => format!("an editor of the team `{team}`"),
    };
    Err(Refusal::Forbidden { needed })
}

/// Returns a consumer as it is after a write that changes nothing else.
fn renewed(scene: &Scene<'_>, current: &Consumer) -> Consumer {
    Consumer {
        revision: current.revision.saturating_add(1),
        updated_at: scene.now,
        updated_by: scene.author.who.to_string(),
        ..current.clone()
    }
}

fn outcome(consumer: Consumer, entry: Entry) -> Outcome {
    Outcome::new(vec![Edit::Put(Entity::Consumer(Arc::new(consumer)))], entry)
}

fn entry(action: &'static str, before: Option<&Consumer>, after: Option<&Consumer>) -> Entry {
    let Some(object) = after.or(before) else { return Entry::new(action, "consumer", "") };
    let description =
        |it: Option<&Consumer>| it.map(|it| it.description.clone()).filter(|text| !text.is_empty());
    let team = |it: Option<&Consumer>| it.and_then(|it| it.team.as_ref().map(ToString::to_string));
    let (said, says) = (description(before), description(after));
    let (had, has) = (team(before), team(after));
    let entry = Entry::new(action, "consumer", &object.name)
        .with("description", said.as_deref(), says.as_deref())
        .with("team", had.as_deref(), has.as_deref());
    let whose = after.filter(|after| after.team.is_some()).or(before).unwrap_or(object);
    of_team(entry, whose)
}

fn of_key(
    action: &'static str,
    consumer: &Consumer,
    before: Option<&Key>,
    after: Option<&Key>,
) -> Entry {
    let id = |key: Option<&Key>| key.map(|key| key.id.to_string());
    let label =
        |key: Option<&Key>| key.map(|key| key.label.clone()).filter(|text| !text.is_empty());
    let expiry = |key: Option<&Key>| key.and_then(|key| key.expires_at).map(written);
    let entry = Entry::new(action, "consumer", &consumer.name)
        .with("key", id(before).as_deref(), id(after).as_deref())
        .with("label", label(before).as_deref(), label(after).as_deref())
        .with("expires_at", expiry(before).as_deref(), expiry(after).as_deref());
    of_team(entry, consumer)
}

fn of_team(entry: Entry, consumer: &Consumer) -> Entry {
    match &consumer.team {
        Some(team) => entry.of_team(team),
        None => entry,
    }
}
