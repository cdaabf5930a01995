//! `/api/v1/mappings/…`: one mapping in the native API. The list is in `list`.

use app::api::{
    mapping::{Mapping, MappingDraft},
    plan::Plan,
    request::Request as ChangeRequest,
};
use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{
    body::{JSON, MERGE_PATCH, json_object},
    caller::Caller,
    condition,
    error::ApiError,
    located,
    merge_patch::{AbsentNull, merge},
    openapi::{
        native::{MappingContent, MappingOrPlan, MappingPatch},
        words::{DRY_RUN, NAME, tag},
    },
    operations::{self, Answer},
    query::Params,
    requests,
    state::AppState,
};
use crate::{
    gateway::{fields::NameFrom, mapping::Spec},
    store::{Condition, Effect, Put, Written},
};

/// How often a PATCH is made anew when the mapping changes under it; a mapping that changes more
/// often than that within milliseconds is fought over.
const PATCH_TRIES: usize = 4;

/// What a write is asked to do besides its body.
#[derive(Debug)]
pub(super) struct Asked {
    is_dry_run: bool,
    pub(super) condition: Condition,
    headers: HeaderMap,
    pub(super) caller: Caller,
}

impl Asked {
    pub(super) fn read(
        caller: Caller,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Self, ApiError> {
        let params = Params::read(query);
        let is_dry_run = params.flag("dry_run");
        params.finish()?;
        let condition = condition::of_write(headers)?;
        Ok(Self { is_dry_run, condition, headers: headers.clone(), caller })
    }

    /// Writes, or only says what writing would do.
    pub(super) async fn carry_out(self, state: &AppState, put: Put) -> Result<Response, ApiError> {
        if self.is_dry_run {
            let plan = operations::plan_put(state, &self.caller, &put).await?;
            return Ok(Json(plan).into_response());
        }
        match operations::put(state, &self.caller, put).await? {
            Answer::Done(done) => Ok(written(state, &done)),
            Answer::Requested(request) => Ok(requests::accepted(state, &self.caller, &request)),
        }
    }
}

/// Gets a mapping
#[utoipa::path(
    get,
    path = "/api/v1/mappings/{name}",
    operation_id = "getMapping",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = NAME, example = "usermapping"),
        ("if-none-match" = Option<String>, Header),
    ),
    responses(
        (status = OK, description = "The mapping", body = Mapping, headers(("etag" = String))),
        (status = NOT_MODIFIED, description = "The caller has this revision already"),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (gateway, mapping) = operations::find(&state, &name)?;
    let tag = condition::tag(mapping.revision.0);
    if tag.as_ref().is_some_and(|tag| condition::is_known(&headers, tag)) {
        return Ok((StatusCode::NOT_MODIFIED, with_tag(mapping.revision.0)).into_response());
    }
    let mut shown = gateway.view(&mapping);
    operations::add_standing(&state, &mut shown);
    Ok(tagged(StatusCode::OK, shown))
}

