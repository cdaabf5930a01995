//! The page of all mappings, with their live numbers.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::client::{ClientError, set_page_status};
use crate::components::heading::Heading;
use crate::components::icon::{self, Icon};
use crate::components::loaded::Loaded;
use crate::components::mapping_row::MappingRow;
use crate::components::message::message;
use crate::curl;
use crate::live::store::Live;
use crate::numerals::count;

/// Shows the page.
#[component]
pub(crate) fn Mappings() -> impl IntoView {
    let live = expect_context::<Live>();
    let is_empty = Memo::new(move |_| live.rows.with(Vec::is_empty));

    view! {
        <Title text="Mappings" />
        <div class="page-head">
            <div>
                <Heading>"Mappings"</Heading>
                <Loaded>
                    <p class="sub num" data-testid="count">
                        {move || live.rows.with(|rows| summary(rows.len() as u64))}
                    </p>
                </Loaded>
            </div>
            <a class="btn btn-primary" href="/mappings/new" aria-keyshortcuts="n">
                "New mapping "
                <kbd aria-hidden="true">"n"</kbd>
            </a>
        </div>
        <Loaded>
            {move || match (live.failure.get(), is_empty.get()) {
                (Some(error), _) => failed(&error).into_any(),
                (None, true) => none_yet().into_any(),
                (None, false) => view! { <Table live /> }.into_any(),
            }}
        </Loaded>
    }
}

fn summary(mappings: u64) -> String {
    match mappings {
        0 => "None yet".to_owned(),
        1 => "1 mapping".to_owned(),
        more => {
            format!("{} in match order: the first that matches a request serves it", count(more))
        }
    }
}

#[component]
fn Table(live: Live) -> impl IntoView {
    view! {
        <div class="card table-card">
            <table class="mappings" role="table">
                <caption class="visually-hidden">
                    "Mappings in match order, with their live counters"
                </caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader" data-cell="mapping">"Mapping"</th>
                        <th scope="col" role="columnheader" data-cell="service">"Service"</th>
                        <th scope="col" role="columnheader" data-cell="rewrite">"Rewrite"</th>
                        <th scope="col" role="columnheader" data-cell="health">"Health"</th>
                        <th scope="col" role="columnheader" data-cell="config">"Config"</th>
                        <th scope="col" role="columnheader" data-cell="rate" class="num">"req/s"</th>
                        <th scope="col" role="columnheader" data-cell="ok" class="num mono">"upstream_ok"</th>
                        <th scope="col" role="columnheader" data-cell="4xx" class="num mono">"upstream_4xx"</th>
                        <th scope="col" role="columnheader" data-cell="bad" class="num mono">"upstream_bad"</th>
                        <th scope="col" role="columnheader" data-cell="members" class="num">"Endpoints"</th>
                        <th scope="col" role="columnheader" data-cell="actions">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For
                        each=move || live.rows.get()
                        key=|row| row.name.clone()
                        children=|row| view! { <MappingRow row /> }
                    />
                </tbody>
            </table>
        </div>
        <Definitions />
    }
}

/// Says what the numbers count, on the page that shows them.
#[component]
fn Definitions() -> impl IntoView {
    view! {
        <section class="definitions" aria-label="What the numbers count">
            <dl>
                <div>
                    <dt class="mono">"upstream_ok"</dt>
                    <dd>"Requests answered with 1xx, 2xx or 3xx."</dd>
                </div>
                <div>
                    <dt class="mono">"upstream_4xx"</dt>
                    <dd>"Requests answered with 4xx."</dd>
                </div>
                <div>
                    <dt class="mono">"upstream_bad"</dt>
                    <dd>
                        "Requests answered with 5xx, or not at all: connect failure, timeout, reset."
                    </dd>
                </div>
                <div>
                    <dt>"req/s"</dt>
                    <dd>"All requests a second, over the last five seconds."</dd>
                </div>
                <div>
                    <dt>"Endpoints"</dt>
                    <dd>
                        "Healthy of all addresses of the service (" <code>"healthy_members"</code> " / "
                        <code>"total_members"</code>
                        "): their health checks, a different thing from the rate of success."
                    </dd>
                </div>
            </dl>
            <p>
                "The three counters never overlap; their sum is all requests since the mapping exists. "
                "No traffic is idle, never healthy. What is not known is shown as –, never as 0."
            </p>
        </section>
    }
}

fn none_yet() -> impl IntoView {
    view! {
        <section class="card empty" data-testid="none-yet">
            <h2>"No mapping yet"</h2>
            <p>
                "A mapping sends the requests below a URL prefix to a service. Create one here, or with one POST:"
            </p>
            <pre class="code" tabindex="0" aria-label="Example with curl">
                {curl::EXAMPLE}
            </pre>
            <p class="sub">"It shows up here as soon as it exists."</p>
            <p>
                <a class="btn btn-primary" href="/mappings/new">
                    "Create the first mapping"
                </a>
            </p>
        </section>
    }
}

fn failed(error: &ClientError) -> impl IntoView {
    set_page_status(503);

    view! {
        <section class="card empty" data-testid="failed-to-load">
            <h2 class="text-bad">
                <Icon path=icon::WARNING />
                " The mappings could not be loaded"
            </h2>
            <p>{message(&error.to_string())}</p>
            <p class="sub">
                "Envoy keeps routing as before. This page tries again by itself; if it stays, look whether "
                <code>"chancery serve"</code> " runs and what its log says."
            </p>
            <p>
                <a class="btn" href="/mappings" rel="external">
                    "Reload"
                </a>
            </p>
        </section>
    }
}
