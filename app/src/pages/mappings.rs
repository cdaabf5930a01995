//! The list of mappings with their live numbers, a page at a time.

pub(crate) mod address;
mod faults;
mod tools;
mod views;

use leptos::prelude::*;

use super::query::Query;
use super::{Loaded, Visit, failure};
use crate::api::client::{Client, ClientError};
use crate::api::list::{ListQuery, MappingPage, Order, Sort};
use crate::api::live::LiveMapping;
use crate::api::team::Role;
use crate::api::view::SavedView;
use crate::components::action::Tried;
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::page_head::PageHead;
use crate::components::pager::Pager;
use crate::components::refused;
use crate::components::undo::{self, Deleted};
use crate::curl;
use crate::islands::mapping_table::{Head, MappingTable};
use crate::islands::search::SearchAsTyped;
use crate::numerals::{count, counted};

use self::tools::tools;

/// Class, head and sorting of each column; `data-cell` names it for the style sheet and for tests.
const COLUMNS: [(&str, &str, Option<Sort>); 11] = [
    ("mapping", "Mapping", Some(Sort::Prefix)),
    ("service", "Service", Some(Sort::Service)),
    ("labels", "Labels", None),
    ("health", "Health", Some(Sort::Health)),
    ("config", "Config", Some(Sort::Config)),
    ("rate", "req/s", Some(Sort::Rate)),
    ("ok", "ok", Some(Sort::OkPercent)),
    ("bad", "bad/s", Some(Sort::BadRate)),
    ("p95", "p95", Some(Sort::P95)),
    ("members", "Endpoints", Some(Sort::Members)),
    ("trend", "5 min", None),
];

/// Who reads the list, and what they keep of it.
#[derive(Debug, Clone, Default)]
struct Reader {
    /// Whether they are a member of a team.
    has_teams: bool,
    /// Whether they see anything at all.
    is_outside: bool,
    /// Whether they may make a mapping somewhere.
    may_create: bool,
    /// What a user keeps; others keep nothing.
    kept: Option<Kept>,
}

#[derive(Debug, Clone, Default)]
struct Kept {
    favourites: Vec<String>,
    views: Vec<SavedView>,
    /// The form by which a view is saved.
    saving: Tried,
    /// Why something could not be kept.
    refusal: Option<ClientError>,
}

pub(super) async fn page(client: &Client, visit: &Visit, query: &Query) -> Loaded {
    let reader = reader(client, visit).await;
    let (state, loaded) = load(client, address::read(query), reader.has_teams).await;
    let deleted = match query.get("deleted") {
        Some(name) => Deleted::load(client, name).await,
        None => None,
    };
    match loaded {
        Ok(page) => Loaded::new("Mappings", Place::Mappings, move || {
            draw(&state, page, reader, deleted.as_ref())
        }),
        Err(error) => failure::failed(Place::Mappings, "The mappings", error),
    }
}

async fn reader(client: &Client, visit: &Visit) -> Reader {
    let me = &visit.me;
    let reader = Reader {
        has_teams: !me.teams.is_empty(),
        is_outside: me.teams.is_empty() && me.installation.is_none(),
        may_create: me.may_somewhere(Role::Editor),
        kept: None,
    };
    if me.user.is_none() {
        return reader;
    }
    // the list is worth more than what is around it
    let favourites = client.favourites().await.unwrap_or_default().items;
    let views = client.views().await.unwrap_or_default().items;
    let acted = visit.acted();
    let saving = Tried::of(acted, views::SAVE);
    let other = acted.filter(|acted| acted.action != views::SAVE);
    let refusal = other.and_then(|acted| acted.outcome.as_ref().err()).cloned();
    let kept = Kept { favourites, views, saving, refusal };
    Reader { kept: Some(kept), ..reader }
}

