//! The `chancery` command.

use std::{io::Write, process::ExitCode};

use chancery::cli::Cli;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _unwritable = writeln!(std::io::stderr(), "chancery: {error}");
            ExitCode::FAILURE
        }
    }
}
