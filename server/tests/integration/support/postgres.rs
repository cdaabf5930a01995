//! A real PostgreSQL.

mod programs;

use std::{
    net::SocketAddr,
    path::Path,
    process::{Child, Command},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use chancery::store::DatabaseUrl;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::{address::free_address, until};

/// A server of its own, with a folder that goes away with it.
#[derive(Debug)]
pub(crate) struct Postgres {
    child: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Postgres {
    /// Starts a server and waits until it answers.
    pub(crate) async fn start() -> Self {
        let server = tokio::task::spawn_blocking(|| Self::launch(&[])).await.unwrap();
        server.until_answering().await;
        server
    }

    /// Creates the files and starts the process, with `launcher` in front of it.
    fn launch(launcher: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        programs::make_files(folder.path(), "chancery");
        let address = free_address();
        let child = Self::run(launcher, folder.path(), address);
        Self { child, folder, address }
    }

    fn run(launcher: &[&str], folder: &Path, address: SocketAddr) -> Child {
        programs::server(launcher, folder, address).spawn().expect("postgres can be run")
    }

    async fn until_answering(&self) {
        let url = self.url("postgres");
        until("PostgreSQL answers", async || PgConnection::connect(&url).await.ok()).await;
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://chancery@{}/{database}", self.address)
    }

    /// Creates an empty database.
    pub(crate) async fn create(&self, database: &'static str) -> DatabaseUrl {
        self.create_named(database.to_owned()).await
    }

    async fn create_named(&self, database: String) -> DatabaseUrl {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        let create = format!("create database {database} template template0");
        sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        self.url(&database).parse().unwrap()
    }

    /// Ends the server and all its connections at once, as a crash would.
    pub(crate) fn crash(&mut self) {
        // its children see that it is gone, and end, too
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts the server again where it was.
    pub(crate) async fn start_again(&mut self) {
        // a server that was killed leaves its children a moment to go
        until("PostgreSQL runs again", async || {
            if self.child.try_wait().unwrap().is_some() {
                self.child = Self::run(&[], self.folder.path(), self.address);
            }
            PgConnection::connect(&self.url("postgres")).await.ok()
        })
        .await;
    }

    /// Sends a signal, such as `STOP`, to the server and to all its processes.
    pub(crate) fn signal(&self, signal: &str) {
        let group = self.child.id().to_string();
        let children = Command::new("pkill").args([&format!("-{signal}"), "-P", &group]).status();
        assert!(children.is_ok());
        let server = Command::new("kill").args([&format!("-{signal}"), &group]).status().unwrap();
        assert!(server.success());
    }

    /// Ends all connections to a database, and returns how many there were.
    pub(crate) async fn disconnect_all(&self, database: &str) -> i64 {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1",
        )
        .bind(database)
        .fetch_one(&mut connection)
        .await
        .unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.signal("CONT");
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Creates an empty database on a server that all tests of this process share.
pub(crate) async fn shared_database() -> DatabaseUrl {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    static ANSWERS: OnceCell<()> = OnceCell::const_new();
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(launch_for_all)).await.unwrap();
    ANSWERS.get_or_init(|| server.until_answering()).await;
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    server.create_named(format!("test_{number}")).await
}

/// Starts a server that ends with this process: nobody drops what is shared.
fn launch_for_all() -> Postgres {
    let (started, server) = std::sync::mpsc::sync_channel(1);
    // the signal comes when the thread that has started it ends, so this one never does
    std::thread::spawn(move || {
        started.send(Postgres::launch(&["setpriv", "--pdeathsig", "KILL"])).unwrap();
        loop {
            std::thread::park();
        }
    });
    server.recv().unwrap()
}