/// Asks for the list; what the server can't read of the address is left out, and asked again.
async fn load(
    client: &Client,
    state: ListQuery,
    has_teams: bool,
) -> (ListQuery, Result<MappingPage, ClientError>) {
    let ask = async |state: &ListQuery| client.mappings(&address::asked(state, has_teams)).await;
    let answer = ask(&state).await;
    if !is_invalid_query(&answer) || state == ListQuery::default() {
        return (state, answer);
    }
    let from_start = ListQuery { cursor: None, ..state };
    let answer = ask(&from_start).await;
    if !is_invalid_query(&answer) {
        return (from_start, answer);
    }
    let all = ListQuery::default();
    let answer = ask(&all).await;
    (all, answer)
}

fn is_invalid_query(answer: &Result<MappingPage, ClientError>) -> bool {
    answer.as_ref().is_err_and(|error| error.status() == Some(400))
}

fn draw(
    state: &ListQuery,
    page: MappingPage,
    reader: Reader,
    deleted: Option<&Deleted>,
) -> impl IntoView + use<> {
    let is_none_yet = page.total == 0;
    let is_none_match = !is_none_yet && page.items.is_empty();
    let sub = summary(state, &page).into_any();
    let refusal = reader.kept.as_ref().and_then(|kept| kept.refusal.as_ref()).map(refused::note);
    let kept = reader.kept.as_ref().map(|kept| views::views(state, kept));
    let may_create = reader.may_create;
    let faults = faults::note(&page.items);
    let content = if is_none_yet {
        none_yet(&reader).into_any()
    } else if is_none_match {
        view! {
            {kept}
            {tools(state, &page, &reader)}
            {none_match(state, &reader)}
        }
        .into_any()
    } else {
        view! {
            {kept}
            {tools(state, &page, &reader)}
            {table(state, page, &reader)}
        }
        .into_any()
    };

    view! {
        <PageHead title="Mappings" sub>{may_create.then(new_mapping)}</PageHead>
        {deleted.map(undo::note)}
        {refusal}
        {faults}
        {content}
        <SearchAsTyped />
    }
}

/// Says how many there are and, where it matters, what their order means.
fn summary(state: &ListQuery, page: &MappingPage) -> String {
    let total = u64::from(page.total);
    let shown = match (page.total, address::is_filtered(state)) {
        (0, _) => return "None yet".to_owned(),
        (_, true) => format!("{} of {}", count(page.matched.into()), counted(total, "mapping")),
        (_, false) => counted(total, "mapping"),
    };
    match state.sort {
        Some(Sort::Match) => {
            format!("{shown}, in match order: the first that matches a request serves it")
        }
        _ => shown,
    }
}

fn table(state: &ListQuery, page: MappingPage, reader: &Reader) -> impl IntoView + use<> {
    let to_page = |cursor: &Option<String>| {
        let cursor = cursor.clone()?;
        Some(address::href(&ListQuery { cursor: Some(cursor), ..state.clone() }))
    };
    let (previous, next) = (to_page(&page.previous_cursor), to_page(&page.next_cursor));
    let last = page.first + u32::try_from(page.items.len()).unwrap_or(0).saturating_sub(1);
    let [first, last, matched] = [page.first, last, page.matched].map(|n| count(n.into()));
    let heads = COLUMNS.into_iter().filter(|(cell, ..)| {
        *cell != "labels" || page.items.iter().any(|live| !live.mapping.labels.is_empty())
    });
    let heads: Vec<_> = heads.map(|(cell, label, sort)| head(state, cell, label, sort)).collect();

    let teams = page.facets.teams.len() > 1;
    let marks = reader.kept.as_ref().map(|kept| {
        let is_marked = |name: &String| kept.favourites.contains(name);
        let star = |live: &LiveMapping| if is_marked(&live.mapping.name) { '★' } else { '☆' };
        page.items.iter().map(star).collect::<String>()
    });
    let marking = marks.is_some().then(|| views::marking(state));

    view! {
        {marking}
        <MappingTable
            heads
            rows=page.items
            back=back(state)
            teams
            stars=marks.unwrap_or_default()
        />
        <Pager shown=format!("{first}–{last} of {matched}") previous next />
        {definitions()}
    }
}

/// Returns what a link to a mapping ends with, so that its page leads back to this list.
fn back(state: &ListQuery) -> String {
    let query = state.to_query_string();
    let query = query.trim_start_matches('?');
    if query.is_empty() {
        return String::new();
    }
    format!("?list={}", crate::api::client::encode_segment(query))
}

