//! The article's API: the same operations in the shapes of Ambassador 0.8.
//!
//! Every answer has the envelope `hostname, ok, resolvedname, version`; keys are sorted, two
//! spaces deep. Where the article and the old code disagree on a key, both are there. Unlike
//! then, an error has a real status code.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    body::{JSON, json_object},
    caller::Caller,
    error::ApiError,
    openapi::{
        article,
        words::{NAME, tag},
    },
    operations::{self, Answer},
    state::AppState,
};
use crate::{
    auth::entity,
    gateway::{fields::NameFrom, mapping::Mapping},
    publisher::Published,
    stats::tick::ServiceStats,
    store::{Condition, Put, Written},
};

/// Tells that the server answers
#[utoipa::path(
    get,
    path = "/ambassador/health",
    operation_id = "ambassadorHealth",
    tag = tag::AMBASSADOR,
    responses((status = OK, description = "The server answers", body = article::Health)),
)]
pub(super) async fn health(State(state): State<AppState>) -> Response {
    answer(&state, Ok(json!({ "msg": "ambassador health check OK" })))
}

/// Lists all mappings that the caller sees
///
/// In the order in which they were made. The article names the list `services` and the code of its
/// time `mappings`: both are there.
#[utoipa::path(
    get,
    path = "/ambassador/mappings",
    operation_id = "ambassadorMappings",
    tag = tag::AMBASSADOR,
    responses((status = OK, description = "All mappings", body = article::List)),
)]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Response {
    let (gateway, sight) = (state.gateway(), caller.sight());
    let mut mappings: Vec<_> = gateway.table.seen_by(&sight).collect();
    // the article shows them as they were made
    mappings.sort_by(|left, right| {
        (left.created_at, left.name()).cmp(&(right.created_at, right.name()))
    });
    let mappings: Vec<_> = mappings.into_iter().map(|mapping| fields(mapping)).collect();
    answer(
        &state,
        Ok(json!({ "count": mappings.len(), "mappings": mappings, "services": mappings })),
    )
}

/// Gets a mapping
#[utoipa::path(
    get,
    path = "/ambassador/mapping/{name}",
    operation_id = "ambassadorGetMapping",
    tag = tag::AMBASSADOR,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    responses(
        (status = OK, description = "The mapping", body = article::Found),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
    ),
)]
pub(super) async fn get(State(state): State<AppState>, Path(name): Path<String>) -> Response {
    let found = operations::find(&state, &name);
    answer(&state, found.map(|(gateway, mapping)| warned(&gateway, &mapping, fields(&mapping))))
}

