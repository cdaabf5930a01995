//! Signing in and out, and a user's own password.

use std::sync::Arc;

use super::{Outcome, Scene};
use crate::auth::{
    access::{Access, Edit, Entity},
    audit::Entry,
    entity::{Id, PasswordHash, Session, User},
    names::UserName,
    principal::{Principal, Who},
    refusal::Refusal,
    secret::SecretHash,
    settings::SessionLimits,
};

/// Sessions of a user at once: more devices than one has. The one that was used longest ago goes.
pub const SESSIONS_MAX: usize = 20;

/// A sign-in whose proof was right.
#[derive(Debug)]
pub struct Start {
    pub user: UserName,
    /// The hash that the password was compared with; absent where someone else has vouched.
    pub verified: Option<PasswordHash>,
    /// Takes the hash's place.
    pub newer: Option<PasswordHash>,
    pub opening: Opening,
}

/// What a session begins with, whosever it is.
#[derive(Debug)]
pub struct Opening {
    /// Of the new cookie.
    pub secret: SecretHash,
    /// The session that the request came with: it ends, so that nobody can have planted it.
    pub replaces: Option<SecretHash>,
    pub user_agent: String,
    /// `password` or `oidc`.
    pub how: &'static str,
    pub limits: SessionLimits,
}

/// Begins a session.
///
/// # Errors
/// Returns [`Refusal::SignIn`] when the user may not sign in, or the password has changed since it
/// was compared.
pub fn start(scene: &Scene<'_>, start: Start) -> Result<Outcome, Refusal> {
    let user = scene.access.user(&start.user).filter(|user| !user.is_disabled);
    let user = user.ok_or(Refusal::SignIn)?;
    if start.verified.is_some() && user.password_hash != start.verified {
        return Err(Refusal::SignIn);
    }
    Ok(begin(scene, user, start.newer, start.opening))
}

/// Begins a session of a user who may have one, and is kept by this, too.
pub(super) fn begin(
    scene: &Scene<'_>,
    user: &User,
    newer: Option<PasswordHash>,
    opening: Opening,
) -> Outcome {
    let (id, given) = scene.access.next_id();
    let mut edits = vec![given];
    edits.extend(replaced(scene, &opening));
    edits.extend(outnumbered(scene, &user.name, &opening.limits));
    let password_hash = newer.or_else(|| user.password_hash.clone());
    let user = User { signed_in_at: Some(scene.now), password_hash, ..user.clone() };
    let session = Session {
        hash: opening.secret,
        id,
        user: user.name.clone(),
        created_at: scene.now,
        seen_at: scene.now,
        expires_at: scene.now + opening.limits.absolute,
        address: scene.author.address.map(|address| address.to_string()).unwrap_or_default(),
        user_agent: opening.user_agent,
        how: opening.how.to_owned(),
    };
    let entry = Entry::new("session.start", "session", id).with("how", None, Some(opening.how));
    edits.extend([Edit::Put(Entity::User(Arc::new(user))), put(session)]);
    Outcome::new(edits, entry).with_id(id)
}

fn put(session: Session) -> Edit {
    Edit::Put(Entity::Session(Arc::new(session)))
}

fn remove(session: &Arc<Session>) -> Edit {
    Edit::Remove(Entity::Session(Arc::clone(session)))
}

fn replaced(scene: &Scene<'_>, opening: &Opening) -> Option<Edit> {
    scene.access.session(opening.replaces.as_ref()?).map(remove)
}

/// Removes what has ended, and makes room for one more.
fn outnumbered(scene: &Scene<'_>, user: &UserName, limits: &SessionLimits) -> Vec<Edit> {
    let sessions = scene.access.sessions_of(user);
    let (mut on, ended): (Vec<_>, Vec<_>) =
        sessions.partition(|session| session.is_on(limits, scene.now));
    on.sort_by_key(|session| std::cmp::Reverse((session.seen_at, session.id)));
    let too_many = on.into_iter().skip(SESSIONS_MAX - 1);
    ended.into_iter().chain(too_many).map(remove).collect()
}

