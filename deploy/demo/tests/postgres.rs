//! `usersvc` with a real PostgreSQL: what it has kept outlives it.

#![cfg(test)]

#[path = "../../../server/tests/integration/support/address.rs"]
mod address;
#[path = "../../../server/tests/integration/support/postgres/programs.rs"]
mod programs;

use std::io::{BufRead, BufReader};
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

use self::address::free_address;

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

struct Postgres {
    url: String,
    _process: Process,
    _folder: TempDir,
}

impl Postgres {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        programs::make_files(folder.path(), "users");
        let address = free_address();
        let process = programs::server(&[], folder.path(), address).spawn().unwrap();
        let url = format!("postgres://users@{address}/postgres");
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
