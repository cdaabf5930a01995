//! Serves [`chancery_demo::gruesvc`] on an address of its own.

use std::process::ExitCode;

use chancery_demo::{Listen, gruesvc, serve};
use clap::Parser;

#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(flatten)]
    listen: Listen,
}

#[tokio::main]
async fn main() -> ExitCode {
    serve("gruesvc", Options::parse().listen, gruesvc()).await
}
