//! `/api/v1/consumers`: who calls what the gateway leads to. The rules are in
//! `gateway::edge::consumer` and `auth::command::consumers`; keys and passwords are in `credentials`.

pub(super) mod credentials;

use app::api::{
    certificate::CertificatePlan,
    consumer::{
        Consumer as Wire, ConsumerDraft, ConsumerKey, ConsumerList, ConsumerPassword, ConsumerPlan,
        ConsumerSummary,
    },
    plan::Action,
};
use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Request, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};

use super::{
    caller::Caller,
    edge::{Asked, existing, plan, status_of, tagged, team},
    error::ApiError,
    fields::Fields,
    openapi::{
        native::ConsumerOrPlan,
        words::{DRY_RUN, tag},
    },
    state::AppState,
};
use crate::{
    auth::command::{
        Scene,
        consumers::{self, NewConsumer},
    },
    gateway::{
        edge::{
            Consumer,
            consumer::{Key, parse_name},
        },
        references::{ReferenceKind, users},
    },
};

/// Longest description in bytes: it stands in a line of the list.
const DESCRIPTION_MAX_BYTES: usize = 300;

/// Lists consumers
///
/// Everyone who has signed in sees them: any mapping may let them in. Which keys one has is for its
/// team.
#[utoipa::path(
    get,
    path = "/api/v1/consumers",
    operation_id = "listConsumers",
    tag = tag::CONSUMERS,
    responses((status = OK, description = "All of them, by name", body = ConsumerList)),
)]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Json<ConsumerList> {
    let (access, now) = (state.access(), state.clock.now());
    let items = access.edge().consumers().map(|consumer| summary(&caller, consumer, now));
    Json(ConsumerList { items: items.collect() })
}

/// Gets a consumer
#[utoipa::path(
    get,
    path = "/api/v1/consumers/{name}",
    operation_id = "getConsumer",
    tag = tag::CONSUMERS,
    params(("name" = String, Path, description = "Name of the consumer", example = "acme")),
    responses(
        (status = OK, description = "The consumer, without its secrets", body = Wire, headers(("etag" = String))),
        (status = NOT_FOUND, description = "There is no consumer of this name"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let access = state.access();
    let consumer = consumers::find(access.edge(), &existing("consumer", &name)?)?;
    let shown = view(&state, &caller, consumer);
    Ok(tagged(StatusCode::OK, consumer.revision, None, shown))
}

/// Puts a consumer
///
/// By an admin, or an editor of `team`. Its keys and its password stay as they are. The same again
/// is no change.
#[utoipa::path(
    put,
    path = "/api/v1/consumers/{name}",
    operation_id = "putConsumer",
    tag = tag::CONSUMERS,
    params(
        ("name" = String, Path, description = "Name of the consumer: 1 to 64 lower-case letters, digits, `-` and `_`", example = "acme"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header, description = "Does it only if the consumer has this revision still (its `ETag`); `*`: if there is one", example = "\"7\""),
        ("if-none-match" = Option<String>, Header, description = "`*` does it only if there is no such consumer yet", example = "*"),
    ),
    request_body = ConsumerDraft,
    responses(
        (status = OK, description = "It was changed, or is so already; with `dry_run`, what it would do", body = ConsumerOrPlan, headers(("etag" = String))),
        (status = CREATED, description = "It was created", body = Wire, headers(("etag" = String), ("location" = String))),
        (status = CONFLICT, description = "There are too many"),
        (status = PRECONDITION_FAILED, description = "The consumer is not what the condition says"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is malformed or unknown"),
    ),
)]
pub(super) async fn put(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let fields = Fields::read(request).await?;
    let description = fields.text("description", DESCRIPTION_MAX_BYTES);
    let team = team(&fields);
    fields.finish()?;
    let name = parse_name(&name).map_err(|error| ApiError::invalid_field("name", error))?;
    let revision = state.access().edge().consumer(&name).map(|current| current.revision);
    let new = NewConsumer { name: name.clone(), team, description, expected: asked.expected };
    let decide = move |scene: &Scene<'_>| consumers::put(scene, new);
    if asked.is_dry_run {
        let plan = plan(&state, &caller, name.as_str(), revision, decide).await?;
        return Ok(Json(of_consumer(plan)).into_response());
    }
    let acted = state.store.act(caller.author.clone(), decide).await?;
    let made = acted.access.edge().consumer(&name).ok_or_else(ApiError::internal)?;
    let shown = view(&state, &caller, made);
    let address = format!("/api/v1/consumers/{name}");
    Ok(tagged(status_of(revision), made.revision, Some(&address), shown))
}

