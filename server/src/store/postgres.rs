//! Opens PostgreSQL the way Chancery needs it, lets replicas write in turns, and tells them of each
//! other's commits.

use std::{sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, Executor, PgConnection, PgPool, Postgres,
    migrate::Migrator,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::{
    StoreError,
    database::{Db, PostgresUrl, Transaction},
    migrations,
    sql::sql,
};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// Connections of a replica: one for the writer, the rest for readers, and one more that listens.
/// Reads are rare, the table lives in memory.
const CONNECTIONS: u32 = 8;

/// How long to wait for a connection: who writes is told to try again after that.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait for an answer. The server itself ends what takes longer, unless it was stopped
/// or the network is cut: then nobody would ever tell us.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(12);

/// What the server ends by itself, in milliseconds: a statement that hangs, waiting for a turn that
/// does not come, and the transaction of a replica that was stopped in the middle, for which all
/// others would wait.
const TIMEOUTS: [(&str, &str); 3] = [
    ("statement_timeout", "10000"),
    ("lock_timeout", "5000"),
    ("idle_in_transaction_session_timeout", "5000"),
];

/// The lock that whoever writes has: `chancery` as a number.
const TURN: i64 = i64::from_be_bytes(*b"chancery");

/// Where commits are announced.
const CHANNEL: &str = "chancery";

/// How often to look for commits that were not announced: a notification is a hint, and lost
/// whenever a connection breaks.
const POLL: Duration = Duration::from_secs(5);

/// How long to wait before listening again after that has failed.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Connects and migrates; of replicas that start at once, one migrates and the others wait for it.
pub(super) async fn open(url: &PostgresUrl) -> Result<Db, StoreError> {
    let failed = |error: sqlx::Error| StoreError::Open {
        database: url.to_string(),
        reason: error.to_string(),
    };
    let options = options(url);
    // by itself, since a migration may take longer than a statement should
    let connecting = tokio::time::timeout(ANSWER_TIMEOUT, options.connect()).await;
    let mut connection = connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(failed)?;
    let migrated = MIGRATIONS.run(&mut connection).await;
    drop(connection);
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options.options(TIMEOUTS))
        .await
        .map_err(failed)?;
    let db = Db::Postgres(pool);
    migrations::judge(migrated, &MIGRATIONS, &db, &url.to_string()).await?;
    Ok(db)
}

fn options(url: &PostgresUrl) -> PgConnectOptions {
    url.options().clone().application_name("chancery")
}

/// A connection with a transaction under way. Dropped before its end, or without an answer in time,
/// it is closed, by which the server undoes what was done.
#[derive(Debug)]
pub(super) struct Within {
    connection: PoolConnection<Postgres>,
    is_over: bool,
}

impl Within {
    pub(super) async fn begin(pool: &PgPool, begin: &'static str) -> Result<Self, StoreError> {
        let mut within = Self { connection: pool.acquire().await?, is_over: false };
        within.run(async |on: &mut PgConnection| on.execute(begin).await).await?;
        Ok(within)
    }

    /// Runs something in the transaction.
    pub(super) async fn run<T>(
        &mut self,
        run: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, StoreError> {
        in_time(run(&mut self.connection)).await
    }

    /// Commits, or rolls back.
    pub(super) async fn end(mut self, end: &'static str) -> Result<(), StoreError> {
        self.run(async |on: &mut PgConnection| on.execute(end).await).await?;
        self.is_over = true;
        Ok(())
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        if !self.is_over {
            self.connection.close_on_drop();
        }
    }
}

/// Runs one statement by itself, on a connection that is closed if it does not answer in time.
pub(super) async fn alone<T>(
    pool: &PgPool,
    run: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
) -> Result<T, StoreError> {
    let mut statement = Within { connection: pool.acquire().await?, is_over: false };
    let done = statement.run(run).await?;
    statement.is_over = true;
    Ok(done)
}

async fn in_time<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(ANSWER_TIMEOUT, asked).await {
        Ok(answered) => Ok(answered?),
        Err(_silent) => {
            let seconds = ANSWER_TIMEOUT.as_secs();
            Err(StoreError::Unavailable(format!("it has not answered for {seconds} s")))
        }
    }
}

/// Waits for the turn to write; it ends with the transaction.
pub(super) async fn take_turn(transaction: &mut Transaction) -> Result<(), StoreError> {
    sql("select pg_advisory_xact_lock($1)").bind(TURN).execute(transaction).await.map(drop)
}

/// Announces the transaction's commit.
pub(super) async fn notify(transaction: &mut Transaction) -> Result<(), StoreError> {
    sql("select pg_notify($1, '')").bind(CHANNEL).execute(transaction).await.map(drop)
}

/// Says when others may have committed: at each notification, whenever some may have been missed,
/// and every few seconds.
pub(super) fn follow_commits(pool: &PgPool, tasks: &TaskTracker) -> Arc<Notify> {
    let hint = Arc::new(Notify::new());
    let weak = Arc::downgrade(&hint);
    let options = PgConnectOptions::clone(&pool.connect_options());
    tasks.spawn(async move {
        let mut listener = None;
        let mut is_silent = false;
        // until whoever was to be told is gone
        while let Some(hint) = weak.upgrade() {
            hint.notify_one();
            drop(hint);
            match heard(&options, &mut listener).await {
                Ok(()) if is_silent => {
                    is_silent = false;
                    info!("the database can be listened to again");
                }
                Ok(()) => {}
                Err(error) => {
                    if !is_silent {
                        warn!("can't listen to the database, looking every second: {error}");
                    }
                    (is_silent, listener) = (true, None);
                    tokio::time::sleep(LISTEN_AGAIN).await;
                }
            }
        }
    });
    hint
}

/// Waits until others may have committed.
async fn heard(
    options: &PgConnectOptions,
    listener: &mut Option<PgListener>,
) -> Result<(), StoreError> {
    let Some(listening) = listener else {
        // what was announced before is to be looked for
        *listener = Some(in_time(listen(options)).await?);
        return Ok(());
    };
    match tokio::time::timeout(POLL, listening.try_recv()).await {
        // one, or a new connection, which has missed what came meanwhile
        Ok(heard) => Ok(heard.map(drop)?),
        // nothing was announced, or it does not come through any more
        Err(_silence) => in_time(listening.execute("select")).await.map(drop),
    }
}

/// Listens on a connection of its own: one that hangs must not take the place of a reader.
async fn listen(options: &PgConnectOptions) -> Result<PgListener, sqlx::Error> {
    let alone = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
    let mut listener = PgListener::connect_with(&alone.connect_lazy_with(options.clone())).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
