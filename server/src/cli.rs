//! The command line: what can be asked of the `chancery` binary.

mod backup;
mod bootstrap;
mod database;
mod demo;
mod kubernetes;
mod migrate;
mod node_token;
mod oidc;
mod openapi;
mod push_cert;
mod ready;
mod remote;
mod render;
mod serve;
mod signals;
mod user;
mod xds;

use std::io::{IsTerminal, Write};

use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// What says again, each time, what `discovery::kubernetes` says once.
const SILENCED: &str = "kube_client::client::builder=off";

/// Any failure of a command; its text is the one line that the user reads.
pub type CliError = Box<dyn std::error::Error + Send + Sync>;

/// Self-service API gateway portal for Envoy.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    /// What to log: `error`, `warn`, `info`, `debug`, or a filter such as `chancery::xds=debug`.
    #[arg(long, global = true, env = "CHANCERY_LOG", default_value = "info")]
    log: String,
    /// How to log.
    #[arg(long, global = true, env = "CHANCERY_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the portal, the REST API and the control plane.
    Serve(serve::Serve),
    /// Print the Envoy bootstrap that connects a node, as YAML for `envoy -c`.
    Bootstrap(bootstrap::Bootstrap),
    /// Make and revoke the tokens by which nodes prove who they are.
    NodeToken(node_token::NodeToken),
    /// Print all mappings as one static Envoy configuration.
    Render(render::Render),
    /// Run everything on this machine: the server, an Envoy, and two services to map.
    Demo(demo::Demo),
    /// Create the database or bring its schema up to date.
    Migrate(migrate::Migrate),
    /// Copy a database of SQLite to a file, also while a server runs on it.
    Backup(backup::Backup),
    /// Put a backup in the place of a database of SQLite, on which no server runs.
    Restore(backup::Restore),
    /// Ask a server that runs whether it serves; exits with 1 if it does not.
    Ready(ready::Ready),
    /// Make users, and set their passwords; with SQLite, while no server runs.
    User(user::User),
    /// Give a certificate with its private key to a server that runs.
    PushCert(push_cert::PushCert),
    /// Print the OpenAPI document of the REST API, as JSON.
    Openapi(openapi::Openapi),
}

impl Cli {
    /// Carries the command out.
    ///
    /// # Errors
    /// Returns what the user is to read on stderr.
    pub async fn run(self) -> Result<(), CliError> {
        log_to_stderr(&self.log, self.log_format)?;
        match self.command {
            Command::Serve(serve) => serve.run().await,
            Command::Bootstrap(bootstrap) => bootstrap.run(),
            Command::NodeToken(token) => token.run(),
            Command::Render(render) => render.run().await,
            Command::Demo(demo) => demo.run().await,
            Command::Migrate(migrate) => migrate.run().await,
            Command::Backup(backup) => backup.run().await,
            Command::Restore(restore) => restore.run().await,
            Command::Ready(ready) => ready.run().await,
            Command::User(user) => user.run().await,
            Command::PushCert(push) => push.run().await,
            Command::Openapi(openapi) => openapi.run(),
        }
    }
}

fn log_to_stderr(filter: &str, format: LogFormat) -> Result<(), CliError> {
    let filter = EnvFilter::try_new(format!("{SILENCED},{filter}"))
        .map_err(|error| format!("--log `{filter}` is no log filter: {error}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => registry.with(layer.json()).init(),
        LogFormat::Text => {
            registry.with(layer.with_ansi(std::io::stderr().is_terminal())).init();
        }
    }
    Ok(())
}

/// Writes to stdout; a reader that has gone away (`chancery render | head`) is no failure.
fn print(text: &str) -> Result<(), CliError> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
