//! `/api/v1/mappings`: mappings in the native API.

use app::api::{
    list::MappingPage,
    mapping::{Mapping, MappingDraft},
};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    body::json_object,
    error::ApiError,
    openapi::words::{NAME, tag},
    operations,
    state::AppState,
};
use crate::{gateway::fields::NameFrom, stats::frame::Watching, store::Effect};

/// Lists mappings
#[utoipa::path(
    get,
    path = "/api/v1/mappings",
    operation_id = "listMappings",
    tag = tag::NATIVE,
    responses((status = OK, description = "The mappings in match order", body = MappingPage)),
)]
pub(super) async fn list(State(state): State<AppState>) -> Json<MappingPage> {
    let full = super::stats::up_to_date(
        &state.ticks.borrow().clone(),
        &state.gateway(),
        &Watching::default(),
    );
    let revision = full.gateway.revision;
    let (epoch, seq) = (full.epoch, full.seq);
    Json(MappingPage { items: full.mappings, revision, epoch, seq, ..MappingPage::default() })
}

/// Gets a mapping
#[utoipa::path(
    get,
    path = "/api/v1/mappings/{name}",
    operation_id = "getMapping",
    tag = tag::NATIVE,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    responses(
        (status = OK, description = "The mapping", body = Mapping, headers(("etag" = String))),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let (gateway, mapping) = operations::find(&state, &name)?;
    Ok(tagged(StatusCode::OK, gateway.view(&mapping)))
}

/// Creates a mapping
#[utoipa::path(
    post,
    path = "/api/v1/mappings",
    operation_id = "createMapping",
    tag = tag::NATIVE,
    request_body = MappingDraft,
    responses(
        (
            status = CREATED,
            description = "It is stored, and every later read shows it",
            body = Mapping,
            headers(("etag" = String), ("location" = String)),
        ),
        (status = CONFLICT, description = "The name or the prefix is taken"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let body = json_object(request).await?;
    let written = operations::put(&state, NameFrom::Body, &body, true).await?;
    let mapping = state.gateway().view(&written.mapping);
    let location = format!("/api/v1/mappings/{}", mapping.name);
    let mut response = tagged(StatusCode::CREATED, mapping);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Creates or replaces a mapping
///
/// The same content again is no change: the mapping keeps its revision.
#[utoipa::path(
    put,
    path = "/api/v1/mappings/{name}",
    operation_id = "putMapping",
    tag = tag::NATIVE,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    request_body = MappingDraft,
    responses(
        (
            status = OK,
            description = "It was replaced, or has this content already",
            body = Mapping,
            headers(("etag" = String)),
        ),
        (status = CREATED, description = "It was created", body = Mapping, headers(("etag" = String))),
        (status = CONFLICT, description = "Another mapping has this prefix"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(super) async fn replace(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let body = json_object(request).await?;
    let written = operations::put(&state, NameFrom::Url(&name), &body, false).await?;
    let status = match written.effect {
        Effect::Created => StatusCode::CREATED,
        Effect::Replaced | Effect::Unchanged => StatusCode::OK,
    };
    Ok(tagged(status, state.gateway().view(&written.mapping)))
}

/// Deletes a mapping
#[utoipa::path(
    delete,
    path = "/api/v1/mappings/{name}",
    operation_id = "deleteMapping",
    tag = tag::NATIVE,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    responses(
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    match operations::delete(&state, &name).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::no_mapping(&name)),
    }
}

/// The revision is the entity tag: it changes exactly when the content does.
fn tagged(status: StatusCode, mapping: Mapping) -> Response {
    let mut headers = HeaderMap::new();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", mapping.revision)) {
        headers.insert(header::ETAG, tag);
    }
    (status, headers, Json(mapping)).into_response()
}
