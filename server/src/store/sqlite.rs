//! Opens SQLite the way Chancery needs it, and notices when its file is taken away.

use std::{
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{StoreError, database::Db, migrations};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// How long a statement waits for another process (a backup, a second `chancery`) to let go.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections of the pool: one for the writer, the rest for readers, which WAL lets run beside
/// it. Reads are rare, the table lives in memory.
const CONNECTIONS: u32 = 4;

/// Remembers which file the store writes to.
///
/// SQLite goes on writing into a file that has been unlinked: every write would be
/// acknowledged and lost. The writer therefore checks, before each commit, that the path still
/// names the file that was opened.
#[derive(Debug)]
pub(super) struct FileIdentity {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl FileIdentity {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = path.metadata()?;
        Ok(Self { path: path.to_owned(), device: metadata.dev(), inode: metadata.ino() })
    }

    /// Checks that the file is still where it was.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when it was removed or replaced.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match Self::of(&self.path) {
            Ok(now) if (now.device, now.inode) == (self.device, self.inode) => Ok(()),
            Ok(_) => Err(self.gone("was replaced by another file")),
            Err(error) => Err(self.gone(&format!("is gone ({error})"))),
        }
    }

    fn gone(&self, what: &str) -> StoreError {
        StoreError::Unavailable(format!(
            "the database file `{}` {what}; put it back or restart chancery",
            self.path.display()
        ))
    }
}

/// Tells whether this version knows a migration.
pub(super) fn knows_migration(version: i64) -> bool {
    MIGRATIONS.version_exists(version)
}

/// Opens or creates the file and migrates it.
pub(super) async fn open(path: &str) -> Result<Db, StoreError> {
    let failed = |reason: String| StoreError::Open { database: path.to_owned(), reason };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // an acknowledged write survives a power cut; group commit pays for it
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        // a connection that has been closed would open whatever file is at the path by then
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .map_err(|error| failed(error.to_string()))?;
    let migrated = MIGRATIONS.run(&pool).await;
    let identity = FileIdentity::of(Path::new(path)).map_err(|error| failed(error.to_string()))?;
    let db = Db::Sqlite(pool, Arc::new(identity));
    migrations::judge(migrated, &MIGRATIONS, &db, path).await?;
    Ok(db)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gateway::mapping::Revision,
        store::{rows, sql::sql},
    };

    #[tokio::test]
    async fn a_database_of_the_version_before_hosts_is_read_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db").display().to_string();
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let pool = SqlitePoolOptions::new().connect_with(options).await.unwrap();
        let before = MIGRATIONS.iter().filter(|migration| migration.version < 5).cloned();
        Migrator::with_migrations(before.collect()).run(&pool).await.unwrap();
        sqlx::raw_sql(
            r#"insert into revisions (committed_at, mapping, change, spec, actor, team) values
                   ('2026-01-01T00:00:00Z', 'user', 'put',
                    '{"prefix":"/user/","service":"usersvc","rewrite":"/","created_at":"2026-01-01T00:00:00Z"}',
                    '', 'default');
               insert into mappings
                   (name, prefix, service, rewrite, labels, team, revision, created_at, updated_at)
               values ('user', '/user/', 'usersvc', '/', '["a"]', 'default', 1,
                       '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z');"#,
        )
        .execute(&pool)
        .await
        .unwrap();
        pool.close().await;

        let db = open(&path).await.unwrap();
        let loaded = rows::load(&db).await.unwrap();
        let changes = rows::changes_after(&db, Revision(0), Revision(1)).await.unwrap();

        assert!(loaded.unreadable.is_empty(), "{:?}", loaded.unreadable);
        let mapping = loaded.table.iter().next().unwrap();
        assert_eq!(mapping.spec.match_key().as_str(), "* /user/");
        assert!(mapping.spec.matching.is_default());
        assert_eq!(mapping.spec.labels.to_vec(), ["a"]);
        let crate::gateway::mapping::ChangeKind::Put(change) = &changes[0].kind else { panic!() };
        assert_eq!(change.spec.match_key(), mapping.spec.match_key());
        let row = sql("select match_key from mappings").fetch_one(&db).await.unwrap();
        let key: String = row.get("match_key").unwrap();
        assert_eq!(key, mapping.spec.match_key().as_str());
    }
}
