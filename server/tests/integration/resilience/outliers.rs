//! Endpoints that fail again and again get no requests for a while.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{Router, extract::Request};
use http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};

use super::{Bench, Service};
use crate::support::{until, upstream::Upstream};

/// Answers checks well and all else with a status; counts both.
struct Failing {
    service: Service,
    checked: Arc<AtomicU64>,
    served: Arc<AtomicU64>,
}

impl Failing {
    async fn start(status: u16) -> Self {
        let (checked, served) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (checks, others) = (Arc::clone(&checked), Arc::clone(&served));
        let router = Router::new().fallback(async move |request: Request| {
            if request.uri().path() == "/health" {
                checks.fetch_add(1, Ordering::Relaxed);
                return StatusCode::OK;
            }
            others.fetch_add(1, Ordering::Relaxed);
            StatusCode::from_u16(status).unwrap()
        });
        Self { service: Service::start(router).await, checked, served }
    }

    fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// Waits until it was checked five times more.
    async fn until_checked(&self) {
        let before = self.checked.load(Ordering::Relaxed);
        until("the endpoint was checked", async || {
            (self.checked.load(Ordering::Relaxed) >= before + 5).then_some(())
        })
        .await;
    }
}

fn checked() -> Value {
    json!({ "kind": "http", "path": "/health", "interval_ms": 100 })
}

async fn bench(failing: &Failing, good: &Upstream, detection: Value) -> Bench {
    let endpoints = [failing.service.address, good.address];
    let bench = Bench::start(&[("service", &endpoints)]).await;
    let policy = json!({ "outlier_detection": detection, "health_check": checked() });
    bench.map("m", "service", policy).await;
    bench.until_healthy("m", (2, 2)).await;
    bench
}

#[rstest]
#[case(json!({ "consecutive_5xx": 3, "base_ejection_ms": 600_000 }), 500)]
#[case(json!({ "consecutive_gateway_failure": 3, "base_ejection_ms": 600_000 }), 503)]
#[tokio::test]
async fn who_fails_as_often_as_the_mapping_says_is_out_however_well_checks_go(
    #[case] detection: Value,
    #[case] status: u16,
) {
    let (failing, good) = (Failing::start(status).await, Upstream::start("good").await);
    let bench = bench(&failing, &good, detection).await;

    until("the endpoint has failed three times", async || {
        bench.get("/m/a").await;
        (failing.served() >= 3).then_some(())
    })
    .await;
    bench.until_healthy("m", (1, 2)).await;
    let out = failing.served();
    failing.until_checked().await;

    for _ in 0..20 {
        assert_eq!(bench.get("/m/a").await.to_string(), "200 OK good /a");
    }
    assert_eq!(failing.served(), out);
    assert_eq!(bench.members("mappings", "m").await, Some((1, 2)));
}

#[tokio::test]
async fn who_was_out_comes_back_after_a_while() {
    let (failing, good) = (Failing::start(500).await, Upstream::start("good").await);
    let detection = json!({ "consecutive_5xx": 2, "base_ejection_ms": 1_500, "interval_ms": 100 });
    let bench = bench(&failing, &good, detection).await;

    until("the endpoint has failed twice", async || {
        bench.get("/m/a").await;
        (failing.served() >= 2).then_some(())
    })
    .await;
    bench.until_healthy("m", (1, 2)).await;
    let out = failing.served();

    bench.until_healthy("m", (2, 2)).await;
    until("the endpoint gets requests", async || {
        bench.get("/m/a").await;
        (failing.served() > out).then_some(())
    })
    .await;
}

#[rstest]
#[case(json!({}))]
#[case(json!({ "consecutive_gateway_failure": 2 }))]
#[tokio::test]
async fn what_is_not_counted_takes_nobody_out(#[case] detection: Value) {
    let (failing, good) = (Failing::start(500).await, Upstream::start("good").await);
    let bench = bench(&failing, &good, detection).await;

    until("the endpoint has failed ten times", async || {
        bench.get("/m/a").await;
        (failing.served() >= 10).then_some(())
    })
    .await;
    failing.until_checked().await;

    assert_eq!(bench.members("mappings", "m").await, Some((2, 2)));
}
