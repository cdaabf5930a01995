//! `chancery serve`

use std::{net::SocketAddr, path::PathBuf};

use chrono::TimeDelta;
use clap::Args;

use super::{
    CliError, database::DatabaseArgs, kubernetes::KubernetesArgs, oidc::OidcArgs,
    signals::stop_token, xds::XdsArgs,
};
use crate::{
    auth::settings::{AccessSettings, ClaimPolicy, PublicUrl, SessionLimits, SignIn},
    clock::Clock,
    discovery::fixed::FixedService,
    envoy::upstream_tls::NodeCaFile,
    startup::{Server, Settings},
    store::DatabaseUrl,
    xds::gate::CredentialFiles,
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
    /// Where this replica listens for the others, by which all of them know of all nodes: an address
    /// that they reach, such as the pod's. Only with PostgreSQL.
    #[arg(long, env = "CHANCERY_FLEET", value_name = "ADDRESS:PORT")]
    pub(super) fleet: Option<SocketAddr>,
    /// Where Envoys listen for the gateway's clients.
    #[arg(long, env = "CHANCERY_GATEWAY_HTTP", default_value = "0.0.0.0:8080")]
    pub(super) gateway_http: SocketAddr,
    /// Where Envoys listen for clients that come by TLS, once there is a certificate; UDP, too,
    /// for HTTP/3.
    #[arg(long, env = "CHANCERY_GATEWAY_HTTPS", default_value = "0.0.0.0:8443")]
    pub(super) gateway_https: SocketAddr,
    /// The file on the nodes with the certificates of the authorities that their system trusts, by
    /// which services with `https://` are verified.
    #[arg(long, env = "CHANCERY_NODE_CA_FILE", value_name = "FILE", default_value_t = NodeCaFile::default())]
    pub(super) node_ca_file: NodeCaFile,
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
    /// The file with the key by which private keys are sealed in the database: 32 bytes as base64.
    /// Without it, with SQLite, `PATH.key` beside the database, which is made at the first start.
    #[arg(long, env = "CHANCERY_SECRET_KEY_FILE", value_name = "FILE")]
    secret_key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub(super) oidc: OidcArgs,
    #[command(flatten)]
    pub(super) access: AccessArgs,
}

/// Who may use the portal and the API.
#[derive(Debug, Args)]
pub(super) struct AccessArgs {
    /// Whether people must sign in: `open` lets everyone on this machine do everything, and is
    /// refused where others could reach the portal; `required`.
    #[arg(long, env = "CHANCERY_SIGN_IN", default_value_t = SignIn::Open)]
    sign_in: SignIn,
    /// Who may map a prefix that no team has claimed: `first-come`, it becomes the team's that does
    /// so first; `required`, nobody before an admin has claimed it for a team.
    #[arg(long, env = "CHANCERY_CLAIMS", default_value_t = ClaimPolicy::FirstCome)]
    claims: ClaimPolicy,
    /// Where people find the portal, such as `https://portal.example.com`: what its cookies and
    /// links are made for. With https, cookies only travel over TLS.
    #[arg(long, env = "CHANCERY_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// How many proxies of your own stand before the portal, each adding to `X-Forwarded-For`.
    #[arg(long, env = "CHANCERY_TRUSTED_PROXIES", default_value_t = 0)]
    trusted_proxies: usize,
    /// Hours without a request after which a session ends.
    #[arg(long, env = "CHANCERY_SESSION_IDLE_HOURS", default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=8760))]
    session_idle_hours: i64,
    /// Hours after which a session ends in any case.
    #[arg(long, env = "CHANCERY_SESSION_HOURS", default_value_t = 168, value_parser = clap::value_parser!(i64).range(1..=8760))]
    session_hours: i64,
}

impl AccessArgs {
    fn settings(self) -> AccessSettings {
        AccessSettings {
            sign_in: self.sign_in,
            policy: self.claims,
            sessions: SessionLimits {
                idle: TimeDelta::hours(self.session_idle_hours),
                absolute: TimeDelta::hours(self.session_hours),
            },
            public_url: self.public_url,
            trusted_proxies: self.trusted_proxies,
            samples: Vec::new(),
        }
    }
}

impl ServerArgs {
    pub(super) fn settings(self, database: DatabaseUrl) -> Result<Settings, CliError> {
        Ok(Settings {
            http: self.http,
            xds: self.xds,
            xds_credentials: CredentialFiles::default(),
            fleet: self.fleet,
            gateway_http: self.gateway_http,
            gateway_https: self.gateway_https,
            node_ca_file: self.node_ca_file,
            database,
            secret_key_file: self.secret_key_file,
            access: self.access.settings(),
            clock: Clock::default(),
            services: self.services,
            kubernetes: self.kubernetes.settings()?,
            forbidden: vec![self.envoy_admin],
            oidc: self.oidc.settings()?,
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    xds: XdsArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let stop = stop_token()?;
        let mut settings = self.server.settings(self.database.url()?)?;
        settings.xds_credentials = self.xds.files();
        let server = Server::start(settings, stop.clone()).await?;
        stop.cancelled().await;
        let failure = server.failure();
        server.stop().await;
        failure
            .map_or(Ok(()), |what| Err(format!("{what} ended by itself; the log says more").into()))
    }
}
