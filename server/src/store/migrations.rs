//! Whether this program can work with the schema that it finds.
//!
//! A schema that a newer program has made is fine as long as that says so: while replicas are
//! upgraded one by one, those of the version before go on, and may be restarted.

use sqlx::migrate::{MigrateError, Migrator};
use tracing::warn;

use super::{StoreError, database::Db, sql::sql};

/// Judges how it went to bring the schema of `database` up to date.
pub(super) async fn judge(
    migrated: Result<(), MigrateError>,
    known: &Migrator,
    db: &Db,
    database: &str,
) -> Result<(), StoreError> {
    let version = match migrated {
        Ok(()) => return Ok(()),
        Err(MigrateError::VersionMissing(version)) => version,
        Err(other) => {
            let reason = other.to_string();
            return Err(StoreError::Open { database: database.to_owned(), reason });
        }
    };
    let newest_known = known.iter().map(|migration| migration.version).max().unwrap_or_default();
    match oldest_that_works(db).await {
        Ok(oldest) if oldest <= newest_known => {
            warn!(
                "the database `{database}` was written by a newer version of chancery (it has migration {version}), with which this one can work until it is upgraded, too"
            );
            Ok(())
        }
        _ => Err(StoreError::Newer { database: database.to_owned(), version }),
    }
}

async fn oldest_that_works(db: &Db) -> Result<i64, StoreError> {
    sql("select oldest_migration from schema_compatibility")
        .fetch_one(db)
        .await?
        .get("oldest_migration")
}
