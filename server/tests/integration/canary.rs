//! Secrets that can be recognized, in a life of everything, while everything is logged: none of them
//! comes out where it should not.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Stdio,
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use chancery::{auth::secret::Secret, gateway::edge::consumer::CredentialHash};
use futures_util::StreamExt;
use http::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};

use crate::support::{
    PATIENCE,
    certificates::{Authority, Made, host},
    client::{Answer, Client},
    crawl::crawl,
    until,
};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");

/// What proves the portal to its identity provider.
const CLIENT_SECRET: &str = "canary-client-secret-61f0";

/// A server of its own process that logs all that it can.
struct Running {
    child: Child,
    client: Client,
    url: String,
    /// All that it has answered, but where a secret is told to whom it belongs.
    said: Vec<(String, String)>,
}

impl Running {
    async fn start(folder: &Path) -> Self {
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_chancery"))
            .args(["--log", "trace", "serve", "--sign-in", "required"])
            .args(["--http", "127.0.0.1:0", "--xds", "127.0.0.1:0"])
            .args(["--gateway-http", "127.0.0.1:0"])
            .args(["--oidc-issuer", "https://127.0.0.1:1", "--oidc-client-id", "portal"])
            .args(["--public-url", "http://127.0.0.1"])
            .env("CHANCERY_OIDC_CLIENT_SECRET", CLIENT_SECRET)
            .env("NO_COLOR", "1")
            .current_dir(folder)
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let url = logged(folder, "portal and REST on ").await;
        Self { child, client: Client::new(), url, said: Vec::new() }
    }

    /// Sends a request and keeps the answer, its headers, too.
    async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let url = format!("{}{path}", self.url);
        let answer = self.client.send(method.clone(), &url, headers, body).await;
        let told = format!("{:?} {}", answer.headers, answer.body);
        self.said.push((format!("{method} {path}"), told));
        answer
    }

    /// Sends a request whose answer has a secret for the one who asks.
    async fn secret(&mut self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let url = format!("{}{path}", self.url);
        let answer = self.client.send(Method::POST, &url, headers, &body.to_string()).await;
        assert!(answer.status.is_success(), "{answer}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        answer
    }

    async fn stop(mut self) -> Vec<(String, String)> {
        let pid = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        tokio::time::timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        self.said
    }
}

/// Returns the word after `before` in the log, once it is there.
async fn logged(folder: &Path, before: &str) -> String {
    until(before, async || {
        let log = std::fs::read_to_string(folder.join("log")).unwrap();
        let (_, rest) = log.split_once(before)?;
        let (word, _) = rest.split_once(char::is_whitespace)?;
        Some(word.to_owned())
    })
    .await
}

fn session(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    let (cookie, _) = cookie.split_once(';').unwrap();
    cookie.to_owned()
}

fn value(cookie: &str) -> String {
    cookie.split_once('=').unwrap().1.to_owned()
}

