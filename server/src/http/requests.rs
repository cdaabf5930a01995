//! `/api/v1/requests`: what others must agree to, and their answers.
//!
//! A change in a protected place becomes a request by itself ([`propose`]); a claim is asked for.

mod view;

use std::sync::Arc;

use app::api::{
    list::{LIMIT_DEFAULT, LIMIT_MAX},
    request::{
        Request as Wire, RequestDraft, RequestKind, RequestPage, RequestRefusal,
        RequestState as WireState,
    },
};
use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{Request, StatusCode},
    response::Response,
};

use super::{
    caller::Caller,
    claims,
    error::ApiError,
    fields::{Fields, Given},
    located,
    openapi::words::{CURSOR, LIMIT, tag},
    operations::{self, Answer},
    query::Params,
    saturated,
    state::AppState,
};
use crate::{
    auth::{
        command::{
            Scene,
            claims::{Mapped, NOTE_MAX_BYTES},
            requests::{self, Proposal},
        },
        entity::{self, Id, RequestState, RequestSubject},
        names::{NAME_MAX_BYTES, TeamName},
        ownership,
        refusal::Refusal,
    },
    gateway::{
        mapping::{Mapping, Spec},
        plan,
    },
    store::{Acted, StoreError},
};

/// How often a claim is handed over anew when its mappings change meanwhile.
const HAND_OVER_TRIES: usize = 4;

/// Asks those who must agree to a change of a mapping; without `after` it is a deletion.
///
/// # Errors
/// 409 when the team has too many open requests, 503 when the database can't be written.
pub(super) async fn propose<T>(
    state: &AppState,
    caller: &Caller,
    before: Option<&Mapping>,
    after: Option<&Spec>,
) -> Result<Answer<T>, ApiError> {
    let spec = before.map(|before| &before.spec);
    let Some(about) = after.or(spec) else { return Err(ApiError::internal()) };
    let proposal = Proposal {
        mapping: about.name.to_string(),
        content: after.map(operations::draft),
        base: before.map(|before| before.revision.0),
        team: about.team.clone(),
        places: ownership::places(spec, after),
        diff: plan::diff(spec, after),
    };
    let decide = move |scene: &Scene<'_>| requests::propose(scene, proposal);
    let acted = state.store.act(caller.author.clone(), decide).await?;
    made(&acted).map(Answer::Requested)
}

/// Returns the request that a decision has made or changed.
fn made(acted: &Acted) -> Result<Arc<entity::Request>, ApiError> {
    let request = acted.id.and_then(|id| acted.access.request(id));
    request.cloned().ok_or_else(ApiError::internal)
}

/// Answers a write that others must agree to first.
pub(super) fn accepted(state: &AppState, caller: &Caller, request: &entity::Request) -> Response {
    answer(StatusCode::ACCEPTED, state, caller, request)
}

fn answer(
    status: StatusCode,
    state: &AppState,
    caller: &Caller,
    request: &entity::Request,
) -> Response {
    let body = Json(view::of(state, caller, request));
    located(status, &format!("/api/v1/requests/{}", request.id), body)
}

