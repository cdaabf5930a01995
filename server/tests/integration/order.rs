//! Explain and Envoy never disagree: which mapping serves a request, and what its service sees.

use std::{collections::HashSet, sync::Arc};

use chancery::{
    auth::names::TeamName,
    gateway::{
        mapping::{Change, ChangeKind, Mapping, Revision},
        request::{Request, host_of},
        table::Table,
    },
};
use chrono::DateTime;
use http::StatusCode;
use proptest::{
    prelude::{Just, Strategy, prop, prop_oneof},
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};

use crate::support::{client::Client, server::TestServer, upstream::Upstream};

/// Mappings in one table; each has a service of its own, so that an answer names its mapping.
const MAPPINGS: usize = 6;

const NAMES: [&str; MAPPINGS] = ["m0", "m1", "m2", "m3", "m4", "m5"];

/// Segments that overlap as texts, with characters that encodings touch.
const SEGMENT: &str = "a|ab|b|%C3%A9|a\\.b|~";

const HOSTS: [&str; 6] = ["*", "a.test", "b.a.test", "*.test", "*.a.test", "gateway"];

/// Hosts that requests name: with a port, in capitals, below patterns, and of nobody.
const ASKED: [&str; 8] = [
    "a.test",
    "A.test:8080",
    "b.a.test",
    "x.b.a.test",
    "x.test",
    "test",
    "gateway:80",
    "elsewhere",
];

#[derive(Debug, Clone)]
struct Case {
    mappings: Vec<Value>,
    requests: Vec<Asked>,
}

#[derive(Debug, Clone)]
struct Asked {
    method: &'static str,
    host: &'static str,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
}

fn cases() -> impl Strategy<Value = Case> {
    let mappings = prop::collection::vec(mapping_body(), 1..=MAPPINGS);
    let requests = prop::collection::vec((path(), asked()), 20);
    (mappings, requests).prop_map(|(mappings, mut requests)| {
        let mut known = HashSet::new();
        let mappings: Vec<_> = mappings
            .into_iter()
            .filter(|body| known.insert(mapping("m", body).spec.match_key()))
            .collect();
        // requests that come near the mappings
        for (index, body) in mappings.iter().enumerate() {
            let prefix = body["prefix"].as_str().unwrap_or_default();
            let paths = [
                prefix.to_owned(),
                format!("{prefix}x"),
                format!("{prefix}/ab?q=1&v=a/b"),
                format!("{prefix}12?v="),
                format!("{}?q", prefix.to_ascii_uppercase().replace("%C3", "%c3")),
            ];
            for (near, path) in paths.into_iter().enumerate() {
                let asked = requests[(index + near * 7) % 20].1.clone();
                requests.push((path, asked));
            }
        }
        let requests = requests
            .into_iter()
            .map(|(path, asked)| {
                let query = asked.path;
                let path = if path.contains('?') { path } else { format!("{path}{query}") };
                // Envoy merges slashes before it matches; what is asked for is the merged path
                Asked { path: merged(&path), ..asked }
            })
            .collect();
        Case { mappings, requests }
    })
}

/// Merges slashes of the path, not of the query.
fn merged(path: &str) -> String {
    match path.split_once('?') {
        Some((path, query)) => format!("{}?{query}", path.replace("//", "/")),
        None => path.replace("//", "/"),
    }
}

fn path() -> impl Strategy<Value = String> {
    (prop::collection::vec(SEGMENT, 0..4), prop::bool::ANY).prop_map(join)
}

fn mapping_body() -> impl Strategy<Value = Value> {
    let rewrite = prop::sample::select(vec!["/", "", "/v", "/v/", "/a/b", "/a/b/"]);
    let host = prop_oneof![2 => Just("*"), 3 => prop::sample::select(HOSTS.to_vec())];
    (host, path(), rewrite, matching()).prop_map(|(host, prefix, rewrite, matching)| {
        let is_regex = matching.get("regex").is_some();
        let prefix = if is_regex && !prefix.ends_with('/') { format!("{prefix}/") } else { prefix };
        json!({ "host": host, "prefix": prefix, "rewrite": rewrite, "match": matching })
    })
}

fn matching() -> impl Strategy<Value = Value> {
    let regexes = vec!["[0-9]+", "a.*", "(ab|b)(/.*)?", "(?i)AB/?", ".*x", "[^/]{1,2}/ab"];
    let path = prop_oneof![
        5 => Just(json!({})),
        1 => Just(json!({"path": "exact"})),
        2 => prop::sample::select(regexes)
            .prop_map(|regex| json!({"path": "regex", "regex": regex})),
    ];
    let methods = prop::sample::select(vec![json!([]), json!(["GET"]), json!(["PUT", "POST"])]);
    let conditions =
        || prop_oneof![3 => Just(json!([])), 2 => condition().prop_map(|one| json!([one]))];
    let precedence = prop_oneof![4 => Just(0), 1 => -2..3_i32];
    let ignore_case = prop::bool::weighted(0.2);
    (path, methods, conditions(), conditions(), precedence, ignore_case).prop_map(
        |(mut matching, methods, headers, query, precedence, ignore_case)| {
            // a query has other names than the headers
            let query = query.to_string().replace("x-q", "q").replace("x-v", "v");
            matching["methods"] = methods;
            matching["headers"] = headers;
            matching["query"] = serde_json::from_str(&query).unwrap();
            matching["precedence"] = json!(precedence);
            matching["ignore_case"] = json!(ignore_case);
            matching
        },
    )
}

