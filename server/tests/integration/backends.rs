//! Several services share the requests of a mapping: who gets how many, and what is counted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use app::api::live::{Full, LiveSide};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{client::Client, docs, server::TestServer, until, upstream::Upstream};

/// Connections of the load, each with one request at a time.
const CONNECTIONS: usize = 16;

/// Requests of each share that is tried.
const REQUESTS: usize = 10_000;

const MAPPING: &str = "/api/v1/mappings/user";

/// Two services, a mapping that has the first, and a node.
struct World {
    server: TestServer,
    _services: [Upstream; 2],
    _node: crate::support::envoy::Envoy,
}

impl World {
    async fn start() -> Self {
        let services = [Upstream::start("first").await, Upstream::start("second").await];
        let [first, second] = services.each_ref().map(|service| service.address);
        let server = TestServer::with_services(&[("first", first), ("second", second)]).await;
        let node = server.node("one").await;
        server.map("user", "/user/", "first").await;
        server.until_live().await;
        Self { server, _services: services, _node: node }
    }

    async fn share(&self, first: u32, second: u32) {
        let body = json!({ "backends": backends(first, second) });
        let answer = self.server.send(Method::PATCH, MAPPING, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    }

    /// Sends requests; returns how many each service has answered.
    async fn load(&self, requests: usize) -> [u64; 2] {
        let url = self.server.gateway("/user/");
        let each = (0..CONNECTIONS).map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let client = Client::new();
                let mut answered = [0; 2];
                for _ in 0..requests / CONNECTIONS {
                    answered[who(&client, &url).await] += 1;
                }
                answered
            })
        });
        sum(each.collect::<Vec<_>>()).await
    }

    async fn sides(&self) -> Vec<LiveSide> {
        let answer = self.server.get("/api/v1/stats?mappings=user").await;
        let full: Full = serde_json::from_str(&answer.body).unwrap();
        full.mappings.into_iter().next().unwrap().sides
    }

    async fn until_sides_counted(&self, expected: [u64; 2]) {
        until(&format!("the sides have counted {expected:?}"), async || {
            let sides = self.sides().await;
            let counted = sides.iter().map(|side| side.counters.upstream_ok);
            counted.eq(expected).then_some(())
        })
        .await;
        assert!(self.sides().await.iter().all(|side| side.counters.upstream_bad == 0));
    }
}

fn backends(first: u32, second: u32) -> Value {
    json!([{ "service": "first", "weight": first }, { "service": "second", "weight": second }])
}

/// Sends a request; returns the place of the service that has answered.
async fn who(client: &Client, url: &str) -> usize {
    let answer = client.get(url).await;
    match answer.to_string().as_str() {
        "200 OK first /" => 0,
        "200 OK second /" => 1,
        other => panic!("a wrong answer: {other}"),
    }
}

