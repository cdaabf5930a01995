//! Teams and their members.

use std::{collections::BTreeMap, sync::Arc};

use super::{Outcome, Scene};
use crate::auth::{
    access::{Edit, Entity},
    audit::Entry,
    entity::{Membership, Team, User},
    names::{TeamName, UserName},
    principal::Who,
    refusal::Refusal,
    role::Role,
};

/// Teams of an installation; each of them is in every list.
pub const TEAMS_MAX: usize = 1_000;

/// Members of a team; each of them is on its page.
pub const MEMBERS_MAX: usize = 1_000;

/// Words that mean something else where a team is named: in the list's address, and of a page.
const RESERVED: [&str; 3] = ["all", "mine", "new"];

/// A team that is to be.
#[derive(Debug)]
pub struct New {
    pub name: TeamName,
    pub title: String,
    pub contact: String,
    pub owner: Option<UserName>,
}

/// What is to change; what is absent stays.
#[derive(Debug, Default)]
pub struct Patch {
    pub title: Option<String>,
    pub contact: Option<String>,
}

/// Makes a team.
///
/// # Errors
/// Returns a refusal when the author is no admin, the name is taken, or there is no such owner.
pub fn create(scene: &Scene<'_>, new: New) -> Result<Outcome, Refusal> {
    scene.must_be_admin()?;
    let New { name, title, contact, owner } = new;
    if RESERVED.contains(&name.as_str()) {
        return Err(Refusal::field("name", "is a word of the portal; choose another"));
    }
    if scene.access.team(&name).is_some() {
        let detail = format!("there is a team named `{name}` already");
        return Err(Refusal::Taken { field: "name", detail });
    }
    if scene.access.teams().count() >= TEAMS_MAX {
        let detail = format!("there are {TEAMS_MAX} teams already, the most there can be");
        return Err(Refusal::Conflict { code: "too-many", detail });
    }
    let mut members = BTreeMap::new();
    if let Some(owner) = &owner {
        if scene.access.user(owner).is_none() {
            return Err(Refusal::field("owner", format!("names no user: there is no `{owner}`")));
        }
        members.insert(owner.clone(), given(Role::Owner));
    }
    let entry = Entry::new("team.create", "team", &name)
        .of_team(&name)
        .with("title", None, filled(&title))
        .with("contact", None, filled(&contact))
        .with("owner", None, owner.as_ref().map(UserName::as_str));
    let team = Team { name, title, contact, members, created_at: scene.now };
    Ok(Outcome::new(vec![put(team)], entry))
}

fn put(team: Team) -> Edit {
    Edit::Put(Entity::Team(Arc::new(team)))
}

