//! Decides what a mapping may say and which mapping serves a request.
//!
//! Pure: no IO, no clock, no Envoy. Everything here can be tested with values alone.
//!
//! ```text
//! JSON ─▶ Spec (parsed fields) ─▶ Mapping (a committed Spec) ─▶ Table ─▶ first match wins
//! ```

pub mod backends;
pub mod cluster_policy;
pub mod edge;
pub mod endpoints;
pub mod fields;
pub mod labels;
pub mod mapping;
pub mod matching;
pub mod order;
pub mod path;
pub mod plan;
pub mod policy;
pub mod read;
pub mod references;
pub mod request;
pub mod request_path;
pub mod rule;
pub mod service;
pub mod table;
pub mod upstream;