/// Deletes a consumer
///
/// With its keys and its password. One that a mapping lets in can't be deleted.
#[utoipa::path(
    delete,
    path = "/api/v1/consumers/{name}",
    operation_id = "deleteConsumer",
    tag = tag::CONSUMERS,
    params(
        ("name" = String, Path, description = "Name of the consumer", example = "acme"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header, description = "Does it only if the consumer has this revision still (its `ETag`)", example = "\"7\""),
    ),
    responses(
        (status = OK, description = "What it would do (`dry_run`)", body = ConsumerPlan),
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no consumer of this name"),
        (status = CONFLICT, description = "Mappings let it in; the message names those that the caller sees"),
        (status = PRECONDITION_FAILED, description = "The consumer is not what the condition says"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let name = existing("consumer", &name)?;
    let revision = state.access().edge().consumer(&name).map(|current| current.revision);
    let gone = name.clone();
    let decide = move |scene: &Scene<'_>| consumers::delete(scene, &gone, &asked.expected);
    if asked.is_dry_run {
        let plan = plan(&state, &caller, name.as_str(), revision, decide).await?;
        let plan = ConsumerPlan { action: Action::Delete, ..of_consumer(plan) };
        return Ok(Json(plan).into_response());
    }
    state.store.act(caller.author.clone(), decide).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn of_consumer(plan: CertificatePlan) -> ConsumerPlan {
    let CertificatePlan { action, name, revision, diff, .. } = plan;
    ConsumerPlan { action, name, revision, diff }
}

fn summary(caller: &Caller, consumer: &Consumer, now: DateTime<Utc>) -> ConsumerSummary {
    let sees_keys = consumers::sees_keys(&caller.principal, consumer.team.as_ref());
    let valid = || consumer.keys.iter().filter(|key| !key.is_expired(now)).count();
    ConsumerSummary {
        name: consumer.name.to_string(),
        team: consumer.team.as_ref().map(ToString::to_string),
        description: consumer.description.clone(),
        keys: sees_keys.then(|| valid() as u64),
        has_password: sees_keys.then_some(consumer.password.is_some()),
        revision: consumer.revision,
        updated_at: consumer.updated_at,
    }
}

fn view(state: &AppState, caller: &Caller, consumer: &Consumer) -> Wire {
    let now = state.clock.now();
    let sight = caller.sight();
    let users = users(&state.gateway().table, ReferenceKind::Consumer);
    let users = users.get(&consumer.name).map_or(&[][..], Vec::as_slice);
    let seen = users.iter().filter(|user| sight.sees(&user.team));
    let used_by: Vec<_> = seen.map(|user| user.mapping.to_string()).collect();
    let team = consumer.team.as_ref();
    let sees_keys = consumers::sees_keys(&caller.principal, team);
    let password = consumer.password.as_ref().filter(|_| sees_keys);
    Wire {
        name: consumer.name.to_string(),
        team: team.map(ToString::to_string),
        description: consumer.description.clone(),
        keys: sees_keys.then(|| consumer.keys.iter().map(|key| of_key(key, now)).collect()),
        password: password.map(|password| ConsumerPassword {
            created_at: password.created_at,
            created_by: password.created_by.clone(),
        }),
        used_by_others: (users.len() - used_by.len()) as u64,
        used_by,
        revision: consumer.revision,
        created_at: consumer.created_at,
        updated_at: consumer.updated_at,
        updated_by: consumer.updated_by.clone(),
        may_decide: consumers::looks_after(&caller.principal, team),
    }
}

fn of_key(key: &Key, now: DateTime<Utc>) -> ConsumerKey {
    ConsumerKey {
        id: key.id.0,
        label: key.label.clone(),
        created_at: key.created_at,
        created_by: key.created_by.clone(),
        expires_at: key.expires_at,
        is_expired: key.is_expired(now),
    }
}
