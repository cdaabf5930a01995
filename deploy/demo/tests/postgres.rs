//! `usersvc` with a real PostgreSQL: what it has kept outlives it.

#![cfg(test)]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// How long something may take that takes a second on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends with the value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Returns a program of PostgreSQL: from the folder `POSTGRES_BIN`, or where Debian has it.
fn program(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("POSTGRES_BIN") {
        return Path::new(&folder).join(name);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let mut found: Vec<_> = versions.map(|version| version.unwrap().path().join("bin")).collect();
    found.sort();
    found.pop().expect("PostgreSQL is installed").join(name)
}

/// Returns a command that is not run as root, as whom PostgreSQL refuses to.
fn unprivileged(name: &str, folder: &Path) -> Command {
    const NOBODY: u32 = 65534;
    let whoami = Command::new("id").arg("-u").output().unwrap();
    if whoami.stdout.trim_ascii() != b"0" {
        return Command::new(program(name));
    }
    chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={NOBODY}")).arg(format!("--regid={NOBODY}"));
    command.arg("--clear-groups").arg(program(name));
    command
}

struct Postgres {
    url: String,
    _process: Process,
    _folder: TempDir,
}

impl Postgres {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let made = unprivileged("initdb", folder.path())
            .args(["--auth=trust", "--username=users", "--encoding=UTF8", "--no-sync", "--pgdata"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = unprivileged("postgres", folder.path())
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "fsync=off", "-c", &format!("port={}", free.port())])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("postgres://users@{free}/postgres");
        let deadline = Instant::now() + PATIENCE;
        while PgConnection::connect(&url).await.is_err() {
            assert!(Instant::now() < deadline, "PostgreSQL does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { url, _process: Process(process), _folder: folder }
    }
}

/// Starts usersvc; returns its URL once it listens.
fn usersvc(database: &str) -> (Process, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_usersvc"))
        .args(["--listen", "127.0.0.1:0", "--database", database])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("usersvc listens on ").expect("it says where").to_owned();
    (Process(process), url)
}

async fn send(method: Method, url: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(url);
    let request = request.header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn users_outlive_the_service_and_their_number_is_bounded() {
    let postgres = Postgres::start().await;
    let alice = |fullname: &str| json!({ "fullname": fullname, "password": "alicerules" });

    let (first, url) = usersvc(&postgres.url);
    let (status, made) = send(Method::PUT, &format!("{url}/alice"), alice("Alice")).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    drop(first);
    let (_second, url) = usersvc(&postgres.url);
    let (status, kept) = send(Method::GET, &format!("{url}/alice"), Value::Null).await;
    assert_eq!((status, &kept["uuid"]), (StatusCode::OK, &made["uuid"]), "{kept}");
    let (status, again) = send(Method::PUT, &format!("{url}/alice"), alice("Alice B.")).await;
    assert_eq!((status, &again["uuid"]), (StatusCode::OK, &made["uuid"]), "{again}");
    let (status, absent) = send(Method::GET, &format!("{url}/bob"), Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{absent}");

    let mut connection = PgConnection::connect(&postgres.url).await.unwrap();
    let fill = "insert into users select 'user-' || n, '', '' from generate_series(2, 1000) n";
    sqlx::query(fill).execute(&mut connection).await.unwrap();
    let (status, full) = send(Method::PUT, &format!("{url}/bob"), alice("Bob")).await;
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{full}");
    let (status, _) = send(Method::PUT, &format!("{url}/alice"), alice("Alice")).await;
    assert_eq!(status, StatusCode::OK);

    drop(postgres);
    let (status, away) = send(Method::GET, &format!("{url}/alice"), Value::Null).await;
    assert_eq!((status, &away["ok"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(false)), "{away}");
    let (status, _) = send(Method::GET, &format!("{url}/health"), Value::Null).await;
    assert_eq!(status, StatusCode::OK);
}
