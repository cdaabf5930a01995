//! `chancery migrate`

use clap::Args;
use tokio_util::task::TaskTracker;

use super::{CliError, database::DatabaseArgs, print};
use crate::store::{Rules, Store};

#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let loaded = Store::open(&self.database.url()?, Rules::default(), &TaskTracker::new())
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
