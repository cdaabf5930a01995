//! `chancery bootstrap`

use std::{collections::HashSet, fs, net::SocketAddr};

use clap::Args;

use super::{CliError, print};
use crate::envoy::{
    bootstrap::{NodeCredentials, NodeSettings, NodeTls, OwnCertificate, XdsAddress, bootstrap},
    json::{self, Format},
    node_file::NodeFile,
};

/// Above the options of credentials in `--help`.
const HEADING: &str = "xDS between machines";

#[derive(Debug, Args)]
pub(super) struct Bootstrap {
    /// Where the server's xDS listens, as the node reaches it: a name or an address, and a port;
    /// with several replicas each of them, separated by commas, or one that leads to any.
    #[arg(
        long,
        env = "CHANCERY_XDS",
        value_name = "HOST:PORT[,…]",
        value_delimiter = ',',
        default_value = "127.0.0.1:18000"
    )]
    xds: Vec<XdsAddress>,
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
    /// Write it to `envoy.yaml` (or `envoy.json`) in this folder of the node instead, together with
    /// the files by which Envoy finds its credentials; the folder is made if there is none.
    #[arg(long, env = "CHANCERY_BOOTSTRAP_FOLDER", value_name = "FOLDER")]
    folder: Option<NodeFile>,
    #[command(flatten)]
    credentials: CredentialArgs,
}

/// How the node proves who it is, and knows the server. Each is a file on the node, which Envoy
/// reads again when another is moved into its place.
#[derive(Debug, Args)]
struct CredentialArgs {
    /// The authorities, as PEM, of which the server's certificate must be: the node comes by TLS.
    #[arg(
        long = "xds-ca",
        help_heading = HEADING,
        env = "CHANCERY_XDS_CA",
        value_name = "FILE",
        requires = "folder"
    )]
    authorities: Option<NodeFile>,
    /// The name that the server's certificate is for, if it is not the host of --xds.
    #[arg(
        long = "xds-server-name",
        help_heading = HEADING,
        env = "CHANCERY_XDS_SERVER_NAME",
        value_name = "NAME",
        requires = "authorities"
    )]
    server_name: Option<String>,
    /// The certificate that the node shows, as PEM, for its node id.
    #[arg(
        long = "xds-cert",
        help_heading = HEADING,
        env = "CHANCERY_XDS_CERT",
        value_name = "FILE",
        requires_all = ["key", "authorities"]
    )]
    chain: Option<NodeFile>,
    /// Its private key, as PEM.
    #[arg(
        long = "xds-key",
        help_heading = HEADING,
        env = "CHANCERY_XDS_KEY",
        value_name = "FILE",
        requires = "chain"
    )]
    key: Option<NodeFile>,
    /// The token that the node sends, as `chancery node-token create` prints it.
    #[arg(
        long = "xds-token-file",
        help_heading = HEADING,
        env = "CHANCERY_XDS_TOKEN_FILE",
        value_name = "FILE",
        requires = "folder"
    )]
    token: Option<NodeFile>,
}

impl CredentialArgs {
    fn in_folder(self, folder: NodeFile) -> NodeCredentials {
        let Self { authorities, server_name, chain, key, token } = self;
        let own = chain.zip(key).map(|(chain, key)| OwnCertificate { chain, key });
        let tls = authorities.map(|authorities| NodeTls { authorities, own, server_name });
        NodeCredentials { folder, tls, token }
    }
}

impl Bootstrap {
    pub(super) fn run(self) -> Result<(), CliError> {
        let Self { xds, node_id: id, admin, zone, format, folder, credentials } = self;
        if id.is_empty() {
            return Err("--node-id must not be empty".into());
        }
        let credentials = folder.clone().map(|folder| credentials.in_folder(folder));
        let has = |what: fn(&NodeCredentials) -> bool| credentials.as_ref().is_some_and(what);
        let elsewhere = xds.iter().find(|address| !address.is_loopback());
        if let Some(xds) = elsewhere.filter(|_| has(|it| it.token.is_some() && it.tls.is_none())) {
            return Err(format!(
                "--xds {xds} is another machine, and the token could be read on its way: add --xds-ca"
            )
            .into());
        }
        let hosts: HashSet<_> = xds.iter().map(|address| address.host().to_string()).collect();
        let is_unnamed = has(|it| it.tls.as_ref().is_some_and(|tls| tls.server_name.is_none()));
        if hosts.len() > 1 && is_unnamed {
            return Err("--xds has several hosts: add --xds-server-name, the one name that the \
                certificates of all of them are for"
                .into());
        }
        // an orchestrator that knows no zone sets the variable to nothing
        let zone = zone.filter(|zone| !zone.is_empty());
        let settings = NodeSettings { id, xds, admin, zone, credentials };
        let text = json::print(&bootstrap(&settings), format)?;
        match folder {
            None => print(&text),
            Some(folder) => write(&folder, &settings, &text, format),
        }
    }
}

fn write(
    folder: &NodeFile,
    settings: &NodeSettings,
    bootstrap: &str,
    format: Format,
) -> Result<(), CliError> {
    let failed = |path: &NodeFile, error: std::io::Error| -> CliError {
        format!("can't write `{path}` (--folder): {error}").into()
    };
    fs::create_dir_all(folder.to_string()).map_err(|error| failed(folder, error))?;
    let secrets = settings.credentials.iter().flat_map(NodeCredentials::secrets);
    for (name, secret) in secrets {
        let file = folder.join(&name);
        place(&file, &json::print(&secret, Format::Yaml)?).map_err(|error| failed(&file, error))?;
    }
    let name = match format {
        Format::Yaml => "envoy.yaml",
        Format::Json => "envoy.json",
    };
    let file = folder.join(name);
    place(&file, bootstrap).map_err(|error| failed(&file, error))?;
    print(&format!("envoy -c {file}\n"))
}

/// Moves a file into its place, so that Envoy never reads half of it.
fn place(file: &NodeFile, text: &str) -> std::io::Result<()> {
    let part = format!("{file}.part");
    fs::write(&part, text)?;
    fs::rename(&part, file.to_string())
}
