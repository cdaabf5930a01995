//! Limits of a node, and budgets of retries.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::Request};
use futures_util::future::join_all;
use http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::{Bench, Service};
use crate::support::upstream::Upstream;

/// Tells of each request and answers once it is let.
async fn gated() -> (Service, mpsc::Receiver<()>, Arc<Notify>) {
    let (tell, told) = mpsc::channel(100);
    let open = Arc::new(Notify::new());
    let gate = Arc::clone(&open);
    let router = Router::new().fallback(async move || {
        tell.send(()).await.unwrap();
        gate.notified().await;
        StatusCode::OK
    });
    (Service::start(router).await, told, open)
}

#[tokio::test]
async fn a_request_beyond_the_limit_is_refused_at_once_and_others_are_not() {
    let (service, mut told, open) = gated().await;
    let bench = Bench::start(&[("service", &[service.address])]).await;
    bench.map("m", "service", json!({ "circuit_breakers": { "max_requests": 1 } })).await;
    bench.map("free", "service", json!({})).await;

    let first = async {
        let answer = bench.get("/m/a").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    };
    let others = async {
        told.recv().await.unwrap();
        let refused = bench.get("/m/b").await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{refused}");
        assert_eq!(refused.headers["x-envoy-overloaded"], "true", "{refused}");
        // another way to the same service has limits of its own
        let free = async {
            let answer = bench.get("/free/c").await;
            assert_eq!(answer.status, StatusCode::OK, "{answer}");
        };
        let release = async {
            told.recv().await.unwrap();
            open.notify_waiters();
        };
        tokio::join!(free, release);
    };
    tokio::join!(first, others);

    bench.server.until_counted("m", [1, 0, 1]).await;
}

#[tokio::test]
async fn what_waits_for_a_connection_has_a_limit_too() {
    let upstream = Upstream::start("service").await;
    let bench = Bench::start(&[("service", &[upstream.address])]).await;
    let breakers = json!({ "max_connections": 1, "max_pending": 1 });
    bench.map("m", "service", json!({ "circuit_breakers": breakers })).await;

    let answers = join_all((0..8).map(|_| bench.get("/m/slow/500"))).await;

    // each of the two workers of the node has at least one connection
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    let (ok, refused) = (count(StatusCode::OK), count(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(ok + refused, 8, "{answers:?}");
    assert!((1..=4).contains(&ok), "{answers:?}");
}

#[rstest]
#[case(json!({ "budget_percent": 1, "budget_min": 0 }), 1)]
#[case(json!({ "budget_percent": 1, "budget_min": 1 }), 4)]
#[case(json!({ "budget_min": 0, "budget_percent": 100 }), 4)]
#[case(json!({ "budget_percent": 50 }), 4)]
#[tokio::test]
async fn retries_stay_within_their_budget(#[case] budget: Value, #[case] tries: u64) {
    let upstream = Upstream::start("service").await;
    let bench = Bench::start(&[("service", &[upstream.address])]).await;
    let mut retries = json!({ "on": ["503"], "attempts": 3, "backoff_ms": 1 });
    retries.as_object_mut().unwrap().extend(budget.as_object().unwrap().clone());
    bench.map("m", "service", json!({ "retries": retries })).await;

    let answer = bench.get("/m/status/503").await;

    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(upstream.served(), tries);
}

#[tokio::test]
async fn as_many_retries_are_under_way_as_the_mapping_says() {
    // the first try of a path fails, the second waits
    let (tell, mut told) = mpsc::channel(100);
    let open = Arc::new(Notify::new());
    let (gate, known) = (Arc::clone(&open), Arc::new(Mutex::new(HashSet::new())));
    let router = Router::new().fallback(async move |request: Request| {
        if known.lock().unwrap().insert(request.uri().path().to_owned()) {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        tell.send(()).await.unwrap();
        gate.notified().await;
        StatusCode::OK
    });
    let service = Service::start(router).await;
    let bench = Bench::start(&[("service", &[service.address])]).await;
    let policy = json!({
        "retries": { "on": ["503"], "backoff_ms": 1 },
        "circuit_breakers": { "max_retries": 1 },
    });
    bench.map("m", "service", policy).await;

    let first = async {
        let answer = bench.get("/m/a").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    };
    let second = async {
        told.recv().await.unwrap();
        let answer = bench.get("/m/b").await;
        open.notify_waiters();
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    };
    tokio::join!(first, second);
}
