//! `/api/v1/nodes` and receipts: which Envoys are connected, and what they run.

use app::api::{
    live::ConfigState,
    node::{Answer, Kubernetes, KubernetesState, Node, NodeList},
    receipt::{NodeReceipt, Receipt},
};
use axum::{
    Json,
    extract::{Path, State},
};
use chrono::{DateTime, Utc};

use super::{
    caller::Caller,
    error::ApiError,
    openapi::words::{NAME, tag},
    operations, saturated,
    state::AppState,
};
use crate::{
    discovery::{kubernetes, link::Link},
    gateway::mapping::Revision,
    xds::node::{self, Arrival},
};

/// Lists the connected Envoys
///
/// What they have answered names resources, and so mappings: that is for who sees all. With them
/// comes how the connection to Kubernetes is, where Services are followed.
#[utoipa::path(
    get,
    path = "/api/v1/nodes",
    operation_id = "listNodes",
    tag = tag::NATIVE,
    responses((status = OK, description = "The nodes, sorted by id", body = NodeList)),
)]
pub(super) async fn nodes(State(state): State<AppState>, caller: Caller) -> Json<NodeList> {
    let sees_all = caller.sight().is_all();
    let revision = state.gateway().table.revision();
    let reported = std::sync::Arc::clone(&state.ticks.borrow().reported);
    let items = state.nodes.list().into_iter().map(|node| Node {
        is_current: node.revision >= revision,
        reported_at: reported.get(&node.id).copied(),
        id: node.id.to_string(),
        version: node.version,
        replica: node.replica.or(state.fleet).map(|address| address.to_string()),
        connected_at: node.connected_at,
        revision: node.revision.0,
        last_ack: node.last_ack.filter(|_| sees_all).map(answer),
        last_nack: node.last_nack.filter(|_| sees_all).map(answer),
    });
    Json(NodeList {
        items: items.collect(),
        revision: revision.0,
        kubernetes: state.inspector.ways().kubernetes.as_ref().map(cluster),
    })
}

fn cluster(kubernetes: &kubernetes::Kubernetes) -> Kubernetes {
    let text = |error: &std::sync::Arc<str>| error.as_ref().to_owned();
    let (state, since, error) = match kubernetes.link() {
        Link::Starting { since, error } => {
            (KubernetesState::Starting, Some(since), error.as_ref().map(text))
        }
        Link::Synced => (KubernetesState::Synced, None, None),
        Link::Reconnecting { since, error } => {
            (KubernetesState::Reconnecting, Some(since), Some(text(&error)))
        }
    };
    let (services, slices) = kubernetes.size();
    Kubernetes {
        state,
        since,
        error,
        services: saturated(services),
        endpoint_slices: saturated(slices),
    }
}

/// Gets how far a mapping's newest revision has come
#[utoipa::path(
    get,
    path = "/api/v1/mappings/{name}/receipt",
    operation_id = "getReceipt",
    tag = tag::NATIVE,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    responses(
        (status = OK, description = "On which nodes it is, and how long that took", body = Receipt),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
    ),
)]
pub(super) async fn receipt(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Receipt>, ApiError> {
    let (gateway, mapping) = operations::find(&state, &name)?;
    let mut arrival = state.nodes.arrival(mapping.revision, mapping.updated_at);
    let rejected = match gateway.config_state(&mapping, &state.nodes.count(mapping.revision)) {
        ConfigState::Rejected { reason } => Some(reason),
        _ => None,
    };
    if rejected.is_some() {
        // the nodes have answered for the revision, but not with a yes
        arrival.by_node.iter_mut().for_each(|(_, has_it, at)| (*has_it, *at) = (false, None));
    }
    let committed_at = mapping.updated_at;
    Ok(Json(Receipt {
        revision: mapping.revision.0,
        nodes: arrival.nodes(),
        acked: arrival.acked(),
        live_after_ms: live_after_ms(&arrival, committed_at),
        rejected,
        by_node: arrival
            .by_node
            .iter()
            .map(|(node, acked, at)| NodeReceipt {
                node: node.to_string(),
                acked: *acked,
                after_ms: at.map(|at| milliseconds(committed_at, at)),
            })
            .collect(),
    }))
}

/// Returns how long a revision took to reach every node, if that is known.
pub(super) fn after_ms(
    state: &AppState,
    revision: Revision,
    committed_at: DateTime<Utc>,
) -> Option<u64> {
    live_after_ms(&state.nodes.arrival(revision, committed_at), committed_at)
}

fn live_after_ms(arrival: &Arrival, committed_at: DateTime<Utc>) -> Option<u64> {
    arrival.complete_at().map(|at| milliseconds(committed_at, at))
}

fn milliseconds(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    // a clock that was set back makes it look negative
    u64::try_from((to - from).num_milliseconds()).unwrap_or_default()
}

fn answer(answer: node::Answer) -> Answer {
    Answer {
        at: answer.at,
        resource: answer.resource.to_string(),
        reason: answer.reason.map(|reason| reason.as_ref().to_owned()),
    }
}
