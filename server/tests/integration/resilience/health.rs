//! Health checks, and what they make of the numbers of endpoints.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, AtomicU64, Ordering},
};

use axum::{Router, extract::Request};
use http::StatusCode;
use serde_json::json;

use super::{Bench, Service};
use crate::support::until;

/// Answers at `/health?full` with a status that the test says; notes the host that was asked.
struct Patient {
    service: Service,
    status: Arc<AtomicU16>,
    host: Arc<Mutex<String>>,
}

impl Patient {
    async fn start(status: u16) -> Self {
        let (status, host) =
            (Arc::new(AtomicU16::new(status)), Arc::new(Mutex::new(String::new())));
        let (now, asked) = (Arc::clone(&status), Arc::clone(&host));
        let router = Router::new().fallback(async move |request: Request| {
            if request.uri() != "/health?full" {
                return StatusCode::OK;
            }
            *asked.lock().unwrap() = request.headers()["host"].to_str().unwrap().to_owned();
            StatusCode::from_u16(now.load(Ordering::Relaxed)).unwrap()
        });
        Self { service: Service::start(router).await, status, host }
    }

    fn becomes(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn an_endpoint_is_as_healthy_as_the_check_says() {
    let patient = Patient::start(200).await;
    let bench = Bench::start(&[("service", &[patient.service.address])]).await;
    let check = json!({ "kind": "http", "path": "/health?full", "interval_ms": 100 });
    bench.map("m", "service", json!({ "health_check": check })).await;

    bench.until_healthy("m", (1, 1)).await;
    patient.becomes(503);
    bench.until_healthy("m", (0, 1)).await;
    let answer = bench.get("/m/a").await;
    patient.becomes(200);
    bench.until_healthy("m", (1, 1)).await;

    // where fewer than half are healthy, all get requests
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    assert_eq!(*patient.host.lock().unwrap(), "service");
}

#[tokio::test]
async fn the_statuses_of_who_lives_and_the_host_are_those_that_the_mapping_says() {
    let patient = Patient::start(200).await;
    let bench = Bench::start(&[("service", &[patient.service.address])]).await;
    let check = json!({
        "kind": "http", "path": "/health?full", "host": "Users.Internal", "interval_ms": 100,
        "expected_statuses": ["418", "203-205"],
    });
    bench.map("m", "service", json!({ "health_check": check })).await;

    bench.until_healthy("m", (0, 1)).await;
    for status in [418, 205] {
        patient.becomes(status);
        bench.until_healthy("m", (1, 1)).await;
        patient.becomes(206);
        bench.until_healthy("m", (0, 1)).await;
    }

    assert_eq!(*patient.host.lock().unwrap(), "users.internal");
}

#[tokio::test]
async fn a_single_failure_is_none_where_the_mapping_wants_three() {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let router = Router::new().fallback(async move || {
        // well, and then twice not
        let nth = count.fetch_add(1, Ordering::Relaxed);
        if nth % 3 == 0 { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    });
    let service = Service::start(router).await;
    let bench = Bench::start(&[("service", &[service.address])]).await;
    let check = json!({
        "kind": "http", "path": "/", "interval_ms": 100, "unhealthy_threshold": 3,
    });
    bench.map("m", "service", json!({ "health_check": check })).await;
    bench.until_healthy("m", (1, 1)).await;

    let mut ticks = bench.server.server.ticks.clone();
    let begun = ticks.borrow().seq;
    let before = asked.load(Ordering::Relaxed);
    for tick in begun + 1..=begun + 4 {
        ticks.wait_for(|now| now.seq >= tick).await.unwrap();
        assert_eq!(bench.members("mappings", "m").await, Some((1, 1)));
    }
    assert!(asked.load(Ordering::Relaxed) > before + 10);
}

#[tokio::test]
async fn without_a_check_every_endpoint_counts_as_healthy() {
    let nobody = "127.0.0.1:9".parse().unwrap();
    let bench = Bench::start(&[("service", &[nobody])]).await;
    bench.map("checked", "service", json!({})).await;
    bench.until_healthy("checked", (0, 1)).await;

    bench.map("off", "service", json!({ "health_check": { "kind": "off" } })).await;

    bench.until_healthy("off", (1, 1)).await;
    until("the service has the fewest that any way to it has", async || {
        (bench.members("services", "service").await == Some((0, 1))).then_some(())
    })
    .await;
}
