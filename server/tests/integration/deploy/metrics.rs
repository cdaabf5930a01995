//! What dashboard and alerts ask Prometheus for is what `/metrics` has.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::sets::{self, folder};
use crate::support::{
    certificates::{Authority, host},
    server::TestServer,
};

/// Metrics of what the server of this test has not: Services of Kubernetes, a certificate for xDS.
const ELSEWHERE: [&str; 2] =
    ["chancery_kubernetes_synced", "chancery_xds_certificate_not_after_timestamp_seconds"];

/// Returns the metrics that an expression names.
fn named(expression: &str) -> BTreeSet<String> {
    expression
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("chancery_"))
        .map(str::to_owned)
        .collect()
}

/// Returns every expression of a dashboard or a rule.
fn expressions(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("expr" | "query", Value::String(text)) => vec![text.as_str()],
                _ => expressions(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(expressions).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn dashboard_and_alerts_ask_for_metrics_that_there_are() {
    let server = TestServer::start().await;
    let made = Authority::root("Test Root").issues(&host(&["example.com"]));
    let certificate = json!({ "chain": made.pem, "private_key": made.key });
    let answer = server.send(Method::PUT, "/api/v1/certificates/example", &certificate).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    let metrics = server.get("/metrics").await.body;
    let samples = metrics.lines().filter(|line| !line.starts_with('#'));
    let there: BTreeSet<_> = samples.flat_map(named).collect();

    let dashboard = std::fs::read_to_string(folder().join("helm/chancery/grafana/chancery.json"));
    let dashboard: Value = serde_json::from_str(&dashboard.unwrap()).unwrap();
    let sets = sets::all().await;
    let rules = sets.iter().flat_map(|set| set.of(&["PrometheusRule"]));
    let rules: Vec<_> = rules.flat_map(expressions).collect();

    assert!(!rules.is_empty());
    let asked: BTreeSet<_> =
        expressions(&dashboard).into_iter().chain(rules).flat_map(named).collect();
    let mut unknown: Vec<_> = asked.difference(&there).collect();
    unknown.retain(|metric| !ELSEWHERE.contains(&metric.as_str()));
    assert!(unknown.is_empty(), "{unknown:?} are asked for; there are {there:?}");
}
