//! `chancery render`

use std::net::SocketAddr;

use clap::Args;
use tokio_util::task::TaskTracker;

use super::{CliError, database::DatabaseArgs, print};
use crate::{
    discovery::fixed::{Fixed, FixedService},
    envoy::{
        json::{self, Format},
        render::static_config,
        upstream_tls::{NodeCaFile, Trust},
    },
    store::{Rules, Store},
};

#[derive(Debug, Args)]
pub(super) struct Render {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Where the gateway listens.
    #[arg(long, env = "CHANCERY_GATEWAY_HTTP", default_value = "0.0.0.0:8080")]
    gateway_http: SocketAddr,
    /// The file on the nodes with the certificates of the authorities that their system trusts.
    #[arg(long, env = "CHANCERY_NODE_CA_FILE", value_name = "FILE", default_value_t = NodeCaFile::default())]
    node_ca_file: NodeCaFile,
    /// A service whose endpoints are fixed: NAME=ADDRESS:PORT[,ADDRESS:PORT…]; may be repeated.
    #[arg(
        long = "service",
        env = "CHANCERY_SERVICES",
        value_delimiter = ' ',
        value_name = "NAME=ADDRESSES"
    )]
    services: Vec<FixedService>,
    /// How to write it.
    #[arg(long, env = "CHANCERY_FORMAT", default_value = "yaml")]
    format: Format,
}

impl Render {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let database = self.database.url()?;
        database.must_exist()?;
        let store = Store::open(&database, Rules::default(), &TaskTracker::new()).await?;
        let loaded = store.load().await?;
        let edge = store.access().borrow().edge().clone();
        for (name, reason) in &loaded.unreadable {
            tracing::warn!("left out mapping `{name}`: {reason}");
        }
        let fixed = Fixed::new(self.services);
        let bundles: Vec<_> = edge.trust_bundles().cloned().collect();
        let trust = Trust { system: &self.node_ca_file, written: Some(&bundles) };
        let config =
            static_config(&loaded.table, self.gateway_http, edge.settings(), trust, |service| {
                fixed.endpoints(service)
            });
        print(&json::print(&config, self.format)?)
    }
}
