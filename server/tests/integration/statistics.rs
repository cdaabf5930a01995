//! Counters add up to what was sent, whatever comes and goes.

use app::api::{
    live::{Full, LiveMapping},
    series::Span,
};
use chancery::gateway::mapping::MappingName;
use http::{Method, StatusCode};

use crate::support::{
    client::Client,
    server::{TestServer, counts},
    until,
    upstream::Upstream,
};

/// Sends `ok`, `4xx` and `bad` requests, each on a connection of its own so that every node gets
/// some.
async fn send(server: &TestServer, prefix: &str, [ok, c4xx, bad]: [u64; 3]) {
    for (requests, status) in [(ok, 200), (c4xx, 404), (bad, 503)] {
        for _ in 0..requests {
            let url = server.gateway(&format!("{prefix}status/{status}"));
            let headers = [("connection", "close")];
            let answer = Client::new().send(Method::GET, &url, &headers, "").await;
            assert_eq!(answer.status.as_u16(), status);
        }
    }
}

#[tokio::test]
async fn two_mappings_of_one_service_have_counters_of_their_own() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;
    server.map("a", "/a/", "service").await;
    server.map("b", "/b/", "service").await;
    server.until_live().await;

    send(&server, "/a/", [3, 2, 1]).await;
    send(&server, "/b/", [1, 0, 4]).await;

    server.until_counted("a", [3, 2, 1]).await;
    server.until_counted("b", [1, 0, 4]).await;
    let stats = server.get("/ambassador/stats").await.json();
    assert_eq!(counts(&stats["services"]["service"]), [4, 2, 5]);
}

#[tokio::test]
async fn a_restart_of_envoy_loses_and_doubles_nothing() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let node = server.node("one").await;
    server.map("a", "/a/", "service").await;
    server.until_live().await;
    send(&server, "/a/", [3, 1, 1]).await;
    server.until_counted("a", [3, 1, 1]).await;

    node.kill().await;
    let _node = server.node("one").await;
    // more than before, so that a counter which began anew is not taken for one that went on
    send(&server, "/a/", [5, 2, 1]).await;

    server.until_counted("a", [8, 3, 2]).await;
}

#[tokio::test]
async fn a_restart_of_the_server_under_traffic_loses_no_request_and_no_count() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let node = server.node("one").await;
    server.map("a", "/a/", "service").await;
    server.until_live().await;
    send(&server, "/a/", [3, 0, 0]).await;
    server.until_counted("a", [3, 0, 0]).await;

    let url = server.gateway("/a/");
    let (server, sent) = server
        .restart(async {
            let client = Client::new();
            for _ in 0..200 {
                assert_eq!(client.get(&url).await.status, StatusCode::OK);
            }
            200
        })
        .await;

    server.until_counted("a", [3 + sent, 0, 0]).await;
    assert_eq!(service.served(), 3 + sent);
    // and the node takes changes again
    server.map("b", "/b/", "service").await;
    server.until_live().await;
    send(&server, "/b/", [1, 0, 0]).await;
    // a crash of Envoy after that does not bring the old counts back
    node.kill().await;
    let _node = server.node("one").await;
    send(&server, "/a/", [2, 0, 0]).await;
    server.until_counted("a", [5 + sent, 0, 0]).await;
}

#[tokio::test]
async fn two_envoys_add_up() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _one = server.node("one").await;
    let _two = server.node("two").await;
    until("both are connected", async || (server.server.nodes.list().len() == 2).then_some(()))
        .await;
    server.map("a", "/a/", "service").await;
    server.until_live().await;

    send(&server, "/a/", [40, 20, 10]).await;

    server.until_counted("a", [40, 20, 10]).await;
}

#[tokio::test]
async fn no_answer_counts_as_bad_and_a_dead_endpoint_shows_as_unhealthy() {
    let service = Upstream::start("service").await;
    let address = service.address;
    let server = TestServer::with_services(&[("service", address)]).await;
    let _node = server.node("one").await;
    server.map("a", "/a/", "service").await;
    server.until_live().await;
    let members = async || {
        let stats = server.get("/ambassador/stats").await.json();
        let service = &stats["services"]["service"];
        (service["healthy_members"].as_u64(), service["total_members"].as_u64())
    };
    until("one of one is healthy", async || (members().await == (Some(1), Some(1))).then_some(()))
        .await;

    drop(service);
    until("none of one is healthy", async || (members().await == (Some(0), Some(1))).then_some(()))
        .await;
    for _ in 0..3 {
        let answer = server.client.get(&server.gateway("/a/")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    }

    server.until_counted("a", [0, 0, 3]).await;
}

#[tokio::test]
async fn a_service_that_is_mapped_again_at_once_counts_exactly_what_came_since() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;
    server.map("a", "/a/", "service").await;
    server.until_live().await;
    send(&server, "/a/", [3, 0, 0]).await;
    server.until_counted("a", [3, 0, 0]).await;

    server.unmap("a").await;
    let mut ticks = server.server.ticks.clone();
    ticks.wait_for(|tick| tick.entries.is_empty()).await.unwrap();
    server.map("a", "/a/", "service").await;
    server.until_live().await;
    send(&server, "/a/", [5, 0, 0]).await;

    server.until_counted("a", [5, 0, 0]).await;
    let stats = server.get("/ambassador/stats").await.json();
    assert_eq!(counts(&stats["services"]["service"]), [5, 0, 0]);
}

