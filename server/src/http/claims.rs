//! `/api/v1/claims`: which team owns which part of the URL space. Grants are in `grants`.

pub(super) mod grants;

use std::sync::Arc;

use app::api::{
    claim::{Claim as Wire, ClaimDraft, ClaimPage, ClaimPatch, Foreign, Grant as WireGrant},
    list::{LIMIT_DEFAULT, LIMIT_MAX},
};
use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{Request, StatusCode},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    body::MERGE_PATCH,
    caller::Caller,
    error::ApiError,
    fields::Fields,
    located,
    openapi::words::{CURSOR, LIMIT, tag},
    operations,
    query::Params,
    saturated,
    state::AppState,
};
use crate::{
    auth::{
        claim::{HostPattern, Territory},
        command::{
            Scene,
            claims::{self, Mapped, NOTE_MAX_BYTES, NewClaim},
        },
        entity::{Claim, Id},
        names::{NAME_MAX_BYTES, TeamName},
        ownership,
        role::Role,
    },
    gateway::{mapping::Mapping, path::PATH_MAX_BYTES},
    store::Acted,
};

/// Longest host in bytes, with room for one that is wrong.
const HOST_MAX_BYTES: usize = 300;

/// Longest cursor in bytes: a place, in base64.
const CURSOR_MAX_BYTES: usize = 4096;

/// Mappings of other teams that a claim is shown with.
const FOREIGN_SHOWN: usize = 200;

/// Lists claims
///
/// Everyone who has signed in sees which team owns what. Notes and grants are shown to the teams
/// that they concern.
#[utoipa::path(
    get,
    path = "/api/v1/claims",
    operation_id = "listClaims",
    tag = tag::OWNERSHIP,
    params(
        ("team" = Option<String>, Query, description = "Only claims of this team", example = "accounts"),
        ("q" = Option<String>, Query, description = "Only claims whose place or team contains this", example = "/user"),
        ("limit" = Option<u32>, Query, description = LIMIT, minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = CURSOR),
    ),
    responses((status = OK, description = "A page of the list", body = ClaimPage)),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<ClaimPage>, ApiError> {
    let params = Params::read(query.as_deref());
    let team = params.text("team", NAME_MAX_BYTES);
    let q = params.text("q", PATH_MAX_BYTES).map(|q| q.to_ascii_lowercase());
    let limit = params.number("limit", 1..=LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let after = params.text("cursor", CURSOR_MAX_BYTES);
    let after = after.and_then(|cursor| read_cursor(&cursor).or_else(|| params.foreign_cursor()));
    params.finish()?;
    let access = state.access();
    let is_wanted = |claim: &&Arc<Claim>| {
        let has = |q: &String| {
            claim.place().to_ascii_lowercase().contains(q) || claim.team.as_str().contains(q)
        };
        team.as_ref().is_none_or(|team| claim.team.as_str() == team) && q.as_ref().is_none_or(has)
    };
    let matched = access.claims().filter(is_wanted).count();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = access.claims_after(after).filter(is_wanted);
    let mut page: Vec<_> = found.take(limit.saturating_add(1)).collect();
    let is_last = page.len() <= limit;
    page.truncate(limit);
    let next_cursor = page.last().filter(|_| !is_last).map(|last| write_cursor(last));
    Ok(Json(ClaimPage {
        items: page.into_iter().map(|claim| view(&state, &caller, claim)).collect(),
        matched: saturated(matched),
        next_cursor,
    }))
}

fn write_cursor(claim: &Claim) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", claim.host, claim.territory))
}

fn read_cursor(text: &str) -> Option<(Territory, HostPattern)> {
    let place = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (host, territory) = place.split_once(' ')?;
    Some((Territory::parse(territory).ok()?, HostPattern::parse(host).ok()?))
}

