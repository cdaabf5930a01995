//! `GET /api/v1/mappings`: search, facets, order and pages over the mappings in memory.
//!
//! ```text
//! query ─▶ Wanted ─▶ every mapping ─ found by the text? ─▶ facets ─▶ all chosen? ─▶ sort ─▶ page
//! ```
//! It looks at each mapping once and copies only those of the page.

mod cursor;
mod found;

use app::api::{
    list::{LIMIT_DEFAULT, LIMIT_MAX, ListQuery, MappingPage, Order, Sort},
    live::LiveMapping,
};
use axum::{
    Json,
    extract::{RawQuery, State},
};

use self::{
    cursor::Cursor,
    found::{Found, Reader},
};
use super::{
    caller::Caller,
    error::ApiError,
    openapi::{
        native::ConfigWord,
        words::{CURSOR, LIMIT, tag},
    },
    operations,
    query::Params,
    state::AppState,
};
use crate::{
    auth::{names::TeamName, principal::Who, role::Role},
    gateway::mapping::MappingName,
};

/// Longest search in bytes: longer than any address that people paste.
const SEARCH_MAX_BYTES: usize = 2048;

/// Longest word or label in bytes.
const WORD_MAX_BYTES: usize = 300;

/// Lists mappings
///
/// A page of the mappings that were asked for and that the caller sees, with their live numbers;
/// `facets` counts what else could be asked for.
#[utoipa::path(
    get,
    path = "/api/v1/mappings",
    operation_id = "listMappings",
    tag = tag::NATIVE,
    params(
        ("q" = Option<String>, Query, description = "Words that must all be in the name, the prefix, the service or a label, in upper or lower case; or a whole URL, to find the mapping that serves it"),
        ("sort" = Option<Sort>, Query, description = "What to sort by; `match` is the order in which the gateway tries them. What is not known comes last", example = "rate"),
        ("order" = Option<Order>, Query, description = "`asc`, unless given"),
        ("health" = Option<app::api::live::Health>, Query, description = "Only mappings of this health"),
        ("config" = Option<ConfigWord>, Query, description = "Only mappings in this state of configuration", example = "live"),
        ("label" = Option<String>, Query, description = "Only mappings with this label", example = "team=accounts"),
        ("service" = Option<String>, Query, description = "Only mappings to this service", example = "usersvc"),
        ("team" = Option<String>, Query, description = "Only mappings of this team; `mine` for those of the caller's teams", example = "default"),
        ("favourite" = Option<bool>, Query, description = "Only mappings that the user has marked"),
        ("limit" = Option<u32>, Query, description = LIMIT, minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = CURSOR),
    ),
    responses((status = OK, description = "A page of the list", body = MappingPage)),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<MappingPage>, ApiError> {
    let (query, cursor) = read(query.as_deref())?;
    let gateway = state.gateway();
    let tick = state.ticks.borrow().clone();
    let found = Found::of(&query, &reader(&state, &caller), &gateway, &tick);
    let limit = usize::try_from(query.limit.unwrap_or(LIMIT_DEFAULT)).unwrap_or(usize::MAX);
    let mut page = found.page(&query, cursor.as_ref(), limit);
    add_trends(&state, &mut page.items).await;
    Ok(Json(page))
}

fn reader(state: &AppState, caller: &Caller) -> Reader {
    let access = state.access();
    let user = match &caller.principal.who {
        Who::User(name) => access.user(name),
        _ => None,
    };
    Reader {
        sight: caller.sight(),
        teams: caller.principal.teams_with(Role::Viewer).cloned().collect(),
        favourites: user.map(|user| user.favourites.clone()).unwrap_or_default(),
    }
}

/// Adds what the tick does not have: the traffic of the last minutes, and whose the place is.
pub(super) async fn add_trends(state: &AppState, items: &mut [LiveMapping]) {
    let names = items.iter().filter_map(|live| MappingName::parse(&live.mapping.name).ok());
    let mut recent = state.history.recent(names.collect()).await;
    for live in items {
        operations::add_standing(state, &mut live.mapping);
        let known =
            MappingName::parse(&live.mapping.name).ok().and_then(|name| recent.remove(&name));
        live.trend = known.map(|recent| recent.trend).unwrap_or_default();
    }
}

fn read(query: Option<&str>) -> Result<(ListQuery, Option<Cursor>), ApiError> {
    let params = Params::read(query);
    let config = params.one_of("config", &found::CONFIG_WORDS);
    let team = params.text("team", WORD_MAX_BYTES).filter(|team| {
        let known = TeamName::parse(team);
        known.map_err(|error| params.wrong::<()>("team", error.to_string())).is_ok()
    });
    let health: Option<app::api::live::Health> = params.word("health");
    let query = ListQuery {
        q: params.text("q", SEARCH_MAX_BYTES).unwrap_or_default(),
        sort: params.word("sort"),
        order: params.word("order"),
        health: health.map(|health| found::health_word(health).to_owned()),
        config: config.map(str::to_owned),
        label: params.text("label", WORD_MAX_BYTES),
        service: params.text("service", WORD_MAX_BYTES),
        team,
        favourite: params.flag("favourite"),
        limit: params.number("limit", 1..=LIMIT_MAX),
        cursor: params.text("cursor", cursor::MAX_BYTES),
    };
    let cursor = query.cursor.as_deref().and_then(|text| {
        let read = Cursor::read(text, &query);
        read.map_err(|message| params.wrong::<()>("cursor", message.to_owned())).ok()
    });
    params.finish()?;
    Ok((query, cursor))
}