/// Lists requests
///
/// Those that the caller may know of, the newest first: of teams in which they are, and those on
/// which they decide.
#[utoipa::path(
    get,
    path = "/api/v1/requests",
    operation_id = "listRequests",
    tag = tag::OWNERSHIP,
    params(
        ("state" = Option<WireState>, Query, description = "Only requests in this state", example = "open"),
        ("team" = Option<String>, Query, description = "Only requests that were made for this team", example = "accounts"),
        ("mine" = Option<bool>, Query, description = "`true`: only those that the caller has made"),
        ("to_decide" = Option<bool>, Query, description = "`true`: only open ones on which the caller may decide"),
        ("limit" = Option<u32>, Query, description = LIMIT, minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = CURSOR),
    ),
    responses((status = OK, description = "A page of the list", body = RequestPage)),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<RequestPage>, ApiError> {
    let params = Params::read(query.as_deref());
    let wanted: Option<WireState> = params.word("state");
    let team = params.text("team", NAME_MAX_BYTES);
    let (is_mine, is_to_decide) = (params.flag("mine"), params.flag("to_decide"));
    let limit = params.number("limit", 1..=LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let before = params.number_cursor();
    params.finish()?;
    let access = state.access();
    let me = caller.principal.who.to_string();
    let is_waiting = |request: &entity::Request| {
        request.state == RequestState::Open && requests::may_decide(&caller.principal, request)
    };
    let all = access.requests().filter(|known| requests::may_see(&caller.principal, known));
    let seen: Vec<_> = all.collect();
    let waiting = seen.iter().filter(|known| is_waiting(known)).count();
    let is_wanted = |request: &&Arc<entity::Request>| {
        wanted.is_none_or(|wanted| wanted == view::state(request.state))
            && team.as_ref().is_none_or(|team| request.team.as_str() == team)
            && (!is_mine || request.author == me)
            && (!is_to_decide || is_waiting(request))
    };
    let matched: Vec<_> = seen.into_iter().filter(is_wanted).collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let rest = matched.iter().filter(|request| before.is_none_or(|before| request.id.0 < before));
    let mut page: Vec<_> = rest.take(limit.saturating_add(1)).collect();
    let is_last = page.len() <= limit;
    page.truncate(limit);
    let next_cursor = page.last().filter(|_| !is_last).map(|last| last.id.to_string());
    Ok(Json(RequestPage {
        items: page.into_iter().map(|request| view::of(&state, &caller, request)).collect(),
        matched: saturated(matched.len()),
        waiting: saturated(waiting),
        next_cursor,
    }))
}

/// Gets a request
///
/// An open one comes with what it would do as things are now.
#[utoipa::path(
    get,
    path = "/api/v1/requests/{id}",
    operation_id = "getRequest",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the request", example = 41)),
    responses(
        (status = OK, description = "The request", body = Wire),
        (status = NOT_FOUND, description = "There is no request of this id, as far as the caller may know"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Wire>, ApiError> {
    let access = state.access();
    let known = access.request(Id(id));
    let known = known.filter(|request| requests::may_see(&caller.principal, request));
    let request = known.ok_or_else(|| Refusal::hidden(format!("request `{id}`")))?;
    Ok(Json(view::whole(&state, &caller, request).await))
}

/// Asks another team to hand over a claim
///
/// By an owner of the team that is to have it. An owner of the team that has it decides; the
/// mappings of that team in it go with it. The same again is the same request.
#[utoipa::path(
    post,
    path = "/api/v1/requests",
    operation_id = "createRequest",
    tag = tag::OWNERSHIP,
    request_body = RequestDraft,
    responses(
        (status = CREATED, description = "It was asked for", body = Wire, headers(("location" = String))),
        (status = CONFLICT, description = "The team has too many open requests"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let fields = Fields::read(request).await?;
    let kind: Option<RequestKind> = fields.word("kind");
    if kind == Some(RequestKind::Change) {
        let message = "must be `transfer`; a change is asked for by writing the mapping";
        fields.wrong::<()>("kind", message);
    }
    let claim = match fields.number("claim", 1..=u64::MAX) {
        Given::Value(claim) => Some(Id(claim)),
        Given::Null | Given::Absent => fields.wrong("claim", "must be the id of a claim"),
    };
    let team = fields.parsed("team", NAME_MAX_BYTES, TeamName::parse);
    let note = fields.text("note", NOTE_MAX_BYTES).unwrap_or_default();
    fields.finish()?;
    let (Some(claim), Some(team)) = (claim, team) else { return Err(ApiError::internal()) };
    let decide = move |scene: &Scene<'_>| requests::ask_for_claim(scene, claim, team, note);
    let acted = state.store.act(caller.author.clone(), decide).await?;
    let request = made(&acted)?;
    Ok(answer(StatusCode::CREATED, &state, &caller, &request))
}

/// Agrees to a request
///
/// By an owner of the deciding team, or an admin; never by who has asked for it. With the last
/// approval it is carried out; what can't be done any more as it was asked for is closed as
/// `stale`.
#[utoipa::path(
    post,
    path = "/api/v1/requests/{id}/approve",
    operation_id = "approveRequest",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the request", example = 41)),
    responses(
        (status = OK, description = "The request as it is now", body = Wire),
        (status = NOT_FOUND, description = "There is no request of this id, as far as the caller may know"),
        (status = CONFLICT, description = "It is not open, the caller has agreed already, or it can't be carried out any more"),
    ),
)]
pub(super) async fn approve(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Wire>, ApiError> {
    let mut tries = HAND_OVER_TRIES;
    let acted = loop {
        let mapped = to_be_handed_over(&state, Id(id)).await?;
        let decide = move |scene: &Scene<'_>| requests::approve(scene, Id(id), mapped);
        tries -= 1;
        match state.store.act(caller.author.clone(), decide).await {
            // a mapping was written meanwhile
            Err(StoreError::Stale { .. }) if tries > 0 => {}
            done => break done?,
        }
    };
    if let Some(revision) = acted.revision {
        operations::until_readable(&state, revision).await?;
    }
    let request = made(&acted)?;
    if request.state == RequestState::Stale {
        let detail = format!("it can't be carried out any more: {}", request.closed_because);
        return Err(ApiError::new(StatusCode::CONFLICT, "stale-request", detail));
    }
    Ok(Json(view::whole(&state, &caller, &request).await))
}

/// Returns the mappings that may go with the claim that a request is about.
async fn to_be_handed_over(state: &AppState, id: Id) -> Result<Vec<Mapped>, ApiError> {
    let access = state.access();
    let claim = access.request(id).and_then(|request| match &request.subject {
        RequestSubject::Transfer { claim } => access.claim(*claim),
        RequestSubject::Change { .. } => None,
    });
    match claim {
        Some(claim) => claims::mapped_in(state, claim).await,
        None => Ok(Vec::new()),
    }
}

/// Says no to a request
#[utoipa::path(
    post,
    path = "/api/v1/requests/{id}/refuse",
    operation_id = "refuseRequest",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the request", example = 41)),
    request_body = RequestRefusal,
    responses(
        (status = OK, description = "The request as it is now", body = Wire),
        (status = NOT_FOUND, description = "There is no request of this id, as far as the caller may know"),
        (status = CONFLICT, description = "It is not open"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is malformed or unknown"),
    ),
)]
pub(super) async fn refuse(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
    request: Request<Body>,
) -> Result<Json<Wire>, ApiError> {
    let fields = Fields::read(request).await?;
    let reason = fields.text("reason", NOTE_MAX_BYTES).unwrap_or_default();
    fields.finish()?;
    let decide = move |scene: &Scene<'_>| requests::refuse(scene, Id(id), &reason);
    let acted = state.store.act(caller.author.clone(), decide).await?;
    Ok(Json(view::of(&state, &caller, &*made(&acted)?)))
}

/// Takes a request back
///
/// By who has made it, or an owner of the team for which it was made.
#[utoipa::path(
    post,
    path = "/api/v1/requests/{id}/withdraw",
    operation_id = "withdrawRequest",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the request", example = 41)),
    responses(
        (status = OK, description = "The request as it is now", body = Wire),
        (status = NOT_FOUND, description = "There is no request of this id, as far as the caller may know"),
        (status = CONFLICT, description = "It is not open"),
    ),
)]
pub(super) async fn withdraw(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Wire>, ApiError> {
    let decide = move |scene: &Scene<'_>| requests::withdraw(scene, Id(id));
    let acted = state.store.act(caller.author.clone(), decide).await?;
    Ok(Json(view::of(&state, &caller, &*made(&acted)?)))
}
