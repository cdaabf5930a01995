//! Serves [`chancery_demo::usersvc`] on an address of its own.

use std::io::{self, Write};
use std::process::ExitCode;

use chancery_demo::{Listen, serve, usersvc, usersvc_in};
use clap::Parser;

#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(flatten)]
    listen: Listen,
    /// PostgreSQL to keep the users in, such as `postgres://users:PASSWORD@postgres/users`;
    /// without it they are kept in memory
    #[arg(long, env = "DEMO_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let service = match options.database {
        None => usersvc(),
        Some(url) => match usersvc_in(&url).await {
            Ok(service) => service,
            Err(error) => {
                // Best effort: nobody is left to tell when stderr is closed.
                _ = writeln!(io::stderr(), "usersvc: cannot use the database: {error}");
                return ExitCode::FAILURE;
            }
        },
    };
    serve("usersvc", options.listen, service).await
}
