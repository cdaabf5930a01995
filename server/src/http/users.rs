//! `/api/v1/users`: those who can sign in, for admins.

use std::sync::Arc;

use app::api::{
    list::{LIMIT_DEFAULT, LIMIT_MAX},
    session::TeamRole,
    user::{NewPassword, User as View, UserDraft, UserPage, UserPatch},
};
use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{Request, StatusCode},
    response::Response,
};

use super::{
    body::MERGE_PATCH,
    caller::Caller,
    error::ApiError,
    fields::Fields,
    located,
    openapi::words::{LIMIT, USER, tag},
    query::Params,
    saturated,
    sign_in::read_password,
    state::AppState,
};
use crate::auth::{
    access::Access,
    command::{Scene, users},
    entity::{Team, User},
    names::{NAME_MAX_BYTES, UserName},
};

/// Longest of how people call a user, in bytes.
pub(super) const DISPLAY_NAME_MAX_BYTES: usize = 100;

/// Longest address of a mailbox in bytes (RFC 5321, section 4.5.3.1.3, without its brackets).
pub(super) const EMAIL_MAX_BYTES: usize = 254;

/// Longest password that is read, in bytes.
const PASSWORD_MAX_BYTES: usize = 1024;

/// Longest search in bytes.
const SEARCH_MAX_BYTES: usize = 200;