fn condition() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["x-q", "x-v"]);
    let test = prop::sample::select(vec![
        ("exact", Some("1")),
        ("exact", Some("a/b")),
        ("prefix", Some("a")),
        ("suffix", Some("b")),
        ("contains", Some("/")),
        ("regex", Some("[0-9]*")),
        ("present", None),
        ("absent", None),
    ]);
    (name, test).prop_map(|(name, (is, value))| json!({"name": name, "is": is, "value": value}))
}

fn asked() -> impl Strategy<Value = Asked> {
    let value =
        || prop::sample::select(vec![None, None, Some("1"), Some("a/b"), Some("12"), Some("ab")]);
    let method = prop::sample::select(vec!["GET", "GET", "PUT", "DELETE"]);
    let host = prop::sample::select(ASKED.to_vec());
    // of a repeated header any value counts, of a repeated parameter the first
    let query = vec!["", "", "?q=1", "?v=a/b&q=2", "?q", "?v=1&v=a", "?x=q=1&&v=", "?q=%31"];
    (method, host, value(), value(), value(), prop::sample::select(query)).prop_map(
        |(method, host, q, v, again, query)| {
            let mut headers: Vec<_> = q.map(|q| ("x-q", q)).into_iter().collect();
            headers.extend(v.map(|v| ("x-v", v)));
            headers.extend(again.map(|q| ("x-q", q)));
            Asked { method, host, path: query.to_owned(), headers }
        },
    )
}

fn join((segments, slash): (Vec<String>, bool)) -> String {
    match segments.is_empty() {
        true => "/".to_owned(),
        false => format!("/{}{}", segments.join("/"), if slash { "/" } else { "" }),
    }
}

#[test]
fn explain_and_envoy_never_disagree() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, _upstreams, _node) = runtime.block_on(async {
        let mut upstreams = Vec::new();
        for name in NAMES {
            upstreams.push(Upstream::start(name).await);
        }
        let services: Vec<_> = NAMES
            .iter()
            .zip(&upstreams)
            .map(|(name, upstream)| (*name, upstream.address))
            .collect();
        let server = TestServer::with_services(&services).await;
        let node = server.node("one").await;
        (server, upstreams, node)
    });
    let config = Config { cases: 64, max_shrink_iters: 40, ..Config::default() };

    let outcome =
        TestRunner::new(config).run(&cases(), |case| runtime.block_on(check(&server, &case)));

    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

async fn check(server: &TestServer, case: &Case) -> Result<(), TestCaseError> {
    for name in NAMES {
        server.unmap(name).await;
    }
    let mut table = Table::default();
    for (body, name) in case.mappings.iter().zip(NAMES) {
        let mut body = body.clone();
        body["service"] = json!(name);
        server.map_with(name, &body).await;
        let revision = Revision(1);
        table.apply(&Change { revision, kind: ChangeKind::Put(mapping(name, &body)) });
    }
    server.until_live().await;
    for asked in &case.requests {
        // a connection of its own: an old one may still have the routes of the old layout
        let answer = send(server, asked).await;
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let with_query = if asked.path.contains('?') { format!("?{query}") } else { String::new() };
        let expected = match table.explain(&request(asked, path, query)) {
            Some((mapping, upstream)) => {
                (StatusCode::OK, format!("{} {upstream}{with_query}", mapping.name()))
            }
            None => (StatusCode::NOT_FOUND, String::new()),
        };
        if answer != expected {
            let message = format!("{asked:?}: Envoy says {answer:?}, explain says {expected:?}");
            return Err(TestCaseError::fail(message));
        }
    }
    Ok(())
}

fn request(asked: &Asked, path: &str, query: &str) -> Request {
    let headers = asked.headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Request {
        host: host_of(asked.host),
        method: asked.method.into(),
        query: query.to_owned(),
        headers: headers.collect(),
        ..Request::of_path(path)
    }
}

/// Sends a request as it is written, on a connection of its own.
async fn send(server: &TestServer, asked: &Asked) -> (StatusCode, String) {
    let mut headers = vec![("host", asked.host)];
    headers.extend(asked.headers.iter().copied());
    let method = asked.method.parse().unwrap();
    let answer = Client::new().send(method, &server.gateway(&asked.path), &headers, "").await;
    (answer.status, answer.body)
}

fn mapping(name: &str, body: &Value) -> Arc<Mapping> {
    use chancery::gateway::fields::{NameFrom, read_spec};

    let mut body = body.as_object().unwrap().clone();
    body.entry("service").or_insert_with(|| json!("svc"));
    let spec = read_spec(NameFrom::Url(name), &body, |_| Some(TeamName::default_team())).unwrap();
    let at = DateTime::UNIX_EPOCH;
    Arc::new(Mapping { spec, revision: Revision(1), created_at: at, updated_at: at })
}
