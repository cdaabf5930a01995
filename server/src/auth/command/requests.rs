//! Decisions about requests: what is asked for, and what becomes of it.
//!
//! ```text
//! a change in a protected place ─▶ propose ─┐            ┌─ refuse, withdraw ─▶ closed
//! a claim that another team has ─▶ ask ─────┴─▶ open ────┤
//!                                                        └─ approve … approve ─▶ carried out
//!                                                                             └▶ or stale
//! ```
//! The last approval and what was asked for are one transaction; what can't be done any more as it
//! was asked for is closed as stale.

use std::sync::Arc;

use app::api::{mapping::MappingDraft, plan::FieldChange};
use chrono::{DateTime, Utc};

use super::{Grounds, MappingWrite, Outcome, Scene, claims};
use crate::auth::{
    access::{Access, Edit, Entity},
    audit::Entry,
    claim::Territory,
    entity::{Approval, Claim, Id, Request, RequestState, RequestSubject},
    names::{TeamName, UserName},
    ownership,
    principal::{Author, Principal, Who},
    refusal::Refusal,
    role::Role,
};

/// Open requests of a team at the most.
pub const OPEN_MAX: usize = 200;

/// Closed requests of a team that are kept; the audit tells of those before.
pub const CLOSED_KEPT: usize = 500;

/// A change of a mapping that needs approval.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub mapping: String,
    /// Absent: delete it.
    pub content: Option<MappingDraft>,
    /// The revision that the mapping has; absent: there is none.
    pub base: Option<u64>,
    pub team: TeamName,
    pub places: Vec<Territory>,
    pub diff: Vec<FieldChange>,
}

/// Asks those for their approval who protect the place; the same again is the same request.
///
/// # Errors
/// Returns why it can't be asked for.
pub fn propose(scene: &Scene<'_>, proposal: Proposal) -> Result<Outcome, Refusal> {
    let Proposal { mapping, content, base, team, places, diff } = proposal;
    let protection = ownership::protection(scene.access, &scene.author.who, &places)?;
    let Some(protection) = protection else {
        let detail = "the place is not protected any more; send it again".to_owned();
        return Err(Refusal::Conflict { code: "try-again", detail });
    };
    let content = content.and_then(|content| serde_json::to_value(content).ok());
    let new = New {
        subject: RequestSubject::Change { mapping, content, base, places, diff },
        team,
        note: String::new(),
        needed: protection.needed,
        approvers: protection.approvers.clone(),
    };
    open(scene, new)
}

/// Asks the team that has a claim to hand it to another.
///
/// # Errors
/// Returns the permission that is missing, or why it can't be asked for.
pub fn ask_for_claim(
    scene: &Scene<'_>,
    claim: Id,
    team: TeamName,
    note: String,
) -> Result<Outcome, Refusal> {
    scene.must_be(Role::Owner, &team).map_err(|refusal| claims::of_team_field(refusal, &team))?;
    let Some(claim) = scene.access.claim(claim) else {
        return Err(Refusal::field("claim", "is the id of no claim"));
    };
    if claim.team == team {
        return Err(Refusal::field("claim", "is the team's own already"));
    }
    let subject = RequestSubject::Transfer { claim: claim.id };
    open(scene, New { subject, team, note, needed: 1, approvers: claim.team.clone() })
}

/// A request before it has an id.
struct New {
    subject: RequestSubject,
    team: TeamName,
    note: String,
    needed: u32,
    approvers: TeamName,
}

