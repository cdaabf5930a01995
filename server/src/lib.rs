//! Chancery: a self-service API gateway portal for Envoy.
//!
//! ```text
//! http ─▶ gateway (rules) ─▶ store ─▶ publisher ─▶ xds ─▶ Envoy ─▶ stats ─▶ http
//! ```
//! `ARCHITECTURE.md` has the whole picture. What decides is pure (`gateway`, `envoy`,
//! `publisher::compiler`, `xds::session`, `stats::{ledger, window, health}`); what does IO is
//! thin.

// The view types of a page nest deeper than the default limit of 128.
#![recursion_limit = "256"]

pub mod auth;
pub mod clock;
pub mod gateway;
mod quoted;

pub mod secret_key;
pub mod store;

pub mod discovery;
pub mod envoy;
pub mod fleet;
pub mod publisher;
pub mod xds;

pub mod stats;

pub mod http;

pub mod cli;
pub mod startup;
