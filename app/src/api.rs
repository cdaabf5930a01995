//! Holds the wire types: what REST and the websocket say, on both sides of the wire.
//!
//! Plain data with serde; no rule is decided here (see the server's `gateway`)
//! and nothing is fetched here (see `client`).

pub mod client;
pub mod live;
pub mod mapping;
pub mod problem;
