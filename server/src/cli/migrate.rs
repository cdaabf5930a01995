//! `chancery migrate`

use clap::Args;
use tokio_util::task::TaskTracker;

use super::{CliError, print};
use crate::store::{DatabaseUrl, Rules, Store};

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Where mappings are kept.
    #[arg(long, env = "CHANCERY_DATABASE", default_value = "sqlite://chancery.db")]
    database: DatabaseUrl,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let loaded = Store::open(&self.database, Rules::default(), &TaskTracker::new())
            .await?
            .load()
            .await?;
        print(&format!(
            "the database is up to date: {} mappings at revision {}\n",
            loaded.table.len(),
            loaded.table.revision()
        ))
    }
}
