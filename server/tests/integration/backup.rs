//! `chancery backup` and `chancery restore`, by the binary, on a file that a server writes to.

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{
    command::{fails, run},
    support::server::TestServer,
};

/// Names of the mappings that the server has.
async fn names(server: &TestServer) -> Vec<String> {
    let list = server.get("/ambassador/mappings").await.json();
    let mappings = list["mappings"].as_array().unwrap();
    let name = |mapping: &serde_json::Value| mapping["name"].as_str().unwrap().to_owned();
    let mut names: Vec<_> = mappings.iter().map(name).collect();
    names.sort();
    names
}

/// Runs a command that succeeds, and returns what it prints.
async fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn what_was_backed_up_under_writes_comes_back() {
    let server = TestServer::start().await;
    let folder = server.folder.path().to_owned();
    let database = format!("sqlite://{}", server.database_file().display());
    let backup = ["backup", "--database", &database, "copy.db"];
    let restore = ["restore", "--database", &database, "copy.db"];
    server.map("kept", "/kept/", "127.0.0.1:9").await;

    let is_over = AtomicBool::new(false);
    let writes = async {
        let mut number = 0;
        while !is_over.load(Ordering::Relaxed) {
            server.map("busy", &format!("/busy{number}/"), "127.0.0.1:9").await;
            number += 1;
        }
    };
    let copy = async {
        let told = done(&folder, &backup).await;
        is_over.store(true, Ordering::Relaxed);
        told
    };
    let (told, ()) = futures_util::future::join(copy, writes).await;
    fails(&folder, &backup, "copy.db").await;
    fails(&folder, &restore, "a server runs on it").await;
    server.map("later", "/later/", "127.0.0.1:9").await;
    let before = names(&server).await;
    let restored = async {
        std::fs::write(folder.join("junk.db"), "this is no database, but of some length").unwrap();
        let junk = ["restore", "--database", &database, "junk.db"];
        fails(&folder, &junk, "can't open the database `junk.db`").await;
        let absent = ["restore", "--database", &database, "absent.db"];
        fails(&folder, &absent, "can't open the database `absent.db`").await;
        done(&folder, &restore).await
    };
    let (server, restored) = server.restart(restored).await;

    let mode = std::fs::metadata(folder.join("copy.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others can read the copy");
    assert_eq!(before, ["busy", "kept", "later"]);
    assert!(!names(&server).await.contains(&"later".to_owned()));
    assert!(names(&server).await.contains(&"kept".to_owned()));
    let contents = told.strip_prefix("backed up ").unwrap().split_once(" to ").unwrap().0;
    assert!(restored.starts_with(&format!("restored {contents} from copy.db\n")), "{restored}");
    let aside = restored.lines().last().unwrap().strip_prefix("what was there is in ").unwrap();
    let aside = format!("sqlite://{aside}");
    let had = done(&folder, &["migrate", "--database", &aside]).await;
    assert!(had.contains("3 mappings"), "{had}");
}

#[tokio::test]
async fn a_copy_of_something_else_is_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    done(folder, &["migrate"]).await;
    done(folder, &["backup", "newer.db"]).await;
    for (file, statement) in [
        (
            "newer.db",
            "insert into _sqlx_migrations
                 (version, description, success, checksum, execution_time)
             values (9999, 'the future', true, x'00', 0)",
        ),
        ("other.db", "create table other (column integer)"),
    ] {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(folder.join(file))
            .create_if_missing(true);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        sqlx::query(statement).execute(&pool).await.unwrap();
        pool.close().await;
    }
    let before = std::fs::read(folder.join("chancery.db")).unwrap();

    fails(folder, &["restore", "newer.db"], "written by a newer version").await;
    fails(folder, &["restore", "other.db"], "it is no database of chancery").await;
    let url = "postgres://chancery:canary-5b1f@127.0.0.1/chancery";
    fails(folder, &["backup", "--database", url, "a.db"], "`pg_dump`").await;

    assert_eq!(std::fs::read(folder.join("chancery.db")).unwrap(), before);
    assert!(!folder.join("chancery.db.restoring").exists());
}

#[tokio::test]
async fn a_wrong_url_shows_no_password() {
    let folder = tempfile::tempdir().unwrap();

    let output = run(
        folder.path(),
        &["migrate", "--database", "postgres://chancery:canary-5b1f@[::1/chancery"],
    )
    .await;

    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--database: the URL of the PostgreSQL can't be read"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
