//! Copies of an SQLite file, made while a server writes to it, and their way back.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{StoreError, sqlite};

/// Only who makes a copy may read it: it has hashes of passwords and tokens.
const COPY_MODE: u32 = 0o600;

/// What SQLite keeps beside a database.
const SIDES: [&str; 2] = ["-wal", "-shm"];

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    pub mappings: u64,
    pub revision: u64,
}

/// Copies the database at `path` to the new file `to`: all that is committed when it begins.
///
/// # Errors
/// Returns [`StoreError::Open`] when the database can't be read, or `to` exists or can't be written;
/// nothing is left of it then.
pub async fn back_up(path: &str, to: &Path) -> Result<Contents, StoreError> {
    let unwritable = |error: io::Error| failed(&to.display().to_string(), error);
    let mut database = connect(Path::new(path)).await?;
    // SQLite fills an empty file, and would make one that everyone can read
    OpenOptions::new().write(true).create_new(true).mode(COPY_MODE).open(to).map_err(unwritable)?;
    let copied = async {
        let name = to.to_str().ok_or_else(|| failed(path, "the copy's name is not UTF-8"))?;
        let copy = sqlx::query("vacuum into $1").bind(name).execute(&mut database).await;
        copy.map_err(|error| failed(path, error))?;
        File::open(to).and_then(|file| file.sync_all()).map_err(unwritable)?;
        contents(to).await
    };
    let copied = copied.await;
    if copied.is_err() {
        // the error says more than one about what is left
        let _left = fs::remove_file(to);
    }
    copied
}

/// Puts a copy of the file `from` in the place of the database at `path`, on which no server may
/// run; returns what it holds, and where what was there is now, if there was anything.
///
/// # Errors
/// Returns [`StoreError::Open`] when `from` is damaged or no database of Chancery,
/// [`StoreError::Newer`] when a newer version has written it; the database is as it was then.
pub async fn restore(
    path: &str,
    from: &Path,
    now: DateTime<Utc>,
) -> Result<(Contents, Option<PathBuf>), StoreError> {
    let unwritable = |error: io::Error| failed(path, error);
    let incoming = PathBuf::from(format!("{path}.restoring"));
    let checked = async {
        // by way of SQLite: a copy made by `cp` may have its newest part beside it
        remove(&incoming).map_err(unwritable)?;
        back_up(&from.display().to_string(), &incoming).await?;
        check(&incoming, from).await?;
        contents(&incoming).await
    };
    let contents = match checked.await {
        Ok(contents) => contents,
        Err(error) => {
            let _left = remove(&incoming);
            return Err(error);
        }
    };
    let aside = set_aside(path, now).map_err(unwritable)?;
    fs::rename(&incoming, path).map_err(unwritable)?;
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new(".")));
    folder.and_then(|folder| folder.sync_all()).map_err(unwritable)?;
    Ok((contents, aside))
}

/// Gives the database and what lies beside it another name, if it is there.
fn set_aside(path: &str, now: DateTime<Utc>) -> io::Result<Option<PathBuf>> {
    if !Path::new(path).try_exists()? {
        return Ok(None);
    }
    let aside = format!("{path}.{}", now.format("%Y%m%dT%H%M%SZ"));
    for side in SIDES {
        match fs::rename(format!("{path}{side}"), format!("{aside}{side}")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, &aside)?;
    Ok(Some(aside.into()))
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Checks that a file is whole, and that this version can work with it.
async fn check(file: &Path, named: &Path) -> Result<(), StoreError> {
    let name = named.display().to_string();
    let mut database = connect(file).await?;
    let found: String = sqlx::query_scalar("pragma integrity_check(1)")
        .fetch_one(&mut database)
        .await
        .map_err(|error| failed(&name, error))?;
    if found != "ok" {
        return Err(failed(&name, format!("it is damaged: {found}")));
    }
    let versions =
        sqlx::query("select version from _sqlx_migrations").fetch_all(&mut database).await;
    let versions =
        versions.map_err(|_no_such_table| failed(&name, "it is no database of chancery"))?;
    for version in versions {
        let version: i64 = version.get("version");
        if !sqlite::knows_migration(version) {
            return Err(StoreError::Newer { database: name, version });
        }
    }
    database.close().await.map_err(|error| failed(&name, error))
}

async fn contents(file: &Path) -> Result<Contents, StoreError> {
    let name = file.display().to_string();
    let mut database = connect(file).await?;
    let counted = "select (select count(*) from mappings) as mappings,
                          (select coalesce(max(revision), 0) from revisions) as revision";
    let row = sqlx::query(counted).fetch_one(&mut database).await;
    let row = row.map_err(|_no_such_table| failed(&name, "it is no database of chancery"))?;
    let count = |column: &str| u64::try_from(row.get::<i64, _>(column)).unwrap_or_default();
    let contents = Contents { mappings: count("mappings"), revision: count("revision") };
    database.close().await.map_err(|error| failed(&name, error))?;
    Ok(contents)
}

/// Opens a file that must be there.
async fn connect(file: &Path) -> Result<SqliteConnection, StoreError> {
    let name = file.display().to_string();
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .busy_timeout(sqlite::BUSY_TIMEOUT);
    options.connect().await.map_err(|error| failed(&name, error))
}

fn failed(database: &str, reason: impl ToString) -> StoreError {
    StoreError::Open { database: database.to_owned(), reason: reason.to_string() }
}
