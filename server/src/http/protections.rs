//! `/api/v1/protections`: the places in which changes need approval.

use app::api::protection::{Protection as Wire, ProtectionDraft, ProtectionList};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode},
};

use super::{
    caller::Caller,
    error::ApiError,
    fields::{Fields, Given},
    openapi::words::tag,
    state::AppState,
};
use crate::{
    auth::{
        claim::Territory,
        command::{
            Scene,
            protections::{self, NEEDED_MAX, NewProtection},
        },
        entity::{Id, Protection},
        names::{NAME_MAX_BYTES, TeamName},
    },
    gateway::path::PATH_MAX_BYTES,
};

/// Lists protections
///
/// Everyone who has signed in sees where changes need approval, and whose.
#[utoipa::path(
    get,
    path = "/api/v1/protections",
    operation_id = "listProtections",
    tag = tag::OWNERSHIP,
    responses((status = OK, description = "All of them", body = ProtectionList)),
)]
pub(super) async fn list(State(state): State<AppState>) -> Json<ProtectionList> {
    let access = state.access();
    let items = access.protections().map(|protection| view(protection)).collect();
    Json(ProtectionList { items })
}

/// Lets changes in a place need approval
///
/// By an admin. A change of a mapping there becomes a request from now on, whoever makes it.
#[utoipa::path(
    post,
    path = "/api/v1/protections",
    operation_id = "createProtection",
    tag = tag::OWNERSHIP,
    request_body = ProtectionDraft,
    responses(
        (status = CREATED, description = "The place is protected", body = Wire),
        (status = CONFLICT, description = "It was already"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<(StatusCode, Json<Wire>), ApiError> {
    let fields = Fields::read(request).await?;
    let territory = fields.parsed("prefix", PATH_MAX_BYTES, Territory::parse);
    let approvers = fields.parsed("approvers", NAME_MAX_BYTES, TeamName::parse);
    let needed = match fields.number("needed", 1..=NEEDED_MAX.into()) {
        Given::Value(needed) => u32::try_from(needed).unwrap_or(NEEDED_MAX),
        Given::Null | Given::Absent => 1,
    };
    fields.finish()?;
    let (Some(territory), Some(approvers)) = (territory, approvers) else {
        return Err(ApiError::internal());
    };
    let new = NewProtection { territory, approvers, needed };
    let decide = move |scene: &Scene<'_>| protections::create(scene, new);
    let acted = state.store.act(caller.author.clone(), decide).await?;
    let made = acted.id.and_then(|id| acted.access.protection(id));
    let made = made.ok_or_else(ApiError::internal)?;
    Ok((StatusCode::CREATED, Json(view(made))))
}

/// Lets changes in a place be free again
///
/// What was asked for meanwhile stays to be decided.
#[utoipa::path(
    delete,
    path = "/api/v1/protections/{id}",
    operation_id = "deleteProtection",
    tag = tag::OWNERSHIP,
    params(("id" = u64, Path, description = "Id of the protection", example = 12)),
    responses(
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no protection of this id"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<StatusCode, ApiError> {
    let decide = move |scene: &Scene<'_>| protections::delete(scene, Id(id));
    state.store.act(caller.author.clone(), decide).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(protection: &Protection) -> Wire {
    Wire {
        id: protection.id.0,
        prefix: protection.territory.to_string(),
        approvers: protection.approvers.to_string(),
        needed: protection.needed,
        created_by: protection.created_by.clone(),
        created_at: protection.created_at,
    }
}
