//! Copies of requests, and how long connecting may take.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::Request};
use http::StatusCode;
use serde_json::json;
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::mpsc,
    time::{Instant, timeout},
};

use super::{Bench, Service};
use crate::support::{PATIENCE, server::counts, until, upstream::Upstream};

/// Tells of each request, its host and its path, and never answers.
async fn silent() -> (Service, mpsc::Receiver<(String, String)>) {
    let (tell, told) = mpsc::channel(1000);
    let router = Router::new().fallback(async move |request: Request| -> StatusCode {
        let host = request.headers()["host"].to_str().unwrap().to_owned();
        tell.send((host, request.uri().to_string())).await.unwrap();
        std::future::pending().await
    });
    (Service::start(router).await, told)
}

#[tokio::test]
async fn a_copy_goes_to_the_other_service_and_the_client_does_not_wait_for_it() {
    let (usersvc, (shadow, mut told)) = (Upstream::start("usersvc").await, silent().await);
    let services = [("usersvc", &[usersvc.address][..]), ("shadowsvc", &[shadow.address])];
    let bench = Bench::start(&services).await;
    bench.map("m", "usersvc", json!({ "mirror": [{ "service": "shadowsvc" }] })).await;

    let answer = bench.get_with("/m/a?b=c", &[("host", "api.example.com")]).await;

    assert_eq!(answer.to_string(), "200 OK usersvc /a?b=c");
    let copied = timeout(PATIENCE, told.recv()).await.unwrap().unwrap();
    assert_eq!(copied, ("api.example.com-shadow".to_owned(), "/a?b=c".to_owned()));
    // the copy is under way still, and counts for nobody
    bench.server.until_counted("m", [1, 0, 0]).await;
}

#[tokio::test]
async fn the_client_sees_no_failure_of_a_copy() {
    let (tell, mut told) = mpsc::channel(10);
    let failing = Router::new().fallback(async move || {
        tell.send(()).await.unwrap();
        StatusCode::INTERNAL_SERVER_ERROR
    });
    let (usersvc, failing) = (Upstream::start("usersvc").await, Service::start(failing).await);
    let services = [
        ("usersvc", &[usersvc.address][..]),
        ("failing", &[failing.address]),
        ("nobody", &["127.0.0.1:9".parse().unwrap()]),
    ];
    let bench = Bench::start(&services).await;
    let mirror = json!([{ "service": "failing" }, { "service": "nobody" }]);
    bench.map("m", "usersvc", json!({ "mirror": mirror })).await;

    let answer = bench.get("/m/a").await;

    assert_eq!(answer.to_string(), "200 OK usersvc /a");
    timeout(PATIENCE, told.recv()).await.unwrap().unwrap();
    bench.server.until_counted("m", [1, 0, 0]).await;
    // what a copy got is counted for the service alone
    until("the failure of the copy is counted", async || {
        let stats = bench.server.get("/ambassador/stats").await.json();
        (counts(&stats["services"]["failing"]) == [0, 0, 1]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_percentage_is_of_the_requests() {
    let (usersvc, shadow) = (Upstream::start("usersvc").await, Upstream::start("shadow").await);
    let services = [("usersvc", &[usersvc.address][..]), ("shadow", &[shadow.address])];
    let bench = Bench::start(&services).await;
    let mirror = json!([{ "service": "shadow", "percent": 25 }]);
    bench.map("m", "usersvc", json!({ "mirror": mirror })).await;

    for _ in 0..1_000 {
        assert_eq!(bench.get("/m/a").await.status, StatusCode::OK);
    }

    // five standard deviations: one run in a million is further off
    let copied = shadow.served();
    assert!((180..=320).contains(&copied), "{copied} of 1000");
}

/// Listens, and lets nobody in: the queue is full, and what comes after is not answered.
async fn swallowing() -> (SocketAddr, tokio::net::TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        queued.push(stream.unwrap());
        assert!(queued.len() < 100, "the queue does not fill");
    }
    (address, listener, queued)
}

#[tokio::test]
async fn connecting_takes_no_longer_than_the_mapping_says() {
    let (address, _listener, _queued) = swallowing().await;
    let bench = Bench::start(&[("far", &[address])]).await;
    bench.map("m", "far", json!({ "timeouts": { "connect_ms": 300 } })).await;

    let begun = Instant::now();
    let answer = bench.get("/m/a").await;

    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    assert!(answer.body.contains("connection timeout"), "{answer}");
    let taken = begun.elapsed();
    assert!((Duration::from_millis(290)..Duration::from_secs(4)).contains(&taken), "{taken:?}");
}
