//! Holds the two services of the article: `usersvc` and `gruesvc`.
//!
//! ```text
//! client ── /user/alice ──▶ Envoy ── /alice ──────▶ usersvc   default rewrite: `/`
//! client ── /grue/<uuid> ─▶ Envoy ── /grue/<uuid> ▶ gruesvc   rewrite: `/grue/`
//! ```
//! Small and real, so that the walk-through, the end-to-end tests and a first look have
//! something to route to. Everything is bounded, and in memory, gone when the process
//! ends, unless usersvc is given a PostgreSQL. Nothing here knows Chancery or Envoy.

mod envelope;
mod gruesvc;
mod serve;
mod users;
mod usersvc;

pub use gruesvc::gruesvc;
pub use serve::{Listen, serve};
pub use usersvc::{usersvc, usersvc_in};
