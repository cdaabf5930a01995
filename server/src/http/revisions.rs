//! `/api/v1/mappings/{name}/…`: one revision, two of them compared, and one restored.
//!
//! ```text
//! revision ─▶ found (the store's rows) ─▶ detail, comparison
//!                                     └─▶ restore: a put of the content it had, like any other
//! ```
//! A restored content is judged by today's rules: a prefix that is taken by now is refused, and an
//! old revision never comes back by another way than a new one. The list of revisions is in
//! `history`.

use app::api::{
    mapping::Mapping,
    problem::FieldError,
    request::Request as ChangeRequest,
    revision::{Compared, Comparison, Restoration, RevisionDetail},
};
use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Request},
    response::Response,
};
use serde_json::{Map, Value};

use super::{
    body::{JSON, json_object},
    caller::Caller,
    error::ApiError,
    history,
    mappings::Asked,
    openapi::{
        native::MappingOrPlan,
        words::{DRY_RUN, NAME, tag},
    },
    operations,
    query::Params,
    state::AppState,
};
use crate::{
    gateway::{
        mapping::{MappingName, Revision},
        plan,
    },
    store::{Put, Recorded},
};

/// Digits of the highest revision.
const REVISION_MAX_BYTES: usize = 20;

/// A change and what stands around it.
struct Found {
    change: Recorded,
    /// The mapping's change before.
    previous: Option<Revision>,
    /// The mapping's newest change.
    newest: Revision,
}

/// Gets a revision of a mapping
///
/// What the mapping was after this change, and what the change has changed; also of a mapping that
/// is gone.
#[utoipa::path(
    get,
    path = "/api/v1/mappings/{name}/revisions/{revision}",
    operation_id = "getMappingRevision",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = NAME, example = "usermapping"),
        ("revision" = u64, Path, description = "Number of the change", example = 7),
    ),
    responses(
        (status = OK, description = "The change and the content that it left", body = RevisionDetail),
        (status = NOT_FOUND, description = "The mapping has no such revision"),
        (status = SERVICE_UNAVAILABLE, description = "The database can't be read just now; try again"),
    ),
)]
pub(super) async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path((name, revision)): Path<(String, String)>,
) -> Result<Json<RevisionDetail>, ApiError> {
    let number = revision.parse().map_err(|_no_number| none(&name, &revision))?;
    let Found { change, previous, newest } = find(&state, &caller, &name, Revision(number)).await?;
    Ok(Json(RevisionDetail {
        entry: history::entry(&state, &change),
        content: change.after.as_ref().map(operations::draft),
        previous: previous.map(|previous| previous.0),
        is_newest: change.revision == newest,
    }))
}

/// Compares two revisions of a mapping
///
/// In either order; also of a mapping that is gone.
#[utoipa::path(
    get,
    path = "/api/v1/mappings/{name}/compare",
    operation_id = "compareMappingRevisions",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = NAME, example = "usermapping"),
        ("from" = u64, Query, description = "Number of a change of the mapping", example = 7),
        ("to" = Option<u64>, Query, description = "Number of another; its newest unless given", example = 9),
    ),
    responses(
        (status = OK, description = "Both contents, and what differs", body = Comparison),
        (status = NOT_FOUND, description = "The mapping has no such revision"),
        (status = SERVICE_UNAVAILABLE, description = "The database can't be read just now; try again"),
    ),
)]
pub(super) async fn compare(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Comparison>, ApiError> {
    let params = Params::read(query.as_deref());
    let from = match params.text("from", REVISION_MAX_BYTES) {
        Some(text) => read(&params, "from", &text),
        None => params.wrong("from", "is missing; it must be the number of a change".to_owned()),
    };
    let to = params.text("to", REVISION_MAX_BYTES).and_then(|text| read(&params, "to", &text));
    params.finish()?;
    let from = find(&state, &caller, &name, from.unwrap_or_default()).await?;
    let to = find(&state, &caller, &name, to.unwrap_or(from.newest)).await?;
    Ok(Json(Comparison {
        mapping: name,
        diff: plan::diff(from.change.after.as_ref(), to.change.after.as_ref()),
        from: compared(&from),
        to: compared(&to),
    }))
}

/// Gives a mapping the content that it had
///
/// That is a new revision, judged like any other write; what the mapping has already is no change.
/// A mapping that was deleted is made again by the revision before its deletion.
#[utoipa::path(
    post,
    path = "/api/v1/mappings/{name}/restore",
    operation_id = "restoreMapping",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = NAME, example = "usermapping"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header),
        ("if-none-match" = Option<String>, Header),
    ),
    request_body = Restoration,
    responses(
        (
            status = ACCEPTED,
            description = "Others must agree first: a request was made",
            body = ChangeRequest,
            headers(("location" = String)),
        ),
        (
            status = OK,
            description = "It was restored, or has this content already; with `dry_run`, what it would do",
            body = MappingOrPlan,
            headers(("etag" = String)),
        ),
        (
            status = CREATED,
            description = "It was gone, and is made again",
            body = Mapping,
            headers(("etag" = String), ("location" = String)),
        ),
        (status = NOT_FOUND, description = "The mapping has no such revision"),
        (status = CONFLICT, description = "Another mapping has the prefix by now"),
        (status = PRECONDITION_FAILED, description = "The mapping is not what the condition says"),
        (status = UNPROCESSABLE_ENTITY, description = "The revision is a deletion, which has no content, or no number"),
    ),
)]
pub(super) async fn restore(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(caller, query.as_deref(), &headers)?;
    let revision = wanted(&json_object(request, &JSON).await?)?;
    let Found { change, previous, .. } = find(&state, &asked.caller, &name, revision).await?;
    let spec = change.after.ok_or_else(|| deletion(&name, revision, previous))?;
    let author = asked.caller.author.clone();
    let put = Put { condition: asked.condition.clone(), ..Put::new(spec, author) };
    asked.carry_out(&state, put).await
}

