//! Tests of the server as a whole: real sockets, a real database, a real Envoy.
//!
//! Envoy is the one that `make setup` installs, or the one that `ENVOY_BIN` names.

#![cfg(test)]

mod support;

mod access;
mod api;
mod article;
mod assets;
mod attacks;
mod audit;
mod auth;
mod backends;
mod backup;
mod canary;
mod certificates;
mod claims;
mod command;
mod consumers;
mod database;
mod delivery;
mod deploy;
mod edge;
mod kubernetes;
mod live;
mod matrix;
mod native;
mod oidc;
mod openapi;
mod order;
mod policy;
mod portal;
mod protection;
mod render;
mod replicas;
mod resilience;
mod settings;
mod sight;
mod statistics;
mod store;
mod storm;
mod streams;
mod tidy;
mod tls;
mod upstream_tls;
mod views;
mod xds_security;