fn given(role: Role) -> Membership {
    Membership { role: Some(role), by_group: None }
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Changes what a team says of itself.
///
/// # Errors
/// Returns a refusal when the author does not own it.
pub fn patch(scene: &Scene<'_>, name: &TeamName, patch: Patch) -> Result<Outcome, Refusal> {
    let before = owned(scene, name)?;
    let after = Team {
        title: patch.title.unwrap_or_else(|| before.title.clone()),
        contact: patch.contact.unwrap_or_else(|| before.contact.clone()),
        ..Team::clone(before)
    };
    if after == **before {
        return Ok(Outcome::unnoted(Vec::new()));
    }
    let entry = Entry::new("team.change", "team", name)
        .of_team(name)
        .with("title", Some(&before.title), Some(&after.title))
        .with("contact", Some(&before.contact), Some(&after.contact));
    Ok(Outcome::new(vec![put(after)], entry))
}

/// Removes a team that has nothing any more, with its tokens.
///
/// # Errors
/// Returns a refusal when the author is no admin, there is no such team, it is the one that is
/// there from the beginning, or something still belongs to it.
pub fn delete(scene: &Scene<'_>, name: &TeamName) -> Result<Outcome, Refusal> {
    scene.must_be_admin()?;
    let team = scene.access.team(name);
    let team = team.ok_or_else(|| Refusal::hidden(format!("team `{name}`")))?;
    let in_use = |detail: String| Refusal::Conflict { code: "team-in-use", detail };
    if *name == TeamName::default_team() {
        return Err(in_use(format!("the team `{name}` is there for what no other team has")));
    }
    if let Some(claim) = scene.access.claims().find(|claim| claim.team == *name) {
        let place = &claim.territory;
        return Err(in_use(format!("the team `{name}` still owns claims, such as `{place}`")));
    }
    if let Some(protection) = scene.access.protections().find(|it| it.approvers == *name) {
        let place = &protection.territory;
        return Err(in_use(format!("the team `{name}` still approves the changes in `{place}`")));
    }
    let mut consumers = scene.access.edge().consumers();
    if let Some(consumer) = consumers.find(|it| it.team.as_ref() == Some(name)) {
        let such = &consumer.name;
        return Err(in_use(format!(
            "the team `{name}` still looks after consumers, such as `{such}`"
        )));
    }
    let tokens = scene.access.tokens().filter(|token| token.team.as_ref() == Some(name));
    let mut edits: Vec<_> =
        tokens.map(|token| Edit::Remove(Entity::Token(Arc::clone(token)))).collect();
    edits.push(Edit::Remove(Entity::Team(Arc::clone(team))));
    let entry = Entry::new("team.delete", "team", name).of_team(name);
    Ok(Outcome { unless_mapped: Some(name.clone()), ..Outcome::new(edits, entry) })
}

/// Makes a user a member, or gives a member another role.
///
/// # Errors
/// Returns a refusal when the author does not own the team, there is no such user, the author would
/// raise themselves, or the team would lose its last owner by who is no admin.
pub fn put_member(
    scene: &Scene<'_>,
    name: &TeamName,
    user: &UserName,
    role: Role,
) -> Result<Outcome, Refusal> {
    let team = owned(scene, name)?;
    if scene.access.user(user).is_none() {
        return Err(Refusal::hidden(format!("user named `{user}`")));
    }
    let before = team.members.get(user).cloned().unwrap_or_default();
    let is_self = scene.principal.who == Who::User(user.clone());
    if is_self && !scene.principal.is_admin() && before.effective() < Some(role) {
        let needed = "another owner of the team, or an admin,".to_owned();
        return Err(Refusal::Forbidden { needed });
    }
    if before.role == Some(role) {
        return Ok(Outcome::unnoted(Vec::new()));
    }
    if before == Membership::default() && team.members.len() >= MEMBERS_MAX {
        let detail = format!("the team `{name}` has {MEMBERS_MAX} members already, the most");
        return Err(Refusal::Conflict { code: "too-many", detail });
    }
    let mut after = Team::clone(team);
    after.members.insert(user.clone(), Membership { role: Some(role), ..before.clone() });
    unless_last_owner(scene, team, &after)?;
    let entry = of_member("team.member", name, user).with(
        "role",
        before.role.map(Role::word),
        Some(role.word()),
    );
    Ok(Outcome::new(vec![put(after)], entry))
}

/// Ends a membership: an owner another's, and everyone their own.
///
/// # Errors
/// As [`put_member`]; and a conflict where groups give the role, who would give it again.
pub fn remove_member(
    scene: &Scene<'_>,
    name: &TeamName,
    user: &UserName,
) -> Result<Outcome, Refusal> {
    let is_self = scene.principal.who == Who::User(user.clone());
    scene.must_be(if is_self { Role::Viewer } else { Role::Owner }, name)?;
    let team = found(scene, name)?;
    let membership = team.members.get(user);
    let membership = membership
        .ok_or_else(|| Refusal::hidden(format!("member `{user}` of the team `{name}`")))?;
    if membership.by_group.is_some() {
        return Err(Refusal::Conflict {
            code: "by-group",
            detail: format!(
                "`{user}` is a member by a group of the identity provider: take them out of that"
            ),
        });
    }
    let mut after = Team::clone(team);
    after.members.remove(user);
    unless_last_owner(scene, team, &after)?;
    let before = membership.role.map(Role::word);
    let entry = of_member("team.member", name, user).with("role", before, None);
    Ok(Outcome::new(vec![put(after)], entry))
}

fn of_member(action: &'static str, team: &TeamName, user: &UserName) -> Entry {
    Entry::new(action, "user", user).of_team(team)
}

fn owned<'a>(scene: &Scene<'a>, name: &TeamName) -> Result<&'a Arc<Team>, Refusal> {
    scene.must_be(Role::Owner, name)?;
    found(scene, name)
}

fn found<'a>(scene: &Scene<'a>, name: &TeamName) -> Result<&'a Arc<Team>, Refusal> {
    scene.access.team(name).ok_or_else(|| Refusal::hidden(format!("team `{name}`")))
}

/// Refuses when a team that had owners would have none; an admin may leave it so.
fn unless_last_owner(scene: &Scene<'_>, before: &Team, after: &Team) -> Result<(), Refusal> {
    let can_own =
        |user: &UserName| scene.access.user(user).is_some_and(|user: &Arc<User>| !user.is_disabled);
    let has_owner = |team: &Team| {
        let mut members = team.members.iter();
        members.any(|(user, member)| member.effective() == Some(Role::Owner) && can_own(user))
    };
    if scene.principal.is_admin() || !has_owner(before) || has_owner(after) {
        return Ok(());
    }
    Err(Refusal::Conflict {
        code: "last-owner",
        detail: format!("the team `{}` would have no owner; name another one first", before.name),
    })
}