async fn sum(each: Vec<tokio::task::JoinHandle<[u64; 2]>>) -> [u64; 2] {
    let mut sum = [0; 2];
    for one in each {
        let answered = one.await.unwrap();
        sum[0] += answered[0];
        sum[1] += answered[1];
    }
    sum
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_side_gets_its_share_and_what_both_have_counted_is_what_was_sent() {
    let world = World::start().await;
    let mut counted = [0; 2];

    for percent in [0_u32, 1, 10, 50, 99, 100] {
        world.share(100 - percent, percent).await;
        world.server.until_live().await;
        let answered = world.load(REQUESTS).await;

        let (n, p) = (REQUESTS as f64, f64::from(percent) / 100.0);
        let [_, second] = answered.map(|answers| answers as f64);
        // five standard deviations: one run in a million is further off
        let bound = 5.0 * (n * p * (1.0 - p)).sqrt();
        assert!((second - n * p).abs() <= bound, "{percent} %: {answered:?}");
        counted = [counted[0] + answered[0], counted[1] + answered[1]];
    }

    world.until_sides_counted(counted).await;
    world.server.until_counted("user", [counted[0] + counted[1], 0, 0]).await;
    let sides = world.sides().await;
    assert_eq!(sides.iter().map(|side| side.percent).collect::<Vec<_>>(), [0.0, 100.0]);
    assert!(sides[1].rate.is_some() && sides[1].latency.is_some(), "{sides:?}");
    let stats = world.server.get("/ambassador/stats").await.json();
    let of_services =
        ["first", "second"].map(|name| stats["services"][name]["upstream_ok"].as_u64());
    assert_eq!(of_services, counted.map(Some));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sliding_under_load_gives_no_wrong_answer_and_loses_no_count() {
    let world = World::start().await;
    world.share(1, 0).await;
    world.server.until_live().await;
    let stop = Arc::new(AtomicBool::new(false));
    let url = world.server.gateway("/user/");
    let load = (0..CONNECTIONS).map(|_| {
        let (stop, url) = (Arc::clone(&stop), url.clone());
        tokio::spawn(async move {
            let client = Client::new();
            let mut answered = [0; 2];
            while !stop.load(Ordering::Relaxed) {
                answered[who(&client, &url).await] += 1;
            }
            answered
        })
    });
    let load: Vec<_> = load.collect();

    for percent in [1, 5, 25, 50, 100, 0, 50, 100] {
        let before = world.server.server.ticks.borrow().seq;
        world.share(100 - percent, percent).await;
        world.server.until_live().await;
        // under way for a second at each share
        let mut ticks = world.server.server.ticks.clone();
        ticks.wait_for(|tick| tick.seq > before + 1).await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let answered = sum(load).await;

    assert!(answered.iter().all(|answers| *answers > 100), "{answered:?}");
    world.until_sides_counted(answered).await;
    world.server.until_counted("user", [answered[0] + answered[1], 0, 0]).await;
}

#[tokio::test]
async fn sharing_begins_and_ends_by_a_patch_and_the_count_of_the_mapping_goes_on() {
    let world = World::start().await;
    let first = world.load(CONNECTIONS * 4).await;
    assert_eq!(first, [64, 0]);
    world.server.until_counted("user", [64, 0, 0]).await;

    world.share(1, 1).await;
    world.server.until_live().await;
    let shared = world.load(CONNECTIONS * 8).await;
    world.until_sides_counted(shared).await;
    let end = json!({ "service": "second", "backends": null });
    let answer = world.server.send(Method::PATCH, MAPPING, &end).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    assert_eq!(answer.json().get("backends"), None);
    world.server.until_live().await;
    let last = world.load(CONNECTIONS * 4).await;

    assert_eq!(last, [0, 64]);
    world.server.until_counted("user", [64 * 4, 0, 0]).await;
    assert_eq!(world.sides().await, []);
}

#[tokio::test]
async fn a_side_whose_service_is_dead_fails_alone() {
    let dead = crate::support::address::free_address();
    let service = Upstream::start("first").await;
    let services = [("first", service.address), ("second", dead)];
    let server = TestServer::with_services(&services).await;
    let _node = server.node("one").await;
    let body = json!({ "prefix": "/user/", "backends": backends(1, 1) });
    let answer = server.send(Method::PUT, MAPPING, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    assert_eq!(answer.json()["service"], "first");
    server.until_live().await;

    let url = server.gateway("/user/");
    let mut counts = [0; 2];
    for _ in 0..60 {
        let answer = server.client.get(&url).await;
        counts[usize::from(answer.status != StatusCode::OK)] += 1;
    }

    server.until_counted("user", [counts[0], 0, counts[1]]).await;
    assert!(counts[1] > 0);
    let sides = until("the second has no healthy endpoint", async || {
        let full: Full =
            serde_json::from_str(&server.get("/api/v1/stats?mappings=user").await.body).unwrap();
        let sides = full.mappings.into_iter().next()?.sides;
        let counted = sides.iter().map(|side| side.counters.total()).sum::<u64>() == 60;
        let is_down = sides.get(1)?.members?.healthy_members == 0;
        (counted && is_down).then_some(sides)
    })
    .await;
    assert_eq!(sides[0].counters.upstream_ok, counts[0]);
    assert_eq!(sides[1].counters.upstream_bad, counts[1]);
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused_with_its_place_and_a_plan_shows_the_weights() {
    let world = World::start().await;
    let server = &world.server;

    let wrong = json!({ "backends": [{ "service": "first", "weight": -1 }, { "servise": "x" }] });
    let refused = server.send(Method::PATCH, MAPPING, &wrong).await;
    let errors = refused.json()["errors"].clone();
    let pointers: Vec<_> =
        errors.as_array().unwrap().iter().filter_map(|error| error["pointer"].as_str()).collect();
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        pointers,
        ["/backends/0/weight", "/backends/1/service", "/backends/1/weight", "/backends/1/servise"]
    );
    let other = json!({ "service": "third", "backends": backends(1, 1) });
    let refused = server.send(Method::PATCH, MAPPING, &other).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "/service", "{refused}");

    let path = format!("{MAPPING}?dry_run=true");
    let plan = server.send(Method::PATCH, &path, &json!({ "backends": backends(90, 10) })).await;
    assert_eq!(
        plan.json()["diff"],
        json!([{ "field": "backends", "before": "", "after": "first 90, second 10" }])
    );
    world.share(90, 10).await;
    // the article's client knows no backends, and does not ask for them to go
    server.map("user", "/user/", "first").await;
    assert_eq!(server.get(MAPPING).await.json()["backends"], backends(90, 10));
    let used = server.get("/api/v1/services?q=second").await.json();
    assert_eq!(used["items"][0]["mappings"], json!(["user"]));
}

#[tokio::test]
async fn the_examples_of_the_page_about_canaries_do_what_it_says() {
    let services = [Upstream::start("usersvc").await, Upstream::start("usersvc-v2").await];
    let [first, second] = services.each_ref().map(|service| service.address);
    let server = TestServer::with_services(&[("usersvc", first), ("usersvc-v2", second)]).await;
    let _node = server.node("one").await;

    docs::run(&server, include_str!("../../../docs/canary.md")).await;

    let answer = server.client.get(&server.gateway("/user/")).await;
    assert_eq!(answer.to_string(), "200 OK usersvc-v2 /");
}
