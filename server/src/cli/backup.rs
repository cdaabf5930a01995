//! `chancery backup` and `chancery restore`: a file of SQLite to another file, and back.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, database::DatabaseArgs, print};
use crate::{
    clock::Clock,
    store::{Contents, DatabaseUrl, back_up, restore},
};

#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The file to make; it must not exist.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    #[command(flatten)]
    database: DatabaseArgs,
    /// A file that `chancery backup` has made.
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let path = sqlite_path(&self.database, "pg_dump")?;
        let contents = back_up(&path, &self.file).await?;
        print(&format!(
            "backed up {} to {}; keep a copy of the secret key, too, but elsewhere\n",
            told(contents),
            self.file.display()
        ))
    }
}

impl Restore {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let path = sqlite_path(&self.database, "pg_restore")?;
        let _hold = self.database.url()?.hold_alone()?;
        let (contents, aside) = restore(&path, &self.file, Clock::default().now()).await?;
        print(&format!("restored {} from {}\n", told(contents), self.file.display()))?;
        match aside {
            Some(aside) => print(&format!("what was there is in {}\n", aside.display())),
            None => Ok(()),
        }
    }
}

fn told(contents: Contents) -> String {
    format!("{} mappings at revision {}", contents.mappings, contents.revision)
}

/// Returns the path of the file, or says by which program a PostgreSQL is copied.
fn sqlite_path(database: &DatabaseArgs, program: &str) -> Result<String, CliError> {
    match database.url()? {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => {
            Err(format!("a PostgreSQL has a program of its own for this: `{program}`").into())
        }
    }
}
