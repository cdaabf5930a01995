//! Consumers at a real Envoy: who is let in, as whom, and who no longer.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{key, make, password, remove_key};
use crate::support::{
    client::Answer, docs, envoy::Envoy, server::TestServer, until, upstream::Upstream,
};

/// A gateway with one service.
struct Bench {
    server: TestServer,
    _upstream: Upstream,
    node: Envoy,
}

impl Bench {
    async fn start() -> Self {
        let upstream = Upstream::start("usersvc").await;
        let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;
        let node = server.node("one").await;
        Self { server, _upstream: upstream, node }
    }

    async fn map(&self, name: &str, more: Value) {
        let mut body = json!({ "prefix": format!("/{name}/"), "service": "usersvc" });
        if more.get("redirect").is_some() {
            body = json!({ "prefix": format!("/{name}/") });
        }
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("/api/v1/mappings/{name}");
        let answer = self.server.send(Method::PUT, &path, &body).await;
        assert!(answer.status.is_success(), "{answer}");
        self.server.until_live().await;
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.server.client.send(Method::GET, &self.server.gateway(path), headers, "").await
    }

    /// Waits until a request is answered so: a change of a consumer has no revision to wait for.
    async fn until_answered(&self, path: &str, headers: &[(&str, &str)], status: StatusCode) {
        until(&format!("{path} with {headers:?} is answered with {status}"), async || {
            (self.get(path, headers).await.status == status).then_some(())
        })
        .await;
    }
}

fn by_key(consumers: &[&str]) -> Value {
    json!({ "auth": { "api_key": { "consumers": consumers } } })
}

/// Returns what the upstream saw in a header.
fn seen<'a>(echo: &'a Answer, header: &str) -> Vec<&'a str> {
    let lines = echo.body.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(name, _)| *name == header).map(|(_, value)| value).collect()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn only_the_keys_of_named_consumers_are_let_in_and_services_see_whose() {
    let bench = Bench::start().await;
    for consumer in ["acme", "other-corp"] {
        make(&bench.server, consumer).await;
    }
    let (acme, _) = key(&bench.server, "acme").await;
    let (other, _) = key(&bench.server, "other-corp").await;
    bench.map("m", by_key(&["acme"])).await;
    let secret = json!({ "auth": { "api_key": { "header": "X-Secret", "consumers": ["other-corp", "acme"] } } });
    bench.map("n", secret).await;
    bench.until_answered("/m/echo", &[("x-api-key", &acme)], StatusCode::OK).await;
    bench.until_answered("/n/echo", &[("x-secret", &other)], StatusCode::OK).await;

    let right = bench
        .get(
            "/m/echo",
            &[("x-api-key", &acme), ("x-chancery-consumer", "root"), ("x-chancery-key", "x")],
        )
        .await;
    assert_eq!(right.status, StatusCode::OK, "{right}");
    assert_eq!(seen(&right, "x-chancery-consumer"), ["acme"]);
    assert!(!right.body.contains(&acme) && !right.body.contains("x-chancery-key"), "{right}");
    let elsewhere = bench.get("/n/echo", &[("x-secret", &other), ("x-api-key", "kept")]).await;
    assert_eq!(seen(&elsewhere, "x-chancery-consumer"), ["other-corp"]);
    assert_eq!(
        (seen(&elsewhere, "x-api-key"), seen(&elsewhere, "x-secret").len()),
        (vec!["kept"], 0)
    );

    let [cut, longer] = [acme.get(..acme.len() - 2).unwrap().to_owned(), format!("{acme}AA")];
    let user = STANDARD.encode("acme:");
    for wrong in [other.as_str(), "", "-", "junk", &cut, &longer, &user] {
        let refused = bench.get("/m/echo", &[("x-api-key", wrong)]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "`{wrong}`: {refused}");
    }
    let absent = bench.get("/m/echo", &[("authorization", &format!("Basic {acme}"))]).await;
    assert_eq!(absent.status, StatusCode::UNAUTHORIZED, "{absent}");
    assert_eq!(absent.headers["www-authenticate"], "ApiKey realm=\"x-api-key\"");
}

