//! The page of services: what mappings lead to, where it is, and how it does.

use leptos::prelude::*;

use super::query::Query;
use super::{Loaded, failure};
use crate::api::client::{Client, ClientError, encode_segment};
use crate::api::live::Members;
use crate::api::service::{Resolution, Service, ServicePage, Source};
use crate::components::chip::Tone;
use crate::components::empty::Empty;
use crate::components::find::Find;
use crate::components::frame::Place;
use crate::components::message::message;
use crate::components::page_head::PageHead;
use crate::components::pager::Onward;
use crate::draft::mapping_address;
use crate::numerals::{UNKNOWN, count, counted};

/// Services of a page.
const ROWS: u32 = 50;

/// Endpoints, and mappings, that are shown before one asks for the rest.
const SHOWN: usize = 3;

pub(super) async fn page(client: &Client, query: &Query) -> Loaded {
    let mut q = query.text("q");
    let mut cursor = query.get("cursor");
    let mut loaded = client.services(&q, ROWS, cursor).await;
    let is_unreadable = |loaded: &Result<ServicePage, ClientError>| {
        loaded.as_ref().is_err_and(|error| error.status() == Some(400))
    };
    // a cursor that was cut off or is of another version, or a very long search
    if is_unreadable(&loaded) && cursor.take().is_some() {
        loaded = client.services(&q, ROWS, None).await;
    }
    if is_unreadable(&loaded) {
        q.clear();
        loaded = client.services(&q, ROWS, None).await;
    }
    let is_first = cursor.is_none();
    match loaded {
        Ok(page) => Loaded::new("Services", Place::Services, move || draw(page, q, is_first)),
        Err(error) => failure::failed(Place::Services, "The services", error),
    }
}

fn draw(page: ServicePage, q: String, is_first: bool) -> impl IntoView {
    let ServicePage { items, total, matched, next_cursor } = page;
    let shown = match q.is_empty() {
        true => counted(total.into(), "service"),
        false => format!("{} of {}", count(matched.into()), counted(total.into(), "service")),
    };
    let address = |cursor: Option<&str>| {
        let cursor = cursor.map(|cursor| format!("&cursor={}", encode_segment(cursor)));
        format!("/services?q={}{}", encode_segment(&q), cursor.unwrap_or_default())
    };
    let first = (!is_first).then(|| address(None));
    let next = next_cursor.as_deref().map(|cursor| address(Some(cursor)));
    let is_searched = !q.is_empty();

    view! {
        <PageHead title="Services" />
        <Find action="/services" list="Services" placeholder="Find a service" q=q.clone() shown />
        {match (items.is_empty(), is_searched) {
            (false, _) => table(items).into_any(),
            (true, true) => none_match(&q).into_any(),
            (true, false) => none_yet().into_any(),
        }}
        <Onward first next />
    }
}

fn none_yet() -> impl IntoView {
    view! {
        <Empty title="No service is used yet" testid="none-yet">
            <p>
                "A service is where a mapping leads: a name that DNS knows, an address, or one that an operator has written down with "
                <code>"chancery serve --service NAME=ADDRESS:PORT"</code> "."
            </p>
            <p>
                <a class="btn btn-primary" href="/mappings/new">
                    "New mapping"
                </a>
            </p>
        </Empty>
    }
}

fn none_match(q: &str) -> impl IntoView + use<> {
    let q = q.to_owned();
    view! {
        <Empty title="No service matches" testid="none-match">
            <p>"None has " <code>{q}</code> " in its name."</p>
            <p>
                <a class="btn" href="/services">
                    "All services"
                </a>
            </p>
        </Empty>
    }
}