/// Creates a mapping
#[utoipa::path(
    post,
    path = "/api/v1/mappings",
    operation_id = "createMapping",
    tag = tag::NATIVE,
    params(
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body = MappingDraft,
    responses(
        (
            status = ACCEPTED,
            description = "Others must agree first: a request was made",
            body = ChangeRequest,
            headers(("location" = String)),
        ),
        (status = OK, description = "What it would do (`dry_run`)", body = Plan),
        (
            status = CREATED,
            description = "It is stored, and every later read shows it",
            body = Mapping,
            headers(("etag" = String), ("location" = String)),
        ),
        (status = CONFLICT, description = "The name or the prefix is taken"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown, or the key was used for another request"),
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(caller, query.as_deref(), &headers)?;
    let body = json_object(request, &JSON).await?;
    add(&state, asked, "create", &body, body.clone()).await
}

/// Creates a mapping from another
///
/// The fields of the body take the place of the other mapping's. The name must be new, and so must
/// the prefix.
#[utoipa::path(
    post,
    path = "/api/v1/mappings/{name}/clone",
    operation_id = "cloneMapping",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = "Name of the mapping to begin from", example = "usermapping"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("idempotency-key" = Option<String>, Header),
    ),
    request_body(content = MappingPatch, description = "At least `name` and `prefix`"),
    responses(
        (
            status = ACCEPTED,
            description = "Others must agree first: a request was made",
            body = ChangeRequest,
            headers(("location" = String)),
        ),
        (status = OK, description = "What it would do (`dry_run`)", body = Plan),
        (
            status = CREATED,
            description = "It is stored, and every later read shows it",
            body = Mapping,
            headers(("etag" = String), ("location" = String)),
        ),
        (status = NOT_FOUND, description = "There is no mapping to begin from"),
        (status = CONFLICT, description = "The name or the prefix is taken"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown, or the key was used for another request"),
    ),
)]
pub(super) async fn clone(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(caller, query.as_deref(), &headers)?;
    let body = json_object(request, &JSON).await?;
    let (_, original) = operations::find(&state, &name)?;
    let mut fields = fields(&original.spec);
    fields.remove("name");
    fields.remove("prefix");
    add(&state, asked, &format!("clone {name}"), &body, patched(fields, &body)).await
}

/// Creates or replaces a mapping
///
/// The same content again is no change: the mapping keeps its revision.
#[utoipa::path(
    put,
    path = "/api/v1/mappings/{name}",
    operation_id = "putMapping",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = NAME, example = "usermapping"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header),
        ("if-none-match" = Option<String>, Header),
    ),
    request_body = MappingContent,
    responses(
        (
            status = ACCEPTED,
            description = "Others must agree first: a request was made",
            body = ChangeRequest,
            headers(("location" = String)),
        ),
        (
            status = OK,
            description = "It was replaced, or has this content already; with `dry_run`, what it would do",
            body = MappingOrPlan,
            headers(("etag" = String)),
        ),
        (
            status = CREATED,
            description = "It was created",
            body = Mapping,
            headers(("etag" = String), ("location" = String)),
        ),
        (status = CONFLICT, description = "Another mapping has this prefix"),
        (status = PRECONDITION_FAILED, description = "The mapping is not what the condition says"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(super) async fn replace(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(caller, query.as_deref(), &headers)?;
    let body = json_object(request, &JSON).await?;
    let spec = operations::read(&state, &asked.caller, NameFrom::Url(&name), &body)?;
    let author = asked.caller.author.clone();
    let put = Put { condition: asked.condition.clone(), ..Put::new(spec, author) };
    asked.carry_out(&state, put).await
}

/// Changes some fields of a mapping
///
/// A merge patch (RFC 7396): fields that are absent stay, `null` means the default.
#[utoipa::path(
    patch,
    path = "/api/v1/mappings/{name}",
    operation_id = "patchMapping",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = NAME, example = "usermapping"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header),
    ),
    request_body(content(
        (MappingPatch = "application/json"),
        (MappingPatch = "application/merge-patch+json"),
    )),
    responses(
        (
            status = ACCEPTED,
            description = "Others must agree first: a request was made",
            body = ChangeRequest,
            headers(("location" = String)),
        ),
        (
            status = OK,
            description = "It was changed, or has this content already; with `dry_run`, what it would do",
            body = MappingOrPlan,
            headers(("etag" = String)),
        ),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
        (status = CONFLICT, description = "Another mapping has this prefix"),
        (status = PRECONDITION_FAILED, description = "The mapping is not what the condition says"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is malformed or unknown"),
    ),
)]
pub(super) async fn patch(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(caller, query.as_deref(), &headers)?;
    let body = json_object(request, &MERGE_PATCH).await?;
    for _ in 1..PATCH_TRIES {
        match try_patch(&state, &name, &asked, &body).await {
            // it changed between our reading and our writing, which the caller did not forbid
            Err(error) if error.is_stale() && asked.condition == Condition::Any => {}
            done => return done,
        }
    }
    try_patch(&state, &name, &asked, &body).await
}

