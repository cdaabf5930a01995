//! Signing in by an OIDC provider: who they are here, and what their groups give them.
//!
//! The provider's subject names a user for good. What it calls them only names a new one, and never
//! takes over a user that there is: whoever may choose a name there could be anybody here.

use std::{collections::BTreeMap, iter, sync::Arc};

use super::{
    Outcome, Scene,
    sessions::{self, Opening},
    teams::MEMBERS_MAX,
    users::{self, New, USERS_MAX},
};
use crate::auth::{
    access::{Access, Edit, Entity},
    audit::Entry,
    entity::{Membership, Subject, Team, User},
    names::{NAME_MAX_BYTES, TeamName, UserName},
    oidc::{Granted, Identity},
    refusal::Refusal,
    role::Role,
    secret::SealKey,
};

/// The code of the refusal of who may not sign in any more.
pub const DISABLED: &str = "user-disabled";

/// As much of a name as the form for users takes, in bytes.
const DISPLAY_NAME_MAX_BYTES: usize = 100;

/// As much of an address as the form for users takes, in bytes.
const EMAIL_MAX_BYTES: usize = 254;

/// Someone for whom the provider vouches.
#[derive(Debug)]
pub struct Arrival {
    pub identity: Identity,
    pub granted: Granted,
    pub opening: Opening,
}

/// Keeps a key for sealing, unless there is one.
///
/// # Errors
/// Never; a decision's signature.
pub fn keep_key(scene: &Scene<'_>, key: SealKey) -> Result<Outcome, Refusal> {
    let is_new = scene.access.seal_key().is_none();
    let edits = is_new.then_some(Edit::Put(Entity::SealKey(key)));
    Ok(Outcome::unnoted(edits.into_iter().collect()))
}

/// Begins the session of whom the provider vouches for, makes the user at their first sign-in, and
/// gives them what their groups give now, and nothing that these gave before.
///
/// # Errors
/// Returns a refusal when the user is disabled, or there are too many.
pub fn sign_in(scene: &Scene<'_>, arrival: Arrival) -> Result<Outcome, Refusal> {
    let Arrival { identity, granted, opening } = arrival;
    let (user, mut also) = match scene.access.user_of(&subject(&identity)) {
        Some(user) if user.is_disabled => return Err(disabled(&user.name)),
        Some(user) => renewed(user, &identity, granted.is_admin),
        None => first(scene, &identity, granted.is_admin)?,
    };
    let (teams, of_members) = memberships(scene.access, &user.name, &granted.teams);
    also.extend(of_members);
    let begun = sessions::begin(scene, &user, None, opening);
    let edits = begun.edits.into_iter().chain(teams).collect();
    Ok(Outcome { edits, also, signed_in: Some(user.name), ..begun })
}

/// Returns what names them for good.
pub fn subject(identity: &Identity) -> Subject {
    Subject { issuer: identity.issuer.clone(), subject: identity.subject.clone() }
}

fn disabled(name: &UserName) -> Refusal {
    let detail = format!("`{name}` may not sign in here any more. Ask an admin.");
    Refusal::Conflict { code: DISABLED, detail }
}

/// Returns a user with what the provider says by now; what it does not say stays.
fn renewed(before: &User, identity: &Identity, is_admin: bool) -> (User, Vec<Entry>) {
    let after = User {
        display_name: display_name(identity).unwrap_or_else(|| before.display_name.clone()),
        email: email(identity).unwrap_or_else(|| before.email.clone()),
        is_admin_by_group: is_admin,
        ..before.clone()
    };
    let word = |flag: bool| if flag { "true" } else { "false" };
    let (was, is) = (word(before.is_admin_by_group), word(after.is_admin_by_group));
    let entry = Entry::new("user.change", "user", &after.name)
        .with("display_name", Some(&before.display_name), Some(&after.display_name))
        .with("email", Some(&before.email), Some(&after.email))
        .with("is_admin_by_group", Some(was), Some(is));
    let entries = if entry.diff.is_empty() { Vec::new() } else { vec![entry] };
    (after, entries)
}

