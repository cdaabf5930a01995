//! Several replicas on one PostgreSQL, and what can happen to it while they write.
//!
//! Clients create mappings one after the other, each with a key, and send a creation that was not
//! acknowledged again: of what was acknowledged nothing may be missing, and nothing be there twice.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chancery::{
    auth::{
        access::{Edit, Entity},
        command::Outcome,
        principal::{Author, Who},
    },
    store::Once,
};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use super::*;
use crate::support::{postgres::Postgres, until};

/// Two stores on the database, as two replicas have them.
async fn replicas(url: &DatabaseUrl) -> [Store; 2] {
    [open(url).await, open(url).await]
}

async fn open(url: &DatabaseUrl) -> Store {
    Store::open(url, Rules::default(), &TaskTracker::new()).await.unwrap()
}

/// A client that creates mappings, by way of any of the replicas.
struct Client {
    number: usize,
    stores: [Store; 2],
    acknowledged: Vec<(MappingName, Revision)>,
    /// Creations that had to be sent again.
    repeated: usize,
}

impl Client {
    fn new(number: usize, stores: &[Store; 2]) -> Self {
        Self { number, stores: stores.clone(), acknowledged: Vec::new(), repeated: 0 }
    }

    /// Creates the next mapping, and sends that again until it is acknowledged.
    async fn create(&mut self) {
        let text = format!("c{}-{}", self.number, self.acknowledged.len());
        let spec = spec(&text, &format!("/{text}/"), "a");
        let put = Put { once: Some(Once::new(&text, "")), ..creation(spec) };
        let mut attempts = self.number..;
        let written = until(&format!("`{text}` is created"), async || {
            let store = &self.stores[attempts.next()? % self.stores.len()];
            match store.put(put.clone()).await {
                Ok(written) => Some(written),
                Err(StoreError::Unavailable(_)) => {
                    self.repeated += 1;
                    None
                }
                Err(other) => panic!("`{text}`: {other}"),
            }
        })
        .await;
        self.acknowledged.push((name(&text), written.mapping.revision));
    }
}

/// Lets clients write until `fault` is over and each has written once more, and returns them.
async fn write_during(stores: &[Store; 2], fault: impl Future<Output = ()>) -> Vec<Client> {
    const CLIENTS: usize = 8;
    let (is_over, begun) = (AtomicBool::new(false), AtomicUsize::new(0));
    let clients = (0..CLIENTS).map(async |number| {
        let mut client = Client::new(number, stores);
        client.create().await;
        begun.fetch_add(1, Ordering::Relaxed);
        while !is_over.load(Ordering::Relaxed) {
            client.create().await;
        }
        client.create().await;
        client
    });
    let fault = async {
        until("all clients write", async || {
            (begun.load(Ordering::Relaxed) == CLIENTS).then_some(())
        })
        .await;
        fault.await;
        is_over.store(true, Ordering::Relaxed);
    };
    futures_util::future::join(join_all(clients), fault).await.0
}

/// Checks what the clients were told against what a replica that starts now finds.
async fn check(url: &DatabaseUrl, stores: &[Store; 2], clients: &[Client]) {
    let feed = feed(&open(url).await).await;
    let expected: Vec<u64> = (1..).take(feed.len()).collect();
    assert_eq!(revisions(&feed), expected, "revisions have gaps or come twice");
    let mut created: HashMap<&MappingName, Vec<Revision>> = HashMap::new();
    for change in &feed {
        let ChangeKind::Put(mapping) = &change.kind else { panic!("{change:?}") };
        created.entry(mapping.name()).or_default().push(change.revision);
    }
    for (name, revision) in clients.iter().flat_map(|client| &client.acknowledged) {
        assert_eq!(created.get(name), Some(&vec![*revision]), "`{name}` was acknowledged");
    }
    for client in clients {
        let told: Vec<_> = client.acknowledged.iter().map(|(_, revision)| *revision).collect();
        assert!(told.is_sorted(), "a client was told of older revisions later: {told:?}");
    }
    let last = feed.last().map(|change| change.revision).unwrap_or_default();
    for store in stores {
        let mut newest = store.newest();
        let seen = tokio::time::timeout(PATIENCE, newest.wait_for(|newest| *newest >= last)).await;
        assert_eq!(*seen.expect("every replica follows").unwrap(), last);
    }
}