/// Lists users
#[utoipa::path(
    get,
    path = "/api/v1/users",
    operation_id = "listUsers",
    tag = tag::PEOPLE,
    params(
        ("q" = Option<String>, Query, description = "Only users with this in their name, display name or address, in any case of letters"),
        ("limit" = Option<u32>, Query, description = LIMIT, minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "Where to go on: `next_cursor` of another answer to the same question"),
    ),
    responses((status = OK, description = "A page of users, by name", body = UserPage)),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<UserPage>, ApiError> {
    let params = Params::read(query.as_deref());
    let q = params.text("q", SEARCH_MAX_BYTES).unwrap_or_default().to_lowercase();
    let limit = params.number("limit", 1..=LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let cursor = params.text("cursor", NAME_MAX_BYTES);
    params.finish()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let access = state.access();
    let is_found = |user: &User| {
        [user.name.as_str(), &user.display_name, &user.email]
            .iter()
            .any(|text| text.to_lowercase().contains(&q))
    };
    let matched: Vec<_> = access.users().filter(|user| is_found(user)).collect();
    let rest = matched
        .iter()
        .filter(|user| cursor.as_deref().is_none_or(|last| user.name.as_str() > last));
    let found: Vec<_> = rest.take(limit.saturating_add(1)).collect();
    let has_more = found.len() > limit;
    let items: Vec<_> = found.into_iter().take(limit).map(|user| view(&access, user)).collect();
    let last = items.last().map(|user| user.name.clone());
    Ok(Json(UserPage {
        total: saturated(access.users().count()),
        matched: saturated(matched.len()),
        next_cursor: last.filter(|_| has_more),
        items,
    }))
}

fn view(access: &Access, user: &User) -> View {
    let role = |team: &Arc<Team>| {
        let role = team.members.get(&user.name)?.effective()?;
        Some(TeamRole { team: team.name.to_string(), role: role.into() })
    };
    View {
        name: user.name.to_string(),
        display_name: user.display_name.clone(),
        email: user.email.clone(),
        is_admin: user.is_admin,
        is_admin_by_group: user.is_admin_by_group,
        is_disabled: user.is_disabled,
        has_password: user.password_hash.is_some(),
        issuer: user.identity.as_ref().map(|subject| subject.issuer.clone()),
        created_at: user.created_at,
        signed_in_at: user.signed_in_at,
        teams: access.teams().filter_map(role).collect(),
    }
}

/// Creates a user
#[utoipa::path(
    post,
    path = "/api/v1/users",
    operation_id = "createUser",
    tag = tag::PEOPLE,
    request_body = UserDraft,
    responses(
        (status = CREATED, description = "They can sign in", body = View, headers(("location" = String))),
        (status = CONFLICT, description = "The name is taken"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown, or the password is easily guessed"),
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let fields = Fields::read(request).await?;
    let name = fields.parsed("name", NAME_MAX_BYTES, UserName::parse);
    let display_name = fields.text("display_name", DISPLAY_NAME_MAX_BYTES).unwrap_or_default();
    let email = fields.text("email", EMAIL_MAX_BYTES).unwrap_or_default();
    let is_admin = fields.flag("is_admin").unwrap_or_default();
    let password = fields.optional_secret("password", PASSWORD_MAX_BYTES);
    fields.finish()?;
    let Some(name) = name else { return Err(ApiError::internal()) };
    let password = match password {
        Some(text) => {
            let password = read_password("password", &text, name.as_str())?;
            Some(state.desk.hash(password).await?)
        }
        None => None,
    };
    let new = users::New { name: name.clone(), display_name, email, password, is_admin };
    let acted = state.store.act(caller.author, move |scene| users::create(scene, new)).await?;
    let created = shown(&acted.access, &name)?;
    Ok(located(StatusCode::CREATED, &format!("/api/v1/users/{name}"), created))
}

fn shown(access: &Access, name: &UserName) -> Result<Json<View>, ApiError> {
    let user = access.user(name).ok_or_else(|| no_user(name.as_str()))?;
    Ok(Json(view(access, user)))
}

fn no_user(name: &str) -> ApiError {
    ApiError::not_found(format!("there is no user named `{name}`"))
}

fn read_name(name: &str) -> Result<UserName, ApiError> {
    UserName::parse(name).map_err(|_no_name| no_user(name))
}

/// Gets a user
#[utoipa::path(
    get,
    path = "/api/v1/users/{user}",
    operation_id = "getUser",
    tag = tag::PEOPLE,
    params(("user" = String, Path, description = USER, example = "ada")),
    responses(
        (status = OK, description = "The user", body = View),
        (status = NOT_FOUND, description = "There is no such user"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<View>, ApiError> {
    shown(&state.access(), &read_name(&name)?)
}

/// Changes some fields of a user
///
/// Who is disabled has no session from then on. The last admin stays one.
#[utoipa::path(
    patch,
    path = "/api/v1/users/{user}",
    operation_id = "patchUser",
    tag = tag::PEOPLE,
    params(("user" = String, Path, description = USER, example = "ada")),
    request_body = UserPatch,
    responses(
        (status = OK, description = "The user as they are now", body = View),
        (status = NOT_FOUND, description = "There is no such user"),
        (status = CONFLICT, description = "They are the last admin"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is malformed or unknown"),
    ),
)]
pub(super) async fn patch(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Json<View>, ApiError> {
    let fields = Fields::read_as(request, &MERGE_PATCH).await?;
    let patch = users::Patch {
        display_name: fields.text("display_name", DISPLAY_NAME_MAX_BYTES),
        email: fields.text("email", EMAIL_MAX_BYTES),
        is_admin: fields.flag("is_admin"),
        is_disabled: fields.flag("is_disabled"),
    };
    fields.finish()?;
    let name = read_name(&name)?;
    let user = name.clone();
    let decided = move |scene: &Scene<'_>| users::patch(scene, &user, patch);
    let acted = state.store.act(caller.author, decided).await?;
    shown(&acted.access, &name)
}

/// Deletes a user
///
/// Their sessions end, and they leave their teams. What they have made stays.
#[utoipa::path(
    delete,
    path = "/api/v1/users/{user}",
    operation_id = "deleteUser",
    tag = tag::PEOPLE,
    params(("user" = String, Path, description = USER, example = "ada")),
    responses(
        (status = NO_CONTENT, description = "They are gone"),
        (status = NOT_FOUND, description = "There is no such user"),
        (status = CONFLICT, description = "They are the last admin"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let name = read_name(&name)?;
    state.store.act(caller.author, move |scene| users::delete(scene, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a user's password
///
/// Their sessions end.
#[utoipa::path(
    put,
    path = "/api/v1/users/{user}/password",
    operation_id = "setPassword",
    tag = tag::PEOPLE,
    params(("user" = String, Path, description = USER, example = "ada")),
    request_body = NewPassword,
    responses(
        (status = NO_CONTENT, description = "It is their password from now on"),
        (status = NOT_FOUND, description = "There is no such user"),
        (status = UNPROCESSABLE_ENTITY, description = "The password is missing or easily guessed"),
    ),
)]
pub(super) async fn set_password(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    request: Request<Body>,
) -> Result<StatusCode, ApiError> {
    let fields = Fields::read(request).await?;
    let text = fields.secret("password", PASSWORD_MAX_BYTES);
    fields.finish()?;
    let name = read_name(&name)?;
    let password = state.desk.hash(read_password("password", &text, name.as_str())?).await?;
    let decided = move |scene: &Scene<'_>| users::set_password(scene, &name, password);
    state.store.act(caller.author, decided).await?;
    Ok(StatusCode::NO_CONTENT)
}