fn open(scene: &Scene<'_>, new: New) -> Result<Outcome, Refusal> {
    let New { subject, team, note, needed, approvers } = new;
    let author = scene.author.who.to_string();
    let is_open = |request: &&Arc<Request>| request.state == RequestState::Open;
    let of_team = scene.access.requests().filter(is_open).filter(|known| known.team == team);
    let of_team: Vec<_> = of_team.collect();
    let same = of_team.iter().find(|known| known.author == author && known.subject == subject);
    if let Some(same) = same {
        return Ok(Outcome::unnoted(Vec::new()).with_id(same.id));
    }
    if of_team.len() >= OPEN_MAX {
        let detail = format!(
            "the team `{team}` has {OPEN_MAX} open requests, and can't have more; withdraw some first"
        );
        return Err(Refusal::Conflict { code: "too-many", detail });
    }
    let token = match scene.author.who {
        Who::Token(id) => scene.access.token(id),
        _ => None,
    };
    let author_made_by = token.map(|token| token.created_by.clone());
    let (id, given) = scene.access.next_id();
    let request = Request {
        id,
        subject,
        team,
        author,
        author_made_by,
        created_at: scene.now,
        note,
        state: RequestState::Open,
        approvals: Vec::new(),
        needed,
        approvers,
        closed_at: None,
        closed_because: String::new(),
    };
    let entry = entry("request.create", scene.access, &request);
    Ok(Outcome::new(vec![given, put(request)], entry).with_id(id))
}

/// Agrees to a request; with the last approval that it needs, it is carried out. `mapped` are the
/// mappings that may go with a claim.
///
/// # Errors
/// Returns the permission that is missing, or why it can't be agreed to.
pub fn approve(scene: &Scene<'_>, id: Id, mapped: Vec<claims::Mapped>) -> Result<Outcome, Refusal> {
    let request = decidable(scene, id)?;
    let by = scene.author.who.to_string();
    // who is no owner any more does not count
    let still = |approval: &&Approval| counts(scene, &request.approvers, &approval.by);
    let mut approvals: Vec<_> = request.approvals.iter().filter(still).cloned().collect();
    if approvals.iter().any(|approval| approval.by == by) {
        let detail = "you have agreed to it already; somebody else must, too".to_owned();
        return Err(Refusal::Conflict { code: "agreed-already", detail });
    }
    approvals.push(Approval { by, at: scene.now });
    let is_last = u32::try_from(approvals.len()).unwrap_or(u32::MAX) >= request.needed;
    let agreed = Request { approvals, ..Request::clone(request) };
    if !is_last {
        let entry = entry("request.approve", scene.access, &agreed);
        return Ok(Outcome::new(vec![put(agreed)], entry).with_id(id));
    }
    match &agreed.subject {
        RequestSubject::Change { .. } => change(scene, agreed),
        RequestSubject::Transfer { claim } => {
            let claim = *claim;
            Ok(transfer(scene, agreed, claim, mapped))
        }
    }
}

fn counts(scene: &Scene<'_>, approvers: &TeamName, by: &str) -> bool {
    let who = UserName::parse(by).map(Who::User);
    who.is_ok_and(|who| {
        scene.access.principal(&who, scene.now).role_in(approvers) >= Some(Role::Owner)
    })
}

/// Carries out a change of a mapping.
fn change(scene: &Scene<'_>, agreed: Request) -> Result<Outcome, Refusal> {
    let RequestSubject::Change { mapping, content, base, places, .. } = &agreed.subject else {
        return Ok(close_as_stale(scene, agreed, "it asks for no change".to_owned()));
    };
    let draft = content.clone().map(serde_json::from_value::<MappingDraft>).transpose();
    let Ok(draft) = draft else {
        let because = "this version can't read what was asked for".to_owned();
        return Ok(close_as_stale(scene, agreed, because));
    };
    let wanted = draft.as_ref().and_then(|draft| Territory::parse(&draft.prefix).ok());
    let mut places: Vec<_> = wanted.into_iter().chain(places.iter().cloned()).collect();
    places.dedup();
    let Some(who) = author_of(&agreed.author) else {
        return Ok(close_as_stale(scene, agreed, "nobody knows who asked for it".to_owned()));
    };
    let protection = match ownership::protection(scene.access, &who, &places) {
        Ok(protection) => protection,
        Err(refusal) => return Ok(close_as_stale(scene, agreed, refusal.to_string())),
    };
    let is_stricter = protection.is_some_and(|protection| {
        protection.approvers != agreed.approvers || protection.needed > agreed.needed
    });
    if is_stricter {
        let because = "others must agree by now: send it again".to_owned();
        return Ok(close_as_stale(scene, agreed, because));
    }
    let author = Author {
        // it came with the request of who agreed last
        address: scene.author.address,
        request_id: scene.author.request_id.clone(),
        ..Author::of(who)
    };
    let write = MappingWrite {
        name: mapping.clone(),
        content: draft,
        base: *base,
        author,
        grounds: Grounds::Approved,
    };
    let closed = closed(&agreed, RequestState::Approved, scene.now, String::new());
    let outcome = closing(scene, "request.approve", closed);
    Ok(Outcome { writes: vec![write], asked_by: Some(agreed), ..outcome })
}

