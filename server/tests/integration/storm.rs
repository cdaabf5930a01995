//! A thousand random changes under load: every answer is the one of a content that was in force
//! while the request was under way, whole and unmixed, and what nobody changes answers as ever.

mod content;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use http::{Method, StatusCode};
use proptest::{
    prelude::Strategy,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::content::{Content, Got};
use crate::support::{
    client::Client,
    server::TestServer,
    tls::{Authority, Browser},
    until,
    upstream::Upstream,
};

const CHANGES: u64 = 1_000;

/// Mappings that are changed.
const MAPPINGS: usize = 12;

/// Changes between two renewals of the certificate.
const RENEW_EVERY: u64 = 50;

const HOST: &str = "api.example.com";

/// Connections, one after the other, that must have seen a change: Envoy has two workers, which
/// learn of it one by one.
const WITNESSES: usize = 6;

/// What a mapping has been, oldest first; what is before `settled` no new request may see.
#[derive(Debug)]
struct History {
    contents: Vec<Content>,
    settled: usize,
}

/// The mappings that are changed, and whether the storm is over.
#[derive(Debug)]
struct World {
    histories: Vec<Mutex<History>>,
    is_over: AtomicBool,
    answered: AtomicU64,
}

impl World {
    fn settled(&self, mapping: usize) -> usize {
        self.histories[mapping].lock().unwrap().settled
    }

    /// Checks an answer to a request that began when `settled` was the oldest content in force.
    fn check(&self, mapping: usize, settled: usize, got: &Got) {
        let history = self.histories[mapping].lock().unwrap();
        let in_force = &history.contents[settled..];
        assert!(
            in_force.iter().any(|content| content.allows(got)),
            "`s{mapping}` answered {got:?}, in force was one of {in_force:?}"
        );
        self.answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_thousand_random_changes_under_load_give_no_wrong_answer() {
    let (a, b) = (Upstream::start("a").await, Upstream::start("b").await);
    let server = TestServer::with_services(&[("a", a.address), ("b", b.address)]).await;
    server.map("still", "/still/", "a").await;
    let node = server.node("n").await;
    let authority = Arc::new(Authority::new("Test root"));
    renew(&server, &authority).await;
    let gone = || Mutex::new(History { contents: vec![Content::gone()], settled: 0 });
    let world = Arc::new(World {
        histories: (0..MAPPINGS).map(|_| gone()).collect(),
        is_over: AtomicBool::new(false),
        answered: AtomicU64::new(0),
    });
    let mut load = JoinSet::new();
    for first in 0..4 {
        // the last one comes anew for each request
        let keeps = first < 3;
        let browser = Browser::new(server.server.gateway_https, &authority);
        let anew = (server.server.gateway_https, Arc::clone(&authority));
        let world = Arc::clone(&world);
        load.spawn(async move {
            let mut mapping = first;
            while !world.is_over.load(Ordering::Relaxed) {
                let fresh = (!keeps).then(|| Browser::new(anew.0, &anew.1));
                let browser = fresh.as_ref().unwrap_or(&browser);
                mapping = (mapping + 5) % MAPPINGS;
                let settled = world.settled(mapping);
                let seen = browser.get(HOST, &format!("/s{mapping}/x")).await.unwrap();
                let got = Got::new(seen.status, &seen.headers, seen.body);
                world.check(mapping, settled, &got);
                let seen = browser.get(HOST, "/still/x").await.unwrap();
                assert_eq!((seen.status, seen.body.as_str()), (200, "a /x"));
            }
        });
    }

    let seed: [u8; 32] = rand::random();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for version in 1..=CHANGES {
        let mapping = (0..MAPPINGS).new_tree(&mut runner).unwrap().current();
        let content = content::any(version, mapping).new_tree(&mut runner).unwrap().current();
        change(&server, &world, mapping, content, &seed).await;
        if version % RENEW_EVERY == 0 {
            renew(&server, &authority).await;
        }
        if let Some(ended) = load.try_join_next() {
            ended.unwrap();
            panic!("the load ended before the storm did");
        }
    }

    world.is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = load.join_next().await {
        ended.unwrap();
    }
    assert!(world.answered.load(Ordering::Relaxed) > CHANGES, "there was load all the time");
    let log = node.log();
    assert!(!log.contains("[critical]") && !log.contains("rejected"), "{log}");
}

/// Writes a content and waits until connections to all workers have seen it.
async fn change(
    server: &TestServer,
    world: &World,
    mapping: usize,
    content: Content,
    seed: &[u8; 32],
) {
    let path = format!("/api/v1/mappings/s{mapping}");
    let history = &world.histories[mapping];
    let is_there = !history.lock().unwrap().contents.last().unwrap().is_gone();
    if content.is_gone() && !is_there {
        return;
    }
    let newest = {
        let mut history = history.lock().unwrap();
        history.contents.push(content.clone());
        history.contents.len() - 1
    };
    let answer = match &content.body {
        Some(body) => server.send(Method::PUT, &path, body).await,
        None => server.send(Method::DELETE, &path, &Value::Null).await,
    };
    assert!(answer.status.is_success(), "{answer} to {content:?} of seed {seed:?}");
    until(&format!("`s{mapping}` is {content:?}, seed {seed:?}"), async || {
        for _ in 0..WITNESSES {
            let client = Client::new();
            let settled = world.settled(mapping);
            let answer = client.get(&server.gateway(&format!("/s{mapping}/x"))).await;
            let got = Got::new(answer.status.as_u16(), &answer.headers, answer.body);
            world.check(mapping, settled, &got);
            if !content.allows(&got) {
                return None;
            }
        }
        Some(())
    })
    .await;
    history.lock().unwrap().settled = newest;
}

/// Pushes a new certificate and waits until it is shown.
async fn renew(server: &TestServer, authority: &Authority) {
    let issued = authority.issues(&[HOST]);
    let body = json!({ "chain": issued.chain, "private_key": issued.key });
    let answer = server.send(Method::PUT, "/api/v1/certificates/api", &body).await;
    assert!(matches!(answer.status, StatusCode::OK | StatusCode::CREATED), "{answer}");
    let der = issued.der();
    until("the renewed certificate is shown", async || {
        let browser = Browser::new(server.server.gateway_https, authority);
        let seen = browser.get(HOST, "/still/x").await.ok()?;
        (seen.certificate == der).then_some(())
    })
    .await;
}
