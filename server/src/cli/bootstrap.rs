//! `chancery bootstrap`

use std::net::SocketAddr;

use clap::Args;

use super::{CliError, print};
use crate::envoy::{
    bootstrap::{NodeSettings, bootstrap},
    json::{self, Format},
};

#[derive(Debug, Args)]
pub(super) struct Bootstrap {
    /// Where the server's xDS listens, as the node reaches it.
    #[arg(long, env = "CHANCERY_XDS", default_value = "127.0.0.1:18000")]
    xds: SocketAddr,
    /// Name of the node; two Envoys that run at the same time need different ones.
    #[arg(long, env = "CHANCERY_NODE_ID", default_value = "node-1")]
    node_id: String,
    /// Where the node's admin interface listens; it has no authentication.
    #[arg(long, env = "CHANCERY_ADMIN", default_value = "127.0.0.1:9901")]
    admin: SocketAddr,
    /// The zone that the node is in, as Kubernetes names it (`topology.kubernetes.io/zone`): of
    /// Services with topology hints it uses the endpoints for its own zone.
    #[arg(long, env = "CHANCERY_ZONE", value_name = "ZONE")]
    zone: Option<String>,
    /// How to write it.
    #[arg(long, env = "CHANCERY_FORMAT", default_value = "yaml")]
    format: Format,
}

impl Bootstrap {
    pub(super) fn run(self) -> Result<(), CliError> {
        if self.node_id.is_empty() {
            return Err("--node-id must not be empty".into());
        }
        let settings = NodeSettings {
            id: self.node_id,
            xds: self.xds,
            admin: self.admin,
            // an orchestrator that knows no zone sets the variable to nothing
            zone: self.zone.filter(|zone| !zone.is_empty()),
        };
        print(&json::print(&bootstrap(&settings), self.format)?)
    }
}
