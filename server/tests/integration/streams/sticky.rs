//! Sessions that stay with an endpoint.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{client::Answer, envoy::Envoy, server::TestServer, until, upstream::Upstream};

/// A gateway and a service of two endpoints.
struct Pair {
    server: TestServer,
    endpoints: BTreeMap<&'static str, Upstream>,
    _node: Envoy,
}

impl Pair {
    async fn start() -> Self {
        let endpoints =
            BTreeMap::from([("a", Upstream::start("a").await), ("b", Upstream::start("b").await)]);
        let addresses: Vec<_> = endpoints.values().map(|upstream| upstream.address).collect();
        let server = TestServer::with_endpoints(&[("shopsvc", &addresses)]).await;
        let node = server.node("one").await;
        Self { server, endpoints, _node: node }
    }

    async fn map(&self, session: Value) {
        let body = json!({ "prefix": "/shop/", "service": "shopsvc", "sticky_session": session });
        let answer = self.server.send(Method::PUT, "/api/v1/mappings/shop", &body).await;
        assert!(answer.status.is_success(), "{answer}");
        self.server.until_live().await;
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        let headers: &[(&str, &str)] = if cookie.is_empty() { &[] } else { &[("cookie", cookie)] };
        self.server.client.send(Method::GET, &self.server.gateway(path), headers, "").await
    }

    /// Returns what a new client of each endpoint is given as a cookie.
    async fn cookies(&self, path: &str) -> BTreeMap<String, String> {
        let mut given = BTreeMap::new();
        until("both endpoints have answered", async || {
            let answer = self.get(path, "").await;
            let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
            given.insert(endpoint(&answer), cookie);
            (given.len() == 2).then_some(())
        })
        .await;
        given
    }
}

fn endpoint(answer: &Answer) -> String {
    answer.headers.get("x-served-by").map_or("", |name| name.to_str().unwrap()).to_owned()
}

/// Returns what a client sends back of what it was given.
fn sent_back(given: &str) -> &str {
    given.split(';').next().unwrap()
}

#[tokio::test]
async fn a_client_stays_with_the_endpoint_that_answered_it_first() {
    let pair = Pair::start().await;
    pair.map(json!({ "cookie": "at", "path": "/shop/", "ttl_s": 600 })).await;

    let given = pair.cookies("/shop/").await;
    for (name, cookie) in &given {
        for _ in 0..20 {
            let answer = pair.get("/shop/cart", sent_back(cookie)).await;
            assert_eq!(endpoint(&answer), *name);
            assert!(!answer.headers.contains_key("set-cookie"), "{:?}", answer.headers);
        }
        let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
        assert_eq!(attributes, ["Max-Age=600", "Path=/shop/", "HttpOnly"], "{cookie}");
        assert!(cookie.starts_with("at="), "{cookie}");
    }
}

#[tokio::test]
async fn a_session_without_a_limit_lasts_until_the_browser_is_closed() {
    let pair = Pair::start().await;
    pair.map(json!({ "cookie": "at" })).await;

    let given = pair.cookies("/shop/").await;

    for cookie in given.values() {
        let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
        assert_eq!(attributes, ["Path=/", "HttpOnly"], "{cookie}");
    }
}

#[tokio::test]
async fn a_client_gets_another_endpoint_when_its_own_is_gone() {
    let mut pair = Pair::start().await;
    pair.map(json!({ "cookie": "at" })).await;
    let given = pair.cookies("/shop/").await;
    let cookie = sent_back(&given["a"]).to_owned();

    drop(pair.endpoints.remove("a"));
    let answer = until("the other endpoint answers", async || {
        let answer = pair.get("/shop/", &cookie).await;
        (endpoint(&answer) == "b").then_some(answer)
    })
    .await;
    let new = answer.headers["set-cookie"].to_str().unwrap();
    let stays = pair.get("/shop/", sent_back(new)).await;

    assert_eq!(sent_back(new), sent_back(&given["b"]));
    assert_eq!((endpoint(&stays).as_str(), stays.status), ("b", StatusCode::OK));
}

#[tokio::test]
async fn a_cookie_leads_to_no_endpoint_but_those_of_the_service() {
    let pair = Pair::start().await;
    pair.map(json!({ "cookie": "at" })).await;
    let other = Upstream::start("other").await;
    let address = other.address.to_string();
    // as Envoy writes it: field 1 of a message, in base64
    let mut message = vec![0x0a, u8::try_from(address.len()).unwrap()];
    message.extend_from_slice(address.as_bytes());
    let forged = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, message);

    let answer = pair.get("/shop/", &format!("at=\"{forged}\"")).await;

    assert!(["a", "b"].contains(&endpoint(&answer).as_str()), "{answer}");
    assert_eq!(other.served(), 0);
}
