//! Explain and Envoy never disagree: which mapping serves a path, and what its service sees.

use std::sync::Arc;

use chancery::{
    auth::names::TeamName,
    gateway::{
        mapping::{Change, ChangeKind, Mapping, Revision},
        table::Table,
    },
};
use chrono::DateTime;
use http::StatusCode;
use proptest::{
    prelude::{Strategy, prop},
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::json;

use crate::support::{client::Client, server::TestServer, upstream::Upstream};

/// Mappings in one table; each has a service of its own, so that an answer names its mapping.
const MAPPINGS: usize = 6;

const NAMES: [&str; MAPPINGS] = ["m0", "m1", "m2", "m3", "m4", "m5"];

/// Segments that overlap as texts, with characters that encodings touch.
const SEGMENT: &str = "a|ab|b|%C3%A9|a\\.b|~";

#[derive(Debug, Clone)]
struct Case {
    mappings: Vec<(String, String)>,
    paths: Vec<String>,
}

fn cases() -> impl Strategy<Value = Case> {
    let path = || (prop::collection::vec(SEGMENT, 0..4), prop::bool::ANY).prop_map(join);
    let rewrite = prop::sample::select(vec!["/", "", "/v", "/v/", "/a/b", "/a/b/"]);
    let mapping = (path(), rewrite.prop_map(str::to_owned));
    let mappings = prop::collection::vec(mapping, 1..=MAPPINGS);
    (mappings, prop::collection::vec(path(), 12)).prop_map(|(mut mappings, mut paths)| {
        mappings.sort();
        mappings.dedup_by(|left, right| left.0 == right.0);
        for (prefix, _) in &mappings {
            paths.extend([prefix.clone(), format!("{prefix}x"), format!("{prefix}/ab?q=/b")]);
        }
        // Envoy merges slashes before it matches; what is asked for is the merged path
        paths.iter_mut().for_each(|path| *path = path.replace("//", "/"));
        Case { mappings, paths }
    })
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
    let config = Config { cases: 24, max_shrink_iters: 40, ..Config::default() };

    let outcome =
        TestRunner::new(config).run(&cases(), |case| runtime.block_on(check(&server, &case)));

    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

async fn check(server: &TestServer, case: &Case) -> Result<(), TestCaseError> {
    for name in NAMES {
        server.unmap(name).await;
    }
    let mut table = Table::default();
    for ((prefix, rewrite), name) in case.mappings.iter().zip(NAMES) {
        let body = json!({ "prefix": prefix, "rewrite": rewrite, "service": name });
        server.map_with(name, &body).await;
        let revision = Revision(1);
        table.apply(&Change { revision, kind: ChangeKind::Put(mapping(name, &body)) });
    }
    server.until_live().await;
    for path in &case.paths {
        // a connection of its own: an old one may still have the routes of the old layout
        let answer = Client::new().get(&server.gateway(path)).await;
        let (bare, query) =
            path.split_once('?').map_or((path.as_str(), ""), |(path, _)| (path, "?q=/b"));
        let expected = match table.explain(bare) {
            Some((mapping, upstream)) => {
                (StatusCode::OK, format!("{} {upstream}{query}", mapping.name()))
            }
            None => (StatusCode::NOT_FOUND, String::new()),
        };
        let seen = (answer.status, answer.body);
        if seen != expected {
            let message = format!("{path}: Envoy says {seen:?}, explain says {expected:?}");
            return Err(TestCaseError::fail(message));
        }
    }
    Ok(())
}

fn mapping(name: &str, body: &serde_json::Value) -> Arc<Mapping> {
    use chancery::gateway::fields::{NameFrom, read_spec};

    let spec = read_spec(NameFrom::Url(name), body.as_object().unwrap(), |_| {
        Some(TeamName::default_team())
    })
    .unwrap();
    let at = DateTime::UNIX_EPOCH;
    Arc::new(Mapping { spec, revision: Revision(1), created_at: at, updated_at: at })
}
