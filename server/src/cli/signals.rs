//! Ctrl-C, SIGTERM and a terminal that closes, as one token.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::CliError;

/// Returns a token that is cancelled when the process is asked to stop.
///
/// # Errors
/// Returns an error when the system refuses to deliver signals.
pub(super) fn stop_token() -> Result<CancellationToken, CliError> {
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            () = token.cancelled() => return,
        }
        info!("stopping");
        token.cancel();
    });
    Ok(stop)
}
