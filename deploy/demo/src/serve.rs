//! What the two binaries share: one flag, one listener, a graceful end.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Where a service listens.
#[derive(Debug, Clone, Copy, Args)]
pub struct Listen {
    /// Address to listen on; port 0 takes a free one and prints it
    #[arg(long, env = "DEMO_LISTEN", default_value = "127.0.0.1:5000")]
    listen: SocketAddr,
}

/// Serves `service` until SIGTERM or SIGINT, then finishes the requests that have begun.
pub async fn serve(name: &str, Listen { listen: address }: Listen, service: Router) -> ExitCode {
    match listen(name, address, service).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Best effort: nobody is left to tell when stderr is closed.
            _ = writeln!(io::stderr(), "{name}: cannot serve on {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn listen(name: &str, address: SocketAddr, service: Router) -> io::Result<()> {
    // Before the listener, so that no signal is missed once clients can connect.
    let stop = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let listener = TcpListener::bind(address).await?;
    writeln!(io::stdout(), "{name} listens on http://{}", listener.local_addr()?)?;
    axum::serve(listener, service).with_graceful_shutdown(stopped(stop)).await
}

async fn stopped((mut terminate, mut interrupt): (Signal, Signal)) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
