//! Replicas are killed at any moment while clients write by way of any of them: nothing that was
//! acknowledged is lost, nothing is there twice, and the revisions are in one order.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use chancery::{
    gateway::mapping::{ChangeKind, Revision},
    store::{Rules, Store},
};
use futures_util::future::{join, join_all};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio_util::task::TaskTracker;

use super::*;

const CLIENTS: usize = 4;
const KILLS: usize = 6;

/// Writes that are acknowledged between two kills, at the most.
const WRITES_BETWEEN: u64 = 60;

/// A client that creates mappings one after the other, and sends what was not acknowledged again, to
/// another replica and by the same key.
struct Writer {
    number: usize,
    replicas: [SocketAddr; 2],
    client: Client,
    acknowledged: Vec<(String, u64)>,
    repeated: u64,
}

impl Writer {
    fn new(number: usize, replicas: [SocketAddr; 2]) -> Self {
        let (client, acknowledged) = (Client::new(), Vec::new());
        Self { number, replicas, client, acknowledged, repeated: 0 }
    }

    async fn create(&mut self) {
        let name = format!("c{}-{}", self.number, self.acknowledged.len());
        let body = json!({ "name": name, "prefix": format!("/{name}/"), "service": "127.0.0.1:9" });
        let headers = [("content-type", "application/json"), ("idempotency-key", &*name)];
        let mut attempts = self.number..;
        let revision = until(&format!("`{name}` is created"), async || {
            let replica = self.replicas[attempts.next()? % self.replicas.len()];
            let url = format!("http://{replica}/api/v1/mappings");
            let sent = self.client.try_send(Method::POST, &url, &headers, &body.to_string()).await;
            match sent {
                Ok(answer) if answer.status == StatusCode::CREATED => {
                    answer.json()["revision"].as_u64()
                }
                Ok(answer) => {
                    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
                    self.repeated += 1;
                    None
                }
                Err(_broken) => {
                    self.repeated += 1;
                    None
                }
            }
        })
        .await;
        self.acknowledged.push((name, revision));
    }
}

#[tokio::test]
async fn a_replica_that_is_killed_loses_and_doubles_nothing_that_was_acknowledged() {
    let seed: u64 = rand::random();
    eprintln!("the seed is {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let database = shared_database().await;
    let installation = Installation::on(database.clone(), &[]);
    let mut processes = [Some(installation.process().await), Some(installation.process().await)];
    let addresses = processes.each_ref().map(|process| {
        let process = process.as_ref().unwrap();
        (process.http, process.xds)
    });
    let (written, is_over) = (AtomicU64::new(0), AtomicBool::new(false));

    let writers = join_all((0..CLIENTS).map(async |number| {
        let mut writer = Writer::new(number, addresses.map(|(http, _)| http));
        while !is_over.load(Ordering::Relaxed) {
            writer.create().await;
            written.fetch_add(1, Ordering::Relaxed);
        }
        writer.create().await;
        writer
    }));
    let kills = async {
        for _ in 0..KILLS {
            let enough = written.load(Ordering::Relaxed) + random.random_range(1..=WRITES_BETWEEN);
            until("more was written", async || {
                (written.load(Ordering::Relaxed) >= enough).then_some(())
            })
            .await;
            let victim = random.random_range(0..processes.len());
            let (http, xds) = addresses[victim];
            processes[victim].take().unwrap().kill().await;
            processes[victim] = Some(installation.process_at(http, xds).await);
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (writers, ()) = join(writers, kills).await;

    assert!(writers.iter().any(|writer| writer.repeated > 0), "nobody noticed the kills");
    let store = Store::open(&database, Rules::default(), &TaskTracker::new()).await.unwrap();
    let mut created: HashMap<String, Vec<u64>> = HashMap::new();
    let mut last = Revision(0);
    loop {
        let changes = store.changes_after(last).await.unwrap();
        if changes.is_empty() {
            break;
        }
        for change in changes {
            assert_eq!(change.revision.0, last.0 + 1, "a revision is missing or comes twice");
            last = change.revision;
            let ChangeKind::Put(mapping) = change.kind else { panic!("nobody deletes") };
            created.entry(mapping.name().to_string()).or_default().push(last.0);
        }
    }
    for (name, revision) in writers.iter().flat_map(|writer| &writer.acknowledged) {
        assert_eq!(created.get(name), Some(&vec![*revision]), "`{name}` was acknowledged");
    }
    for writer in &writers {
        let told: Vec<_> = writer.acknowledged.iter().map(|(_, revision)| *revision).collect();
        assert!(told.is_sorted(), "a client was told of older revisions later: {told:?}");
    }
    let client = Client::new();
    for (http, _) in addresses {
        until("every replica has all of it", async || {
            let list = client.get(&format!("http://{http}/api/v1/mappings")).await.json();
            (list["revision"] == last.0).then_some(())
        })
        .await;
    }
}
