//! Keys and passwords of consumers: each is in the answer to the call that makes it, and nowhere
//! else.

use app::api::{
    consumer::{ConsumerKeyDraft, NewConsumerKey, NewConsumerPassword},
    session::Hidden,
};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;

use super::{
    super::{
        caller::Caller,
        edge::existing,
        error::ApiError,
        fields::{Fields, Given},
        located,
        openapi::words::tag,
        state::AppState,
    },
    of_key,
};
use crate::{
    auth::{
        command::{
            Scene,
            consumers::{self, NewKey},
        },
        entity::Id,
        secret::Secret,
    },
    gateway::edge::consumer::{CredentialHash, key_text},
};

/// Longest label of a key in bytes.
const LABEL_MAX_BYTES: usize = 80;

/// Most days until a key expires: ten years.
const DAYS_MAX: u64 = 3660;

/// Tells whoever stands in between to keep nothing of an answer.
const UNKEPT: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// Makes an API key
///
/// It is in this answer only. A consumer has up to five, so that one is made before another is
/// removed. Nodes know it within milliseconds.
#[utoipa::path(
    post,
    path = "/api/v1/consumers/{name}/keys",
    operation_id = "createConsumerKey",
    tag = tag::CONSUMERS,
    params(("name" = String, Path, description = "Name of the consumer", example = "acme")),
    request_body = ConsumerKeyDraft,
    responses(
        (status = CREATED, description = "The key", body = NewConsumerKey, headers(("location" = String))),
        (status = NOT_FOUND, description = "There is no consumer of this name"),
        (status = CONFLICT, description = "It has five already"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is malformed or unknown"),
    ),
)]
pub(in crate::http) async fn add_key(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let fields = Fields::read(request).await?;
    let label = fields.text("label", LABEL_MAX_BYTES).unwrap_or_default().trim().to_owned();
    let days = fields.number("expires_in_days", 1..=DAYS_MAX);
    fields.finish()?;
    let name = existing("consumer", &name)?;
    let now = state.clock.now();
    let expires_at = match days {
        Given::Value(days) => i64::try_from(days).ok().map(|days| now + TimeDelta::days(days)),
        Given::Absent | Given::Null => None,
    };
    let random = Secret::random("");
    let new = NewKey { label, hash: CredentialHash::of(&random), expires_at };
    let consumer = name.clone();
    let decide = move |scene: &Scene<'_>| consumers::add_key(scene, &consumer, new);
    let acted = state.store.act(caller.author, decide).await?;
    let id = acted.id.ok_or_else(ApiError::internal)?;
    let made = acted.access.edge().consumer(&name);
    let key = made.and_then(|made| made.keys.iter().find(|key| key.id == id));
    let answer = NewConsumerKey {
        secret: Hidden(key_text(&name, id, &random).reveal().to_owned()),
        key: of_key(key.ok_or_else(ApiError::internal)?, now),
    };
    let path = format!("/api/v1/consumers/{name}/keys/{id}");
    Ok(located(StatusCode::CREATED, &path, (UNKEPT, Json(answer))))
}

/// Removes an API key
///
/// Nodes refuse it within milliseconds; requests that are under way end.
#[utoipa::path(
    delete,
    path = "/api/v1/consumers/{name}/keys/{id}",
    operation_id = "deleteConsumerKey",
    tag = tag::CONSUMERS,
    params(
        ("name" = String, Path, description = "Name of the consumer", example = "acme"),
        ("id" = u64, Path, description = "Id of the key", example = 12),
    ),
    responses(
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no such consumer, or it has no such key"),
    ),
)]
pub(in crate::http) async fn remove_key(
    State(state): State<AppState>,
    Path((name, id)): Path<(String, u64)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let name = existing("consumer", &name)?;
    let decide = move |scene: &Scene<'_>| consumers::remove_key(scene, &name, Id(id));
    state.store.act(caller.author, decide).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a password
///
/// It is in this answer only, and takes the place of the one before. The user that goes with it is
/// the consumer's name.
#[utoipa::path(
    post,
    path = "/api/v1/consumers/{name}/password",
    operation_id = "createConsumerPassword",
    tag = tag::CONSUMERS,
    params(("name" = String, Path, description = "Name of the consumer", example = "acme")),
    responses(
        (status = CREATED, description = "The password", body = NewConsumerPassword, headers(("location" = String))),
        (status = NOT_FOUND, description = "There is no consumer of this name"),
    ),
)]
pub(in crate::http) async fn set_password(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let name = existing("consumer", &name)?;
    let random = Secret::random("");
    let (consumer, hash) = (name.clone(), CredentialHash::of(&random));
    let decide = move |scene: &Scene<'_>| consumers::set_password(scene, &consumer, hash);
    state.store.act(caller.author, decide).await?;
    let answer =
        NewConsumerPassword { user: name.to_string(), secret: Hidden(random.reveal().to_owned()) };
    let path = format!("/api/v1/consumers/{name}/password");
    Ok(located(StatusCode::CREATED, &path, (UNKEPT, Json(answer))).into_response())
}

/// Removes the password
#[utoipa::path(
    delete,
    path = "/api/v1/consumers/{name}/password",
    operation_id = "deleteConsumerPassword",
    tag = tag::CONSUMERS,
    params(("name" = String, Path, description = "Name of the consumer", example = "acme")),
    responses(
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no such consumer, or it has no password"),
    ),
)]
pub(in crate::http) async fn remove_password(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let name = existing("consumer", &name)?;
    let decide = move |scene: &Scene<'_>| consumers::remove_password(scene, &name);
    state.store.act(caller.author, decide).await?;
    Ok(StatusCode::NO_CONTENT)
}