/// Claims a place
///
/// By an owner of the team. What lies in another team's claim, or around one, is refused; only an
/// admin can claim that, and `/`.
#[utoipa::path(
    post,
    path = "/api/v1/claims",
    operation_id = "createClaim",
    tag = tag::OWNERSHIP,
    request_body = ClaimDraft,
    responses(
        (status = CREATED, description = "The place is the team's", body = Wire, headers(("location" = String))),
        (status = CONFLICT, description = "Exactly this place is claimed already, or the team has too many claims"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let fields = Fields::read(request).await?;
    let team = fields.parsed("team", NAME_MAX_BYTES, TeamName::parse);
    let territory = fields.parsed("prefix", PATH_MAX_BYTES, Territory::parse);
    let host = match fields.text("host", HOST_MAX_BYTES) {
        None => Some(HostPattern::Any),
        Some(text) => {
            HostPattern::parse(&text).map_err(|error| fields.wrong::<()>("host", error)).ok()
        }
    };
    let note = fields.text("note", NOTE_MAX_BYTES).unwrap_or_default();
    fields.finish()?;
    let (Some(team), Some(territory), Some(host)) = (team, territory, host) else {
        return Err(ApiError::internal());
    };
    let new = NewClaim { team, host, territory, note };
    let acted =
        state.store.act(caller.author.clone(), move |scene| claims::create(scene, new)).await?;
    let claim = made(&acted)?;
    let body = Json(view(&state, &caller, &claim));
    Ok(located(StatusCode::CREATED, &format!("/api/v1/claims/{}", claim.id), body))
}

/// Returns the claim that a decision has made or changed.
fn made(acted: &Acted) -> Result<Arc<Claim>, ApiError> {
    acted.id.and_then(|id| acted.access.claim(id)).cloned().ok_or_else(ApiError::internal)
}

/// Gets a claim
#[utoipa::path(
    get,
    path = "/api/v1/claims/{id}",
    operation_id = "getClaim",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the claim", example = 17)),
    responses(
        (status = OK, description = "The claim", body = Wire),
        (status = NOT_FOUND, description = "There is no claim of this id"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Wire>, ApiError> {
    let access = state.access();
    Ok(Json(view(&state, &caller, claims::find(&access, Id(id))?)))
}

/// Changes what is noted about a claim
#[utoipa::path(
    patch,
    path = "/api/v1/claims/{id}",
    operation_id = "patchClaim",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the claim", example = 17)),
    request_body(content(
        (ClaimPatch = "application/json"),
        (ClaimPatch = "application/merge-patch+json"),
    )),
    responses(
        (status = OK, description = "The claim as it is now", body = Wire),
        (status = NOT_FOUND, description = "There is no claim of this id"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is malformed or unknown"),
    ),
)]
pub(super) async fn patch(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
    request: Request<Body>,
) -> Result<Json<Wire>, ApiError> {
    let fields = Fields::read_as(request, &MERGE_PATCH).await?;
    let note = fields.text_or_null("note", NOTE_MAX_BYTES);
    fields.finish()?;
    let decide = move |scene: &Scene<'_>| claims::annotate(scene, Id(id), note);
    let acted = state.store.act(caller.author.clone(), decide).await?;
    Ok(Json(view(&state, &caller, &*made(&acted)?)))
}

/// Gives a place up
///
/// The mappings in it stay; the place is nobody's, or that of the claim around it.
#[utoipa::path(
    delete,
    path = "/api/v1/claims/{id}",
    operation_id = "deleteClaim",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the claim", example = 17)),
    responses(
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no claim of this id"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<StatusCode, ApiError> {
    let decide = move |scene: &Scene<'_>| claims::delete(scene, Id(id));
    state.store.act(caller.author.clone(), decide).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows a claim as far as the caller may know it.
fn view(state: &AppState, caller: &Caller, claim: &Claim) -> Wire {
    let now = state.clock.now();
    let principal = &caller.principal;
    let role = principal.role_in(&claim.team);
    let is_in = |team: &TeamName| principal.role_in(team).is_some();
    let grants: Vec<_> =
        claim.grants.iter().filter(|grant| role.is_some() || is_in(&grant.team)).collect();
    let is_concerned = role.is_some() || !grants.is_empty();
    let may_decide = role >= Some(Role::Owner);
    Wire {
        id: claim.id.0,
        team: claim.team.to_string(),
        host: claim.host.to_string(),
        prefix: claim.territory.to_string(),
        note: if is_concerned { claim.note.clone() } else { String::new() },
        created_by: if is_concerned { claim.created_by.clone() } else { String::new() },
        created_at: claim.created_at,
        grants: grants
            .into_iter()
            .map(|grant| WireGrant {
                id: grant.id.0,
                team: grant.team.to_string(),
                prefix: grant.territory.to_string(),
                until: grant.until,
                is_in_force: grant.is_in_force(now),
                created_by: grant.created_by.clone(),
                created_at: grant.created_at,
            })
            .collect(),
        foreign: if may_decide { foreign(state, claim) } else { Vec::new() },
        may_decide,
    }
}

/// Returns the mappings of other teams in a claim.
fn foreign(state: &AppState, claim: &Claim) -> Vec<Foreign> {
    let (access, gateway, now) = (state.access(), state.gateway(), state.clock.now());
    let foreign = gateway.table.inside(&claim.territory).filter(|mapping| {
        let place = Territory::of(&mapping.spec.prefix);
        mapping.spec.team != claim.team
            && access.owner_of(&mapping.spec.host, &place).is_some_and(|owner| owner.id == claim.id)
    });
    let shown = foreign.take(FOREIGN_SHOWN).map(|mapping| {
        let place = Territory::of(&mapping.spec.prefix);
        let grant = ownership::grant_of(claim, &mapping.spec.team, &place, now);
        Foreign {
            mapping: mapping.name().to_string(),
            prefix: mapping.spec.prefix.to_string(),
            team: mapping.spec.team.to_string(),
            is_granted: grant.is_some(),
        }
    });
    shown.collect()
}

/// Returns the mappings in a claim as they are after every write that was answered.
///
/// # Errors
/// 503 when the server is shutting down.
pub(super) async fn mapped_in(state: &AppState, claim: &Claim) -> Result<Vec<Mapped>, ApiError> {
    let newest = *state.store.newest().borrow();
    operations::until_readable(state, newest).await?;
    let gateway = state.gateway();
    Ok(gateway.table.inside(&claim.territory).map(|mapping| mapped(mapping)).collect())
}

/// Tells a decision of a mapping.
fn mapped(mapping: &Mapping) -> Mapped {
    Mapped {
        content: operations::draft(&mapping.spec),
        revision: mapping.revision.0,
        team: mapping.spec.team.clone(),
        host: mapping.spec.host.clone(),
        territory: Territory::of(&mapping.spec.prefix),
    }
}
