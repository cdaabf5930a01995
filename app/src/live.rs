//! Holds the live state of the page, and in the browser the websocket that keeps it current.
//!
//! ```text
//! socket ─ Frame ─▶ position (old? gap?) ─▶ store (signals) ─▶ islands
//!    ▲                                        │
//!    └────────────── Watch: what is shown ◀───┘
//! ```
//! `position`, `moving` and `backoff` are pure; `store` knows signals; `socket` is built for the browser
//! alone.

#[cfg(any(feature = "hydrate", test))]
mod backoff;
pub(crate) mod moving;
mod position;
#[cfg(feature = "hydrate")]
pub(crate) mod socket;
pub(crate) mod store;
