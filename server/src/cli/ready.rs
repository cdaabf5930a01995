//! `chancery ready`: asks a server whether it serves, for supervisors that run a command instead of
//! sending a request.

use std::time::Duration;

use clap::Args;
use reqwest::Url;

use super::{CliError, print, remote::probe};

/// How long an answer may take. Supervisors ask again, and give up after some such failures.
const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug, Args)]
pub(super) struct Ready {
    /// Where the portal is.
    #[arg(long, env = "CHANCERY_URL", default_value = "http://127.0.0.1:8888")]
    url: Url,
    /// Ask only whether the process answers, not whether nodes and people are served.
    #[arg(long)]
    live: bool,
}

impl Ready {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let (path, said) = if self.live { ("/livez", "live\n") } else { ("/readyz", "ready\n") };
        probe(&self.url, path, TIMEOUT).await?;
        print(said)
    }
}
