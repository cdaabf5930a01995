//! What was: the committed changes, and the numbers of the last minutes.
//!
//! The changes are the only thing here that is read from the database; all else is in memory.

use app::api::{
    list::{LIMIT_DEFAULT, LIMIT_MAX},
    live::LiveMapping,
    revision::{ChangeWord, RevisionEntry, RevisionPage},
    series::{Marker, Series, Span},
};
use axum::{
    Json,
    extract::{Path, RawQuery, State},
};

use super::{
    caller::Caller,
    delivery,
    error::ApiError,
    list::add_trends,
    openapi::words::{LIMIT, NAME, tag},
    operations,
    query::Params,
    state::AppState,
    stats::live_mapping,
};
use crate::{
    auth::sight::Sight,
    gateway::{
        mapping::{MappingName, Revision},
        plan,
    },
    stats::query::Sides,
    store::Recorded,
};

/// Changes that a chart shows at the most: more would hide the curve.
const MARKERS_MAX: u32 = 20;

/// Lists all changes that the caller sees
///
/// Newest first, with what each has changed.
#[utoipa::path(
    get,
    path = "/api/v1/revisions",
    operation_id = "listRevisions",
    tag = tag::NATIVE,
    params(
        ("limit" = Option<u32>, Query, description = LIMIT, minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "Where to go on: `next_cursor` of another answer"),
    ),
    responses(
        (status = OK, description = "A page of changes", body = RevisionPage),
        (status = SERVICE_UNAVAILABLE, description = "The database can't be read just now; try again"),
    ),
)]
pub(super) async fn all(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<RevisionPage>, ApiError> {
    page(&state, &caller.sight(), None, query.as_deref()).await
}

/// Lists the changes of a mapping
///
/// Newest first; also of a mapping that is gone.
#[utoipa::path(
    get,
    path = "/api/v1/mappings/{name}/revisions",
    operation_id = "listMappingRevisions",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = NAME, example = "usermapping"),
        ("limit" = Option<u32>, Query, description = LIMIT, minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "Where to go on: `next_cursor` of another answer"),
    ),
    responses(
        (status = OK, description = "A page of changes", body = RevisionPage),
        (status = NOT_FOUND, description = "There never was a mapping of this name"),
        (status = SERVICE_UNAVAILABLE, description = "The database can't be read just now; try again"),
    ),
)]
pub(super) async fn of_mapping(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<RevisionPage>, ApiError> {
    let parsed = MappingName::parse(&name).map_err(|_no_name| ApiError::no_mapping(&name))?;
    let sight = caller.sight();
    let Json(page) = page(&state, &sight, Some(&parsed), query.as_deref()).await?;
    let gateway = state.gateway();
    let is_seen = || gateway.table.get(&parsed).is_some_and(|now| sight.sees(&now.spec.team));
    let was_there = !page.items.is_empty() || is_seen();
    if was_there { Ok(Json(page)) } else { Err(ApiError::no_mapping(&name)) }
}

async fn page(
    state: &AppState,
    sight: &Sight,
    name: Option<&MappingName>,
    query: Option<&str>,
) -> Result<Json<RevisionPage>, ApiError> {
    let params = Params::read(query);
    let limit = params.number("limit", 1..=LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let cursor = params.number_cursor().map(Revision);
    params.finish()?;
    let mut recorded = state.store.history(name, sight, cursor, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = recorded.len() > limit;
    recorded.truncate(limit);
    let next_cursor = recorded.last().filter(|_| has_more).map(|last| last.revision.to_string());
    let items = recorded.iter().map(|recorded| entry(state, recorded)).collect();
    Ok(Json(RevisionPage { items, next_cursor }))
}

pub(super) fn entry(state: &AppState, recorded: &Recorded) -> RevisionEntry {
    RevisionEntry {
        revision: recorded.revision.0,
        at: recorded.at,
        mapping: recorded.name.to_string(),
        team: recorded.team.to_string(),
        actor: recorded.actor.clone(),
        change: change(recorded),
        diff: plan::diff(recorded.before.as_ref(), recorded.after.as_ref()),
        live_after_ms: delivery::after_ms(state, recorded.revision, recorded.at),
    }
}

fn change(recorded: &Recorded) -> ChangeWord {
    match (&recorded.before, &recorded.after) {
        (_, None) => ChangeWord::Deleted,
        (None, Some(_)) => ChangeWord::Created,
        (Some(_), Some(_)) => ChangeWord::Changed,
    }
}

/// Gets a mapping with its live numbers
#[utoipa::path(
    get,
    path = "/api/v1/mappings/{name}/live",
    operation_id = "getLiveMapping",
    tag = tag::NATIVE,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    responses(
        (status = OK, description = "The mapping and its newest numbers", body = LiveMapping),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
    ),
)]
pub(super) async fn live(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<LiveMapping>, ApiError> {
    let (gateway, mapping) = operations::find(&state, &name)?;
    let tick = state.ticks.borrow().clone();
    let mut live = [live_mapping(&tick, &gateway, &mapping)];
    add_trends(&state, &mut live).await;
    let [live] = live;
    Ok(Json(live))
}

/// Gets the numbers of a mapping over the last minutes
#[utoipa::path(
    get,
    path = "/api/v1/mappings/{name}/series",
    operation_id = "getMappingSeries",
    tag = tag::NATIVE,
    params(
        ("name" = String, Path, description = NAME, example = "usermapping"),
        ("span" = Option<Span>, Query, description = "How far back; `5m` unless given"),
    ),
    responses(
        (status = OK, description = "The numbers, with the changes of the mapping", body = Series),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
    ),
)]
pub(super) async fn mapping_series(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Series>, ApiError> {
    let span = span(query.as_deref())?;
    let (_, mapping) = operations::find(&state, &name)?;
    series(&state, &caller.sight(), Some(mapping.name()), span).await
}

/// Gets the numbers of the whole gateway over the last minutes
///
/// Of the changes, those that the caller sees.
#[utoipa::path(
    get,
    path = "/api/v1/series",
    operation_id = "getSeries",
    tag = tag::NATIVE,
    params(("span" = Option<Span>, Query, description = "How far back; `5m` unless given")),
    responses((status = OK, description = "The numbers, with the newest changes", body = Series)),
)]
pub(super) async fn gateway_series(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Series>, ApiError> {
    series(&state, &caller.sight(), None, span(query.as_deref())?).await
}

fn span(query: Option<&str>) -> Result<Span, ApiError> {
    let params = Params::read(query);
    let span = params.word("span").unwrap_or_default();
    params.finish()?;
    Ok(span)
}

async fn series(
    state: &AppState,
    sight: &Sight,
    name: Option<&MappingName>,
    span: Span,
) -> Result<Json<Series>, ApiError> {
    let stopping = || ApiError::unavailable("the server is shutting down");
    let mut series = state.history.series(name, span).await.ok_or_else(stopping)?;
    let begin = series.end - span.duration();
    // a chart without its markers is better than none
    let changes = state.store.history(name, sight, None, MARKERS_MAX).await.unwrap_or_default();
    let shown: Vec<_> = changes.iter().filter(|change| change.at > begin).rev().collect();
    let around = state.history.around(shown.iter().map(|change| change.revision).collect()).await;
    let marked = shown.into_iter().map(|change| {
        let sides = around.get(&change.revision).copied().unwrap_or_default();
        marker(change, name.is_none(), sides)
    });
    series.markers = marked.collect();
    Ok(Json(series))
}

fn marker(recorded: &Recorded, is_named: bool, [before, after]: Sides) -> Marker {
    let diff = plan::diff(recorded.before.as_ref(), recorded.after.as_ref());
    let said = match (change(recorded), diff.as_slice()) {
        (ChangeWord::Created, _) => "created".to_owned(),
        (ChangeWord::Deleted, _) => "deleted".to_owned(),
        (ChangeWord::Changed, [one]) => {
            let shown = |text: &Option<String>| match text.as_deref() {
                None | Some("") => "“”".to_owned(),
                Some(text) => text.to_owned(),
            };
            format!("{} {} → {}", one.field, shown(&one.before), shown(&one.after))
        }
        (ChangeWord::Changed, several) => {
            let fields: Vec<_> = several.iter().map(|change| change.field.as_str()).collect();
            format!("{} changed", fields.join(", "))
        }
    };
    let summary = if is_named { format!("{} {said}", recorded.name) } else { said };
    Marker { revision: recorded.revision.0, at: recorded.at, summary, before, after }
}
