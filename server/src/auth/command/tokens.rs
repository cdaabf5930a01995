//! API tokens: made and revoked by a team's owners, or, for all teams, by admins.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Outcome, Scene};
use crate::auth::{
    access::{Edit, Entity},
    audit::Entry,
    entity::{Id, Scope, Token},
    names::TeamName,
    permission::Object,
    refusal::Refusal,
    role::Role,
    secret::SecretHash,
};

/// Tokens of a team, or of the installation: more than it has programs.
pub const TOKENS_MAX: usize = 100;

/// A token that is to be; its secret is made elsewhere, and told once.
#[derive(Debug)]
pub struct New {
    pub name: String,
    pub team: Option<TeamName>,
    pub scope: Scope,
    pub hash: SecretHash,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Checks that the author decides on the tokens of a team, or of the installation.
///
/// # Errors
/// As the permission check.
pub fn may_decide(scene: &Scene<'_>, team: Option<&TeamName>) -> Result<(), Refusal> {
    match team {
        Some(team) => scene.must_be(Role::Owner, team),
        None => scene.must_be_admin(),
    }
}

/// Makes a token.
///
/// # Errors
/// Returns a refusal when the author may not, or there are too many.
pub fn create(scene: &Scene<'_>, new: New) -> Result<Outcome, Refusal> {
    may_decide(scene, new.team.as_ref())?;
    if scene.access.tokens().filter(|token| token.team == new.team).count() >= TOKENS_MAX {
        let detail = format!("there are {TOKENS_MAX} tokens already; revoke one first");
        return Err(Refusal::Conflict { code: "too-many", detail });
    }
    let (id, id_given) = scene.access.next_id();
    let expires_at = new.expires_at.map_or_else(|| "never".to_owned(), |at| at.to_rfc3339());
    let entry = of_team(Entry::new("token.create", "token", id), new.team.as_ref())
        .with("name", None, Some(&new.name))
        .with("scope", None, Some(word(new.scope)))
        .with("expires_at", None, Some(&expires_at));
    let token = Token {
        id,
        name: new.name,
        hash: new.hash,
        team: new.team,
        scope: new.scope,
        created_by: scene.author.who.to_string(),
        created_at: scene.now,
        expires_at: new.expires_at,
        used_at: None,
    };
    Ok(Outcome::new(vec![id_given, Edit::Put(Entity::Token(Arc::new(token)))], entry).with_id(id))
}

/// Revokes a token: the next request that it is sent with is refused.
///
/// # Errors
/// Returns a refusal when there is none of this id that the author may know of, or they may not.
pub fn revoke(scene: &Scene<'_>, id: Id) -> Result<Outcome, Refusal> {
    let what = format!("token `{id}`");
    let hidden = || Refusal::hidden(what.clone());
    let token = scene.access.token(id).ok_or_else(hidden)?;
    match &token.team {
        Some(team) => scene.may(Role::Owner, Object::Of { team, what: &what })?,
        None => scene.must_be_admin().map_err(|_not_theirs| hidden())?,
    }
    let entry = of_team(Entry::new("token.revoke", "token", id), token.team.as_ref()).with(
        "name",
        Some(&token.name),
        None,
    );
    Ok(Outcome::new(vec![Edit::Remove(Entity::Token(Arc::clone(token)))], entry))
}

fn of_team(entry: Entry, team: Option<&TeamName>) -> Entry {
    match team {
        Some(team) => entry.of_team(team),
        None => entry,
    }
}

fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Write => "write",
    }
}
