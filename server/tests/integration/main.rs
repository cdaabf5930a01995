//! Tests of the server as a whole: real sockets, a real database, a real Envoy.
//!
//! `ENVOY_BIN` names the Envoy to run; `make test` sets it.

#![cfg(test)]

mod support;

mod api;
mod article;
mod command;
mod database;
mod delivery;
mod live;
mod order;
mod render;
mod statistics;
mod store;
mod tidy;
