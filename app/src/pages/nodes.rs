//! The page of nodes: the Envoys that are connected, what they run, and what they have said.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::services::chip;
use super::{Loaded, failure};
use crate::api::client::Client;
use crate::api::node::{Answer, Kubernetes, KubernetesState, Node, NodeList};
use crate::components::card::Card;
use crate::components::chip::Tone;
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::page_head::PageHead;
use crate::components::time::{Ago, AgoProps};
use crate::numerals::{count, counted};

pub(super) async fn page(client: &Client) -> Loaded {
    match client.nodes().await {
        Ok(nodes) => Loaded::new("Nodes", Place::Nodes, move || draw(nodes)),
        Err(error) => failure::failed(Place::Nodes, "The nodes", error),
    }
}

fn draw(nodes: NodeList) -> impl IntoView {
    let NodeList { items, revision, kubernetes } = nodes;
    let current = items.iter().filter(|node| node.is_current).count() as u64;
    let all = counted(items.len() as u64, "node");
    let revision = count(revision);
    let summary = match items.is_empty() {
        true => format!("The newest revision is {revision}"),
        false => format!("{} of {all} run the newest revision, {revision}", count(current)),
    };

    view! {
        <PageHead title="Nodes" sub=summary.into_any() />
        <div class="stack">
            {kubernetes.map(cluster)}
            {match items.is_empty() {
                true => none_yet().into_any(),
                false => table(items).into_any(),
            }}
        </div>
    }
}

/// Says what is known of the cluster whose Services are followed.
fn cluster(kubernetes: Kubernetes) -> impl IntoView {
    let Kubernetes { state, since, error, services, endpoint_slices } = kubernetes;
    let (tone, word) = match state {
        KubernetesState::Starting => (Tone::Warn, "Not listed yet"),
        KubernetesState::Synced => (Tone::Ok, "Synced"),
        KubernetesState::Reconnecting => (Tone::Bad, "Reconnecting"),
    };
    let known = format!(
        "{} and {} known",
        counted(services.into(), "Service"),
        counted(endpoint_slices.into(), "EndpointSlice"),
    );
    view! {
        <Card title="Kubernetes" aside=known.into_any() testid="kubernetes">
            <div class="card-body">
                {chip(tone, word.to_owned())}
                {since.map(|at| view! { <span class="cell-note">"since " {ago(Some(at))}</span> })}
                {error.map(|error| view! { <span class="cell-note text-bad words">{error}</span> })}
            </div>
        </Card>
    }
}

fn none_yet() -> impl IntoView {
    view! {
        <Empty title="No Envoy is connected" testid="none-yet">
            <p>
                "A node is an Envoy that takes its configuration from here. Mappings are stored already; the first Envoy that connects is given all of them. On this machine:"
            </p>
            <pre class="code" tabindex="0" aria-label="Commands">
                "chancery bootstrap > envoy.yaml\nenvoy -c envoy.yaml --drain-strategy immediate"
            </pre>
            <p class="sub">
                "Every Envoy needs an id of its own: " <code>"chancery bootstrap --node-id edge-2"</code>
                ". An Envoy that ran before keeps serving what it has while it is not connected."
            </p>
        </Empty>
    }
}

fn table(items: Vec<Node>) -> impl IntoView {
    let rows = items.into_iter().map(row).collect_view();
    view! {
        <div class="card records-card">
            <table class="table records" data-testid="nodes">
                <thead>
                    <tr>
                        <th scope="col">"Node"</th>
                        <th scope="col">"Revision"</th>
                        <th scope="col">"Connected"</th>
                        <th scope="col">"Last report"</th>
                        <th scope="col">"Last acknowledged"</th>
                        <th scope="col">"Last refused"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(node: Node) -> impl IntoView {
    let Node {
        id,
        version,
        replica,
        connected_at,
        revision,
        is_current,
        reported_at,
        last_ack,
        last_nack,
    } = node;
    let by = replica.map(|replica| {
        view! { <span class="cell-note">"by " <code>{replica}</code></span> }
    });
    let version = version.map_or_else(|| "Envoy".to_owned(), |version| format!("Envoy {version}"));
    let (tone, word) = match is_current {
        true => (Tone::Ok, format!("Current, {}", count(revision))),
        false => (Tone::Warn, format!("Behind, at {}", count(revision))),
    };
    view! {
        <tr data-node=id.clone()>
            <th scope="row">
                <span class="mono strong">{id.clone()}</span>
                <span class="sub">{version}</span>
            </th>
            <td data-label="Revision">{chip(tone, word)}</td>
            <td data-label="Connected">{ago(Some(connected_at))} {by}</td>
            <td data-label="Last report">{ago(reported_at)}</td>
            <td data-label="Last acknowledged">{answer(last_ack)}</td>
            <td data-label="Last refused">{answer(last_nack)}</td>
        </tr>
    }
}

fn ago(at: Option<DateTime<Utc>>) -> impl IntoView {
    match at {
        Some(at) => Ago(AgoProps { at }).into_any(),
        None => view! { <span class="sub">"never"</span> }.into_any(),
    }
}

/// Shows what a node has said of a resource, a refusal in its own words.
fn answer(answer: Option<Answer>) -> impl IntoView {
    let Some(Answer { at, resource, reason }) = answer else {
        return view! { <span class="sub">"never"</span> }.into_any();
    };
    view! {
        <code>{resource}</code>
        <span class="cell-note">"since " {ago(Some(at))}</span>
        {reason
            .map(|reason| {
                view! { <span class="cell-note text-bad words">{reason}</span> }
            })}
    }
    .into_any()
}
