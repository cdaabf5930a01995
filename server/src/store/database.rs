//! The databases that Chancery runs on, and what differs between them.
//!
//! | | SQLite | PostgreSQL |
//! | --- | --- | --- |
//! | who writes | one process | replicas, one transaction at a time |
//! | commits of others | none | noticed by a notification, or by looking every few seconds |

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use sqlx::{PgPool, Sqlite, SqlitePool, postgres::PgConnectOptions};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::{
    StoreError,
    postgres::{self, Within},
    sql::sql,
    sqlite::{self, FileIdentity},
};

/// Names the database that a store opens.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`, the path relative to the working directory or absolute.
    Sqlite(String),
    /// `postgres://[USER[:PASSWORD]@]HOST[:PORT]/NAME[?sslmode=…]`.
    Postgres(PostgresUrl),
}

/// Where a PostgreSQL is and how to sign in to it; shows no password.
#[derive(Clone)]
pub struct PostgresUrl(Box<PgConnectOptions>);

impl PostgresUrl {
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.0
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(options) = self;
        let user = options.get_username();
        write!(f, "postgres://{user}@{}:{}", options.get_host(), options.get_port())?;
        write!(f, "/{}", options.get_database().unwrap_or(user))
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.to_owned())),
            Some(("postgres" | "postgresql", _)) => match text.parse() {
                Ok(options) => Ok(Self::Postgres(PostgresUrl(Box::new(options)))),
                // not the text: it may have a password
                Err(error) => Err(format!("the URL of the PostgreSQL can't be read: {error}")),
            },
            _ => Err("it must be `sqlite://PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME`"
                .to_owned()),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.write_str(path),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl DatabaseUrl {
    /// Returns where the installation's key lies unless another place is named: beside the file
    /// of SQLite. A PostgreSQL has no such place.
    pub fn key_file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite(path) => Some(format!("{path}.key").into()),
            Self::Postgres(_) => None,
        }
    }

    /// Checks that there is a database, for who only wants to read it: SQLite would make a file.
    ///
    /// # Errors
    /// Returns [`StoreError::Open`] when the file does not exist.
    pub fn must_exist(&self) -> Result<(), StoreError> {
        let Self::Sqlite(path) = self else { return Ok(()) };
        let failed = |reason| StoreError::Open { database: path.clone(), reason };
        match std::path::Path::new(path).try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => Err(failed("there is no such file".to_owned())),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// Holds the pool of one of the databases.
#[derive(Debug, Clone)]
pub(super) enum Db {
    Sqlite(SqlitePool, Arc<FileIdentity>),
    Postgres(PgPool),
}

/// What is done together or not at all.
#[derive(Debug)]
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>, Arc<FileIdentity>),
    Postgres(Within),
}

impl Db {
    /// Opens the database and brings its schema up to date.
    pub(super) async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => sqlite::open(path).await,
            DatabaseUrl::Postgres(url) => postgres::open(url).await,
        }
    }

    /// Tells whether others may write, too.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Begins to read what is true at one moment.
    pub(super) async fn begin_read(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite(pool, file) => Transaction::Sqlite(pool.begin().await?, Arc::clone(file)),
            Self::Postgres(pool) => {
                let begin = "begin isolation level repeatable read, read only";
                Transaction::Postgres(Within::begin(pool, begin).await?)
            }
        })
    }

    /// Begins to write: nobody else does meanwhile.
    pub(super) async fn begin_write(&self) -> Result<Transaction, StoreError> {
        match self {
            Self::Sqlite(pool, file) => {
                file.check()?;
                let transaction = pool.begin_with("begin immediate").await?;
                Ok(Transaction::Sqlite(transaction, Arc::clone(file)))
            }
            Self::Postgres(pool) => {
                let mut transaction = Transaction::Postgres(Within::begin(pool, "begin").await?);
                postgres::take_turn(&mut transaction).await?;
                Ok(transaction)
            }
        }
    }

    /// Says when others may have committed; never, where nobody else writes. Follows them on
    /// `tasks` until this is dropped.
    pub(super) fn commits_of_others(&self, tasks: &TaskTracker) -> Option<Arc<Notify>> {
        match self {
            Self::Sqlite(..) => None,
            Self::Postgres(pool) => Some(postgres::follow_commits(pool, tasks)),
        }
    }
}

impl Transaction {
    /// Tells whether others may write, too.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Makes what was done durable, and lets others know.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        if matches!(self, Self::Postgres(_)) {
            postgres::notify(&mut self).await?;
        }
        match self {
            Self::Sqlite(transaction, file) => {
                transaction.commit().await?;
                // the file may have gone while the transaction was open
                file.check()
            }
            Self::Postgres(within) => within.end("commit").await,
        }
    }

    /// Ends what was only read in; without this, its connection is lost to others.
    pub(super) async fn end_read(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction, _) => Ok(transaction.rollback().await?),
            Self::Postgres(within) => within.end("rollback").await,
        }
    }

    /// Begins a part that can be undone.
    pub(super) async fn begin_part(&mut self) -> Result<(), StoreError> {
        sql("savepoint part").execute(self).await.map(drop)
    }

    /// Keeps what the part has done.
    pub(super) async fn end_part(&mut self) -> Result<(), StoreError> {
        sql("release savepoint part").execute(self).await.map(drop)
    }

    /// Undoes what the part has done, and ends it.
    pub(super) async fn undo_part(&mut self) -> Result<(), StoreError> {
        sql("rollback to savepoint part").execute(&mut *self).await?;
        self.end_part().await
    }
}
