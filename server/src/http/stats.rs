//! `/api/v1/stats`: the live numbers once, for who does not follow them.

use axum::{Json, extract::State};

use super::state::AppState;

/// Gets every mapping with its live numbers: the same as the websocket's first frame.
pub(super) async fn snapshot(State(state): State<AppState>) -> Json<app::api::live::Full> {
    let tick = state.ticks.borrow().clone();
    Json(tick.full())
}
