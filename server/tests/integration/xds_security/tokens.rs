//! Nodes that send tokens.

use std::{fs, os::unix::fs::symlink, path::Path};

use chancery::xds::gate::{NodePattern, tokens};

use super::{By, Guarded, Shows, put};
use crate::support::until;

impl Guarded {
    fn revoke(&self, nodes: &str) {
        let file = self.server.folder.path().join("tokens");
        let text = fs::read_to_string(&file).unwrap();
        let nodes = NodePattern::parse(nodes).unwrap();
        put(&file, &tokens::without(&text, &nodes, None).unwrap().0);
    }
}

#[tokio::test]
async fn a_node_with_a_token_for_its_id_is_served_and_counted() {
    let guarded = Guarded::start(By::Tokens).await;
    let token = guarded.token("edge-*").await;

    let node = guarded.node("edge-7", Shows::Token(token.reveal()));

    guarded.until_served().await;
    assert_eq!(guarded.connected(), ["edge-7"]);
    guarded.server.until_counted("user", [1, 0, 0]).await;
    let shown = node.config_dump().await;
    assert!(shown.contains("xds-token") && !shown.contains("chn_"), "{shown}");
}

#[tokio::test]
async fn a_token_that_is_not_known_opens_nothing() {
    let guarded = Guarded::start(By::Tokens).await;

    let node = guarded.node("edge-1", Shows::Token("chn_unknown"));

    node.until_it_says("this token is not known").await;
    guarded.until_refused("credentials").await;
}

#[tokio::test]
async fn a_token_for_another_node_is_refused_by_name() {
    let guarded = Guarded::start(By::Tokens).await;
    let token = guarded.token("edge-1").await;

    let node = guarded.node("core-1", Shows::Token(token.reveal()));

    node.until_it_says("you say to be the node `core-1`: this token is for `edge-1`").await;
    guarded.until_refused("node").await;
}

#[tokio::test]
async fn a_certificate_or_a_token_is_enough_where_both_are_taken() {
    let guarded = Guarded::start(By::Either).await;
    let own = guarded.authority.issues(&["edge-1"]);
    let token = guarded.token("edge-2").await;

    let _first = guarded.node("edge-1", Shows::Certificate(&own));
    let _second = guarded.node("edge-2", Shows::Token(token.reveal()));

    until("both are connected", async || {
        (guarded.connected() == ["edge-1", "edge-2"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_revoked_token_ends_the_streams_and_a_new_one_needs_no_restart_of_the_node() {
    let guarded = Guarded::start(By::Tokens).await;
    let old = guarded.token("edge-1").await;
    let node = guarded.node("edge-1", Shows::Token(old.reveal()));
    guarded.until_served().await;

    guarded.revoke("edge-1");

    until("the stream has ended", async || guarded.connected().is_empty().then_some(())).await;
    node.until_it_says("this token was revoked").await;
    let served = guarded.server.client.get(&guarded.server.gateway("/user/x")).await;
    assert!(served.status.is_success(), "the node goes on: {served}");

    let new = guarded.token("edge-1").await;
    put(&node.folder.path().join("token"), new.reveal());

    until("the node is back", async || (guarded.connected() == ["edge-1"]).then_some(())).await;
    guarded.server.map("more", "/more/", "usersvc").await;
    guarded.server.until_live().await;
}

/// Puts `token` in a folder as Kubernetes does with the keys of a Secret: behind a link to a folder
/// of that version, which is moved into the place of the link before.
fn project(folder: &Path, version: &str, token: &str) {
    fs::create_dir(folder.join(version)).unwrap();
    fs::write(folder.join(version).join("token"), token).unwrap();
    symlink(version, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
}

#[tokio::test]
async fn a_token_from_a_secret_of_kubernetes_is_renewed_in_a_running_node() {
    let guarded = Guarded::start(By::Tokens).await;
    let old = guarded.token("edge-1").await;
    let node = guarded.node("edge-1", Shows::Token(old.reveal()));
    let folder = node.folder.path();
    project(folder, "..1", old.reveal());
    symlink("..data/token", folder.join("token.part")).unwrap();
    fs::rename(folder.join("token.part"), folder.join("token")).unwrap();
    guarded.until_served().await;

    guarded.revoke("edge-1");
    until("the stream has ended", async || guarded.connected().is_empty().then_some(())).await;
    let new = guarded.token("edge-1").await;
    project(folder, "..2", new.reveal());

    until("the node is back", async || (guarded.connected() == ["edge-1"]).then_some(())).await;
}
