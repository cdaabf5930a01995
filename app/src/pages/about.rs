//! Says what Chancery is, and what its words and numbers mean.

use leptos::prelude::*;

use super::Loaded;
use super::services::chip;
use crate::api::live::{ConfigState, Health};
use crate::components::chip::{config, health};
use crate::components::frame::Place;
use crate::components::message::message;
use crate::components::page_head::PageHead;

/// What each number counts; texts between backticks are code.
const NUMBERS: [(&str, &str); 8] = [
    ("upstream_ok", "Requests answered with 1xx, 2xx or 3xx."),
    ("upstream_4xx", "Requests answered with 4xx: the caller’s fault, which no health counts."),
    (
        "upstream_bad",
        "Requests answered with 5xx, by the service or by Envoy in its place: connect failure, \
         reset, no healthy endpoint. The three never overlap, and their sum is all requests that \
         were answered since the mapping exists.",
    ),
    ("req/s", "All requests a second, over the last five seconds for which there is data."),
    (
        "ok %",
        "The share of `upstream_ok` in the requests of the last minute; none without requests.",
    ),
    (
        "p50, p95, p99",
        "Half, 95 % and 99 % of the last minute’s answers took at most so many milliseconds, as \
         the Envoys saw it. Beside them stands of how many requests they are made.",
    ),
    (
        "healthy_members / total_members",
        "Endpoints of the service that pass Envoy’s health check (a TCP connection every 2 s, \
         every 5 s without traffic), and all of them. Where Envoys disagree, the one that sees the \
         fewest counts. This says nothing about the answers: a service can accept connections and \
         answer nothing but 500.",
    ),
    (
        "revision",
        "The number of a change. Changes of all mappings are numbered in one sequence; a mapping \
         carries the number of its own last one.",
    ),
];

/// What a prefix and a rewrite do.
const MATCHES: [(&str, &str, &str, &str); 10] = [
    ("/user/", "/", "/user/42?x=1", "/42?x=1"),
    ("/user/", "/", "/user/", "/"),
    ("/user/", "/", "/user", ""),
    ("/user", "/", "/user", "/"),
    ("/user", "/", "/user/42", "/42"),
    ("/user or /user/", "/", "/users", ""),
    ("/user or /user/", "/v2 or /v2/", "/user/42", "/v2/42"),
    ("/user", "/v2", "/user", "/v2"),
    ("/user or /user/", "empty", "/user/42", "/user/42"),
    ("/", "/", "anything else", "the same path"),
];

const KEYS: [(&str, &str); 7] = [
    ("/", "Find a mapping"),
    ("n", "New mapping"),
    ("g, then o m s n c a", "Overview, Mappings, Services, Nodes, Envoy config, About"),
    ("Ctrl Enter", "Review or apply a form"),
    ("Esc", "Leave a form, close a dialog"),
    ("?", "Show the shortcuts, and switch them off"),
    ("Tab", "Everything can be reached by it, in reading order"),
];