#[tokio::test]
async fn a_service_on_localhost_is_one_endpoint() {
    let service = Upstream::start("service").await;
    let server = TestServer::start().await;
    let _node = server.node("one").await;

    server.map("local", "/local/", &format!("localhost:{}", service.address.port())).await;

    until("one of one is healthy", async || {
        let stats = server.get("/ambassador/stats").await.json();
        let local = &stats["mappings"]["local"];
        (local["healthy_members"] == 1 && local["total_members"] == 1).then_some(())
    })
    .await;
    let answer = server.client.get(&server.gateway("/local/x")).await;
    assert_eq!(answer.to_string(), "200 OK service /x");
}

async fn stats(server: &TestServer, query: &str) -> Full {
    let answer = server.get(&format!("/api/v1/stats{query}")).await;
    serde_json::from_str(&answer.body).unwrap()
}

/// Waits until the latency of `mapping` is made of `samples` requests.
async fn until_measured(server: &TestServer, mapping: &str, samples: u64) -> LiveMapping {
    until(&format!("the latency of {samples} requests to `{mapping}`"), async || {
        let full = stats(server, &format!("?mappings={mapping}")).await;
        let live = full.mappings.into_iter().next()?;
        (live.latency?.samples == samples).then_some(live)
    })
    .await
}

#[tokio::test]
async fn latency_is_that_of_the_service_and_a_push_tells_of_its_own_time_only() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;
    server.map("slow", "/slow/", "service").await;
    server.map("quick", "/quick/", "service").await;
    server.until_live().await;
    let (slow, quick) = (server.gateway("/slow/slow/250"), server.gateway("/quick/"));

    for _ in 0..8 {
        assert_eq!(server.client.get(&slow).await.status, StatusCode::OK);
        assert_eq!(server.client.get(&quick).await.status, StatusCode::OK);
    }

    let slow = until_measured(&server, "slow", 8).await.latency.unwrap();
    let quick = until_measured(&server, "quick", 8).await.latency.unwrap();
    // the bucket of 250 ms is that from 200 to 300; a busy machine adds to it
    assert!((200..=1_000).contains(&slow.p50_ms), "{slow:?}");
    assert!(slow.p50_ms <= slow.p95_ms && slow.p95_ms <= slow.p99_ms, "{slow:?}");
    assert!(quick.p50_ms < 200, "{quick:?}");

    // were the histograms cumulative, each further push would add all of it again
    let mut ticks = server.server.ticks.clone();
    let seq = ticks.borrow().seq;
    ticks.wait_for(|tick| tick.seq >= seq + 4).await.unwrap();
    let again = stats(&server, "?mappings=slow,quick").await;
    assert!(again.mappings.iter().all(|live| live.latency.unwrap().samples == 8), "{again:?}");
    assert_eq!(again.totals.latency.unwrap().samples, 16);
}

#[tokio::test]
async fn latency_of_two_nodes_is_merged() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _one = server.node("one").await;
    let _two = server.node("two").await;
    until("both are connected", async || (server.server.nodes.list().len() == 2).then_some(()))
        .await;
    server.map("a", "/a/", "service").await;
    server.until_live().await;

    send(&server, "/a/", [30, 10, 0]).await;

    until_measured(&server, "a", 40).await;
}

#[tokio::test]
async fn the_history_adds_up_to_the_counters() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;
    server.map("a", "/a/", "service").await;
    server.map("idle", "/idle/", "service").await;
    server.until_live().await;
    let history = server.server.history.clone();
    let [a, idle] = ["a", "idle"].map(|name| MappingName::parse(name).unwrap());

    send(&server, "/a/", [20, 10, 5]).await;
    server.until_counted("a", [20, 10, 5]).await;
    until_measured(&server, "a", 35).await;

    let series = history.series(Some(&a), Span::FiveMinutes).await.unwrap();
    let sum = |rates: &[Option<f64>]| rates.iter().flatten().sum::<f64>();
    for (rates, count) in
        [(&series.requests.ok, 20.0), (&series.requests.c4xx, 10.0), (&series.requests.bad, 5.0)]
    {
        // a push is up to a tenth late or early, and its rate the less or the more
        assert!((sum(rates) - count).abs() <= count * 0.25, "{rates:?}");
    }
    assert_eq!(series.requests.ok.len(), 300);
    assert!(series.requests.ok[0].is_none(), "nothing is known of before the start");
    assert!(series.latency.p99_ms.last().unwrap().is_some());
    let tick = server.server.ticks.borrow().clone();
    assert_eq!(*series.epoch, *tick.epoch);
    assert!(series.seq <= tick.seq && tick.seq <= series.seq + 2);
    let of_all = history.series(None, Span::Hour).await.unwrap();
    assert!(of_all.requests.ok.last().unwrap().is_some_and(|rate| rate > 0.0));
    let of_idle = history.series(Some(&idle), Span::FiveMinutes).await.unwrap();
    assert!(of_idle.requests.ok.iter().flatten().all(|rate| *rate == 0.0));

    let recent = history.recent(vec![a.clone(), idle.clone()]).await;
    assert_eq!((recent[&a].requests, recent[&a].trend.len()), (35, 30));
    assert_eq!((recent[&idle].requests, recent[&idle].trend.len()), (0, 0));
    assert!(tick.reported.keys().any(|node| node.as_str() == "one"));
}
