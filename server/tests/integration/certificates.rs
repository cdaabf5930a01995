//! Certificates and trust bundles through the server: what is refused and in which words, who looks
//! after what, the key that seals, the portal's forms, and `chancery push-cert`.

use std::process::Output;

use chancery::{
    auth::settings::{AccessSettings, SignIn},
    clock::Clock,
    startup::StartError,
};
use http::{Method, StatusCode};
use rcgen::date_time_ymd;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{
    PATIENCE,
    certificates::{Authority, Made, host},
    client::Answer,
    installation::{Caller, Installation},
    server::TestServer,
};

const PATH: &str = "/api/v1/certificates/example";

fn body(made: &Made) -> Value {
    json!({ "chain": made.pem, "private_key": made.key })
}

fn example() -> (Authority, Made) {
    let root = Authority::root("Test Root");
    let made = root.issues(&host(&["example.com", "www.example.com"]));
    (root, made)
}

async fn put(server: &TestServer, made: &Made) -> Answer {
    server.send(Method::PUT, PATH, &body(made)).await
}

/// Returns the problem's message about a field.
fn about(answer: &Answer, field: &str) -> String {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let problem = answer.json();
    let errors = problem["errors"].as_array().unwrap();
    let pointer = format!("/{field}");
    let found = errors.iter().find(|error| error["pointer"] == pointer.as_str());
    found.unwrap_or_else(|| panic!("nothing about {field}: {answer}"))["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_certificate_is_put_read_renewed_and_deleted() {
    let server = TestServer::start().await;
    let (root, made) = example();

    let created = put(&server, &made).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created}");
    assert_eq!(created.headers["location"], PATH);
    assert_eq!(created.headers["etag"], "\"1\"");
    let shown = created.json();
    assert_eq!(shown["dns_names"], json!(["example.com", "www.example.com"]));
    assert_eq!(shown["leaf"]["issuer"], "CN=Test Root");
    assert_eq!(shown["validity"], "valid");
    assert!(shown.get("private_key").is_none() && shown.get("key").is_none());
    assert_eq!(server.get(PATH).await.json(), shown);
    let list = server.get("/api/v1/certificates").await.json();
    assert_eq!(list["items"], json!([shown]));

    let again = put(&server, &made).await;
    assert_eq!((again.status, again.json()["revision"].as_u64()), (StatusCode::OK, Some(1)));
    let renewed = put(&server, &root.issues(&host(&["example.com"]))).await;
    assert_eq!((renewed.status, renewed.json()["revision"].as_u64()), (StatusCode::OK, Some(2)));
    let audit = server.get("/api/v1/audit").await.json();
    assert_eq!(audit["items"][0]["action"], "certificate.put");
    assert!(audit.to_string().contains("example.com, www.example.com"), "{audit}");

    let metrics = server.get("/metrics").await.body;
    let line = "chancery_certificate_not_after_timestamp_seconds{name=\"example\"} 7258032000";
    assert!(metrics.contains(line), "{metrics}");

    let gone = server.send(Method::DELETE, PATH, &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone}");
    assert_eq!(server.get(PATH).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_could_not_be_served_is_refused_in_words() {
    let server = TestServer::start().await;
    let (root, made) = example();
    let (_, other) = example();
    let send = async |chain: &str, key: &str| {
        server.send(Method::PUT, PATH, &json!({ "chain": chain, "private_key": key })).await
    };

    let wrong_key = send(&made.pem, &other.key).await;
    assert!(about(&wrong_key, "private_key").contains("CN=example.com"), "{wrong_key}");
    assert!(!wrong_key.body.contains(other.key.lines().nth(1).unwrap()));

    let mut past = host(&["example.com"]);
    past.not_after = date_time_ymd(2021, 1, 1);
    let expired = root.issues(&past);
    let expired = send(&expired.pem, &expired.key).await;
    assert_eq!(about(&expired, "chain"), "has expired on 2021-01-01 00:00 UTC");

    let intermediate = root.delegates("Middle");
    let leaf = intermediate.issues(&host(&["example.com"]));
    let upside_down = send(&[intermediate.pem(), leaf.pem.clone()].concat(), &leaf.key).await;
    assert!(about(&upside_down, "chain").contains("must be the first"), "{upside_down}");
    let gap = send(&[leaf.pem.clone(), root.pem()].concat(), &leaf.key).await;
    assert!(about(&gap, "chain").contains("out of order"), "{gap}");

    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAQ==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted = send(&made.pem, encrypted).await;
    assert!(about(&encrypted, "private_key").contains("passphrase"), "{encrypted}");

    let junk = send("junk", "junk").await;
    assert!(about(&junk, "chain").contains("no PEM block"), "{junk}");
    assert!(about(&junk, "private_key").contains("no PEM block"), "{junk}");
    let missing = server.send(Method::PUT, PATH, &json!({})).await;
    assert_eq!(about(&missing, "chain"), "is missing");

    let huge = send(&"x".repeat(10 * 1024 * 1024), &made.key).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE, "{huge}");
    assert_eq!(huge.headers["content-type"], "application/problem+json");
    let name = server.send(Method::PUT, "/api/v1/certificates/A", &body(&made)).await;
    assert!(about(&name, "name").contains("lower-case"), "{name}");

    assert_eq!(server.get("/api/v1/certificates").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_name_has_one_certificate_and_a_write_its_condition() {
    let server = TestServer::start().await;
    let (root, made) = example();
    put(&server, &made).await;
    let conditional = async |name: &str, value: &str| {
        let headers = [("content-type", "application/json"), (name, value)];
        let made = root.issues(&host(&["example.com"]));
        let text = body(&made).to_string();
        server.client.send(Method::PUT, &server.url(PATH), &headers, &text).await
    };

    let twice = server.send(Method::PUT, "/api/v1/certificates/other", &body(&made)).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{twice}");
    assert!(twice.body.contains("`example.com` has a certificate already, `example`"), "{twice}");

    let there = conditional("if-none-match", "*").await;
    assert_eq!(there.status, StatusCode::PRECONDITION_FAILED, "{there}");
    let stale = conditional("if-match", "\"7\"").await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{stale}");
    assert_eq!(stale.json()["code"], "stale-revision");
    let current = conditional("if-match", "\"1\"").await;
    assert_eq!(
        (current.status, &current.headers["etag"]),
        (StatusCode::OK, &"\"2\"".parse().unwrap())
    );

    let dry = root.issues(&host(&["example.com", "new.example.com"]));
    let plan = server.send(Method::PUT, &format!("{PATH}?dry_run=true"), &body(&dry)).await.json();
    assert_eq!((&plan["action"], &plan["revision"]), (&json!("replace"), &json!(2)));
    let names = plan["diff"].as_array().unwrap().iter().find(|it| it["field"] == "names").unwrap();
    assert_eq!(names["after"], "example.com, new.example.com");
    assert!(plan["warnings"][0].as_str().unwrap().contains("no intermediate"), "{plan}");
    assert_eq!(server.get(PATH).await.json()["revision"], 2);
}

#[tokio::test]
async fn a_trust_bundle_is_put_read_and_deleted() {
    let server = TestServer::start().await;
    let path = "/api/v1/trust-bundles/partners";
    let (root, made) = example();
    let twice = [root.pem(), root.pem()].concat();

    let created = server.send(Method::PUT, path, &json!({ "pem": twice })).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created}");
    assert_eq!(created.json()["authorities"].as_array().unwrap().len(), 1);
    let refused = server.send(Method::PUT, path, &json!({ "pem": made.pem })).await;
    assert!(about(&refused, "pem").contains("no authority’s"), "{refused}");
    let junk = server.send(Method::PUT, path, &json!({ "pem": "junk" })).await;
    assert!(about(&junk, "pem").contains("no PEM block"), "{junk}");
    let gone = server.send(Method::DELETE, path, &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone}");
    assert_eq!(server.get(path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_team_puts_certificates_for_hosts_that_are_its_own() {
    let installation = Installation::start().await;
    let root = Authority::root("Root");
    let ours = body(&root.issues(&host(&["own.example.org"])));
    let ours = json!({ "chain": ours["chain"], "private_key": ours["private_key"], "team": "own" });
    let send = async |caller, body: &Value| {
        installation.send(caller, "PUT", "/api/v1/certificates/ours", Some(body)).await
    };

    let unclaimed = send(Caller::Owner, &ours).await;
    assert_eq!(unclaimed.status, StatusCode::FORBIDDEN, "{unclaimed}");
    assert!(unclaimed.body.contains("claimed `own.example.org/`"), "{unclaimed}");
    let claim = json!({ "team": "own", "host": "own.example.org", "prefix": "/" });
    let claimed = installation.send(Caller::Admin, "POST", "/api/v1/claims", Some(&claim)).await;
    assert_eq!(claimed.status, StatusCode::CREATED, "{claimed}");

    assert_eq!(send(Caller::Editor, &ours).await.status, StatusCode::FORBIDDEN);
    assert_eq!(send(Caller::Owner, &ours).await.status, StatusCode::CREATED);
    let renewal = body(&root.issues(&host(&["own.example.org"])));
    assert_eq!(send(Caller::TeamWrite, &renewal).await.status, StatusCode::OK);
    let wild = body(&root.issues(&host(&["own.example.org", "*.own.example.org"])));
    let wild = send(Caller::Owner, &wild).await;
    assert_eq!(wild.status, StatusCode::FORBIDDEN, "{wild}");
    assert!(wild.body.contains("wildcard"), "{wild}");
}

#[tokio::test]
async fn a_restart_needs_the_key_that_private_keys_were_sealed_with() {
    let server = TestServer::start().await;
    let (_, made) = example();
    put(&server, &made).await;
    let before = server.get(PATH).await.json();

    let (server, ()) = server.restart(async {}).await;
    assert_eq!(server.get(PATH).await.json(), before);
    let key = server.folder.path().join("chancery.db.key");
    let right = std::fs::read(&key).unwrap();
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    let wrong = server.another().await.unwrap_err();
    assert!(matches!(wrong, StartError::SecretKey(_)), "{wrong}");
    assert!(wrong.to_string().contains("opens none of the 1 private keys"), "{wrong}");
    std::fs::remove_file(&key).unwrap();
    let missing = server.another().await.unwrap_err();
    assert!(missing.to_string().contains("put the file back"), "{missing}");
    assert!(!key.exists(), "a new key would hide the loss of the old one");

    std::fs::write(&key, right).unwrap();
    let (server, ()) = server.restart(async {}).await;
    assert_eq!(server.get(PATH).await.json(), before);
}

#[tokio::test]
async fn the_portals_form_keeps_the_chain_and_never_the_key() {
    let server = TestServer::start().await;
    let (_, made) = example();
    let (_, other) = example();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let text = serde_urlencoded::to_string(fields).unwrap();
        server.client.send(Method::POST, &server.url(path), &form, &text).await
    };
    let fields = |key| {
        [
            ("do", "certificate.create"),
            ("name", "example"),
            ("chain", made.pem.as_str()),
            ("private_key", key),
            ("team", ""),
        ]
    };

    let empty = server.get("/certificates").await;
    assert!(empty.body.contains("chancery push-cert fullchain.pem privkey.pem"), "{empty}");
    let refused = post("/certificates/new", &fields(other.key.as_str())).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    let line = |text: &str| text.lines().nth(1).unwrap().to_owned();
    assert!(refused.body.contains("does not belong to the certificate"), "{refused}");
    assert!(refused.body.contains(&line(&made.pem)), "the chain is typed again");
    assert!(!refused.body.contains(&line(&other.key)), "the key is in the page");

    let done = post("/certificates/new", &fields(made.key.as_str())).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{done}");
    let page = server.get("/certificates/example").await;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert!(page.body.contains("CN=Test Root") && page.body.contains("www.example.com"), "{page}");
    let list = server.get("/certificates").await;
    assert!(list.body.contains("days left"), "{list}");
    let stale = [
        ("do", "certificate.replace"),
        ("revision", "7"),
        ("chain", &*made.pem),
        ("private_key", &*made.key),
    ];
    let stale = post("/certificates/example", &stale).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{stale}");
    let gone = post("/certificates/example", &[("do", "certificate.delete")]).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{gone}");

    let root = Authority::root("Partner");
    let bundle = [("do", "trust-bundle.create"), ("name", "partners"), ("pem", &*root.pem())];
    let done = post("/trust-bundles/new", &bundle).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{done}");
    assert!(server.get("/trust-bundles/partners").await.body.contains("CN=Partner"));
    assert!(server.get("/trust-bundles").await.body.contains("partners"));
}

/// Runs `chancery push-cert` on these files.
async fn push(server: &TestServer, made: &Made, more: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fullchain.pem"), &made.pem).unwrap();
    std::fs::write(folder.path().join("privkey.pem"), &made.key).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["push-cert", "fullchain.pem", "privkey.pem"])
        .args(more)
        .env("CHANCERY_URL", server.url(""))
        .env_remove("CHANCERY_TOKEN")
        .current_dir(folder.path())
        .output();
    let output = tokio::time::timeout(PATIENCE, run).await.unwrap().unwrap();
    let said = [&output.stdout[..], &output.stderr].concat();
    (output, String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn push_cert_gives_a_certificate_and_says_until_when_it_is_served() {
    let server = TestServer::start().await;
    let root = Authority::root("Root");
    let wild = root.issues(&host(&["*.example.org", "example.org"]));
    let (_, other) = example();

    let (output, said) = push(&server, &wild, &["--dry-run"]).await;
    assert!(output.status.success() && said.contains("would be new"), "{said}");
    let (output, said) = push(&server, &wild, &[]).await;
    assert!(output.status.success(), "{said}");
    assert!(said.contains("`wildcard.example.org` (revision 1)"), "{said}");
    assert!(said.contains("until 2199-12-31 00:00 UTC"), "{said}");
    let kept = server.get("/api/v1/certificates/wildcard.example.org").await;
    assert_eq!(kept.status, StatusCode::OK, "{kept}");

    let mixed = Made { key: other.key, ..wild.clone() };
    let (output, said) = push(&server, &mixed, &["--name", "mixed"]).await;
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("refused: `private_key` does not belong"), "{said}");
    let nobody = Made { pem: "junk".to_owned(), ..wild.clone() };
    let (output, said) = push(&server, &nobody, &[]).await;
    assert!(!output.status.success() && said.contains("no PEM block"), "{said}");
    let (output, said) = push(&server, &wild, &["--url", "http://127.0.0.1:1"]).await;
    assert!(!output.status.success() && said.contains("no answer"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn push_cert_says_that_a_token_is_needed() {
    let access = AccessSettings { sign_in: SignIn::Required, ..AccessSettings::default() };
    let server = TestServer::peopled(access, Clock::default(), Vec::new()).await;
    let (_, made) = example();

    let (output, said) = push(&server, &made, &[]).await;

    assert!(!output.status.success(), "{said}");
    assert!(said.contains("CHANCERY_TOKEN"), "{said}");
}
