//! What every database must do for the store, written once and run on each.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chancery::{
    auth::names::TeamName,
    gateway::{
        backends::Backends,
        labels::Labels,
        mapping::{Change, ChangeKind, Mapping, MappingName, Revision, Spec},
        matching::{Match, host::HostPattern},
        path::{Prefix, Rewrite},
        policy::Policy,
        service::Service,
        table::Table,
    },
    store::{
        CHANGES_PAGE, Condition, DatabaseUrl, Delete, Effect, Put, Rules, Store, StoreError,
        Written,
    },
};
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

use crate::support::{PATIENCE, postgres::shared_database};

/// A new database; a file goes away with this.
struct Database {
    url: DatabaseUrl,
    tasks: TaskTracker,
    _folder: Option<TempDir>,
}

impl Database {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("test.db").display().to_string());
        Self { url, tasks: TaskTracker::new(), _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let url = shared_database().await;
        Self { url, tasks: TaskTracker::new(), _folder: None }
    }

    async fn open(&self) -> Store {
        Store::open(&self.url, Rules::default(), &self.tasks).await.unwrap()
    }
}

/// Runs each of the functions as a test on every database.
macro_rules! on_every_database {
    ($($test:ident,)*) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(super::Database::sqlite()).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(super::Database::postgres().await).await;
                }
            )*
        }
    };
}

mod conditions;
mod counters;
mod ownership;
mod replicas;

on_every_database![
    revisions_count_from_one_without_gaps,
    a_put_creates_then_replaces_then_changes_nothing,
    a_replaced_mapping_keeps_its_time_of_creation,
    a_name_in_use_is_refused_to_who_only_creates,
    a_taken_prefix_names_its_owner,
    a_deleted_mapping_frees_its_name_and_its_prefix,
    two_mappings_swap_their_prefixes_by_way_of_a_third,
    a_delete_of_nothing_has_no_revision,
    concurrent_writers_all_get_an_answer_and_the_feed_has_each_revision_once,
    the_same_name_written_by_many_at_once_has_one_creator,
    the_feed_comes_in_pages,
    loading_gives_what_replaying_the_feed_gives,
    the_hint_is_at_the_newest_revision_after_a_write_and_after_a_start,
];

fn name(text: &str) -> MappingName {
    MappingName::parse(text).unwrap()
}

fn spec(name_text: &str, prefix: &str, service: &str) -> Spec {
    Spec {
        host: HostPattern::Any,
        matching: Match::default(),
        name: name(name_text),
        prefix: Prefix::parse(prefix).unwrap(),
        service: Some(Service::parse(service).unwrap()),
        backends: Backends::default(),
        rewrite: Rewrite::default(),
        labels: Labels::default(),
        team: TeamName::default_team(),
        policy: Policy::default(),
    }
}

/// Asks for a mapping only if there is none of its name.
fn creation(spec: Spec) -> Put {
    Put { condition: Condition::New, ..Put::from(spec) }
}

async fn put(store: &Store, name: &str, prefix: &str, service: &str) -> Written {
    store.put(spec(name, prefix, service)).await.unwrap()
}

/// Reads the whole feed, page by page.
async fn feed(store: &Store) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    loop {
        let last = changes.last().map(|change| change.revision).unwrap_or_default();
        let page = store.changes_after(last).await.unwrap();
        if page.is_empty() {
            return changes;
        }
        changes.extend(page);
    }
}

fn revisions(changes: &[Change]) -> Vec<u64> {
    changes.iter().map(|change| change.revision.0).collect()
}

fn content(table: &Table) -> Vec<Mapping> {
    table.iter().map(|mapping| Mapping::clone(mapping)).collect()
}

async fn revisions_count_from_one_without_gaps(database: Database) {
    let store = database.open().await;

    let one = put(&store, "one", "/one/", "a").await;
    put(&store, "one", "/one/", "a").await;
    store.put(spec("two", "/one/", "a")).await.unwrap_err();
    let two = put(&store, "one", "/one/", "b").await;
    let three = store.delete(Delete::from(name("one"))).await.unwrap();
    let four = put(&store, "one", "/one/", "a").await;

    assert_eq!(one.mapping.revision, Revision(1));
    assert_eq!(two.mapping.revision, Revision(2));
    assert_eq!(three, Some(Revision(3)));
    assert_eq!(four.mapping.revision, Revision(4));
    assert_eq!(revisions(&feed(&store).await), [1, 2, 3, 4]);
}

