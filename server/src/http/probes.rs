//! What orchestrators and Prometheus ask: alive, ready, and our own metrics.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::{error::ApiError, openapi::words::tag, state::AppState};
use crate::{
    discovery::{kubernetes::Kubernetes, link::Link},
    xds::gate::{Gate, Reason},
};

/// Tells that the process answers
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez",
    tag = tag::OPERATIONS,
    responses((
        status = OK,
        description = "The process answers",
        body = String,
        content_type = "text/plain",
        example = json!("ok\n"),
    )),
)]
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Tells that nodes and people are served
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = tag::OPERATIONS,
    responses(
        (
            status = OK,
            description = "Nodes and people are served; a second line says so while the Kubernetes API server is away",
            body = String,
            content_type = "text/plain",
            example = json!("ok\n"),
        ),
        (
            status = SERVICE_UNAVAILABLE,
            description = "For at most 5 s after the start, while services are looked up; and until the Services of Kubernetes have been listed for the first time",
        ),
    ),
)]
pub(super) async fn ready(State(state): State<AppState>) -> Result<String, ApiError> {
    match state.inspector.ways().kubernetes.as_ref().map(Kubernetes::link) {
        Some(link @ Link::Starting { .. }) => {
            Err(ApiError::unavailable(format!("Kubernetes: {link}")))
        }
        _ if !state.gateway().is_ready => {
            Err(ApiError::unavailable("services are being looked up for the first time"))
        }
        // what is known still serves: who restarted this for it would only lose that
        Some(link @ Link::Reconnecting { .. }) => Ok(format!("ok\nKubernetes: {link}\n")),
        Some(Link::Synced) | None => Ok("ok\n".to_owned()),
    }
}

/// Gets the server's own state for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = tag::OPERATIONS,
    responses((
        status = OK,
        description = "In the text format of OpenMetrics 1.0",
        body = String,
        content_type = "application/openmetrics-text",
        example = json!("# HELP chancery_mappings Mappings in the table.\n# TYPE chancery_mappings gauge\nchancery_mappings 2\n# EOF\n"),
    )),
)]
pub(super) async fn metrics(State(state): State<AppState>) -> Response {
    let gateway = state.gateway();
    let revision = gateway.table.revision();
    let nodes = state.nodes.count(revision);
    let viewers = state.viewers_now();
    let values = [
        ("mappings", "Mappings in the table", saturated(gateway.table.len())),
        (
            "mappings_rejected",
            "Mappings that Envoy has refused",
            saturated(gateway.quarantined.len()),
        ),
        ("revision", "Newest committed change", i64::try_from(revision.0).unwrap_or(i64::MAX)),
        ("resources", "xDS resources published", saturated(gateway.resources.len())),
        ("nodes_connected", "Envoys connected", nodes.nodes.into()),
        ("nodes_current", "Envoys at the newest revision", nodes.current.into()),
        ("viewers", "Open live connections", saturated(viewers)),
        (
            "keeps_counters",
            "Whether this replica writes the checkpoints of the counters",
            i64::from(state.ticks.borrow().keeps_counters),
        ),
        (
            "replicas_heard",
            "Other replicas that tell of their nodes",
            saturated(state.links.count()),
        ),
    ];
    let kubernetes = state.inspector.ways().kubernetes.as_ref();
    let of_kubernetes = kubernetes.into_iter().flat_map(|kubernetes| {
        let (services, slices) = kubernetes.size();
        let is_synced = i64::from(kubernetes.link() == Link::Synced);
        [
            ("kubernetes_synced", "Whether all that happens in Kubernetes is seen", is_synced),
            ("kubernetes_services", "Services of Kubernetes known", saturated(services)),
            ("kubernetes_endpoint_slices", "EndpointSlices known", saturated(slices)),
        ]
    });
    let mut registry = Registry::with_prefix("chancery");
    for (name, help, value) in values.into_iter().chain(of_kubernetes) {
        let gauge: Gauge = Gauge::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
    let sent = state.nodes.sent();
    let totals = [
        ("xds_responses_sent", "xDS responses sent to nodes", sent.responses),
        ("xds_bytes_sent", "Encoded xDS responses sent to nodes, in bytes", sent.bytes),
    ];
    for (name, help, value) in totals {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        registry.register(name, help, counter);
    }
    let ends = Family::<Vec<(&str, String)>, Gauge>::default();
    for certificate in state.access().edge().certificates() {
        let labels = vec![("name", certificate.name.to_string())];
        ends.get_or_create(&labels).set(certificate.facts.leaf.not_after.timestamp());
    }
    registry.register(
        "certificate_not_after_timestamp_seconds",
        "When a certificate expires, in seconds since 1970",
        ends,
    );
    register_gate(&mut registry, &state.gate);
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_formatting) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Adds how it is about the credentials of nodes.
fn register_gate(registry: &mut Registry, gate: &Gate) {
    let refused = Family::<Vec<(&str, &str)>, Counter>::default();
    for reason in Reason::ALL {
        let labels = vec![("reason", reason.as_str())];
        refused.get_or_create(&labels).inc_by(gate.refused().so_far(reason));
    }
    registry.register(
        "xds_refused",
        "Connections and requests of nodes that were refused",
        refused,
    );
    let stale: Gauge = Gauge::default();
    stale.set(gate.is_stale().into());
    registry.register(
        "xds_credentials_stale",
        "1 while a file with credentials for xDS can't be used as it is, and what it had before is",
        stale,
    );
    if let Some(not_after) = gate.not_after() {
        let end: Gauge = Gauge::default();
        end.set(not_after.timestamp());
        registry.register(
            "xds_certificate_not_after_timestamp_seconds",
            "When the certificate that xDS shows expires, in seconds since 1970",
            end,
        );
    }
}

fn saturated(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