/// Notes that a sign-in has failed: as which user, if there is one of that name. What else was
/// typed as a name is not kept: it may have been the password.
///
/// # Errors
/// Never; a decision's signature.
pub fn failed(scene: &Scene<'_>, user: Option<&UserName>) -> Result<Outcome, Refusal> {
    let known = user.filter(|user| scene.access.user(user).is_some());
    let object = known.map_or("an unknown name", UserName::as_str);
    Ok(Outcome::new(Vec::new(), Entry::new("session.refuse", "user", object)))
}

/// Ends the session that the request came with.
///
/// # Errors
/// Returns [`Refusal::SignIn`] when it came with none.
pub fn end_own(scene: &Scene<'_>) -> Result<Outcome, Refusal> {
    let own = scene.author.session.as_ref();
    let session = own.and_then(|own| scene.access.session(own)).ok_or(Refusal::SignIn)?;
    Ok(Outcome::new(vec![remove(session)], Entry::new("session.end", "session", session.id)))
}

/// Ends one of the author's sessions.
///
/// # Errors
/// Returns a refusal when the author has no session of this id.
pub fn end(scene: &Scene<'_>, id: Id) -> Result<Outcome, Refusal> {
    let user = own_user(scene)?;
    let session = scene.access.sessions_of(&user.name).find(|session| session.id == id);
    let session = session.ok_or_else(|| Refusal::hidden(format!("session `{id}` of yours")))?;
    Ok(Outcome::new(vec![remove(session)], Entry::new("session.end", "session", id)))
}

/// Ends all of the author's sessions.
///
/// # Errors
/// Returns a refusal when the author is no user.
pub fn end_all(scene: &Scene<'_>) -> Result<Outcome, Refusal> {
    let user = own_user(scene)?;
    let edits = ended(scene, &user.name, None);
    Ok(Outcome::new(edits, Entry::new("session.end-all", "user", &user.name)))
}

/// Returns the edits that end all sessions of a user but one.
pub(super) fn ended(scene: &Scene<'_>, user: &UserName, but: Option<&SecretHash>) -> Vec<Edit> {
    let sessions = scene.access.sessions_of(user);
    sessions.filter(|session| Some(&session.hash) != but).map(remove).collect()
}

/// Changes the author's own password, and ends their other sessions: who knew the old one is out.
///
/// # Errors
/// Returns a refusal when the author is no user, or the password has changed since it was compared.
pub fn change_password(
    scene: &Scene<'_>,
    verified: &PasswordHash,
    new: PasswordHash,
) -> Result<Outcome, Refusal> {
    let user = own_user(scene)?;
    if user.password_hash.as_ref() != Some(verified) {
        return Err(Refusal::field("current", "is not your password any more"));
    }
    let mut edits = ended(scene, &user.name, scene.author.session.as_ref());
    let entry = Entry::new("user.password", "user", &user.name);
    let user = User { password_hash: Some(new), ..User::clone(user) };
    edits.push(Edit::Put(Entity::User(Arc::new(user))));
    Ok(Outcome::new(edits, entry))
}

/// Returns the author as the user who has signed in.
///
/// # Errors
/// As [`user_of`].
fn own_user<'a>(scene: &Scene<'a>) -> Result<&'a Arc<User>, Refusal> {
    user_of(scene.access, scene.principal)
}

/// Returns the user that a principal is.
///
/// # Errors
/// Returns [`Refusal::SignIn`] for nobody, and a conflict for who is no user.
pub fn user_of<'a>(access: &'a Access, principal: &Principal) -> Result<&'a Arc<User>, Refusal> {
    match &principal.who {
        Who::User(name) => access.user(name).ok_or(Refusal::SignIn),
        Who::Anonymous => Err(Refusal::SignIn),
        Who::Open | Who::Token(_) | Who::CommandLine | Who::Server => Err(no_user()),
    }
}

/// Says that only people have what was asked for.
pub(super) fn no_user() -> Refusal {
    let detail = "only a user who has signed in has this; who calls is none".to_owned();
    Refusal::Conflict { code: "no-user", detail }
}