#[tokio::test]
async fn writes_of_replicas_are_in_one_order_that_each_of_them_follows() {
    const WRITES: usize = 50;
    let url = shared_database().await;
    let stores = replicas(&url).await;
    let mut followed = stores.each_ref().map(Store::newest);

    let clients = join_all((0..4).map(async |number| {
        let mut client = Client::new(number, &stores);
        for _ in 0..WRITES {
            client.create().await;
        }
        client
    }));
    let follow = join_all(followed.iter_mut().map(async |newest| {
        let mut seen = vec![*newest.borrow_and_update()];
        while seen.last() < Some(&Revision(4 * 50)) {
            newest.changed().await.unwrap();
            seen.push(*newest.borrow_and_update());
        }
        seen
    }));
    let (clients, seen) = futures_util::future::join(clients, follow).await;

    check(&url, &stores, &clients).await;
    assert!(clients.iter().all(|client| client.repeated == 0));
    for seen in seen {
        assert!(seen.is_sorted(), "a revision went back: {seen:?}");
    }
}

#[tokio::test]
async fn what_one_replica_decides_of_people_holds_on_the_other() {
    let [one, other] = replicas(&shared_database().await).await;
    let mut access = other.access();
    let birds = TeamName::parse("birds").unwrap();
    let team = json!({ "name": birds, "created_at": "2026-01-01T00:00:00Z", "members": {} });
    let team = Entity::of_json("team", team).unwrap();
    let decide = async |store: &Store, edit: Edit| {
        let author = Author::of(Who::CommandLine);
        store.act(author, move |_| Ok(Outcome::unnoted(vec![edit]))).await.unwrap();
    };

    decide(&one, Edit::Put(team.clone())).await;
    let made = access.wait_for(|access| access.team(&birds).is_some());
    tokio::time::timeout(PATIENCE, made).await.expect("the other notices").unwrap();
    // whoever writes knows what was committed before, whether it was told or not
    decide(&other, Edit::Remove(team.clone())).await;
    decide(&one, Edit::Put(team.clone())).await;
    decide(&one, Edit::Remove(team.clone())).await;
    let gone = access.wait_for(|access| access.team(&birds).is_none());
    tokio::time::timeout(PATIENCE, gone).await.expect("the other notices").unwrap();
}

#[tokio::test]
async fn a_commit_that_nobody_announced_is_noticed_all_the_same() {
    let url = shared_database().await;
    let [one, other] = replicas(&url).await;
    put(&one, "one", "/one/", "a").await;
    let mut newest = other.newest();
    newest.wait_for(|newest| *newest == Revision(1)).await.unwrap();
    let DatabaseUrl::Postgres(address) = &url else { panic!("{url}") };

    let mut silent = PgConnection::connect(&address.to_string()).await.unwrap();
    sqlx::raw_sql(
        "insert into revisions (revision, committed_at, mapping, change, actor, team)
             values (2, now(), 'one', 'delete', '', 'default');
         delete from mappings where name = 'one'",
    )
    .execute(&mut silent)
    .await
    .unwrap();

    let noticed = newest.wait_for(|newest| *newest == Revision(2));
    tokio::time::timeout(PATIENCE, noticed).await.expect("looks every few seconds").unwrap();
    assert_eq!(put(&one, "one", "/one/", "a").await.mapping.revision, Revision(3));
}

#[tokio::test]
async fn replicas_that_start_at_once_migrate_once() {
    let url = shared_database().await;

    let stores = join_all((0..6).map(|_| open(&url))).await;

    put(&stores[0], "one", "/one/", "a").await;
    assert_eq!(put(&stores[5], "two", "/two/", "a").await.mapping.revision, Revision(2));
}

#[tokio::test]
async fn an_older_version_goes_on_with_a_schema_that_is_compatible_and_refuses_another() {
    let url = shared_database().await;
    let store = open(&url).await;
    let DatabaseUrl::Postgres(address) = &url else { panic!("{url}") };
    let mut newer = PgConnection::connect(&address.to_string()).await.unwrap();
    let migrate = |oldest: &str| {
        format!(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'the future', true, ''::bytea, 0) on conflict do nothing;
             update schema_compatibility set oldest_migration = {oldest}"
        )
    };
    let run = async |newer: &mut PgConnection, oldest: &str| {
        let text = sqlx::AssertSqlSafe(migrate(oldest));
        sqlx::raw_sql(text).execute(newer).await.unwrap();
    };

    run(&mut newer, "10").await;
    let restarted = open(&url).await;
    let before = put(&store, "one", "/one/", "a").await;
    let after = put(&restarted, "two", "/two/", "a").await;
    run(&mut newer, "9999").await;
    let refused = Store::open(&url, Rules::default(), &TaskTracker::new()).await.unwrap_err();

    assert_eq!([before.mapping.revision, after.mapping.revision], [Revision(1), Revision(2)]);
    assert!(matches!(refused, StoreError::Newer { version: 9999, .. }), "{refused}");
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_postgresql_crashes() {
    let mut postgres = Postgres::start().await;
    let url = postgres.create("crash").await;
    let stores = replicas(&url).await;

    let clients = write_during(&stores, async {
        for _ in 0..3 {
            postgres.crash();
            postgres.start_again().await;
        }
    })
    .await;

    assert!(clients.iter().any(|client| client.repeated > 0), "nobody noticed the crashes");
    check(&url, &stores, &clients).await;
}