/// Does what people and programs do, and what they do by mistake; returns all secrets by what they
/// are.
async fn live(server: &mut Running, link: &str) -> BTreeMap<&'static str, String> {
    let secret = link.rsplit('/').next().unwrap().to_owned();
    let mut secrets: BTreeMap<&'static str, String> = [
        ("the client secret", CLIENT_SECRET),
        ("the admin's password", "canary of the admin"),
        ("a user's password", "canary of the user"),
        ("a changed password", "canary after the change"),
        ("a wrong password", "canary that is wrong"),
        ("a password that is too easy", "canary7"),
        ("a password in the name's field", "canary-in-the-name"),
        ("a password in broken JSON", "canary-in-broken-json"),
        ("a password in an unknown field", "canary-in-a-field"),
        ("an unknown token", "chy_canary-unknown"),
        ("a token in a URL", "chy_canary-in-a-url"),
        ("a cookie that is none", "canary-no-cookie"),
    ]
    .map(|(what, secret)| (what, secret.to_owned()))
    .into();
    let body = json!({ "secret": secret, "user": "root", "password": "canary of the admin" });
    secrets.insert("the link's secret", secret);
    let admin = session(&server.secret("/api/v1/setup", &[JSON], &body).await);
    secrets.insert("a session", value(&admin));
    let admin = ("cookie", admin.as_str());

    // what goes wrong
    server.send(Method::GET, &format!("/setup/{}", secrets["the link's secret"]), &[], "").await;
    for body in [
        json!({ "user": "root", "password": "canary that is wrong" }),
        json!({ "user": "canary-in-the-name", "password": "canary that is wrong" }),
        json!({ "user": "root", "pasword": "canary-in-a-field" }),
        json!({ "user": "root", "password": ["canary that is wrong"] }),
    ] {
        let body = body.to_string();
        let answer = server.send(Method::POST, "/api/v1/session", &[JSON], &body).await;
        assert!(answer.status.is_client_error(), "{answer}");
    }
    let broken = r#"{"user":"root","password":"canary-in-broken-json"#;
    server.send(Method::POST, "/api/v1/session", &[JSON], broken).await;
    server.send(Method::POST, "/api/v1/session", &[FORM], "password=canary that is wrong").await;
    let form = "do=session.start&user=canary-in-the-name&password=canary+that+is+wrong";
    server
        .send(Method::POST, "/sign-in", &[FORM], &form.replace("canary-in-the-name", "root"))
        .await;
    let unknown = ("authorization", "Bearer chy_canary-unknown");
    server.send(Method::GET, "/api/v1/mappings", &[unknown], "").await;
    let no_session = ("cookie", "chancery_session=canary-no-cookie");
    server.send(Method::GET, "/api/v1/mappings", &[no_session], "").await;
    server.send(Method::GET, "/mappings", &[no_session], "").await;
    server.send(Method::GET, "/api/v1/mappings?q=chy_canary-in-a-url", &[], "").await;
    server.send(Method::GET, "/auth/oidc/start", &[], "").await;

    // people and tokens
    let easy = json!({ "name": "ada", "password": "canary7" }).to_string();
    let answer = server.send(Method::POST, "/api/v1/users", &[admin, JSON], &easy).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let easy = "do=user.create&name=ada&password=canary7";
    server.send(Method::POST, "/users/new", &[admin, FORM], easy).await;
    let ada = json!({ "name": "ada", "password": "canary of the user" }).to_string();
    let answer = server.send(Method::POST, "/api/v1/users", &[admin, JSON], &ada).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    let team = json!({ "name": "accounts", "owner": "ada" }).to_string();
    server.send(Method::POST, "/api/v1/teams", &[admin, JSON], &team).await;
    let ada = json!({ "user": "ada", "password": "canary of the user" });
    let ada = session(&server.secret("/api/v1/session", &[JSON], &ada).await);
    secrets.insert("a user's session", value(&ada));
    let ada = ("cookie", ada.as_str());
    let change =
        json!({ "current": "canary of the user", "new": "canary after the change" }).to_string();
    let answer = server.send(Method::PUT, "/api/v1/password", &[ada, JSON], &change).await;
    assert!(answer.status.is_success(), "{answer}");
    let token = json!({ "name": "ci", "team": "accounts", "scope": "write" });
    let token = server.secret("/api/v1/tokens", &[ada, JSON], &token).await.json();
    let token = token["secret"].as_str().unwrap().to_owned();
    let all = json!({ "name": "all", "scope": "read" });
    let all = server.secret("/api/v1/tokens", &[admin, JSON], &all).await.json();
    secrets.insert("a token of all", all["secret"].as_str().unwrap().to_owned());

    // a program at work
    let bearer = format!("Bearer {token}");
    let bearer = ("authorization", bearer.as_str());
    secrets.insert("a token", token);
    let mapping = json!({ "prefix": "/user/", "service": "127.0.0.1:1" }).to_string();
    let path = "/api/v1/mappings/usermapping";
    let answer = server.send(Method::PUT, path, &[bearer, JSON], &mapping).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    server.send(Method::PUT, path, &[bearer, JSON], "{").await;
    for path in ["/ambassador/mappings", "/api/v1/audit", "/api/v1/tokens?team=accounts"] {
        server.send(Method::GET, path, &[bearer], "").await;
    }
    certificates(server, admin, &mut secrets).await;
    consumers(server, admin, &mut secrets).await;
    watch(server, admin).await;
    look(server, admin).await;
    secrets
}

