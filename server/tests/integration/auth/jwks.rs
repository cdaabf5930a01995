//! Keys that nodes fetch from their issuer.

use http::StatusCode;
use serde_json::json;

use super::issuer::{ISSUER, Key, KeyServer, claims};
use crate::{
    policy::Bench,
    support::{envoy::free_port, until},
};

async fn status(bench: &Bench, key: &Key) -> StatusCode {
    let bearer = format!("Bearer {}", key.signs(&claims(&json!({}))));
    bench.get_with("/m/x", &[("authorization", &bearer)]).await.status
}

#[tokio::test]
async fn keys_are_fetched_and_fetched_again_and_outlive_their_issuer() {
    let bench = Bench::start().await;
    let address = free_port();
    let (old, new) = (Key::ec("one"), Key::rsa("two"));
    let url = format!("http://{address}/keys?of=all");
    let jwt = json!({ "issuer": ISSUER, "jwks_url": url, "cache_s": 1 });
    bench.map(json!({ "auth": { "jwt": jwt } })).await;

    // nobody can say whether it is right
    assert_eq!(status(&bench, &old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(bench.upstream.served(), 0);

    let server = KeyServer::at(address, &[&old]).await;
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