#[tokio::test]
async fn who_calls_is_not_for_the_caller_to_say() {
    let bench = Bench::start().await;
    bench.map("open", json!({})).await;

    let told = bench.get("/open/echo", &[("x-chancery-consumer", "root")]).await;

    assert_eq!((told.status, seen(&told, "x-chancery-consumer").len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn consumers_are_counted_apart() {
    let bench = Bench::start().await;
    for consumer in ["acme", "other-corp"] {
        make(&bench.server, consumer).await;
    }
    let (acme, _) = key(&bench.server, "acme").await;
    let (second, _) = key(&bench.server, "acme").await;
    let (other, _) = key(&bench.server, "other-corp").await;
    let mut body = by_key(&["acme", "other-corp"]);
    body["rate_limit"] =
        json!({ "requests": 2, "per": "day", "key": "header:x-chancery-consumer" });
    // another shard with the same keys, to wait for them
    bench.map("probe", by_key(&["acme", "other-corp"])).await;
    bench.map("m", body).await;
    for known in [&acme, &second, &other] {
        bench.until_answered("/probe/", &[("x-api-key", known)], StatusCode::OK).await;
    }

    let mut statuses = Vec::new();
    for known in [&acme, &second, &acme, &second, &other, &other, &other] {
        // what a client says of itself does not count
        let claim = [("x-api-key", known.as_str()), ("x-chancery-consumer", "root")];
        statuses.push(bench.get("/m/", &claim).await.status.as_u16());
    }

    assert_eq!(statuses, [200, 200, 429, 429, 200, 200, 429]);
}

#[tokio::test]
async fn a_consumer_comes_with_its_name_and_password() {
    let bench = Bench::start().await;
    make(&bench.server, "acme").await;
    let (acme_key, _) = key(&bench.server, "acme").await;
    let first = password(&bench.server, "acme").await;
    let auth = json!({ "auth": { "basic": { "consumers": ["acme"], "realm": "Reports, 2026" } } });
    bench.map("m", auth).await;
    let with = |password: &str| basic("acme", password);
    bench.until_answered("/m/echo", &[("authorization", &with(&first))], StatusCode::OK).await;

    let right = bench.get("/m/echo", &[("authorization", &with(&first))]).await;
    assert_eq!(seen(&right, "x-chancery-consumer"), ["acme"]);
    assert!(seen(&right, "authorization").is_empty(), "{right}");
    let as_key = format!("Basic {acme_key}");
    for wrong in [with("guess"), with(""), basic("root", &first), as_key, "Bearer x".to_owned()] {
        let refused = bench.get("/m/echo", &[("authorization", &wrong)]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{wrong}: {refused}");
        assert_eq!(refused.headers["www-authenticate"], "Basic realm=\"Reports, 2026\"");
    }

    let second = password(&bench.server, "acme").await;
    bench.until_answered("/m/", &[("authorization", &with(&second))], StatusCode::OK).await;
    bench
        .until_answered("/m/", &[("authorization", &with(&first))], StatusCode::UNAUTHORIZED)
        .await;
}

#[tokio::test]
async fn a_mapping_that_answers_itself_asks_too() {
    let bench = Bench::start().await;
    make(&bench.server, "acme").await;
    let (acme, _) = key(&bench.server, "acme").await;
    let mut redirect = by_key(&["acme"]);
    redirect["redirect"] = json!({ "path": "/elsewhere" });
    bench.map("m", redirect).await;

    bench.until_answered("/m/", &[("x-api-key", &acme)], StatusCode::MOVED_PERMANENTLY).await;
    assert_eq!(bench.get("/m/", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_expired_key_lets_nobody_in() {
    let bench = Bench::start().await;
    make(&bench.server, "acme").await;
    let body = json!({ "expires_in_days": 1 });
    let made = bench.server.send(Method::POST, "/api/v1/consumers/acme/keys", &body).await.json();
    let short = made["secret"].as_str().unwrap();
    let (long, _) = key(&bench.server, "acme").await;
    bench.map("m", by_key(&["acme"])).await;
    bench.until_answered("/m/", &[("x-api-key", short)], StatusCode::OK).await;

    bench.server.clock().advance(TimeDelta::days(2));
    // the clock of a server does not jump: whatever is written lets it look
    make(&bench.server, "another").await;

    bench.until_answered("/m/", &[("x-api-key", short)], StatusCode::UNAUTHORIZED).await;
    assert_eq!(bench.get("/m/", &[("x-api-key", &long)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn keys_are_changed_under_load_without_a_wrong_answer() {
    let bench = Bench::start().await;
    make(&bench.server, "acme").await;
    make(&bench.server, "busy").await;
    let (first, mut old) = key(&bench.server, "acme").await;
    bench.map("m", by_key(&["acme"])).await;
    bench.map("beside", by_key(&["busy"])).await;
    bench.until_answered("/m/", &[("x-api-key", &first)], StatusCode::OK).await;
    let current = Arc::new(Mutex::new(first.clone()));
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let (client, url) = (bench.server.client.clone(), bench.server.gateway("/m/"));
        let (current, stop, answered) =
            (Arc::clone(&current), Arc::clone(&stop), Arc::clone(&answered));
        workers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let key = current.lock().unwrap().clone();
                let right = client.send(Method::GET, &url, &[("x-api-key", &key)], "").await;
                // one that was removed between the two may be refused
                let is_current = *current.lock().unwrap() == key;
                assert!(right.status == StatusCode::OK || !is_current, "{right}");
                let wrong = client.send(Method::GET, &url, &[("x-api-key", "wrong")], "").await;
                assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "{wrong}");
                answered.fetch_add(2, Ordering::Relaxed);
            }
        });
    }

    for _ in 0..10 {
        let before = answered.load(Ordering::Relaxed);
        let (new, id) = key(&bench.server, "acme").await;
        bench.until_answered("/m/", &[("x-api-key", &new)], StatusCode::OK).await;
        let replaced = std::mem::replace(&mut *current.lock().unwrap(), new);
        remove_key(&bench.server, "acme", old).await;
        bench.until_answered("/m/", &[("x-api-key", &replaced)], StatusCode::UNAUTHORIZED).await;
        old = id;
        until("all go on", async || (answered.load(Ordering::Relaxed) > before + 20).then_some(()))
            .await;
    }

    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = workers.join_next().await {
        ended.unwrap();
    }
    let log = bench.node.log();
    assert!(!log.contains("rejected"), "{log}");
}

#[tokio::test]
async fn a_change_of_a_consumer_sends_only_what_names_it() {
    let bench = Bench::start().await;
    for consumer in ["acme", "other-corp"] {
        make(&bench.server, consumer).await;
    }
    for number in 0..50 {
        bench.map(&format!("beside{number}"), by_key(&["other-corp"])).await;
    }
    bench.map("m", by_key(&["acme"])).await;
    let before = bench.server.server.nodes.sent().bytes;

    let (acme, _) = key(&bench.server, "acme").await;
    bench.until_answered("/m/", &[("x-api-key", &acme)], StatusCode::OK).await;

    let sent = bench.server.server.nodes.sent().bytes - before;
    assert!((1..8000).contains(&sent), "{sent} bytes for one shard");
    let (_, _) = key(&bench.server, "acme").await;
    make(&bench.server, "nobody").await;
    key(&bench.server, "nobody").await;
}

#[tokio::test]
async fn the_examples_of_the_page_work() {
    let bench = Bench::start().await;

    docs::run(&bench.server, include_str!("../../../../docs/consumers.md")).await;
}
