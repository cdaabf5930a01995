//! `/api/v1/favourites` and `/api/v1/views`: what a user keeps of the list of mappings.

use app::{
    api::view::{FavouriteList, SavedView, ViewContent, ViewList},
    pages::list_query,
};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode},
};

use super::{
    caller::Caller,
    error::ApiError,
    fields::Fields,
    openapi::words::{NAME, tag},
    operations,
    state::AppState,
};
use crate::{
    auth::command::{
        sessions::user_of,
        views::{self, QUERY_MAX_BYTES},
    },
    gateway::mapping::MappingName,
};

/// Describes the path parameter `view`.
const VIEW: &str = "Name of the view, 1 to 60 characters";

/// Lists the mappings that the caller has marked
#[utoipa::path(
    get,
    path = "/api/v1/favourites",
    operation_id = "listFavourites",
    tag = tag::PEOPLE,
    responses(
        (status = OK, description = "Their names, sorted", body = FavouriteList),
        (status = CONFLICT, description = "The caller is no user"),
    ),
)]
pub(super) async fn favourites(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<FavouriteList>, ApiError> {
    let access = state.access();
    let user = user_of(&access, &caller.principal)?;
    let (gateway, sight) = (state.gateway(), caller.sight());
    let is_seen = |name: &&String| {
        let mapping = MappingName::parse(name).ok().and_then(|name| gateway.table.get(&name));
        mapping.is_some_and(|mapping| sight.sees(&mapping.spec.team))
    };
    Ok(Json(FavouriteList { items: user.favourites.iter().filter(is_seen).cloned().collect() }))
}

/// Marks a mapping
///
/// At most 200 can be marked.
#[utoipa::path(
    put,
    path = "/api/v1/favourites/{name}",
    operation_id = "markFavourite",
    tag = tag::PEOPLE,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    responses(
        (status = NO_CONTENT, description = "It is marked"),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
        (status = CONFLICT, description = "The caller is no user, or has marked too many"),
    ),
)]
pub(super) async fn mark(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (_, mapping) = operations::find(&state, &name)?;
    let name = mapping.name().clone();
    state.store.act(caller.author, move |scene| views::mark(scene, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the mark from a mapping
///
/// Fine also when it has none.
#[utoipa::path(
    delete,
    path = "/api/v1/favourites/{name}",
    operation_id = "unmarkFavourite",
    tag = tag::PEOPLE,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    responses(
        (status = NO_CONTENT, description = "It is not marked"),
        (status = CONFLICT, description = "The caller is no user"),
    ),
)]
pub(super) async fn unmark(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.store.act(caller.author, move |scene| views::unmark(scene, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the views that the caller has saved
///
/// A view is the list of mappings in one state of its page's address.
#[utoipa::path(
    get,
    path = "/api/v1/views",
    operation_id = "listViews",
    tag = tag::PEOPLE,
    responses(
        (status = OK, description = "The views, sorted by name", body = ViewList),
        (status = CONFLICT, description = "The caller is no user"),
    ),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<ViewList>, ApiError> {
    let access = state.access();
    let user = user_of(&access, &caller.principal)?;
    let views = user.views.iter();
    let items = views.map(|(name, query)| SavedView { name: name.clone(), query: query.clone() });
    Ok(Json(ViewList { items: items.collect() }))
}

/// Saves a view
///
/// In the place of one with its name. At most 50 can be saved.
#[utoipa::path(
    put,
    path = "/api/v1/views/{view}",
    operation_id = "saveView",
    tag = tag::PEOPLE,
    params(("view" = String, Path, description = VIEW, example = "failing payments")),
    request_body = ViewContent,
    responses(
        (status = OK, description = "It is saved", body = SavedView),
        (status = CONFLICT, description = "The caller is no user, or has saved too many"),
        (status = UNPROCESSABLE_ENTITY, description = "The name can't be shown, or a field is wrong"),
    ),
)]
pub(super) async fn save(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Result<Json<SavedView>, ApiError> {
    let fields = Fields::read(request).await?;
    let query = fields.required("query", QUERY_MAX_BYTES);
    fields.finish()?;
    let view = SavedView { name, query: list_query(&query) };
    let saved = view.clone();
    let author = caller.author;
    state.store.act(author, move |scene| views::save(scene, &saved.name, &saved.query)).await?;
    Ok(Json(view))
}

/// Deletes a view
#[utoipa::path(
    delete,
    path = "/api/v1/views/{view}",
    operation_id = "deleteView",
    tag = tag::PEOPLE,
    params(("view" = String, Path, description = VIEW, example = "failing payments")),
    responses(
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no view of this name"),
        (status = CONFLICT, description = "The caller is no user"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.store.act(caller.author, move |scene| views::delete(scene, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}
