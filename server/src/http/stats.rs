//! `/api/v1/stats`: the live numbers once, for who does not follow them.

use app::api::live::{Full, LiveMapping};
use axum::{Json, extract::State};

use super::{openapi::words::tag, state::AppState};
use crate::{
    gateway::order::OrderKey,
    publisher::Published,
    stats::{counters::Counts, health::judge, tick::Tick},
};

/// Gets all live numbers once
///
/// Every mapping with its live numbers, from which a viewer goes on with the websocket: this is
/// what its first frame says.
#[utoipa::path(
    get,
    path = "/api/v1/stats",
    operation_id = "getStats",
    tag = tag::NATIVE,
    responses((status = OK, description = "The newest numbers", body = Full)),
)]
pub(super) async fn snapshot(State(state): State<AppState>) -> Json<Full> {
    let tick = state.ticks.borrow().clone();
    Json(up_to_date(&tick, &state.gateway()))
}

/// Returns the tick's numbers for the newest table: whoever has just written must see it, and
/// the next tick is up to a second away.
pub(super) fn up_to_date(tick: &Tick, gateway: &Published) -> Full {
    if tick.gateway.revision == gateway.table.revision().0 {
        return tick.full();
    }
    let mut full = Full { mappings: Vec::new(), ..tick.full() };
    full.gateway.revision = gateway.table.revision().0;
    for mapping in gateway.table.iter() {
        let known = tick.entries.get(&OrderKey::of(mapping)).map(|entry| entry.live.clone());
        let is_stale = full.gateway.stale_since.is_some();
        let live = known.unwrap_or_else(|| LiveMapping {
            mapping: gateway.view(mapping),
            counters: tick.counters(mapping),
            rate: None,
            bad_rate: None,
            ok_percent: None,
            latency: None,
            trend: Vec::new(),
            members: None,
            health: judge(is_stale, Counts::default(), None),
            config: gateway.config_state(mapping, full.gateway.nodes),
        });
        full.mappings.push(LiveMapping { mapping: gateway.view(mapping), ..live });
    }
    full
}