/// Reads which revision is to be restored.
fn wanted(body: &Map<String, Value>) -> Result<Revision, ApiError> {
    let unknown = body.keys().filter(|key| *key != "revision");
    let mut errors: Vec<_> = unknown
        .map(|key| FieldError::new(key, "is not a known field; known is `revision`".to_owned()))
        .collect();
    let revision = body.get("revision").and_then(Value::as_u64);
    if revision.is_none() {
        let said = if body.contains_key("revision") { "must be" } else { "is missing; it must be" };
        errors.push(FieldError::new("revision", format!("{said} the number of a change")));
    }
    match revision {
        Some(revision) if errors.is_empty() => Ok(Revision(revision)),
        _ => Err(ApiError::invalid(errors)),
    }
}

/// Finds a change of the mapping `name`, which may be gone. One that belongs to a team whose
/// mappings the caller does not see is not there, nor is what such a team had before.
async fn find(
    state: &AppState,
    caller: &Caller,
    name: &str,
    revision: Revision,
) -> Result<Found, ApiError> {
    let none = || none(name, &revision.to_string());
    let parsed = MappingName::parse(name).map_err(|_no_name| none())?;
    let after = Revision(revision.0.saturating_add(1));
    let sight = caller.sight();
    let mut changes = state.store.history(Some(&parsed), &sight, Some(after), 2).await?.into_iter();
    let mut change = changes.next().filter(|it| it.revision == revision).ok_or_else(none)?;
    change.before = change.before.filter(|before| sight.sees(&before.team));
    let newest = state.store.history(Some(&parsed), &sight, None, 1).await?;
    Ok(Found {
        previous: changes.next().map(|previous| previous.revision),
        newest: newest.first().map_or(revision, |newest| newest.revision),
        change,
    })
}

fn compared(found: &Found) -> Compared {
    let Found { change, newest, .. } = found;
    Compared {
        revision: change.revision.0,
        at: change.at,
        content: change.after.as_ref().map(operations::draft),
        is_newest: change.revision == *newest,
    }
}

fn read(params: &Params, name: &str, text: &str) -> Option<Revision> {
    match text.parse() {
        Ok(revision) => Some(Revision(revision)),
        Err(_no_number) => params.wrong(name, "must be the number of a change".to_owned()),
    }
}

fn none(name: &str, revision: &str) -> ApiError {
    ApiError::not_found(format!("there is no revision `{revision}` of a mapping named `{name}`"))
}

/// Refuses to restore a deletion, and says what is meant in its place.
fn deletion(name: &str, revision: Revision, previous: Option<Revision>) -> ApiError {
    let advice = match previous {
        Some(previous) => format!("to undo that, restore revision {previous}"),
        None => "there is nothing before it".to_owned(),
    };
    let said = format!("{revision} is the deletion of `{name}`, which has no content; {advice}");
    ApiError::invalid_field("revision", said)
}
