//! Keeps the page's numbers current: from the server's snapshot, then over the websocket.
//!
//! ```text
//! GET /api/v1/stats (while rendering) ─ Full ─┐
//! /api/v1/live (websocket) ─ Full, Delta ─────┴▶ state::State ─ changes ─▶ store::Live (signals)
//!       ▲ epoch, since                               │ gap                     │
//!       └──────────── socket ◀───────────────────────┘                         ▼ cells
//! ```
//! `state` and `backoff` are pure; `store` knows signals and no socket; only `socket`, which is
//! built for the browser alone, does IO.

#[cfg_attr(
    not(any(feature = "hydrate", test)),
    expect(dead_code, reason = "only the socket waits")
)]
mod backoff;
#[cfg(feature = "hydrate")]
pub(crate) mod socket;
mod state;
pub(crate) mod store;
