//! Holds the wire types: what REST and the websocket say, on both sides of the wire.
//!
//! Plain data with serde, and with schemas of the OpenAPI document under `ssr`; no rule is decided
//! here (see the server's `gateway`) and nothing is fetched here (see `client`).

pub mod audit;
pub mod certificate;
pub mod claim;
pub mod client;
#[cfg(feature = "ssr")]
pub mod consumer;
pub mod gateway;
pub mod list;
pub mod live;
pub mod mapping;
#[cfg(feature = "ssr")]
pub mod matching;
pub mod node;
pub mod plan;
#[cfg(feature = "ssr")]
pub mod policy;
pub mod problem;
pub mod protection;
pub mod receipt;
pub mod request;
pub mod revision;
pub mod series;
pub mod service;
pub mod session;
pub mod team;
pub mod token;
pub mod user;
pub mod view;
