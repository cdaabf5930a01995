//! Keys that nodes fetch from their issuer.

use std::net::SocketAddr;

use http::StatusCode;
use serde_json::json;

use super::issuer::{ISSUER, Key, KeyServer, claims};
use crate::{
    policy::Bench,
    support::{address::free_address, until},
};

async fn status(bench: &Bench, key: &Key) -> StatusCode {
    let bearer = format!("Bearer {}", key.signs(&claims(&json!({}))));
    bench.get_with("/m/x", &[("authorization", &bearer)]).await.status
}

async fn map(bench: &Bench, address: SocketAddr) {
    let url = format!("http://{address}/keys?of=all");
    let jwt = json!({ "issuer": ISSUER, "jwks_url": url, "cache_s": 1 });
    bench.map(json!({ "auth": { "jwt": jwt } })).await;
}

#[tokio::test]
async fn without_keys_nobody_is_let_in_until_they_are_there() {
    let bench = Bench::start().await;
    let (address, key) = (free_address(), Key::ec("one"));
    map(&bench, address).await;

    assert_eq!(status(&bench, &key).await, StatusCode::UNAUTHORIZED);
    assert_eq!(bench.upstream.served(), 0);

    let _server = KeyServer::at(address, &[&key]).await;
    until("the keys are there", async || (status(&bench, &key).await == 200).then_some(())).await;
}

#[tokio::test]
async fn keys_are_fetched_again_and_outlive_their_issuer() {
    let bench = Bench::start().await;
    let (old, new) = (Key::ec("one"), Key::rsa("two"));
    let address = free_address();
    let server = KeyServer::at(address, &[&old]).await;
    map(&bench, address).await;
    until("the keys are there", async || (status(&bench, &old).await == 200).then_some(())).await;
    assert_eq!(status(&bench, &new).await, StatusCode::UNAUTHORIZED);

    server.shows(&[&new]);
    until("the new key is known", async || (status(&bench, &new).await == 200).then_some(())).await;
    until("the old one is not", async || (status(&bench, &old).await == 401).then_some(())).await;

    server.fails();
    let fetched = server.fetched();
    until("it was asked in vain", async || (server.fetched() > fetched + 1).then_some(())).await;
    assert_eq!(status(&bench, &new).await, StatusCode::OK);
    drop(server);
    assert_eq!(status(&bench, &new).await, StatusCode::OK);
}

#[tokio::test]
async fn keys_are_fetched_anew_where_the_routes_beside_them_change() {
    let bench = Bench::start().await;
    let (address, key) = (free_address(), Key::ec("one"));
    let server = KeyServer::at(address, &[&key]).await;
    let url = format!("http://{address}/keys");
    let jwt = json!({ "issuer": ISSUER, "jwks_url": url, "cache_s": 86_400 });
    bench.map(json!({ "auth": { "jwt": jwt } })).await;
    until("the keys are there", async || (status(&bench, &key).await == 200).then_some(())).await;
    server.fails();

    bench.server.map("elsewhere", "/elsewhere/", "usersvc").await;
    bench.server.until_live().await;
    let after_elsewhere = status(&bench, &key).await;
    bench.server.map("beside", "/m/beside/", "usersvc").await;
    bench.server.until_live().await;
    let after_beside = status(&bench, &key).await;
    server.shows(&[&key]);
    until("the keys are there again", async || (status(&bench, &key).await == 200).then_some(()))
        .await;

    assert_eq!(after_elsewhere, StatusCode::OK);
    assert_eq!(after_beside, StatusCode::UNAUTHORIZED);
}