/// Returns who signs in for the first time.
fn first(
    scene: &Scene<'_>,
    identity: &Identity,
    is_admin: bool,
) -> Result<(User, Vec<Entry>), Refusal> {
    let new = New {
        name: free_name(scene.access, identity).ok_or_else(users::too_many)?,
        display_name: display_name(identity).unwrap_or_default(),
        email: email(identity).unwrap_or_default(),
        password: None,
        is_admin: false,
    };
    let user = User {
        identity: Some(subject(identity)),
        is_admin_by_group: is_admin,
        ..users::made(scene, new)?
    };
    let entry = users::created(&user).with("issuer", None, Some(&identity.issuer)).with(
        "is_admin_by_group",
        None,
        is_admin.then_some("true"),
    );
    Ok((user, vec![entry]))
}

fn display_name(identity: &Identity) -> Option<String> {
    identity.name.as_deref().map(|name| cut(name, DISPLAY_NAME_MAX_BYTES).to_owned())
}

fn email(identity: &Identity) -> Option<String> {
    identity.email.as_deref().map(|email| cut(email, EMAIL_MAX_BYTES).to_owned())
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// Returns a name that no user has, made of what the provider calls them.
fn free_name(access: &Access, identity: &Identity) -> Option<UserName> {
    let called = [&identity.username, &identity.email, &identity.name];
    let wish = called.into_iter().flatten().find_map(|text| fitting(text));
    let wish = wish.unwrap_or_else(|| "user".to_owned());
    let numbered = (2..=USERS_MAX + 1).map(|number| {
        let end = format!("-{number}");
        format!("{}{end}", cut(&wish, NAME_MAX_BYTES - end.len()))
    });
    let names = iter::once(wish.clone()).chain(numbered);
    let mut names = names.filter_map(|name| UserName::parse(&name).ok());
    names.find(|name| access.user(name).is_none())
}

/// Returns a text as a name, if enough of it can stand in one.
fn fitting(text: &str) -> Option<String> {
    let plain = text.to_lowercase();
    let plain = plain.trim().chars().map(|c| {
        let is_allowed = c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        if is_allowed { c } else { '-' }
    });
    let name: String =
        plain.skip_while(|c| !c.is_ascii_alphanumeric()).take(NAME_MAX_BYTES).collect();
    let name = name.trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// Gives `user` the roles that their groups give, in all teams; those of teams that do not exist
/// are left out.
fn memberships(
    access: &Access,
    user: &UserName,
    granted: &BTreeMap<TeamName, Role>,
) -> (Vec<Edit>, Vec<Entry>) {
    let changed = access.teams().filter_map(|team| {
        let before = team.members.get(user).cloned().unwrap_or_default();
        let by_group = granted.get(&team.name).copied();
        let is_full = before == Membership::default() && team.members.len() >= MEMBERS_MAX;
        if before.by_group == by_group || is_full {
            return None;
        }
        let mut after = Team::clone(team);
        let member = Membership { by_group, ..before.clone() };
        if member == Membership::default() {
            after.members.remove(user);
        } else {
            after.members.insert(user.clone(), member);
        }
        let entry = Entry::new("team.member", "user", user).of_team(&team.name).with(
            "role_by_group",
            before.by_group.map(Role::word),
            by_group.map(Role::word),
        );
        Some((Edit::Put(Entity::Team(Arc::new(after))), entry))
    });
    changed.unzip()
}

/// Returns the teams in which groups give `user` a role that they do not have: there is no such
/// team, or it has no place.
pub fn left_out<'a>(
    access: &Access,
    user: &UserName,
    granted: &'a BTreeMap<TeamName, Role>,
) -> Vec<&'a TeamName> {
    let by_group = |team| access.team(team)?.members.get(user)?.by_group;
    let missing = granted.iter().filter(|(team, role)| by_group(team) != Some(**role));
    missing.map(|(team, _)| team).collect()
}

#[cfg(test)]
mod tests;