pub(super) fn page() -> Loaded {
    Loaded::new("About", Place::About, || {
        view! {
            <PageHead
                title="About Chancery"
                sub=concat!("Version ", env!("CARGO_PKG_VERSION")).into_any()
            />
            <div class="prose">
                <section aria-labelledby="what">
                    <h2 id="what">"What it is"</h2>
                    <p>
                        "Chancery is a self-service API gateway portal for Envoy. A team maps a URL prefix to a service, here or with one POST; milliseconds later every connected Envoy routes it, and the team watches its own numbers move."
                    </p>
                    <p>
                        "Everything here is also an API: "
                        <a href="/api/docs">"read its description"</a> ", or get it as "
                        <a href="/api/openapi.json">"OpenAPI"</a> "."
                    </p>
                </section>
                <section aria-labelledby="numbers">
                    <h2 id="numbers">"Numbers"</h2>
                    <p>
                        "What is not known is “–” or a gap, never 0. A request shows about two seconds after its answer at the latest. Requests that no mapping matches count nowhere."
                    </p>
                    <dl class="defs">{NUMBERS.map(definition).into_iter().collect_view()}</dl>
                </section>
                <section aria-labelledby="health">
                    <h2 id="health">"Health"</h2>
                    <p>
                        "From the requests of the last 60 s and from the endpoints. “Bad” is upstream_bad. Without traffic a mapping is idle, never healthy."
                    </p>
                    <dl class="defs">{healths().collect_view()}</dl>
                </section>
                <section aria-labelledby="config">
                    <h2 id="config">"Config"</h2>
                    <p>
                        "Whether the Envoys run the mapping’s newest revision: another question than its health."
                    </p>
                    <dl class="defs">{configs().collect_view()}</dl>
                </section>
                <section aria-labelledby="matches">
                    <h2 id="matches">"What a prefix matches"</h2>
                    <p>
                        "A prefix ends at a path segment. The longest prefix that matches serves the request, whenever it was created; “match order” is that order. Paths are compared after Envoy has normalized them; the query is never matched and always passed on."
                    </p>
                    {matches()}
                </section>
                <section aria-labelledby="keys">
                    <h2 id="keys">"Keyboard"</h2>
                    <dl class="defs">
                        {KEYS
                            .map(|(key, meaning)| {
                                view! {
                                    <div>
                                        <dt>
                                            <kbd>{key}</kbd>
                                        </dt>
                                        <dd>{meaning}</dd>
                                    </div>
                                }
                            })
                            .into_iter()
                            .collect_view()}
                    </dl>
                </section>
            </div>
        }
    })
}

fn definition((name, meaning): (&'static str, &'static str)) -> impl IntoView {
    view! {
        <div>
            <dt class="mono">{name}</dt>
            <dd>{message(meaning)}</dd>
        </div>
    }
}

fn healths() -> impl Iterator<Item = impl IntoView> {
    let all = [Health::Healthy, Health::Degraded, Health::Failing, Health::Idle, Health::Stale];
    all.into_iter().map(|state| {
        let (tone, word, meaning) = health(state);
        view! {
            <div>
                <dt>{chip(tone, word)}</dt>
                <dd>{format!("{meaning}.")}</dd>
            </div>
        }
    })
}

fn configs() -> impl Iterator<Item = impl IntoView> {
    let rejected = ConfigState::Rejected { reason: String::new() };
    let all = [
        (ConfigState::Live { nodes: 3 }, "Every connected Envoy has acknowledged it."),
        (
            ConfigState::Pending { acked: 1, nodes: 3 },
            "So many of the connected Envoys have acknowledged it; usually for milliseconds.",
        ),
        (
            rejected,
            "An Envoy has refused it. The mapping keeps its last good version, and its page shows \
             Envoy’s words.",
        ),
        (ConfigState::NoNodes, "No Envoy is connected."),
    ];
    all.into_iter().map(|(state, meaning)| {
        let (tone, word, _) = config(&state);
        view! {
            <div>
                <dt>{chip(tone, word)}</dt>
                <dd>{meaning}</dd>
            </div>
        }
    })
}

fn matches() -> impl IntoView {
    let row = |(prefix, rewrite, request, seen): (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
    )| {
        let seen = match seen.is_empty() {
            true => view! { <span class="sub">"not matched: 404"</span> }.into_any(),
            false => view! { <span class="mono">{seen}</span> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row" class="mono">
                    {prefix}
                </th>
                <td class="mono" data-label="Rewrite">
                    {rewrite}
                </td>
                <td class="mono" data-label="Request">
                    {request}
                </td>
                <td data-label="The service sees">{seen}</td>
            </tr>
        }
    };
    view! {
        <div class="card records-card">
            <table class="table records">
                <thead>
                    <tr>
                        <th scope="col">"Prefix"</th>
                        <th scope="col">"Rewrite"</th>
                        <th scope="col">"Request"</th>
                        <th scope="col">"The service sees"</th>
                    </tr>
                </thead>
                <tbody>{MATCHES.map(row).into_iter().collect_view()}</tbody>
            </table>
        </div>
    }
}