/// Creates or replaces a mapping
///
/// A mapping that was accepted, but will not work as it may seem, has `warnings`.
#[utoipa::path(
    put,
    path = "/ambassador/mapping/{name}",
    operation_id = "ambassadorPutMapping",
    tag = tag::AMBASSADOR,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    request_body = article::Draft,
    responses(
        (status = ACCEPTED, description = "Others must agree first: a request was made", body = article::Requested),
        (status = OK, description = "It is stored, and every later read shows it", body = article::Named),
        (status = CONFLICT, description = "Another mapping has this prefix"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(super) async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    match write(&state, &caller, &name, request).await {
        Ok(Answer::Requested(request)) => requested(&state, &name, &request),
        Ok(Answer::Done(written)) => {
            let said = warned(&state.gateway(), &written.mapping, json!({ "name": name }));
            answer(&state, Ok(said))
        }
        Err(error) => answer(&state, Err(error)),
    }
}

async fn write(
    state: &AppState,
    caller: &Caller,
    name: &str,
    request: Request<Body>,
) -> Result<Answer<Written>, ApiError> {
    let mut body = json_object(request, &JSON).await?;
    // the article knows no labels, hosts, conditions or policy: who sends none does not ask for
    // them to go
    if let Ok((_, current)) = operations::find(state, name) {
        body.entry("labels").or_insert_with(|| json!(current.spec.labels.to_vec()));
        body.entry("host").or_insert_with(|| json!(current.spec.host));
        body.entry("match").or_insert_with(|| json!(current.spec.matching.wire()));
        // who names the same service does not ask for the end of sharing, either
        if body.get("service").is_some_and(|service| service == current.spec.service_text()) {
            body.entry("backends").or_insert_with(|| json!(current.spec.backends.to_wire()));
        }
        let mut policy = current.spec.policy.json();
        // but who sends a service asks for it
        if body.get("service").is_some_and(|service| !service.is_null() && service != "") {
            policy.retain(|group, _| !matches!(group.as_str(), "redirect" | "respond"));
        }
        for (group, parts) in policy {
            body.entry(group).or_insert(parts);
        }
    }
    let spec = operations::read(state, caller, NameFrom::Url(name), &body)?;
    operations::put(state, caller, Put::new(spec, caller.author.clone())).await
}

/// Creates or replaces a mapping, as the article does
///
/// The same as `PUT`.
#[utoipa::path(
    post,
    path = "/ambassador/mapping/{name}",
    operation_id = "ambassadorPostMapping",
    tag = tag::AMBASSADOR,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    request_body = article::Draft,
    responses(
        (status = ACCEPTED, description = "Others must agree first: a request was made", body = article::Requested),
        (status = OK, description = "It is stored, and every later read shows it", body = article::Named),
        (status = CONFLICT, description = "Another mapping has this prefix"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(super) async fn post(
    state: State<AppState>,
    caller: Caller,
    name: Path<String>,
    request: Request<Body>,
) -> Response {
    put(state, caller, name, request).await
}

/// Deletes a mapping
///
/// Fine also when there is none.
#[utoipa::path(
    delete,
    path = "/ambassador/mapping/{name}",
    operation_id = "ambassadorDeleteMapping",
    tag = tag::AMBASSADOR,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    responses(
        (status = OK, description = "There is no such mapping any more", body = article::Named),
        (status = ACCEPTED, description = "Others must agree first: a request was made", body = article::Requested),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Response {
    match operations::delete(&state, &caller, &name, Condition::Any).await {
        Ok(Answer::Requested(request)) => requested(&state, &name, &request),
        Ok(Answer::Done(_existed)) => answer(&state, Ok(json!({ "name": name }))),
        Err(error) => answer(&state, Err(error)),
    }
}

/// Gets the counters of all mappings and services that the caller sees
///
/// `services` are named as the mappings write them. The members are `null` until an Envoy has
/// reported.
#[utoipa::path(
    get,
    path = "/ambassador/stats",
    operation_id = "ambassadorStats",
    tag = tag::AMBASSADOR,
    responses((status = OK, description = "The counters", body = article::Stats)),
)]
pub(super) async fn stats(State(state): State<AppState>, caller: Caller) -> Response {
    let tick = state.ticks.borrow().clone();
    let (gateway, sight) = (state.gateway(), caller.sight());
    let mut mappings = Map::new();
    let mut services = Map::new();
    for mapping in gateway.table.seen_by(&sight) {
        let known = tick.known(mapping);
        let counters = known.map(|entry| entry.live.counters).unwrap_or_default();
        let members = known.and_then(|entry| entry.live.members);
        mappings.insert(mapping.name().to_string(), numbers(ServiceStats { counters, members }));
        for service in mapping.spec.clusters().map(|cluster| cluster.service) {
            let stats = tick.services.get(&service.name).copied().unwrap_or_default();
            services.insert(service.text.as_ref().to_owned(), numbers(stats));
        }
    }
    answer(&state, Ok(json!({ "mappings": mappings, "services": services })))
}

/// Anything else below `/ambassador/`.
pub(super) async fn unknown(State(state): State<AppState>) -> Response {
    answer(&state, Err(ApiError::not_found("there is nothing at this address of the API")))
}

/// Answers, in the envelope, what was refused before it came here.
pub(super) fn refuse(state: &AppState, status: StatusCode, detail: String) -> Response {
    answer(state, Err(ApiError::new(status, "refused", detail)))
}

/// Says that others must agree first, which is no failure.
fn requested(state: &AppState, name: &str, request: &entity::Request) -> Response {
    let team = &request.approvers;
    let said = json!({
        "msg": format!("the team `{team}` must agree first: request {} was made", request.id),
        "name": name,
        "request": request.id,
    });
    let mut response = answer(state, Ok(said));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn fields(mapping: &Mapping) -> Value {
    let spec = &mapping.spec;
    json!({
        "name": spec.name.as_str(),
        "prefix": spec.prefix.as_str(),
        "rewrite": spec.rewrite.as_str(),
        "service": spec.service_text(),
    })
}

/// Adds `warnings`, a key that the article does not have, where there is something to say.
fn warned(gateway: &Published, mapping: &Mapping, mut said: Value) -> Value {
    let warnings = gateway.warnings(mapping);
    if !warnings.is_empty()
        && let Some(object) = said.as_object_mut()
    {
        let messages = warnings.into_iter().map(|warning| warning.message.into()).collect();
        object.insert("warnings".to_owned(), Value::Array(messages));
    }
    said
}

/// Members are `null` until a node has reported: unknown is not zero.
fn numbers(stats: ServiceStats) -> Value {
    let members = stats.members;
    json!({
        "healthy_members": members.map(|members| members.healthy_members),
        "healthy_percent": members.map(app::api::live::Members::healthy_percent),
        "total_members": members.map(|members| members.total_members),
        "upstream_4xx": stats.counters.upstream_4xx,
        "upstream_bad": stats.counters.upstream_bad,
        "upstream_ok": stats.counters.upstream_ok,
    })
}

fn answer(state: &AppState, said: Result<Value, ApiError>) -> Response {
    let (status, said) = match said {
        Ok(said) => (StatusCode::OK, said),
        Err(error) => (error.status, json!({ "error": error.detail })),
    };
    let mut envelope = json!({
        "hostname": state.identity.hostname,
        "ok": status.is_success(),
        "resolvedname": state.identity.resolvedname,
        "version": env!("CARGO_PKG_VERSION"),
    });
    if let (Some(envelope), Value::Object(said)) = (envelope.as_object_mut(), said) {
        envelope.extend(said);
    }
    let body = format!("{envelope:#}\n");
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