/// Hands a claim, with the mappings of its team in it, to the team that has asked for it.
fn transfer(scene: &Scene<'_>, agreed: Request, claim: Id, mapped: Vec<claims::Mapped>) -> Outcome {
    let claim = scene.access.claim(claim).filter(|claim| claim.team == agreed.approvers);
    let Some(claim) = claim else {
        let because = "the team has no such claim any more".to_owned();
        return close_as_stale(scene, agreed, because);
    };
    if scene.access.team(&agreed.team).is_none() {
        let because = format!("there is no team `{}` any more", agreed.team);
        return close_as_stale(scene, agreed, because);
    }
    if let Err(refusal) = ownership::has_room(scene.access, &agreed.team) {
        return close_as_stale(scene, agreed, refusal.to_string());
    }
    let mut handed = Claim::clone(claim);
    handed.team = agreed.team.clone();
    handed.grants.retain(|grant| grant.team != agreed.team);
    let writes = mapped
        .into_iter()
        .filter(|mapped| mapped.team == claim.team && mapped.lies_in(scene.access, claim));
    let writes = writes.map(|mapped| mapped.given_to(&agreed.team, scene.author)).collect();
    let closed = closed(&agreed, RequestState::Approved, scene.now, String::new());
    let mut outcome = closing(scene, "request.approve", closed);
    outcome.edits.push(Edit::Put(Entity::Claim(Arc::new(handed))));
    Outcome { writes, ..outcome }
}

/// Says no to a request.
///
/// # Errors
/// Returns the permission that is missing.
pub fn refuse(scene: &Scene<'_>, id: Id, reason: &str) -> Result<Outcome, Refusal> {
    let request = decidable(scene, id)?;
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let because = format!("refused by {}{reason}", scene.author.who);
    let closed = closed(request, RequestState::Refused, scene.now, because);
    Ok(closing(scene, "request.refuse", closed))
}

/// Takes a request back.
///
/// # Errors
/// Refuses whoever has not made it and is no owner of the team for which it was made.
pub fn withdraw(scene: &Scene<'_>, id: Id) -> Result<Outcome, Refusal> {
    let request = open_one(scene, id)?;
    if !may_withdraw(scene.principal, request) {
        let needed = format!("who asked for it, or an owner of the team `{}`,", request.team);
        return Err(Refusal::Forbidden { needed });
    }
    let because = format!("withdrawn by {}", scene.author.who);
    let closed = closed(request, RequestState::Withdrawn, scene.now, because);
    Ok(closing(scene, "request.withdraw", closed))
}

/// Tells whether someone may know of a request.
pub fn may_see(principal: &Principal, request: &Request) -> bool {
    principal.role_in(&request.team).is_some()
        || principal.role_in(&request.approvers) >= Some(Role::Owner)
}

/// Tells whether someone may agree to a request, or refuse it: never who has asked for it, by a
/// token of theirs either.
pub fn may_decide(principal: &Principal, request: &Request) -> bool {
    let who = principal.who.to_string();
    principal.role_in(&request.approvers) >= Some(Role::Owner)
        && who != request.author
        && Some(&who) != request.author_made_by.as_ref()
}

/// Tells whether someone may take a request back.
pub fn may_withdraw(principal: &Principal, request: &Request) -> bool {
    principal.who.to_string() == request.author
        || principal.role_in(&request.team) >= Some(Role::Owner)
}

