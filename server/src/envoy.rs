//! Turns mappings into Envoy's configuration: typed messages, and their JSON and YAML.
//!
//! Pure: no IO, no clock. Which message goes to which node, and when, is `xds`' business.
//!
//! ```text
//!                       ┌─ shard ─▶ routes  ─┐
//! Table, Endpoints ─────┤                    ├─▶ resources one by one (xds)
//!                       └─ cluster, listener ┘└─▶ one static bootstrap (render)
//! ```

pub mod around;
pub mod bootstrap;
pub mod cluster;
mod conditions;
pub mod config;
pub mod filters;
pub mod json;
pub mod listener;
pub mod node_file;
pub mod policy;
pub mod render;
pub mod routes;
pub mod shard;
pub mod sides;
pub mod source;
pub mod stat_names;
pub mod tls;
pub mod upstream_tls;

/// Envoy's generated protobuf types, under a shorter name.
pub(crate) use envoy_types::pb::{
    envoy as proto, google::protobuf, io::prometheus::client as prometheus,
};
