//! The binary as a user meets it: one clear line when something is wrong, a clean end.

use std::{net::TcpListener, path::Path, process::Output};

use http::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use crate::support::{PATIENCE, client::Client, envoy};

pub(crate) const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

pub(crate) async fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(CHANCERY).args(arguments).current_dir(folder).output();
    tokio::time::timeout(PATIENCE, output).await.expect("the command ends").unwrap()
}

/// Asserts that the command fails with one line on stderr that says `message`.
pub(crate) async fn fails(folder: &Path, arguments: &[&str], message: &str) {
    let arguments = [&["--log", "off"], arguments].concat();
    let output = run(folder, &arguments).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    assert!(said.contains(message), "{arguments:?} said: {said}");
    assert_eq!(said.lines().count(), 1, "{arguments:?} said: {said}");
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let taken = TcpListener::bind(taken).unwrap();
    let port = taken.local_addr().unwrap().to_string();
    std::fs::write(folder.join("text.db"), "this is no database, but a text of some length")
        .unwrap();

    fails(folder, &["serve", "--http", &port], "Address already in use").await;
    fails(folder, &["serve", "--http", "0.0.0.0:0"], "is not a loopback address").await;
    let serve = ["serve", "--http", "127.0.0.1:0", "--xds", "127.0.0.1:0", "--database"];
    let at = |database| [&serve[..], &[database]].concat();
    fails(folder, &at("sqlite://text.db"), "can't open the database `text.db`").await;
    fails(folder, &at("sqlite://no/such/folder.db"), "can't open the database").await;
    let on = |options: &[&'static str]| [&serve[..5], options].concat();
    let kubeconfig = on(&["--kubeconfig", "absent.yaml"]);
    fails(folder, &kubeconfig, "--kubeconfig has no effect without `--discovery kubernetes`").await;
    let absent = on(&["--discovery", "kubernetes", "--kubeconfig", "absent.yaml"]);
    fails(folder, &absent, "the kubeconfig `absent.yaml` can't be used: ").await;
    fails(
        folder,
        &[&serve[..5], &["--fleet", "127.0.0.1:0"]].concat(),
        "with SQLite there are none",
    )
    .await;
    let fleet = [&at("postgres://127.0.0.1/x")[..], &["--fleet", "0.0.0.0:18002"]].concat();
    fails(folder, &fleet, "they can't reach that").await;
    fails(folder, &["render", "--database", "sqlite://absent.db"], "there is no such file").await;
    fails(folder, &["demo", "--envoy", "./no-envoy"], "can't run Envoy as `./no-envoy`").await;
    let envoy = envoy::binary();
    let demo = ["demo", "--envoy", envoy.to_str().unwrap(), "--http", "127.0.0.1:0"];
    let taken = [&demo[..], &["--xds", "127.0.0.1:0", "--gateway-http", &port]].concat();
    fails(folder, &taken, "for the gateway (--gateway-http): Address already in use").await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["migrate"]).await.status.success());
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("chancery.db"));
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'the future', true, x'00', 0);
         update schema_compatibility set oldest_migration = 9999",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;

    fails(
        folder.path(),
        &["serve", "--http", "127.0.0.1:0", "--xds", "127.0.0.1:0"],
        "newer version of chancery",
    )
    .await;
}

#[tokio::test]
async fn the_printed_bootstrap_and_rendering_are_valid_for_envoy() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["migrate"]).await.status.success());

    let bootstrap = run(folder.path(), &["bootstrap", "--node-id", "edge-1"]).await;
    let rendered = run(folder.path(), &["render", "--format", "json"]).await;

    for output in [bootstrap, rendered] {
        assert!(output.status.success());
        envoy::validate(&String::from_utf8(output.stdout).unwrap()).await.unwrap();
    }
}

struct Running {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child =
            command.stderr(std::process::Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, log }
    }

    /// Reads the log up to the line with the portal's address, and returns that.
    async fn portal(&mut self) -> String {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.log.next_line()).await.unwrap();
            let line = line.unwrap().expect("the server goes on");
            if let Some((_, address)) = line.split_once("portal and REST on ") {
                return address.trim().to_owned();
            }
        }
    }

    async fn terminate(mut self) -> std::process::ExitStatus {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
        tokio::time::timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap()
    }
}

const SERVE: [&str; 7] =
    ["serve", "--http", "127.0.0.1:0", "--xds", "127.0.0.1:0", "--gateway-http", "127.0.0.1:0"];

#[tokio::test]
async fn sigterm_ends_it_with_success() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(CHANCERY);
    command.args(SERVE).current_dir(folder.path());
    let mut running = Running::start(command);
    let portal = running.portal().await;
    assert_eq!(Client::new().get(&format!("{portal}/livez")).await.status, StatusCode::OK);

    assert!(running.terminate().await.success());
}

#[tokio::test]
async fn a_full_disk_fails_writes_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // files of at most 512 blocks of 1 KiB, and an error instead of the signal: what SQLite sees
    // of a full disk
    let mut command = Command::new("bash");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 512; exec \"$0\" \"$@\"", CHANCERY])
        .args(SERVE)
        .env("CHANCERY_LOG", "info,chancery::store=off")
        .current_dir(folder.path());
    let mut running = Running::start(command);
    let portal = running.portal().await;
    let client = Client::new();
    let mut stored = Vec::new();
    let mut refused = 0;
    for index in 0..1_500 {
        let url = format!("{portal}/ambassador/mapping/m{index}");
        let body =
            json!({ "prefix": format!("/{index}-{}/", "x".repeat(900)), "service": "127.0.0.1:9" });
        let answer = client.json(Method::POST, &url, &body).await;
        match answer.status {
            StatusCode::OK => stored.push(format!("m{index}")),
            status => {
                assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
                refused += 1;
                if refused == 20 {
                    break;
                }
            }
        }
    }
    assert!(refused >= 20, "the disk was never full");
    let listed = client.get(&format!("{portal}/api/v1/mappings")).await.json();
    assert!(running.terminate().await.success());

    let mut command = Command::new(CHANCERY);
    command.args(SERVE).current_dir(folder.path());
    let mut running = Running::start(command);
    let portal = running.portal().await;
    let after = client.get(&format!("{portal}/api/v1/mappings")).await.json();
    assert_eq!(
        after["items"], listed["items"],
        "what was acknowledged, and nothing else, is there"
    );
    assert_eq!(after["items"].as_array().unwrap().len(), stored.len());
    assert!(running.terminate().await.success());
}