fn table(items: Vec<Service>) -> impl IntoView {
    let rows = items.into_iter().map(row).collect_view();
    view! {
        <div class="card records-card">
            <table class="table records" data-testid="services">
                <thead>
                    <tr>
                        <th scope="col">"Service"</th>
                        <th scope="col">"Endpoints"</th>
                        <th scope="col">"Healthy"</th>
                        <th scope="col" class="num mono">
                            "upstream_ok"
                        </th>
                        <th scope="col" class="num mono">
                            "upstream_4xx"
                        </th>
                        <th scope="col" class="num mono">
                            "upstream_bad"
                        </th>
                        <th scope="col">"Mappings"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(service: Service) -> impl IntoView {
    let source = match service.source {
        Source::Fixed => "written down",
        Source::Address => "address",
        Source::Dns => "DNS",
        Source::Kubernetes => "Kubernetes",
    };
    let counters = service.counters;
    let bad_class = if counters.upstream_bad > 0 { "num text-bad" } else { "num" };
    let new = format!("/mappings/new?service={}", encode_segment(&service.name));
    let name = service.name.clone();
    view! {
        <tr data-service=name.clone()>
            <th scope="row">
                <span class="mono strong">{name.clone()}</span>
                <span class="sub">{source}</span>
            </th>
            <td data-label="Endpoints">{endpoints(&service)}</td>
            <td data-label="Healthy">{members(service.members)}</td>
            <td class="num" data-label="upstream_ok">
                {count(counters.upstream_ok)}
            </td>
            <td class="num" data-label="upstream_4xx">
                {count(counters.upstream_4xx)}
            </td>
            <td class=bad_class data-label="upstream_bad">
                {count(counters.upstream_bad)}
            </td>
            <td data-label="Mappings">{mappings(&service, new)}</td>
        </tr>
    }
}

/// Shows where a service is, or why that is not known.
fn endpoints(service: &Service) -> impl IntoView + use<> {
    let reason = service.reason.clone();
    let (tone, word) = match service.state {
        Resolution::Known if service.endpoints.is_empty() => (Tone::Bad, "None"),
        Resolution::Known => (Tone::Ok, ""),
        Resolution::Pending => (Tone::Accent, "Looking up"),
        Resolution::Unresolved => (Tone::Bad, "Unresolved"),
        Resolution::Unused => (Tone::Idle, "Not looked up"),
    };
    let state = (!word.is_empty()).then(|| chip(tone, word.to_owned()));
    view! {
        {state}
        {listed(service.endpoints.iter().map(|address| view! { <code>{address.clone()}</code> }.into_any()).collect(), service.endpoints.len())}
        {reason.map(|reason| view! { <span class="cell-note">{message(&reason)}</span> })}
    }
}

/// Shows the first of a list, and the rest when asked; `total` may be more than are listed.
fn listed(mut items: Vec<AnyView>, total: usize) -> impl IntoView {
    let rest = if items.len() > SHOWN { items.split_off(SHOWN) } else { Vec::new() };
    let unlisted = total.saturating_sub(items.len() + rest.len());
    let line = |item: AnyView| view! { <li>{item}</li> };
    let more = (!rest.is_empty()).then(|| {
        let summary = format!("{} more", count((rest.len() + unlisted) as u64));
        let unlisted =
            (unlisted > 0).then(|| view! { <li class="sub">{format!("and {unlisted} more")}</li> });
        view! {
            <details class="more">
                <summary>{summary}</summary>
                <ul>{rest.into_iter().map(line).collect_view()} {unlisted}</ul>
            </details>
        }
    });
    view! {
        <ul class="cell-list">{items.into_iter().map(line).collect_view()}</ul>
        {more}
    }
}

fn members(members: Option<Members>) -> impl IntoView {
    let Some(Members { healthy_members, total_members }) = members else {
        return view! { <span title="No Envoy has reported on it">{UNKNOWN}</span> }.into_any();
    };
    let tone = match healthy_members {
        0 => Tone::Bad,
        some if some < total_members => Tone::Warn,
        _ => Tone::Ok,
    };
    chip(tone, format!("{healthy_members}/{total_members}")).into_any()
}

fn mappings(service: &Service, new: String) -> impl IntoView + use<> {
    if service.mapping_count == 0 {
        return view! {
            <a href=new>
                "Map a prefix"
                <span class="visually-hidden">{format!(" to {}", service.name)}</span>
            </a>
        }
        .into_any();
    }
    let link =
        |name: &String| view! { <a href=mapping_address(name)>{name.clone()}</a> }.into_any();
    let total = usize::try_from(service.mapping_count).unwrap_or(usize::MAX);
    listed(service.mappings.iter().map(link).collect(), total).into_any()
}

/// Shows a state as a dot and a word.
pub(super) fn chip(tone: Tone, word: String) -> impl IntoView {
    view! {
        <span class=format!("chip {}", tone.class())>
            <i aria-hidden="true"></i>
            {word}
        </span>
    }
}