/// Returns what closes a request that can't be carried out, by what it was before.
pub fn stale(
    access: &Access,
    request: &Request,
    because: String,
    now: DateTime<Utc>,
) -> (Vec<Edit>, Entry) {
    let closed = closed(request, RequestState::Stale, now, because);
    let entry = entry("request.stale", access, &closed);
    (edits_closing(access, closed), entry)
}

fn close_as_stale(scene: &Scene<'_>, request: Request, because: String) -> Outcome {
    let id = request.id;
    let (edits, entry) = stale(scene.access, &request, because, scene.now);
    Outcome::new(edits, entry).with_id(id)
}

fn decidable<'a>(scene: &Scene<'a>, id: Id) -> Result<&'a Arc<Request>, Refusal> {
    let request = open_one(scene, id)?;
    if scene.principal.role_in(&request.approvers) < Some(Role::Owner) {
        let needed = format!("an owner of the team `{}`", request.approvers);
        return Err(Refusal::Forbidden { needed });
    }
    if !may_decide(scene.principal, request) {
        return Err(Refusal::Forbidden {
            needed: "somebody else than who asked for it".to_owned(),
        });
    }
    Ok(request)
}

fn open_one<'a>(scene: &Scene<'a>, id: Id) -> Result<&'a Arc<Request>, Refusal> {
    if scene.principal.who == Who::Anonymous {
        return Err(Refusal::SignIn);
    }
    let request = scene.access.request(id).filter(|request| may_see(scene.principal, request));
    let request = request.ok_or_else(|| Refusal::hidden(format!("request `{id}`")))?;
    if request.state != RequestState::Open {
        let detail = "the request is not open any more".to_owned();
        return Err(Refusal::Conflict { code: "closed", detail });
    }
    Ok(request)
}

fn closed(
    request: &Request,
    state: RequestState,
    now: DateTime<Utc>,
    closed_because: String,
) -> Request {
    Request { state, closed_at: Some(now), closed_because, ..request.clone() }
}

fn closing(scene: &Scene<'_>, action: &'static str, closed: Request) -> Outcome {
    let (id, entry) = (closed.id, entry(action, scene.access, &closed));
    Outcome::new(edits_closing(scene.access, closed), entry).with_id(id)
}

/// Closes a request; the oldest that are too many go.
fn edits_closing(access: &Access, closed: Request) -> Vec<Edit> {
    let is_closed =
        |known: &&Arc<Request>| known.team == closed.team && known.state != RequestState::Open;
    let old = access.requests().filter(is_closed).skip(CLOSED_KEPT - 1);
    let gone = old.map(|old| Edit::Remove(Entity::Request(Arc::clone(old)))).collect::<Vec<_>>();
    gone.into_iter().chain([put(closed)]).collect()
}

fn put(request: Request) -> Edit {
    Edit::Put(Entity::Request(Arc::new(request)))
}

fn entry(action: &'static str, access: &Access, request: &Request) -> Entry {
    let told = match &request.subject {
        RequestSubject::Change { mapping, .. } => ("mapping", mapping.clone()),
        RequestSubject::Transfer { claim } => {
            let claim = access.claim(*claim);
            ("claim", claim.map(|claim| claim.place()).unwrap_or_default())
        }
    };
    let state = (request.state != RequestState::Open).then_some(request.closed_because.as_str());
    Entry::new(action, "request", request.id)
        .of_team(&request.team)
        .with(told.0, None, Some(told.1.as_str()).filter(|told| !told.is_empty()))
        .with("because", None, state.filter(|because| !because.is_empty()))
}

/// Returns who a request names as its author; who needs no approval never makes one that is
/// carried out in their name.
pub fn author_of(author: &str) -> Option<Who> {
    match author.strip_prefix("token ") {
        Some(id) => id.parse().ok().map(|id| Who::Token(Id(id))),
        None => UserName::parse(author).ok().map(Who::User),
    }
}

#[cfg(test)]
mod tests;
