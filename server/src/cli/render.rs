//! `chancery render`

use std::{net::SocketAddr, sync::Arc};

use clap::Args;
use tokio_util::task::TaskTracker;

use super::{CliError, print};
use crate::{
    discovery::fixed::{Fixed, FixedService},
    envoy::{
        json::{self, Format},
        render::static_config,
    },
    store::{DatabaseUrl, Rules, Store},
};

#[derive(Debug, Args)]
pub(super) struct Render {
    /// Where mappings are kept.
    #[arg(long, env = "CHANCERY_DATABASE", default_value = "sqlite://chancery.db")]
    database: DatabaseUrl,
    /// Where the gateway listens.
    #[arg(long, env = "CHANCERY_GATEWAY_HTTP", default_value = "0.0.0.0:8080")]
    gateway_http: SocketAddr,
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
        self.database.must_exist()?;
        let store = Store::open(&self.database, Rules::default(), &TaskTracker::new()).await?;
        let loaded = store.load().await?;
        let settings = Arc::clone(store.access().borrow().edge().settings());
        for (name, reason) in &loaded.unreadable {
            tracing::warn!("left out mapping `{name}`: {reason}");
        }
        let fixed = Fixed::new(self.services);
        let config = static_config(&loaded.table, self.gateway_http, &settings, |service| {
            fixed.endpoints(service)
        });
        print(&json::print(&config, self.format)?)
    }
}