async fn try_patch(
    state: &AppState,
    name: &str,
    asked: &Asked,
    body: &Map<String, Value>,
) -> Result<Response, ApiError> {
    let (_, current) = operations::find(state, name)?;
    let body = patched(fields(&current.spec), body);
    let spec = operations::read(state, &asked.caller, NameFrom::Url(name), &body)?;
    let condition = match &asked.condition {
        Condition::Any | Condition::Present => Condition::Revision(vec![current.revision]),
        asked => asked.clone(),
    };
    let put = Put { condition, ..Put::new(spec, asked.caller.author.clone()) };
    let asked = Asked {
        is_dry_run: asked.is_dry_run,
        headers: HeaderMap::new(),
        condition: Condition::Any,
        caller: asked.caller.clone(),
    };
    asked.carry_out(state, put).await
}

/// Deletes a mapping
#[utoipa::path(
    delete,
    path = "/api/v1/mappings/{name}",
    operation_id = "deleteMapping",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = NAME, example = "usermapping"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header),
    ),
    responses(
        (
            status = ACCEPTED,
            description = "Others must agree first: a request was made",
            body = ChangeRequest,
            headers(("location" = String)),
        ),
        (status = OK, description = "What it would do (`dry_run`)", body = Plan),
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
        (status = PRECONDITION_FAILED, description = "The mapping is not what the condition says"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let asked = Asked::read(caller, query.as_deref(), &headers)?;
    // who names what is not there is told so, whatever else they ask
    operations::find(&state, &name)?;
    if asked.is_dry_run {
        let plan = operations::plan_delete(&state, &asked.caller, &name, asked.condition).await?;
        return Ok(Json(plan).into_response());
    }
    match operations::delete(&state, &asked.caller, &name, asked.condition).await? {
        Answer::Done(true) => Ok(StatusCode::NO_CONTENT.into_response()),
        Answer::Done(false) => Err(ApiError::no_mapping(&name)),
        Answer::Requested(request) => Ok(requests::accepted(&state, &asked.caller, &request)),
    }
}

/// Adds the mapping of `fields`; `what` and `sent` tell apart two requests of one key.
async fn add(
    state: &AppState,
    asked: Asked,
    what: &str,
    sent: &Map<String, Value>,
    fields: Map<String, Value>,
) -> Result<Response, ApiError> {
    let spec = operations::read(state, &asked.caller, NameFrom::Body, &fields)?;
    let author = asked.caller.author.clone();
    let once = condition::once(&asked.headers, &author, what, sent)?;
    let put = Put { condition: Condition::New, once, ..Put::new(spec, author) };
    asked.carry_out(state, put).await
}

/// Returns the fields of a mapping that its owner sets.
fn fields(spec: &Spec) -> Map<String, Value> {
    match serde_json::to_value(operations::draft(spec)) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn patched(mut fields: Map<String, Value>, patch: &Map<String, Value>) -> Map<String, Value> {
    merge(&mut fields, patch, AbsentNull::Goes);
    fields
}

fn written(state: &AppState, written: &Written) -> Response {
    let status = match written.effect {
        Effect::Created | Effect::Repeated => StatusCode::CREATED,
        Effect::Replaced | Effect::Unchanged => StatusCode::OK,
    };
    let mapping = state.gateway().view(&written.mapping);
    let path = format!("/api/v1/mappings/{}", mapping.name);
    match tagged(status, mapping) {
        made if status == StatusCode::CREATED => located(status, &path, made),
        there => there,
    }
}

fn tagged(status: StatusCode, mapping: Mapping) -> Response {
    (status, with_tag(mapping.revision), Json(mapping)).into_response()
}

pub(super) fn with_tag(revision: u64) -> HeaderMap {
    condition::tag(revision).map(|tag| (header::ETAG, tag)).into_iter().collect()
}