async fn a_put_creates_then_replaces_then_changes_nothing(database: Database) {
    let store = database.open().await;

    let created = put(&store, "user", "/user/", "a").await;
    let replaced = put(&store, "user", "/user/", "b").await;
    let unchanged = put(&store, "user", "/user/", "b").await;

    assert_eq!(created.effect, Effect::Created);
    assert_eq!(replaced.effect, Effect::Replaced);
    assert_eq!(unchanged.effect, Effect::Unchanged);
    assert_eq!(unchanged.mapping, replaced.mapping);
    assert_eq!(content(&store.load().await.unwrap().table), [Mapping::clone(&replaced.mapping)]);
}

async fn a_replaced_mapping_keeps_its_time_of_creation(database: Database) {
    let store = database.open().await;
    let created = put(&store, "user", "/user/", "a").await.mapping;

    let replaced = put(&store, "user", "/user/", "b").await.mapping;

    assert_eq!(created.created_at, created.updated_at);
    assert_eq!(replaced.created_at, created.created_at);
    assert!(replaced.updated_at >= created.updated_at);
}

async fn a_name_in_use_is_refused_to_who_only_creates(database: Database) {
    let store = database.open().await;
    let first = store.put(creation(spec("user", "/user/", "a"))).await.unwrap();

    let second = store.put(creation(spec("user", "/other/", "b"))).await.unwrap_err();

    assert!(matches!(&second, StoreError::NameTaken(owner) if *owner == name("user")), "{second}");
    assert_eq!(content(&store.load().await.unwrap().table), [Mapping::clone(&first.mapping)]);
}

async fn a_taken_prefix_names_its_owner(database: Database) {
    let store = database.open().await;
    put(&store, "user", "/user/", "a").await;
    put(&store, "other", "/other/", "a").await;

    let created = store.put(spec("newcomer", "/user/", "b")).await.unwrap_err();
    let moved = store.put(spec("other", "/user/", "b")).await.unwrap_err();

    for error in [created, moved] {
        let StoreError::MatchTaken(taken) = error else { panic!("{error}") };
        assert_eq!(taken.owner, name("user"));
        assert_eq!(taken.prefix.as_str(), "/user/");
    }
}

async fn a_deleted_mapping_frees_its_name_and_its_prefix(database: Database) {
    let store = database.open().await;
    put(&store, "user", "/user/", "a").await;
    put(&store, "other", "/other/", "a").await;

    let deleted = store.delete(Delete::from(name("user"))).await.unwrap();
    let prefix = store.put(spec("other", "/user/", "a")).await.unwrap();
    let name = store.put(creation(spec("user", "/other/", "a"))).await.unwrap();

    assert_eq!(deleted, Some(Revision(3)));
    assert_eq!(prefix.effect, Effect::Replaced);
    assert_eq!(name.effect, Effect::Created);
}

async fn two_mappings_swap_their_prefixes_by_way_of_a_third(database: Database) {
    let store = database.open().await;
    put(&store, "left", "/left/", "a").await;
    put(&store, "right", "/right/", "b").await;

    let at_once = store.put(spec("left", "/right/", "a")).await;
    put(&store, "left", "/aside/", "a").await;
    put(&store, "right", "/left/", "b").await;
    put(&store, "left", "/right/", "a").await;

    let table = store.load().await.unwrap().table;
    let prefix_of = |text| table.get(&name(text)).unwrap().spec.prefix.to_string();
    assert!(matches!(at_once, Err(StoreError::MatchTaken(_))));
    assert_eq!([prefix_of("left"), prefix_of("right")], ["/right/", "/left/"]);
}

