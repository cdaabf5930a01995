//! `/api/v1/stats`: the live numbers once, for who does not follow them.

use std::sync::Arc;

use app::api::{
    live::{Full, LiveMapping, LiveSide, Watch},
    problem::FieldError,
};
use axum::{
    Json,
    extract::{FromRequestParts, Query, State},
    http::request::Parts,
};
use serde::Deserialize;

use super::{caller::Caller, error::ApiError, openapi::words::tag, query, state::AppState};
use crate::{
    auth::sight::Sight,
    gateway::mapping::Mapping,
    publisher::Published,
    stats::{counters::Counts, frame::Watching, health::judge, seen::sum, tick::Tick},
};

/// Documents the two parameters that say what is watched.
pub(super) const MAPPINGS: &str = "Names of mappings, separated by commas, at most 200; empty for none, absent for all that the caller sees";
pub(super) const OVERVIEW: &str =
    "Whether to add the mappings that need attention and those with the most traffic";

/// What the address asks for: `mappings=a,b&overview=true`.
#[derive(Debug)]
pub(super) struct Watched(pub(super) Watching);

#[derive(Debug, Deserialize)]
struct Parameters {
    mappings: Option<String>,
    overview: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Watched {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(asked) = Query::<Parameters>::from_request_parts(parts, state)
            .await
            .map_err(|error| unreadable("query", error.body_text()))?;
        let names = |text: &str| {
            text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let overview = match asked.overview.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(unreadable("overview", "must be `true` or `false`".to_owned())),
        };
        let watch = Watch { mappings: asked.mappings.as_deref().map(names), overview };
        Watching::read(&watch)
            .map(Self)
            .map_err(|too_many| unreadable("mappings", too_many.to_string()))
    }
}

fn unreadable(parameter: &str, detail: String) -> ApiError {
    query::invalid(vec![FieldError::new(parameter, detail)])
}

/// Gets live numbers once
///
/// Mappings with their live numbers, and the totals, from which a viewer goes on with the
/// websocket: this is what its first frame says.
#[utoipa::path(
    get,
    path = "/api/v1/stats",
    operation_id = "getStats",
    tag = tag::NATIVE,
    params(
        ("mappings" = Option<String>, Query, description = MAPPINGS, example = "usermapping,gruemapping"),
        ("overview" = Option<bool>, Query, description = OVERVIEW),
    ),
    responses((status = OK, description = "The newest numbers", body = Full)),
)]
pub(super) async fn snapshot(
    State(state): State<AppState>,
    caller: Caller,
    Watched(watching): Watched,
) -> Json<Full> {
    let tick = state.ticks.borrow().clone();
    Json(up_to_date(&tick, &state.gateway(), &watching, &caller.sight()))
}

/// Returns the tick's numbers for the newest table: whoever has just written must see it, and
/// the next tick is up to a second away.
pub(super) fn up_to_date(
    tick: &Tick,
    gateway: &Published,
    watching: &Watching,
    sight: &Sight,
) -> Full {
    if tick.gateway.revision == gateway.table.revision().0 {
        return tick.full(watching, sight);
    }
    let mut full = tick.full(&Watching::nothing(watching.has_overview()), sight);
    full.gateway.revision = gateway.table.revision().0;
    full.gateway.mappings = super::saturated(gateway.table.seen_by(sight).count());
    let watched = watching.find_in(&gateway.table, sight).into_iter();
    full.mappings = watched.map(|mapping| live_mapping(tick, gateway, mapping)).collect();
    full
}

/// Returns the tick's numbers for a mapping that may be newer than the tick.
pub(super) fn live_mapping(
    tick: &Tick,
    gateway: &Published,
    mapping: &Arc<Mapping>,
) -> LiveMapping {
    let view = gateway.view(mapping);
    let config = gateway.config_state(mapping, &tick.nodes);
    let of_services = mapping.spec.services().filter_map(|service| tick.services.get(service));
    let members = sum(of_services.filter_map(|service| service.members));
    match tick.known(mapping) {
        // what the tick says of delivery and endpoints is said of the content that it knows
        Some(known) if known.live.mapping.revision == view.revision => {
            LiveMapping { mapping: view, ..known.live.clone() }
        }
        Some(known) => {
            let sides = sides(mapping, &known.live.sides);
            LiveMapping { mapping: view, config, members, sides, ..known.live.clone() }
        }
        None => LiveMapping {
            mapping: view,
            counters: tick.counters(mapping),
            rate: None,
            bad_rate: None,
            ok_percent: None,
            latency: None,
            trend: Vec::new(),
            sides: sides(mapping, &[]),
            members,
            health: judge(tick.gateway.stale_since.is_some(), Counts::default(), members),
            config,
        },
    }
}

/// Returns the sides of a mapping that may be newer than the tick, with what the tick knows of
/// those that it had before.
fn sides(mapping: &Mapping, known: &[LiveSide]) -> Vec<LiveSide> {
    let backends = &mapping.spec.backends;
    let each = backends.sides().enumerate().map(|(place, (_, backend))| {
        let service = backend.service.text.as_ref();
        let before = known.get(place).filter(|known| known.service == service);
        LiveSide {
            service: service.to_owned(),
            weight: backend.weight,
            percent: backends.percent(backend),
            ..before.cloned().unwrap_or_default()
        }
    });
    each.collect()
}
