//! Users: made, changed and removed by admins.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Outcome, Scene,
    sessions::{self, Opening},
};
use crate::auth::{
    access::{Edit, Entity, is_admin},
    audit::Entry,
    entity::{PasswordHash, Team, User},
    names::UserName,
    refusal::Refusal,
};

/// Users of an installation; all of them are in memory, a few hundred bytes each.
pub const USERS_MAX: usize = 10_000;

/// A user who is to be.
#[derive(Debug)]
pub struct New {
    pub name: UserName,
    pub display_name: String,
    pub email: String,
    pub password: Option<PasswordHash>,
    pub is_admin: bool,
}

/// What is to change; what is absent stays.
#[derive(Debug, Default)]
pub struct Patch {
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub is_admin: Option<bool>,
    pub is_disabled: Option<bool>,
}

/// Makes a user.
///
/// # Errors
/// Returns a refusal when the author is no admin, or the name is taken.
pub fn create(scene: &Scene<'_>, new: New) -> Result<Outcome, Refusal> {
    scene.must_be_admin()?;
    let user = made(scene, new)?;
    let entry = created(&user);
    Ok(Outcome::new(vec![Edit::Put(Entity::User(Arc::new(user)))], entry))
}

/// Makes the first admin, and their session. Whether the link was right, others have checked.
///
/// # Errors
/// Returns [`Refusal::SignIn`] as soon as there is an admin.
pub fn set_up(scene: &Scene<'_>, new: New, opening: Opening) -> Result<Outcome, Refusal> {
    if scene.access.has_admin() {
        return Err(Refusal::SignIn);
    }
    let user = made(scene, New { is_admin: true, ..new })?;
    let entry = created(&user);
    // the session's own entry is left to the one that says more
    Ok(Outcome { entry: Some(entry), ..sessions::begin(scene, &user, None, opening) })
}

/// Returns a user as they begin.
pub(super) fn made(scene: &Scene<'_>, new: New) -> Result<User, Refusal> {
    if scene.access.user(&new.name).is_some() {
        let detail = format!("there is a user named `{}` already", new.name);
        return Err(Refusal::Taken { field: "name", detail });
    }
    if scene.access.users().count() >= USERS_MAX {
        return Err(too_many());
    }
    Ok(User {
        name: new.name,
        display_name: new.display_name,
        email: new.email,
        password_hash: new.password,
        identity: None,
        is_admin: new.is_admin,
        is_admin_by_group: false,
        is_disabled: false,
        created_at: scene.now,
        signed_in_at: None,
        favourites: BTreeSet::new(),
        views: BTreeMap::new(),
    })
}

/// Says that there is no place for one more.
pub(super) fn too_many() -> Refusal {
    let detail = format!("there are {USERS_MAX} users already, the most there can be");
    Refusal::Conflict { code: "too-many", detail }
}

/// Says that there is a new user.
pub(super) fn created(user: &User) -> Entry {
    Entry::new("user.create", "user", &user.name)
        .with("display_name", None, filled(&user.display_name))
        .with("email", None, filled(&user.email))
        .with("is_admin", None, user.is_admin.then_some("true"))
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Changes a user. Who is disabled has no session from then on.
///
/// # Errors
/// Returns a refusal when the author is no admin, there is no such user, or they are the last admin
/// and would be none.
pub fn patch(scene: &Scene<'_>, name: &UserName, patch: Patch) -> Result<Outcome, Refusal> {
    let before = found(scene, name)?;
    let after = User {
        display_name: patch.display_name.unwrap_or_else(|| before.display_name.clone()),
        email: patch.email.unwrap_or_else(|| before.email.clone()),
        is_admin: patch.is_admin.unwrap_or(before.is_admin),
        is_disabled: patch.is_disabled.unwrap_or(before.is_disabled),
        ..User::clone(before)
    };
    if after == **before {
        return Ok(Outcome::unnoted(Vec::new()));
    }
    if !is_admin(&after) || after.is_disabled {
        unless_last_admin(scene, before)?;
    }
    let word = |flag: bool| if flag { "true" } else { "false" };
    let entry = Entry::new("user.change", "user", name)
        .with("display_name", Some(&before.display_name), Some(&after.display_name))
        .with("email", Some(&before.email), Some(&after.email))
        .with("is_admin", Some(word(before.is_admin)), Some(word(after.is_admin)))
        .with("is_disabled", Some(word(before.is_disabled)), Some(word(after.is_disabled)));
    let mut edits = if after.is_disabled { sessions::ended(scene, name, None) } else { Vec::new() };
    edits.push(Edit::Put(Entity::User(Arc::new(after))));
    Ok(Outcome::new(edits, entry))
}

/// Removes a user, with their sessions and from all teams. What they have made stays.
///
/// # Errors
/// As [`patch`].
pub fn delete(scene: &Scene<'_>, name: &UserName) -> Result<Outcome, Refusal> {
    let user = found(scene, name)?;
    unless_last_admin(scene, user)?;
    let mut edits = sessions::ended(scene, name, None);
    let teams = scene.access.teams().filter(|team| team.members.contains_key(name));
    edits.extend(teams.map(|team| {
        let mut left = Team::clone(team);
        left.members.remove(name);
        Edit::Put(Entity::Team(Arc::new(left)))
    }));
    edits.push(Edit::Remove(Entity::User(Arc::clone(user))));
    Ok(Outcome::new(edits, Entry::new("user.delete", "user", name)))
}

/// Gives a user a password, and ends their sessions but the one of the author.
///
/// # Errors
/// Returns a refusal when the author is no admin, or there is no such user.
pub fn set_password(
    scene: &Scene<'_>,
    name: &UserName,
    password: PasswordHash,
) -> Result<Outcome, Refusal> {
    let user = found(scene, name)?;
    let mut edits = sessions::ended(scene, name, scene.author.session.as_ref());
    let user = User { password_hash: Some(password), ..User::clone(user) };
    edits.push(Edit::Put(Entity::User(Arc::new(user))));
    Ok(Outcome::new(edits, Entry::new("user.password", "user", name)))
}

fn found<'a>(scene: &Scene<'a>, name: &UserName) -> Result<&'a Arc<User>, Refusal> {
    scene.must_be_admin()?;
    let user = scene.access.user(name);
    user.ok_or_else(|| Refusal::hidden(format!("user named `{name}`")))
}

/// Refuses when nobody else could administer.
fn unless_last_admin(scene: &Scene<'_>, user: &User) -> Result<(), Refusal> {
    let is_one = is_admin(user) && !user.is_disabled;
    let has_other = scene.access.admins().any(|admin| admin.name != user.name);
    if !is_one || has_other {
        return Ok(());
    }
    Err(Refusal::Conflict {
        code: "last-admin",
        detail: format!("`{}` is the last admin; make another one first", user.name),
    })
}
