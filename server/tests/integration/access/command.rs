//! `chancery user`, and the link by which the first admin is made.

use std::{path::Path, process::Stdio};

use http::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use crate::support::{PATIENCE, client::Client};

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

const PASSWORD: &str = "seven maples by the river";

/// Runs `chancery user` and returns whether it succeeded, and all that it said.
async fn user(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(CHANCERY);
    command.args(["--log", "off", "user"]).args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // it may have refused before it reads
    let _unread = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).await;
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Starts a server that wants people to sign in; returns it with its address and, where there is
/// one, the link to the first admin.
async fn serve(folder: &Path) -> (Child, String, Option<String>) {
    let mut child = Command::new(CHANCERY)
        .args(["--log-format", "text", "serve", "--sign-in", "required"])
        .args(["--http", "127.0.0.1:0", "--xds", "127.0.0.1:0", "--gateway-http", "127.0.0.1:0"])
        .current_dir(folder)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut link = None;
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, rest)) = line.split_once("the first one at ") {
                link = rest.split(' ').next().map(str::to_owned);
            }
            if let Some((_, address)) = line.split_once("portal and REST on ") {
                return address.trim().to_owned();
            }
        }
        panic!("it ended");
    };
    let address = tokio::time::timeout(PATIENCE, read).await.unwrap();
    (child, address, link)
}

async fn stop(mut child: Child) {
    let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
}

#[tokio::test]
async fn users_are_made_while_no_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();

    let made = user(folder, &["create", "ada", "--admin", "--password-stdin"]).await;
    let again = user(folder, &["create", "ada", "--password-stdin"]).await;
    let asked = user(folder, &["create", "eve"]).await;
    let listed = user(folder, &["list"]).await;
    let (server, url, link) = serve(folder).await;
    let refused = user(folder, &["create", "eve", "--password-stdin"]).await;
    let body = json!({ "user": "ada", "password": PASSWORD });
    let signed_in = Client::new().json(Method::POST, &format!("{url}/api/v1/session"), &body).await;
    stop(server).await;

    assert_eq!(made, (true, "made the admin `ada`\n".to_owned()));
    assert!(!again.0 && again.1.contains("there is a user named `ada` already"), "{}", again.1);
    assert!(!asked.0 && asked.1.contains("--password-stdin"), "{}", asked.1);
    assert_eq!(listed, (true, "ada\tadmin\t\n".to_owned()));
    assert_eq!(link, None, "there is an admin");
    assert!(!refused.0 && refused.1.contains("a server runs on it"), "{}", refused.1);
    assert_eq!(signed_in.status, StatusCode::OK, "{signed_in}");
}

#[tokio::test]
async fn the_link_in_the_log_makes_the_first_admin_once() {
    let folder = tempfile::tempdir().unwrap();
    let (server, url, link) = serve(folder.path()).await;
    let link = link.unwrap();
    let secret = link.rsplit('/').next().unwrap();
    let client = Client::new();
    let set_up = async |secret: &str, user: &str| {
        let body = json!({ "secret": secret, "user": user, "password": PASSWORD });
        client.json(Method::POST, &format!("{url}/api/v1/setup"), &body).await
    };

    let page = client.get(&link).await;
    let wrong = set_up("AAAA", "ada").await;
    let made = set_up(secret, "ada").await;
    let again = set_up(secret, "eve").await;
    stop(server).await;

    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert_eq!(wrong.status, StatusCode::NOT_FOUND, "{wrong}");
    assert_eq!(made.status, StatusCode::OK, "{made}");
    assert_eq!(made.json()["is_admin"], true);
    assert!(made.headers.contains_key("set-cookie"));
    assert_eq!(again.json()["detail"], wrong.json()["detail"], "{again}");
}
