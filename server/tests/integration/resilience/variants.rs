//! One service that mappings reach in several ways: what is counted of it, and who is healthy.

use axum::{Router, extract::Request};
use http::StatusCode;
use serde_json::json;

use super::{Bench, Service};
use crate::support::{server::counts, until};

#[tokio::test]
async fn counters_of_all_ways_to_a_service_add_up_and_the_fewest_healthy_endpoints_count() {
    // it lives, but says that it does not
    let router = Router::new().fallback(async |request: Request| match request.uri().path() {
        "/health" => StatusCode::SERVICE_UNAVAILABLE,
        path if path.starts_with("/no") => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    });
    let service = Service::start(router).await;
    let bench = Bench::start(&[("service", &[service.address])]).await;
    bench.map("plain", "service", json!({})).await;
    bench.map("limited", "service", json!({ "circuit_breakers": { "max_requests": 9 } })).await;
    bench.map("same", "service", json!({ "circuit_breakers": { "max_requests": 9 } })).await;
    let check = json!({ "kind": "http", "path": "/health", "interval_ms": 100 });
    bench.map("checked", "service", json!({ "health_check": check })).await;
    let all = ["plain", "limited", "same", "checked"];

    for (times, mapping) in all.into_iter().enumerate() {
        for _ in 0..=times {
            bench.get(&format!("/{mapping}/a")).await;
        }
        bench.get(&format!("/{mapping}/no")).await;
    }

    for (times, mapping) in (1..).zip(all) {
        bench.server.until_counted(mapping, [times, 1, 0]).await;
    }
    until("the service has counted all", async || {
        let stats = bench.server.get("/ambassador/stats").await.json();
        (counts(&stats["services"]["service"]) == [10, 4, 0]).then_some(())
    })
    .await;
    for mapping in ["plain", "limited", "same"] {
        bench.until_healthy(mapping, (1, 1)).await;
    }
    bench.until_healthy("checked", (0, 1)).await;
    assert_eq!(bench.members("services", "service").await, Some((0, 1)));

    // who goes takes nothing of what was counted, and what it saw goes with it
    bench.server.unmap("checked").await;
    until("the service is healthy", async || {
        (bench.members("services", "service").await == Some((1, 1))).then_some(())
    })
    .await;
    let stats = bench.server.get("/ambassador/stats").await.json();
    assert_eq!(counts(&stats["services"]["service"]), [10, 4, 0]);
}