fn head(state: &ListQuery, cell: &str, label: &str, column: Option<Sort>) -> Head {
    let (sort, order) = address::sorting(state);
    let direction = match order {
        Order::Asc => "ascending",
        Order::Desc => "descending",
    };
    Head {
        cell: cell.to_owned(),
        label: label.to_owned(),
        href: column.map(|column| address::href(&address::sorted_by(state, column))),
        sort: (column == Some(sort)).then(|| direction.to_owned()),
    }
}

fn new_mapping() -> impl IntoView {
    view! {
        <a class="btn btn-primary" href="/mappings/new" aria-keyshortcuts="n">
            "New mapping "
            <kbd aria-hidden="true">"n"</kbd>
        </a>
    }
}

/// Says why there is nothing, and what to do about it, which depends on who one is.
fn none_yet(reader: &Reader) -> impl IntoView + use<> {
    if reader.is_outside {
        return view! {
            <Empty title="You are in no team yet" testid="no-team-yet">
                <p>
                    "You see the mappings of your teams. An owner of a team, or an admin, can add you."
                </p>
                <p>
                    <a class="btn btn-primary" href="/teams">
                        "All teams, and how to reach them"
                    </a>
                </p>
            </Empty>
        }
        .into_any();
    }
    if !reader.may_create {
        return view! {
            <Empty title="No mapping yet" testid="none-yet">
                <p>"Your teams have none yet. You may see them; their editors make them."</p>
            </Empty>
        }
        .into_any();
    }
    none_to_begin().into_any()
}

fn none_to_begin() -> impl IntoView {
    view! {
        <Empty title="No mapping yet" testid="none-yet">
            <p>
                "A mapping sends the requests below a URL prefix to a service. Create one here, or with one POST:"
            </p>
            <pre class="code" tabindex="0" aria-label="Example with curl">
                {curl::EXAMPLE}
            </pre>
            <p class="sub">"Envoy serves it a moment later."</p>
            <p>
                <a class="btn btn-primary" href="/mappings/new">
                    "Create the first mapping"
                </a>
            </p>
        </Empty>
    }
}

fn none_match(state: &ListQuery, reader: &Reader) -> impl IntoView + use<> {
    let searched = (!state.q.is_empty()).then(|| {
        view! {
            <p>
                "Nothing contains " <code>{state.q.clone()}</code>
                " in its name, prefix, service or labels, among what is chosen above."
            </p>
        }
    });
    let clear = address::is_filtered(state).then(|| {
        let clear = address::href(&address::without_filters(state));
        view! {
            <a class="btn" href=clear>
                "Clear filters"
            </a>
        }
    });
    let elsewhere = (reader.has_teams && state.team.is_none()).then(|| {
        let all = address::with(state, |state| state.team = Some(address::ALL.to_owned()));
        view! {
            " "
            <a class="btn" href=address::href(&all)>
                "Look in all that you see"
            </a>
        }
    });
    view! {
        <Empty title="No mapping matches" testid="none-match">
            {searched}
            <p>{clear} {elsewhere}</p>
        </Empty>
    }
}

/// Says what the numbers count, on the page that shows them.
fn definitions() -> impl IntoView {
    let defined = [
        ("req/s", "All requests a second, over the last five seconds."),
        ("ok", "Share of the last minute's requests that were answered with 1xx, 2xx or 3xx."),
        ("bad/s", "Requests a second with a 5xx, or no answer: connect failure, timeout, reset."),
        ("p95", "19 of 20 answers of the last minute came within this time."),
        ("Endpoints", "Healthy of all addresses of the service, by their health checks."),
    ];
    let line = |(term, meaning)| {
        view! {
            <div>
                <dt>{term}</dt>
                <dd>{meaning}</dd>
            </div>
        }
    };
    view! {
        <section class="definitions" aria-label="What the numbers count">
            <dl>{defined.map(line).into_iter().collect_view()}</dl>
            <p>"No traffic is idle, never healthy. What is not known is –, never 0."</p>
        </section>
    }
}

#[cfg(test)]
mod tests;
