//! Which of several endpoints gets a request.

use std::{collections::BTreeSet, net::SocketAddr};

use rstest::rstest;
use serde_json::{Value, json};

use super::Bench;
use crate::support::{client::Answer, upstream::Upstream};

/// A service of three endpoints that tell which one they are.
struct World {
    bench: Bench,
    _endpoints: [Upstream; 3],
}

impl World {
    async fn start(balancing: Value) -> Self {
        let endpoints =
            [Upstream::start("a").await, Upstream::start("b").await, Upstream::start("c").await];
        let addresses: Vec<SocketAddr> =
            endpoints.iter().map(|endpoint| endpoint.address).collect();
        let bench = Bench::start(&[("service", &addresses)]).await;
        bench.map("m", "service", json!({ "load_balancing": balancing })).await;
        bench.until_healthy("m", (3, 3)).await;
        Self { bench, _endpoints: endpoints }
    }

    async fn get(&self, headers: &[(&str, &str)]) -> Answer {
        self.bench.get_with("/m/", headers).await
    }

    /// Tells which endpoint answers a request with these headers.
    async fn who(&self, headers: &[(&str, &str)]) -> String {
        who(&self.get(headers).await)
    }
}

fn who(answer: &Answer) -> String {
    assert!(answer.status.is_success(), "{answer}");
    answer.headers["x-served-by"].to_str().unwrap().to_owned()
}

#[rstest]
#[case(json!({}))]
#[case(json!({ "policy": "least_request" }))]
#[case(json!({ "policy": "random" }))]
#[tokio::test]
async fn every_endpoint_gets_requests(#[case] balancing: Value) {
    let world = World::start(balancing).await;
    let mut reached = BTreeSet::new();

    for _ in 0..100 {
        reached.insert(world.who(&[]).await);
    }

    assert_eq!(reached.len(), 3, "{reached:?}");
}

#[rstest]
#[case("ring_hash")]
#[case("maglev")]
#[tokio::test]
async fn requests_with_the_same_header_go_to_the_same_endpoint(#[case] policy: &str) {
    let world = World::start(json!({ "policy": policy, "hash_on": { "header": "X-User" } })).await;
    let mut reached = BTreeSet::new();

    for user in 0..60 {
        let user = format!("user-{user}");
        let first = world.who(&[("x-user", &user)]).await;
        for _ in 0..3 {
            assert_eq!(world.who(&[("x-user", &user)]).await, first);
        }
        reached.insert(first);
    }

    assert_eq!(reached.len(), 3, "{reached:?}");
}

#[tokio::test]
async fn whoever_has_no_cookie_gets_one_and_stays_where_it_leads() {
    let cookie = json!({ "name": "chosen", "ttl_s": 60 });
    let world = World::start(json!({ "policy": "maglev", "hash_on": { "cookie": cookie } })).await;
    let mut reached = BTreeSet::new();

    for _ in 0..40 {
        let first = world.get(&[("connection", "close")]).await;
        let set = first.headers["set-cookie"].to_str().unwrap();
        let (cookie, attributes) = set.split_once(';').unwrap();
        assert!(cookie.starts_with("chosen="), "{set}");
        for attribute in ["Max-Age=60", "Path=/", "HttpOnly", "SameSite=Lax"] {
            assert!(attributes.contains(attribute), "{set}");
        }
        let again = world.get(&[("cookie", cookie)]).await;
        assert_eq!(who(&again), who(&first));
        assert!(!again.headers.contains_key("set-cookie"), "{again:?}");
        reached.insert(who(&first));
    }

    assert!(reached.len() > 1, "{reached:?}");
}

#[tokio::test]
async fn a_cookie_without_a_time_is_one_of_the_session() {
    let cookie = json!({ "name": "chosen", "path": "/m" });
    let world =
        World::start(json!({ "policy": "ring_hash", "hash_on": { "cookie": cookie } })).await;

    let answer = world.get(&[]).await;

    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(set.contains("Path=/m") && !set.contains("Max-Age"), "{set}");
}

#[tokio::test]
async fn requests_from_one_address_go_to_one_endpoint() {
    let on = json!({ "source_address": true });
    let world = World::start(json!({ "policy": "ring_hash", "hash_on": on })).await;
    let first = world.who(&[]).await;

    for _ in 0..30 {
        assert_eq!(world.who(&[("connection", "close")]).await, first);
    }
}
