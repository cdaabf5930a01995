//! What a mapping of the storm can be, and which answers it allows.

use http::HeaderMap;
use proptest::{
    prelude::{Just, Strategy, prop},
    prop_oneof,
    strategy::BoxedStrategy,
};
use serde_json::{Value, json};

/// Tells in each answer of which content it is.
const VERSION: &str = "x-version";

/// A content of a mapping; without a body it is deleted.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) body: Option<Value>,
    version: u64,
    status: u16,
    /// The bodies that an answer may have.
    bodies: Vec<String>,
    location: Option<String>,
}

/// What a client got.
#[derive(Debug)]
pub(super) struct Got {
    status: u16,
    version: Option<String>,
    location: Option<String>,
    body: String,
}

impl Got {
    pub(super) fn new(status: u16, headers: &HeaderMap, body: String) -> Self {
        let header = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        Self { status, version: header(VERSION), location: header("location"), body }
    }
}

impl Content {
    /// Returns what a mapping is that is not there.
    pub(super) fn gone() -> Self {
        Self { body: None, version: 0, status: 404, bodies: Vec::new(), location: None }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.body.is_none()
    }

    /// Tells whether an answer is wholly of this content.
    pub(super) fn allows(&self, got: &Got) -> bool {
        let version = (!self.is_gone()).then(|| self.version.to_string());
        got.version == version
            && got.status == self.status
            && got.location == self.location
            && (self.bodies.is_empty() || self.bodies.contains(&got.body))
    }
}

/// Generates a content that tells its version in every answer.
pub(super) fn any(version: u64, mapping: usize) -> impl Strategy<Value = Content> {
    let shaped = prop_oneof![
        1 => Just(Content::gone()),
        4 => to_service(mapping),
        2 => to_both(),
        2 => answered(),
        2 => redirected(),
    ];
    shaped.prop_map(move |mut content| {
        content.version = version;
        if let Some(body) = &mut content.body {
            body["prefix"] = format!("/s{mapping}/").into();
            body["response_headers"] = json!({ "set": { VERSION: version.to_string() } });
        }
        content
    })
}

fn content(body: Value, status: u16, bodies: Vec<String>) -> Content {
    Content { body: Some(body), bodies, status, ..Content::gone() }
}

fn to_service(mapping: usize) -> BoxedStrategy<Content> {
    let service = prop::sample::select(vec!["a", "b"]);
    let rewrite = prop::sample::select(vec!["/", "", "/deep/"]);
    (service, rewrite, harmless())
        .prop_map(move |(service, rewrite, mut body)| {
            body["service"] = service.into();
            body["rewrite"] = rewrite.into();
            let seen = match rewrite {
                "" => format!("/s{mapping}/x"),
                other => format!("{other}x"),
            };
            content(body, 200, vec![format!("{service} {seen}")])
        })
        .boxed()
}

fn to_both() -> BoxedStrategy<Content> {
    (1..=100_u32, 1..=100_u32, harmless())
        .prop_map(|(a, b, mut body)| {
            body["backends"] =
                json!([{ "service": "a", "weight": a }, { "service": "b", "weight": b }]);
            content(body, 200, vec!["a /x".to_owned(), "b /x".to_owned()])
        })
        .boxed()
}

fn answered() -> BoxedStrategy<Content> {
    ("[a-z ]{1,40}", prop::sample::select(vec![200_u16, 403, 404, 503]))
        .prop_map(|(text, status)| {
            let body = json!({ "respond": { "status": status, "body": text } });
            content(body, status, vec![text])
        })
        .boxed()
}

fn redirected() -> BoxedStrategy<Content> {
    ("[a-z]{1,12}", prop::sample::select(vec![301_u16, 302, 307, 308]))
        .prop_map(|(place, code)| {
            let location = format!("https://{place}.example.com/new");
            let host = format!("{place}.example.com");
            let redirect = json!({ "scheme": "https", "host": host, "path": "/new", "code": code });
            let body = json!({ "redirect": redirect });
            let content = content(body, code, Vec::new());
            Content { location: Some(location), ..content }
        })
        .boxed()
}

/// Generates policies that change what Envoy does and not what the client gets.
fn harmless() -> BoxedStrategy<Value> {
    let groups = vec![
        json!({ "timeouts": { "request_ms": 30_000, "connect_ms": 4_000 } }),
        json!({ "timeouts": { "idle_ms": 20_000 } }),
        json!({ "retries": { "on": ["connect-failure", "refused-stream"], "attempts": 2 } }),
        json!({ "request_headers": { "set": { "x-team": "{request_id}" }, "remove": ["x-debug"] } }),
        json!({ "mirror": [{ "service": "b", "percent": 50 }] }),
        json!({ "circuit_breakers": { "max_requests": 500, "max_connections": 300 } }),
        json!({ "outlier_detection": { "consecutive_5xx": 50 } }),
        json!({ "load_balancing": { "policy": "maglev", "hash_on": { "source_address": true } } }),
        json!({ "compression": { "algorithms": ["gzip"] } }),
        json!({ "body": { "max_bytes": 1000 } }),
        json!({ "ip": { "deny": ["192.0.2.0/24"] } }),
        json!({ "rate_limit": { "requests": 1_000_000, "per": "second" } }),
        json!({ "auth": { "none": true } }),
        json!({ "match": { "methods": ["GET"] } }),
        json!({ "match": { "headers": [{ "name": "x-beta", "is": "absent" }] } }),
    ];
    let most = groups.len();
    prop::sample::subsequence(groups, 0..=most)
        .prop_map(|groups| {
            let mut body = json!({});
            for (key, value) in groups.iter().flat_map(|group| group.as_object().unwrap()) {
                body[key] = value.clone();
            }
            body
        })
        .boxed()
}
