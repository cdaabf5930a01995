//! Writes that depend on what is there, writes that happen once, and the history of all.

use chancery::{
    auth::{
        access::{Edit, Entity},
        command::Outcome,
        entity::Team,
        principal::{Author, Who},
        sight::Sight,
    },
    store::Once,
};

use super::*;

on_every_database![
    a_write_that_depends_on_a_revision_is_refused_after_another,
    a_creation_that_is_sent_twice_happens_once,
    a_refused_creation_does_not_use_up_its_key,
    the_history_tells_what_each_change_did_newest_first,
    a_team_is_told_the_changes_of_what_it_has_and_nothing_of_what_others_had,
];

async fn a_write_that_depends_on_a_revision_is_refused_after_another(database: Database) {
    let store = database.open().await;
    let first = put(&store, "user", "/user/", "a").await.mapping.revision;
    let second = put(&store, "user", "/user/", "b").await.mapping;
    let at = |revision| Condition::Revision(vec![revision]);
    let change = |condition| Put { condition, ..Put::from(spec("user", "/user/", "c")) };

    let stale = store.put(change(at(first))).await.unwrap_err();
    let stale_delete = store
        .delete(Delete { condition: at(first), ..Delete::from(name("user")) })
        .await
        .unwrap_err();
    let current = store.put(change(at(second.revision))).await.unwrap();
    store
        .delete(Delete { condition: at(current.mapping.revision), ..Delete::from(name("user")) })
        .await
        .unwrap();
    let gone = store.put(change(Condition::Present)).await.unwrap_err();

    for error in [stale, stale_delete] {
        let StoreError::Stale { current, .. } = error else { panic!("{error}") };
        assert_eq!(current.as_deref(), Some(&*second));
    }
    assert_eq!(current.effect, Effect::Replaced);
    assert!(matches!(gone, StoreError::Stale { current: None, .. }), "{gone}");
}

async fn a_creation_that_is_sent_twice_happens_once(database: Database) {
    let once = |content: &str| Some(Once::new("key", content));
    let creation = |once| Put { once, ..creation(spec("user", "/user/", "a")) };
    let store = database.open().await;
    let first = store.put(creation(once("a"))).await.unwrap();
    drop(store);
    let store = database.open().await;
    put(&store, "user", "/user/", "changed").await;

    let again = store.put(creation(once("a"))).await.unwrap();
    let other = store.put(creation(once("b"))).await.unwrap_err();
    let without = store.put(creation(None)).await.unwrap_err();

    assert_eq!((again.effect, again.mapping), (Effect::Repeated, first.mapping));
    assert!(matches!(other, StoreError::KeyReused(_)), "{other}");
    assert!(matches!(without, StoreError::NameTaken(_)), "{without}");
    assert_eq!(revisions(&feed(&store).await), [1, 2]);
}

async fn a_refused_creation_does_not_use_up_its_key(database: Database) {
    let store = database.open().await;
    put(&store, "owner", "/user/", "a").await;
    let creation =
        || Put { once: Some(Once::new("key", "")), ..creation(spec("user", "/user/", "a")) };
    store.put(creation()).await.unwrap_err();
    store.delete(Delete::from(name("owner"))).await.unwrap();

    let again = store.put(creation()).await.unwrap();

    assert_eq!(again.effect, Effect::Created);
}

async fn the_history_tells_what_each_change_did_newest_first(database: Database) {
    let store = database.open().await;
    put(&store, "user", "/user/", "a").await;
    put(&store, "other", "/other/", "a").await;
    let labelled =
        Spec { labels: Labels::parse(["team=shop"]).unwrap(), ..spec("user", "/user/", "b") };
    store.put(labelled.clone()).await.unwrap();
    store.delete(Delete::from(name("user"))).await.unwrap();

    let of_user = store.history(Some(&name("user")), &Sight::All, None, 10).await.unwrap();
    let page = store.history(None, &Sight::All, Some(Revision(4)), 2).await.unwrap();

    let told: Vec<_> = of_user
        .into_iter()
        .map(|change| (change.revision.0, change.before, change.after))
        .collect();
    let first = spec("user", "/user/", "a");
    assert_eq!(
        told,
        [
            (4, Some(labelled.clone()), None),
            (3, Some(first.clone()), Some(labelled)),
            (1, None, Some(first)),
        ]
    );
    assert_eq!(page.iter().map(|change| change.revision.0).collect::<Vec<_>>(), [3, 2]);
}

async fn a_team_is_told_the_changes_of_what_it_has_and_nothing_of_what_others_had(
    database: Database,
) {
    let store = database.open().await;
    let shop = TeamName::parse("shop").unwrap();
    let team: Team = serde_json::from_value(serde_json::json!({
        "name": "shop", "members": {}, "created_at": "2026-11-23T00:00:00Z",
    }))
    .unwrap();
    let edits = vec![Edit::Put(Entity::Team(Arc::new(team)))];
    let author = Author::of(Who::CommandLine);
    store.act(author, |_| Ok(Outcome::unnoted(edits))).await.unwrap();
    put(&store, "user", "/user/", "a").await;
    put(&store, "other", "/other/", "a").await;
    let handed_over = Spec { team: shop.clone(), ..spec("user", "/user/", "a") };
    store.put(handed_over.clone()).await.unwrap();
    store.delete(Delete::from(name("user"))).await.unwrap();

    let of = |team: TeamName| Sight::Of(Arc::new([team].into()));
    let told = store.history(None, &of(shop), None, 10).await.unwrap();
    let others = store.history(None, &of(TeamName::default_team()), None, 1).await.unwrap();
    let nobody = store.history(None, &Sight::Of(Arc::default()), None, 10).await.unwrap();

    let told: Vec<_> =
        told.into_iter().map(|change| (change.revision.0, change.before, change.after)).collect();
    assert_eq!(told, [(4, Some(handed_over.clone()), None), (3, None, Some(handed_over))]);
    assert_eq!(others.iter().map(|change| change.revision.0).collect::<Vec<_>>(), [2]);
    assert!(nobody.is_empty());
}
