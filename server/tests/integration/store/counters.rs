//! Checkpoints of the counters.

use chancery::{
    envoy::source::Source,
    stats::{
        checkpoint::Checkpoint,
        counters::{Counts, Target},
    },
    xds::node::NodeId,
};

use super::*;

on_every_database![
    counters_survive_a_restart,
    a_checkpoint_replaces_what_it_names_and_leaves_the_rest,
    a_target_that_is_gone_has_no_total,
    a_node_that_restarted_keeps_what_it_has_reported_since,
];

fn counts(ok: u64) -> Counts {
    Counts { ok, c4xx: ok + 1, bad: ok + 2 }
}

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn seen(node: &str, source: &str, ok: u64) -> ((NodeId, Source), Counts) {
    ((NodeId::reported(node), source.parse().unwrap()), counts(ok))
}

async fn save(store: &Store, checkpoint: Checkpoint) {
    store.save_counters(Arc::new(checkpoint)).await.unwrap();
}

/// Reads the last checkpoint in an order that can be compared.
async fn counters(store: &Store) -> Checkpoint {
    let mut checkpoint = store.load_counters().await.unwrap();
    checkpoint.totals.sort_by(|left, right| left.0.cmp(&right.0));
    checkpoint.seen.sort_by(|left, right| left.0.cmp(&right.0));
    checkpoint
}

async fn counters_survive_a_restart(database: Database) {
    let store = database.open().await;
    let checkpoint = Checkpoint {
        totals: vec![
            (target("mapping/user"), counts(10)),
            (target("side/user/2"), counts(7)),
            (target("service/usersvc"), counts(u64::MAX / 4)),
        ],
        seen: vec![
            seen("one", "mapping/user", 4),
            seen("one", "mapping/user@2", 7),
            seen("two", "mapping/user", 6),
            seen("two", "service/usersvc+5f0c6a1e9b24d873", 6),
        ],
        ..Checkpoint::default()
    };

    save(&store, checkpoint.clone()).await;
    drop(store);
    let store = database.open().await;

    assert_eq!(counters(&store).await, checkpoint);
}

async fn a_checkpoint_replaces_what_it_names_and_leaves_the_rest(database: Database) {
    let store = database.open().await;
    let first = Checkpoint {
        totals: vec![(target("mapping/a"), counts(1)), (target("mapping/b"), counts(2))],
        seen: vec![seen("one", "mapping/a", 1), seen("one", "mapping/b", 2)],
        ..Checkpoint::default()
    };
    let second = Checkpoint {
        totals: vec![(target("mapping/b"), counts(20))],
        seen: vec![seen("one", "mapping/b", 20)],
        ..Checkpoint::default()
    };

    save(&store, first).await;
    save(&store, second).await;

    let expected = Checkpoint {
        totals: vec![(target("mapping/a"), counts(1)), (target("mapping/b"), counts(20))],
        seen: vec![seen("one", "mapping/a", 1), seen("one", "mapping/b", 20)],
        ..Checkpoint::default()
    };
    assert_eq!(counters(&store).await, expected);
}

async fn a_target_that_is_gone_has_no_total(database: Database) {
    let store = database.open().await;
    let first = Checkpoint {
        totals: vec![(target("mapping/gone"), counts(1)), (target("mapping/kept"), counts(2))],
        ..Checkpoint::default()
    };
    let second = Checkpoint { gone: vec![target("mapping/gone")], ..Checkpoint::default() };

    save(&store, first).await;
    save(&store, second).await;

    assert_eq!(counters(&store).await.totals, [(target("mapping/kept"), counts(2))]);
}

async fn a_node_that_restarted_keeps_what_it_has_reported_since(database: Database) {
    let store = database.open().await;
    let first = Checkpoint {
        seen: vec![
            seen("one", "mapping/a", 100),
            seen("one", "mapping/b", 200),
            seen("two", "mapping/a", 300),
        ],
        ..Checkpoint::default()
    };
    let second = Checkpoint {
        seen: vec![seen("one", "mapping/a", 1)],
        restarted: vec![NodeId::reported("one")],
        ..Checkpoint::default()
    };

    save(&store, first).await;
    save(&store, second).await;

    let expected = [seen("one", "mapping/a", 1), seen("two", "mapping/a", 300)];
    assert_eq!(counters(&store).await.seen, expected);
}