/// Gives the gateway certificates, by the API and by forms, and some that are refused.
async fn certificates(
    server: &mut Running,
    admin: (&'static str, &str),
    secrets: &mut BTreeMap<&'static str, String>,
) {
    let root = Authority::root("Canary Root");
    let [made, other] = [["canary.example"], ["other.example"]].map(|it| root.issues(&host(&it)));
    // lines of base64, the first and the last, are as good as all of it
    let line = |made: &Made, number: usize| made.key.lines().nth(number).unwrap().to_owned();
    secrets.insert("a private key", line(&made, 1));
    secrets.insert("the middle of a private key", line(&made, 2));
    secrets.insert("a private key of another", line(&other, 1));
    secrets.insert("the middle of another's private key", line(&other, 2));
    let path = "/api/v1/certificates/canary";
    let body = |key: &str| json!({ "chain": made.pem, "private_key": key }).to_string();
    let put = server.send(Method::PUT, path, &[admin, JSON], &body(&made.key)).await;
    assert_eq!(put.status, StatusCode::CREATED, "{put}");
    let bodies = [
        body(&other.key),
        body(&made.key.replace("PRIVATE KEY", "ODD KEY")),
        json!({ "chain": made.key, "private_key": made.pem }).to_string(),
        json!({ "chain": made.pem, "privat_key": made.key }).to_string(),
        json!({ "chain": made.pem, "private_key": [made.key] }).to_string(),
        body(&made.key).replace('}', ""),
    ];
    for body in bodies {
        let answer = server.send(Method::PUT, path, &[admin, JSON], &body).await;
        assert!(answer.status.is_client_error(), "{answer}");
        server.send(Method::PUT, path, &[JSON], &body).await;
    }
    let form = |action: &str, key: &str| {
        let fields =
            [("do", action), ("name", "other"), ("chain", &made.pem), ("private_key", key)];
        serde_urlencoded::to_string(fields).unwrap()
    };
    let refused = form("certificate.create", &other.key);
    for headers in [&[admin, FORM][..], &[FORM]] {
        let answer = server.send(Method::POST, "/certificates/new", headers, &refused).await;
        assert!(answer.status.is_client_error(), "{answer}");
    }
    let page = "/certificates/canary";
    let stale = form("certificate.replace", &made.key);
    server.send(Method::POST, page, &[admin, FORM], &stale).await;
    for path in [page, path, "/api/v1/audit?kind=certificate"] {
        server.send(Method::GET, path, &[admin], "").await;
    }
}

/// Makes a consumer with a key and a password, and looks wherever it is told of.
async fn consumers(
    server: &mut Running,
    admin: (&'static str, &str),
    secrets: &mut BTreeMap<&'static str, String>,
) {
    let path = "/api/v1/consumers/canary-app";
    let put = server.send(Method::PUT, path, &[admin, JSON], "{}").await;
    assert_eq!(put.status, StatusCode::CREATED, "{put}");
    let mut made = |what: (&'static str, &'static str, &'static str), secret: &str| {
        let plain = secret.rsplit(':').next().unwrap().to_owned();
        let hash = CredentialHash::of(&Secret::of(plain.clone()));
        secrets.insert(what.0, secret.to_owned());
        secrets.insert(what.1, plain);
        secrets.insert(what.2, hash.reveal().replace("{SHA}", ""));
    };
    let keys = format!("{path}/keys");
    let key = server.secret(&keys, &[admin, JSON], &json!({})).await.json();
    let key = key["secret"].as_str().unwrap();
    let clear = String::from_utf8(STANDARD_NO_PAD.decode(key).unwrap()).unwrap();
    made(("a key in the clear", "a key's secret", "the hash of a key"), &clear);
    let password = format!("{path}/password");
    let password = server.secret(&password, &[admin], &Value::Null).await.json();
    let password = password["secret"].as_str().unwrap();
    made(("a password", "a consumer's password", "the hash of a password"), password);
    secrets.insert("a key", key.to_owned());
    let auth = json!({ "api_key": { "consumers": ["canary-app"] } });
    let mapping = json!({ "prefix": "/app/", "service": "127.0.0.1:1", "auth": auth }).to_string();
    let of_mapping = "/api/v1/mappings/app";
    let put = server.send(Method::PUT, of_mapping, &[admin, JSON], &mapping).await;
    assert_eq!(put.status, StatusCode::CREATED, "{put}");
    server.send(Method::DELETE, path, &[admin], "").await;
    for path in [path, "/consumers/canary-app", "/api/v1/mappings/app/config", "/api/v1/audit"] {
        let answer = server.send(Method::GET, path, &[admin], "").await;
        assert!(answer.body.contains("canary-app"), "{path}: {answer}");
    }
}

/// Keeps the first frames of a page's websocket.
async fn watch(server: &mut Running, caller: (&'static str, &str)) {
    let url = format!("{}/api/v1/live?overview=true", server.url.replace("http", "ws"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert(caller.0, caller.1.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    for _ in 0..2 {
        let frame = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
        server.said.push(("a frame".to_owned(), frame.unwrap().unwrap().to_string()));
    }
}

/// Fetches every page, and every answer of the API that needs nothing more than to be asked for.
async fn look(server: &mut Running, admin: (&'static str, &str)) {
    let start = ["/", "/account", "/users/ada", "/teams/accounts", "/tokens", "/activity"];
    let url = server.url.clone();
    let found = crawl(&server.client, &url, &[admin], &start).await;
    assert!(found.pages.len() > 20, "{:?}", found.pages.keys());
    for (address, page) in found.pages {
        server.said.push((address, format!("{:?} {}", page.headers, page.body)));
    }
    let document = serde_json::to_value(chancery::http::openapi::document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        if item.get("get").is_some() && !path.contains('{') && path != "/api/v1/live" {
            server.send(Method::GET, path, &[admin], "").await;
        }
    }
    for (path, is_there) in [
        ("/api/v1/audit/export?format=csv", true),
        ("/api/v1/audit/export?format=json", true),
        ("/api/v1/users/ada", true),
        ("/api/v1/teams/accounts", true),
        ("/api/v1/users/eve", false),
    ] {
        let answer = server.send(Method::GET, path, &[admin], "").await;
        assert_eq!(answer.status.is_success(), is_there, "{path}: {answer}");
    }
}

#[tokio::test]
async fn no_secret_is_in_a_log_an_answer_a_page_a_frame_an_export_or_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Running::start(folder.path()).await;
    let link = logged(folder.path(), "make the first one at ").await;

    let mut secrets = live(&mut server, &link).await;
    let key = std::fs::read_to_string(folder.path().join("chancery.db.key")).unwrap();
    secrets.insert("the installation's key", key.trim().to_owned());
    let said = server.stop().await;

    let mut places: Vec<(String, Vec<u8>)> =
        said.into_iter().map(|(what, text)| (what, text.into_bytes())).collect();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let content = std::fs::read(&path).unwrap();
        places.push((path.file_name().unwrap().to_string_lossy().into_owned(), content));
    }
    assert!(places.iter().any(|(name, _)| name == "chancery.db"));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    for level in ["TRACE", "DEBUG"] {
        assert!(log.contains(level), "nothing is logged at {level}");
    }
    let (mut found, mut kept) = (Vec::new(), BTreeSet::new());
    for (what, secret) in &secrets {
        for (place, content) in &places {
            let times = content.windows(secret.len()).filter(|part| *part == secret.as_bytes());
            let times = times.count();
            // who reads the log is the operator: it has the link to the first admin, once; and who
            // opens the link has it already
            let is_link = *what == "the link's secret";
            let is_expected = match place.as_str() {
                "chancery.db.key" if *what == "the installation's key" => times == 1,
                "log" if is_link => times == 1,
                // what Envoy compares with is kept, and goes to nodes alone
                place if what.starts_with("the hash of") && place.starts_with("chancery.db") => {
                    kept.extend((times > 0).then_some(*what));
                    true
                }
                place if is_link && place.starts_with("GET /setup/") => true,
                _ => times == 0,
            };
            if !is_expected {
                found.push(format!("{what} is {times} times in {place}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(kept.len(), 2);
}
