//! How the gateway does: its totals, and what needs someone.

use leptos::prelude::*;

use super::Loaded;
use super::failure;
use super::query::Query;
use crate::api::client::Client;
use crate::api::live::Full;
use crate::api::node::{Node, NodeList};
use crate::api::series::Span;
use crate::components::card::Card;
use crate::components::chip::{Chip, Tone};
use crate::components::frame::Place;
use crate::components::page_head::PageHead;
use crate::components::tabs::{Look, Tab, Tabs};
use crate::components::time::Ago;
use crate::islands::board::{Board, SHOWN_CHANGES};
use crate::islands::pause::Pause;
use crate::numerals::count;

/// Nodes that are listed; the page of nodes has them all.
const NODES_SHOWN: usize = 8;

pub(super) async fn page(client: &Client, query: &Query) -> Loaded {
    let span = query.get("span").map(Span::of_word).unwrap_or_default();
    let full = match client.gateway(true).await {
        Ok(full) => full,
        Err(error) => return failure::failed(Place::Overview, "The overview", error),
    };
    // The rest is worth showing without these; they come with the next frames.
    let series = client.series(None, span).await.unwrap_or_default();
    let changes = client.revisions(None, SHOWN_CHANGES, None).await.unwrap_or_default();
    let nodes = client.nodes().await.unwrap_or_default();
    Loaded::new("Overview", Place::Overview, move || {
        view! {
            {head(&full, span)}
            <Board full series changes />
            {fleet(&nodes)}
        }
    })
}

fn head(full: &Full, span: Span) -> impl IntoView + use<> {
    let tab = |this: Span, href: &str, label: &str| Tab {
        href: href.to_owned(),
        label: label.to_owned(),
        is_current: this == span,
    };
    let tabs = vec![tab(Span::FiveMinutes, "/", "5 min"), tab(Span::Hour, "/?span=1h", "1 h")];
    let sub = match full.gateway.mappings {
        0 => "No mapping yet: create the first one, and its requests show up here".to_owned(),
        _ => match span {
            Span::FiveMinutes => "All mappings, last 5 minutes".to_owned(),
            Span::Hour => "All mappings, last hour".to_owned(),
        },
    };
    view! {
        <PageHead title="Overview" sub=sub.into_any()>
            <Pause />
            <Tabs label="Window of the charts" look=Look::Switch tabs />
            <a class="btn btn-primary" href="/mappings/new">
                "New mapping"
            </a>
        </PageHead>
    }
}

/// Shows the connected Envoys in a line each.
fn fleet(nodes: &NodeList) -> impl IntoView + use<> {
    let items: Vec<_> = nodes.items.iter().take(NODES_SHOWN).map(node).collect();
    let is_empty = items.is_empty();
    let all = view! { <a href="/nodes">{format!("All {}", count(nodes.items.len() as u64))}</a> };
    let none = view! {
        <p class="card-empty">
            "No Envoy is connected. " <code>"chancery bootstrap"</code>
            " prints the configuration that connects one."
        </p>
    };
    view! {
        <div class="fleet">
            <Card title="Nodes" testid="nodes" aside=all.into_any()>
                <ul class="items">{items}</ul>
                {is_empty.then_some(none)}
            </Card>
        </div>
    }
}

fn node(node: &Node) -> AnyView {
    let revision = count(node.revision);
    let (tone, word) = match (&node.last_nack, node.is_current) {
        (Some(_), false) => (Tone::Bad, "Refused a change".to_owned()),
        (_, false) => (Tone::Warn, format!("At revision {revision}")),
        (_, true) => (Tone::Ok, "Current".to_owned()),
    };
    let version = node.version.as_ref().map(|version| format!("Envoy {version}, "));
    let reported = node.reported_at.map(|at| {
        view! {
            ", last report "
            <Ago at />
        }
    });
    view! {
        <li>
            <div class="item-text">
                <span class="mono strong">{node.id.clone()}</span>
                " "
                <span class="sub">
                    {version} "connected " <Ago at=node.connected_at /> {reported}
                </span>
            </div>
            <Chip state=Signal::stored((tone, word)) title=format!("Revision {revision}") />
        </li>
    }
    .into_any()
}
