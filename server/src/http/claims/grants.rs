//! `/api/v1/claims/{id}/grants` and `…/take-over`: what others may do in a claim, and what becomes
//! of their mappings when they may not any more.

use app::api::claim::{Claim as Wire, GrantDraft, TakeOver};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode},
};

use super::{
    super::{
        caller::Caller,
        error::ApiError,
        fields::{Fields, Given},
        openapi::words::tag,
        operations,
        state::AppState,
    },
    mapped, view,
};
use crate::{
    auth::{
        claim::Territory,
        command::{
            Scene,
            claims::{self, NewGrant},
        },
        entity::Id,
        names::{NAME_MAX_BYTES, TeamName},
    },
    gateway::{
        mapping::{self, MappingName},
        path::PATH_MAX_BYTES,
    },
    store::StoreError,
};

/// Lets another team use a part of a claim
///
/// By an owner of the team whose the claim is. The same part for the same team anew takes the place
/// of the grant that was there. When it ends, the other team's mappings stay served; it can delete
/// them, but not change them.
#[utoipa::path(
    post,
    path = "/api/v1/claims/{id}/grants",
    operation_id = "createGrant",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the claim", example = 17)),
    request_body = GrantDraft,
    responses(
        (status = CREATED, description = "The claim with the grant", body = Wire),
        (status = NOT_FOUND, description = "There is no claim of this id"),
        (status = CONFLICT, description = "The claim has too many grants"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(in crate::http) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
    request: Request<Body>,
) -> Result<(StatusCode, Json<Wire>), ApiError> {
    let fields = Fields::read(request).await?;
    let team = fields.parsed("team", NAME_MAX_BYTES, TeamName::parse);
    let territory = fields.text("prefix", PATH_MAX_BYTES).and_then(|text| {
        Territory::parse(&text).map_err(|error| fields.wrong::<()>("prefix", error)).ok()
    });
    let until = match fields.moment("until") {
        Given::Value(until) => Some(until),
        Given::Null | Given::Absent => None,
    };
    fields.finish()?;
    let Some(team) = team else { return Err(ApiError::internal()) };
    let new = NewGrant { team, territory, until };
    let decide = move |scene: &Scene<'_>| claims::grant(scene, Id(id), new);
    let acted = state.store.act(caller.author.clone(), decide).await?;
    let claim = claims::find(&acted.access, Id(id))?;
    Ok((StatusCode::CREATED, Json(view(&state, &caller, claim))))
}

/// Takes a grant back
#[utoipa::path(
    delete,
    path = "/api/v1/claims/{id}/grants/{grant}",
    operation_id = "deleteGrant",
    tag = tag::OWNERSHIP,
    params(
        ("id" = u64, Path, description = "Id of the claim", example = 17),
        ("grant" = u64, Path, description = "Id of the grant", example = 23),
    ),
    responses(
        (status = NO_CONTENT, description = "It has ended"),
        (status = NOT_FOUND, description = "There is no claim, or no grant, of this id"),
    ),
)]
pub(in crate::http) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, grant)): Path<(u64, u64)>,
) -> Result<StatusCode, ApiError> {
    let decide = move |scene: &Scene<'_>| claims::revoke(scene, Id(id), Id(grant));
    state.store.act(caller.author.clone(), decide).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes over a mapping in a claim
///
/// By an owner of the team whose the claim is: a mapping of another team that no grant in force
/// covers becomes the team's. Its requests go where they went.
#[utoipa::path(
    post,
    path = "/api/v1/claims/{id}/take-over",
    operation_id = "takeOverMapping",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the claim", example = 17)),
    request_body = TakeOver,
    responses(
        (status = OK, description = "The claim as it is now", body = Wire),
        (status = NOT_FOUND, description = "There is no claim of this id"),
        (status = CONFLICT, description = "A grant in force covers the mapping, or it was changed just now"),
        (status = UNPROCESSABLE_ENTITY, description = "The field names no mapping of another team in the claim"),
    ),
)]
pub(in crate::http) async fn take_over(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
    request: Request<Body>,
) -> Result<Json<Wire>, ApiError> {
    let fields = Fields::read(request).await?;
    // a name that no mapping can have names none
    let name = fields.required("mapping", 2 * mapping::NAME_MAX_BYTES);
    fields.finish()?;
    let gateway = state.gateway();
    let found = MappingName::parse(&name).ok().and_then(|name| gateway.table.get(&name).cloned());
    let mapped = found.map(|found| mapped(&found));
    let decide = move |scene: &Scene<'_>| claims::take_over(scene, Id(id), mapped);
    let acted = match state.store.act(caller.author.clone(), decide).await {
        // the other side's content is none of the caller's business
        Err(StoreError::Stale { .. }) => {
            let detail = format!("`{name}` was changed just now; look at it and try again");
            return Err(ApiError::new(StatusCode::CONFLICT, "try-again", detail));
        }
        done => done?,
    };
    if let Some(revision) = acted.revision {
        operations::until_readable(&state, revision).await?;
    }
    Ok(Json(view(&state, &caller, claims::find(&acted.access, Id(id))?)))
}
