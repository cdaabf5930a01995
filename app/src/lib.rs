//! Holds what Chancery's browser and server share: the wire types and the portal.
//!
//! ```text
//! server (`ssr`)                                browser (`hydrate`)
//!   pages ─ islands ──▶ HTML ─────────────────────▶ islands come to life, each by itself
//!     │ api::client, in process                       │ api::client, by fetch
//!     ▼                                               ▼ live, by websocket
//!   the REST router                                 signals ─▶ cells of the page
//! ```
//! A page is plain HTML that the server writes and that works without JavaScript. Only its
//! *islands* are interactive, and only they are in the browser's WebAssembly.
//!
//! Not here: any rule about mappings (the server's `gateway`), any route of the server, and
//! anything that knows axum.

// The view types of a page nest deeper than the default limit of 128.
#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("build `app` for the server (`ssr`) or for the browser (`hydrate`), not for both");

#[cfg(feature = "ssr")]
pub mod addresses;
pub mod api;
mod components;
#[cfg(feature = "ssr")]
mod curl;
#[cfg(feature = "ssr")]
pub mod draft;
#[cfg(feature = "ssr")]
pub mod fields;
mod islands;
mod live;
mod numerals;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod settings;
mod theme;