async fn a_delete_of_nothing_has_no_revision(database: Database) {
    let store = database.open().await;

    let deleted = store.delete(Delete::from(name("nobody"))).await.unwrap();
    let empty = feed(&store).await;
    let first = put(&store, "user", "/user/", "a").await.mapping;

    assert_eq!(deleted, None);
    assert_eq!(empty, []);
    assert_eq!(first.revision, Revision(1));
}

async fn concurrent_writers_all_get_an_answer_and_the_feed_has_each_revision_once(
    database: Database,
) {
    const WRITERS: u64 = 300;
    let store = database.open().await;

    let writers = (0..WRITERS).map(|number| {
        let (store, prefix) = (store.clone(), format!("/m{number}/"));
        async move { put(&store, &format!("m{number}"), &prefix, "a").await.mapping }
    });
    let written = futures_util::future::join_all(writers).await;

    let feed = feed(&store).await;
    let answered: HashSet<u64> = written.iter().map(|mapping| mapping.revision.0).collect();
    assert_eq!(answered, (1..=WRITERS).collect());
    assert_eq!(revisions(&feed), (1..=WRITERS).collect::<Vec<_>>());
    for mapping in written {
        let at = usize::try_from(mapping.revision.0).unwrap() - 1;
        assert_eq!(feed[at].kind, ChangeKind::Put(mapping));
    }
}

async fn the_same_name_written_by_many_at_once_has_one_creator(database: Database) {
    let store = database.open().await;

    let writers = (0..50).map(|number| {
        let (store, prefix) = (store.clone(), format!("/m{number}/"));
        async move { store.put(creation(spec("one", &prefix, "a"))).await }
    });
    let answers = futures_util::future::join_all(writers).await;

    let created: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    let table = store.load().await.unwrap().table;
    assert_eq!(created.len(), 1);
    assert_eq!(content(&table), [Mapping::clone(&created[0].mapping)]);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(StoreError::NameTaken(_)))));
}

async fn the_feed_comes_in_pages(database: Database) {
    let store = database.open().await;
    let count = u64::from(CHANGES_PAGE) + 1;
    let writers = (0..count).map(|number| {
        let (store, prefix) = (store.clone(), format!("/m{number}/"));
        async move { put(&store, &format!("m{number}"), &prefix, "a").await }
    });
    futures_util::future::join_all(writers).await;

    let first = store.changes_after(Revision(0)).await.unwrap();
    let second = store.changes_after(Revision(u64::from(CHANGES_PAGE))).await.unwrap();

    assert_eq!(revisions(&first), (1..count).collect::<Vec<_>>());
    assert_eq!(revisions(&second), [count]);
}

async fn loading_gives_what_replaying_the_feed_gives(database: Database) {
    let store = database.open().await;
    put(&store, "one", "/one/", "a").await;
    put(&store, "two", "/two", "https://b:8443").await;
    put(&store, "one", "/uno/", "a").await;
    put(&store, "three", "/one/", "c").await;
    store.delete(Delete::from(name("two"))).await.unwrap();
    let without_rewrite =
        Spec { rewrite: Rewrite::parse("").unwrap(), ..spec("two", "/two", "[::1]:80") };
    store.put(without_rewrite).await.unwrap();
    store.delete(Delete::from(name("one"))).await.unwrap();

    let mut replayed = Table::default();
    for change in feed(&store).await {
        replayed.apply(&change);
    }
    let loaded = store.load().await.unwrap();

    assert_eq!(content(&loaded.table), content(&replayed));
    assert_eq!(loaded.table.len(), 2);
    assert_eq!(loaded.table.revision(), Revision(7));
    assert_eq!(replayed.revision(), Revision(7));
    assert_eq!(loaded.unreadable, []);
}

async fn the_hint_is_at_the_newest_revision_after_a_write_and_after_a_start(database: Database) {
    let store = database.open().await;
    let newest = store.newest();
    let at_first = *newest.borrow();

    put(&store, "one", "/one/", "a").await;
    let written = *newest.borrow();
    store.delete(Delete::from(name("one"))).await.unwrap();
    let deleted = *newest.borrow();
    let another = database.open().await;

    assert_eq!([at_first, written, deleted], [Revision(0), Revision(1), Revision(2)]);
    assert_eq!(*another.newest().borrow(), Revision(2));
}