#[tokio::test]
async fn writes_fail_while_postgresql_is_stopped_and_go_on_after() {
    let postgres = Postgres::start().await;
    let url = postgres.create("stopped").await;
    let stores = replicas(&url).await;
    put(&stores[0], "before", "/before/", "a").await;

    postgres.signal("STOP");
    let refused = stores[0].put(spec("during", "/during/", "a")).await;
    postgres.signal("CONT");
    let clients = write_during(&stores, async {}).await;

    let Err(StoreError::Unavailable(_)) = refused else { panic!("{refused:?}") };
    let feed = feed(&open(&url).await).await;
    let acknowledged: usize = clients.iter().map(|client| client.acknowledged.len()).sum();
    // what was refused may have been done all the same: nobody can know
    assert!((acknowledged + 1..=acknowledged + 2).contains(&feed.len()));
}

#[tokio::test]
async fn a_replica_that_stops_in_the_middle_of_a_write_holds_nobody_up() {
    let url = shared_database().await;
    let [one, _other] = replicas(&url).await;
    let DatabaseUrl::Postgres(address) = &url else { panic!("{url}") };
    let mut stopped = PgConnection::connect(&address.to_string()).await.unwrap();
    // as a replica's transaction begins; one that has stopped does no more
    let turn = i64::from_be_bytes(*b"chancery");
    let begin = format!(
        "set idle_in_transaction_session_timeout = 1000; begin;
         select pg_advisory_xact_lock({turn})"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(begin)).execute(&mut stopped).await.unwrap();

    let written = put(&one, "one", "/one/", "a").await;

    assert_eq!(written.mapping.revision, Revision(1));
    assert!(stopped.ping().await.is_err(), "the stopped one had no turn to hold");
}

#[tokio::test]
async fn broken_connections_are_made_again() {
    let postgres = Postgres::start().await;
    let url = postgres.create("broken").await;
    let stores = replicas(&url).await;

    let mut broken = 0;
    let clients = write_during(&stores, async {
        for _ in 0..10 {
            broken += postgres.disconnect_all("broken").await;
        }
    })
    .await;

    assert!(broken > 0);
    check(&url, &stores, &clients).await;
}

#[tokio::test]
async fn without_a_free_connection_writes_fail_until_there_is_one() {
    let postgres = Postgres::start().await;
    let _url = postgres.create("crowded").await;
    let mut operator = PgConnection::connect(&postgres.url("crowded")).await.unwrap();
    let mut run = async |text: &'static str| {
        sqlx::raw_sql(text).execute(&mut operator).await.unwrap();
    };
    run("create role app login; alter database crowded owner to app").await;
    let url = postgres.url("crowded").replace("chancery@", "app@").parse().unwrap();
    let store = open(&url).await;
    put(&store, "before", "/before/", "a").await;

    run("alter role app connection limit 0").await;
    run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'").await;
    let refused = store.put(spec("during", "/during/", "a")).await;
    run("alter role app connection limit -1").await;
    let written = until("it can be written again", async || {
        store.put(spec("after", "/after/", "a")).await.ok()
    })
    .await;

    let Err(StoreError::Unavailable(_)) = refused else { panic!("{refused:?}") };
    assert_eq!(written.mapping.revision, Revision(2));
}

#[tokio::test]
async fn a_database_that_has_lost_changes_ends_the_store() {
    let url = shared_database().await;
    let [one, other] = replicas(&url).await;
    put(&one, "one", "/one/", "a").await;
    put(&one, "two", "/two/", "a").await;
    let mut newest = other.newest();
    newest.wait_for(|newest| *newest == Revision(2)).await.unwrap();
    let DatabaseUrl::Postgres(address) = &url else { panic!("{url}") };

    // as a standby that had not got the second, and on which a third replica has written since
    let mut standby = PgConnection::connect(&address.to_string()).await.unwrap();
    sqlx::raw_sql(
        "delete from mappings where name = 'two'; delete from revisions where revision = 2",
    )
    .execute(&mut standby)
    .await
    .unwrap();
    put(&open(&url).await, "three", "/three/", "a").await;

    let refused = one.put(spec("four", "/four/", "a")).await.unwrap_err();
    let ended = async { while newest.changed().await.is_ok() {} };
    tokio::time::timeout(PATIENCE, ended).await.expect("the other ends, too");
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    assert_eq!(revisions(&feed(&open(&url).await).await), [1, 2]);
}
