//! `chancery serve`

use std::net::SocketAddr;

use clap::Args;

use super::{CliError, oidc::OidcArgs, signals::stop_token};
use crate::{
    discovery::fixed::FixedService,
    startup::{Server, Settings},
    store::DatabaseUrl,
};

/// What every command that runs a server takes.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// Where the portal, REST and the websocket listen; port 0 takes a free one.
    #[arg(long, env = "CHANCERY_HTTP", default_value = "127.0.0.1:8888")]
    pub(super) http: SocketAddr,
    /// Where Envoys connect for their configuration and push their counters.
    #[arg(long, env = "CHANCERY_XDS", default_value = "127.0.0.1:18000")]
    pub(super) xds: SocketAddr,
    /// Where Envoys listen for the gateway's clients.
    #[arg(long, env = "CHANCERY_GATEWAY_HTTP", default_value = "0.0.0.0:8080")]
    pub(super) gateway_http: SocketAddr,
    /// A service whose endpoints are fixed: NAME=ADDRESS:PORT[,ADDRESS:PORT…]; may be repeated,
    /// in the environment separated by spaces.
    #[arg(
        long = "service",
        env = "CHANCERY_SERVICES",
        value_delimiter = ' ',
        value_name = "NAME=ADDRESSES"
    )]
    pub(super) services: Vec<FixedService>,
    /// Envoy's admin address, to which no mapping may lead.
    #[arg(long, env = "CHANCERY_ENVOY_ADMIN", default_value = "127.0.0.1:9901")]
    pub(super) envoy_admin: SocketAddr,
    #[command(flatten)]
    pub(super) oidc: OidcArgs,
}

impl ServerArgs {
    pub(super) fn settings(self, database: DatabaseUrl) -> Result<Settings, CliError> {
        Ok(Settings {
            http: self.http,
            xds: self.xds,
            gateway_http: self.gateway_http,
            database,
            services: self.services,
            forbidden: vec![self.envoy_admin],
            oidc: self.oidc.settings()?,
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    server: ServerArgs,
    /// Where mappings are kept.
    #[arg(long, env = "CHANCERY_DATABASE", default_value = "sqlite://chancery.db")]
    database: DatabaseUrl,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let stop = stop_token()?;
        let server = Server::start(self.server.settings(self.database)?, stop.clone()).await?;
        stop.cancelled().await;
        let failure = server.failure();
        server.stop().await;
        failure
            .map_or(Ok(()), |what| Err(format!("{what} ended by itself; the log says more").into()))
    }
}
