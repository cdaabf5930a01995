//! Nodes that send tokens.

use std::fs;

use chancery::xds::gate::{NodePattern, tokens};

use super::{By, Guarded, Shows, put};
use crate::support::until;

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

    let file = guarded.server.folder.path().join("tokens");
    let text = fs::read_to_string(&file).unwrap();
    let revoked = NodePattern::parse("edge-1").unwrap();
    put(&file, &tokens::without(&text, &revoked, None).unwrap().0);

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
