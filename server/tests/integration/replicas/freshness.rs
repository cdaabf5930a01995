//! What a replica does not know yet: nodes keep what they have, and people are not turned away.

use std::net::SocketAddr;

use chancery::{store::DatabaseUrl, xds::node::NodeStatus};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use super::*;
use crate::support::envoy::Envoy;

/// Stands between a replica and its database, and can hold everything back.
struct Line {
    address: SocketAddr,
    is_open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Line {
    async fn to(database: &DatabaseUrl) -> (Self, DatabaseUrl) {
        let url = database.to_string();
        let (before, rest) = url.split_once("@").unwrap();
        let (server, name) = rest.split_once('/').unwrap();
        let server: SocketAddr = server.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_open, opened) = watch::channel(true);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let database = TcpStream::connect(server).await.unwrap();
                let ((from, to), (back_from, back_to)) =
                    (client.into_split(), database.into_split());
                tokio::spawn(pass(from, back_to, opened.clone()));
                tokio::spawn(pass(back_from, to, opened.clone()));
            }
        });
        let through = format!("{before}@{address}/{name}").parse().unwrap();
        (Self { address, is_open, task }, through)
    }

    fn close(&self) {
        self.is_open.send_replace(false);
    }

    fn open(&self) {
        self.is_open.send_replace(true);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        eprintln!("the line at {} is gone", self.address);
        self.task.abort();
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut opened: watch::Receiver<bool>,
) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if opened.wait_for(|is_open| *is_open).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_node_that_knows_more_than_its_new_replica_keeps_what_it_has() {
    let service = Upstream::start("service").await;
    let database = shared_database().await;
    let mut installation = Installation::on(database.clone(), &[("service", &service)]);
    let one = installation.replica().await;
    let (line, through) = Line::to(&database).await;
    installation.database = through;
    let other = installation.replica().await;
    let version = |number: u32| json!({ "prefix": "/a/", "service": "service", "rewrite": format!("/v{number}/") });
    one.map_with("a", &version(1)).await;
    until("the other has it", async || {
        (other.get("/api/v1/mappings/a").await.status == StatusCode::OK).then_some(())
    })
    .await;
    let own = |node: &NodeStatus| node.replica.is_none();
    let node = loop {
        let node = Envoy::between("node", &[one.server.xds, other.server.xds]);
        node.until_serving(installation.gateway_http).await;
        if one.server.nodes.list().iter().any(own) {
            break node;
        }
        // it has chosen the other
        node.kill().await;
    };
    let url = format!("http://{}/a/x", installation.gateway_http);
    let client = Client::new();
    let serves = async |number: u32| {
        until(&format!("version {number} is served"), async || {
            let answer = client.get(&url).await;
            (answer.body == format!("service /v{number}/x")).then_some(())
        })
        .await;
    };
    serves(1).await;

    line.close();
    one.map_with("a", &version(2)).await;
    serves(2).await;
    one.stop().await;
    until("the node has come to the other", async || {
        other.server.nodes.list().iter().any(own).then_some(())
    })
    .await;
    for _ in 0..300 {
        let answer = client.get(&url).await;
        assert_eq!(answer.body, "service /v2/x", "a revision went back");
    }
    assert_eq!(other.get("/api/v1/mappings/a").await.json()["rewrite"], "/v1/", "it is behind");

    line.open();
    until("the other knows more", async || {
        let mapping = other.get("/api/v1/mappings/a").await.json();
        (mapping["rewrite"] == "/v2/").then_some(())
    })
    .await;
    other.map_with("a", &version(3)).await;
    serves(3).await;
    drop(node);
}

#[tokio::test]
async fn what_one_replica_has_made_the_other_knows_at_once() {
    let installation = Installation::on(shared_database().await, &[]);
    let [one, other] = [installation.replica().await, installation.replica().await];

    // each sooner than a commit is noticed, most of the time
    for number in 0..20 {
        let name = format!("m{number}");
        one.map(&name, &format!("/{name}/"), "127.0.0.1:9").await;
        let mapping = other.get(&format!("/api/v1/mappings/{name}")).await;
        assert_eq!(mapping.status, StatusCode::OK, "{mapping}");
        let token = one.make_token(None, "read").await;
        let answer = other.get_as(&token, "/api/v1/mappings").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
        let team = format!("team-{number}");
        one.make_team(&team).await;
        let answer = other.get(&format!("/api/v1/teams/{team}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    }
}
