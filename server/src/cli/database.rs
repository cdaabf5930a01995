//! `--database`, which names where everything is kept.

use clap::Args;

use super::CliError;
use crate::store::DatabaseUrl;

#[derive(Debug, Args)]
pub(super) struct DatabaseArgs {
    /// Where everything is kept: `sqlite://PATH`, or `postgres://USER@HOST:PORT/NAME` for several
    /// replicas. The password may stand in the URL, in `PGPASSWORD`, or in the file that
    /// `PGPASSFILE` names.
    #[arg(
        long,
        global = true,
        env = "CHANCERY_DATABASE",
        // it may have a password
        hide_env_values = true,
        value_name = "URL",
        default_value = "sqlite://chancery.db"
    )]
    database: String,
}

impl DatabaseArgs {
    /// Reads the URL. It is none of clap's work, which would repeat the whole of a wrong one.
    ///
    /// # Errors
    /// Returns what a URL must be like when it is none.
    pub(super) fn url(&self) -> Result<DatabaseUrl, CliError> {
        Ok(self.database.parse().map_err(|error| format!("--database: {error}"))?)
    }
}
