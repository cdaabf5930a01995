//! The page of Envoy's whole configuration, as one reads it.

use leptos::prelude::*;

use super::query::Query;
use super::{Loaded, failure};
use crate::api::client::Client;
use crate::api::mapping::RenderedConfig;
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::icon::{self, Icon};
use crate::components::page_head::PageHead;
use crate::islands::copy::Copy;
use crate::numerals::{count, counted};

/// Where the whole configuration is to be had.
const DOWNLOAD: &str = "/api/v1/config.yaml";

pub(super) async fn page(client: &Client, query: &Query) -> Loaded {
    let mut q = query.text("q");
    let mut loaded = client.config(None, &q).await;
    if !q.is_empty() && loaded.as_ref().is_err_and(|error| error.status() == Some(400)) {
        // a search that can't be read, for example a very long one
        q.clear();
        loaded = client.config(None, &q).await;
    }
    match loaded {
        Ok(config) => Loaded::new("Envoy config", Place::Config, move || draw(config, q)),
        Err(error) => failure::failed(Place::Config, "The configuration", error),
    }
}

fn draw(config: RenderedConfig, q: String) -> impl IntoView {
    let RenderedConfig { revision, yaml, is_truncated } = config;
    let is_searched = !q.is_empty();
    // every mapping has a cluster, and without any Envoy is given a bare listener
    let is_empty = !yaml.lines().any(|line| line.trim() == "clusters:");
    let lines = counted(yaml.lines().count() as u64, "line");
    let summary = format!("{lines}, at revision {}", count(revision));
    let sub = view! {
        "What the Envoys are given, as one static configuration of the same meaning. "
        <code>"chancery render"</code>
        " prints it, too."
    };
    let cut = is_truncated.then(|| {
        view! {
            <p class="note warn" data-testid="cut">
                <Icon path=icon::WARNING />
                <span>
                    "This is only the beginning: the whole is too long to show. Search for a mapping, or "
                    <a href=DOWNLOAD>"download all of it"</a> "."
                </span>
            </p>
        }
    });

    view! {
        <PageHead title="Envoy config" sub=sub.into_any()>
            <a class="btn" href=DOWNLOAD download="envoy.yaml">
                "Download all"
            </a>
        </PageHead>
        <form class="filter" action="/config" role="search" aria-label="Configuration">
            <input
                class="input"
                type="search"
                name="q"
                value=q.clone()
                placeholder="Only mappings with this in their name, prefix or service"
                aria-label="Only mappings with this in their name, prefix or service"
                autocomplete="off"
                spellcheck="false"
                maxlength="200"
            />
            <button class="btn">"Find"</button>
            {is_searched.then(|| view! { <a class="btn" href="/config">"Clear"</a> })}
        </form>
        {cut}
        {match (is_empty, is_searched) {
            (true, true) => none_match(q).into_any(),
            (true, false) => none_yet().into_any(),
            (false, _) => {
                view! {
                    <section class="card" aria-labelledby="yaml-title">
                        <div class="card-head">
                            <h2 id="yaml-title" class="num">
                                {summary}
                            </h2>
                            <Copy target="yaml".to_owned() what="the configuration".to_owned() />
                        </div>
                        <pre class="code yaml" id="yaml" tabindex="0" aria-labelledby="yaml-title" data-testid="yaml">
                            {yaml}
                        </pre>
                    </section>
                }
                    .into_any()
            }
        }}
    }
}

fn none_yet() -> impl IntoView {
    view! {
        <Empty title="No mapping is configured yet" testid="none-yet">
            <p>"Envoy is given a listener that answers every request with 404."</p>
            <p>
                <a class="btn btn-primary" href="/mappings/new">
                    "New mapping"
                </a>
            </p>
        </Empty>
    }
}

fn none_match(q: String) -> impl IntoView {
    view! {
        <Empty title="No mapping matches" testid="none-match">
            <p>"None has " <code>{q}</code> " in its name, prefix or service."</p>
            <p>
                <a class="btn" href="/config">
                    "The whole configuration"
                </a>
            </p>
        </Empty>
    }
}
