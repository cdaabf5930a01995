//! Requests: what waits for one's own decision, and what one has asked others for.

mod request;

use leptos::prelude::*;

pub(super) use self::request::page as request;
use super::query::Query;
use super::{Loaded, failure};
use crate::api::client::{Client, encode_segment};
use crate::api::request::{Request, RequestPage, RequestState};
use crate::components::chip::Tone;
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::page_head::PageHead;
use crate::components::pager::Onward;
use crate::components::tabs::{Look, Tab, Tabs};
use crate::components::time::{Ago, AgoProps};
use crate::numerals::{count, counted};

/// Requests of a page.
const ROWS: u32 = 50;

/// Which requests are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    ToDecide,
    Mine,
    All,
}

impl Show {
    const ALL: [Self; 3] = [Self::ToDecide, Self::Mine, Self::All];

    fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|show| show.word() == word).unwrap_or(Self::ToDecide)
    }

    fn word(self) -> &'static str {
        match self {
            Self::ToDecide => "to-decide",
            Self::Mine => "mine",
            Self::All => "all",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::ToDecide => "To decide",
            Self::Mine => "Mine",
            Self::All => "All",
        }
    }

    /// Returns what the API is asked for.
    fn filter(self) -> &'static str {
        match self {
            Self::ToDecide => "&to_decide=true",
            Self::Mine => "&mine=true",
            Self::All => "",
        }
    }
}

/// `/requests`
pub(super) async fn page(client: &Client, query: &Query) -> Loaded {
    let show = Show::of(&query.text("show"));
    let mut cursor = query.get("cursor");
    let mut loaded = client.requests(show.filter(), ROWS, cursor).await;
    // a cursor that was cut off
    if loaded.as_ref().is_err_and(|error| error.status() == Some(400)) {
        cursor = None;
        loaded = client.requests(show.filter(), ROWS, None).await;
    }
    let is_first = cursor.is_none();
    match loaded {
        Ok(page) => Loaded::new("Requests", Place::Requests, move || draw(page, show, is_first)),
        Err(error) => failure::failed(Place::Requests, "The requests", error),
    }
}

/// Returns the address of a request's page.
pub fn address(id: u64) -> String {
    format!("/requests/{id}")
}

fn draw(page: RequestPage, show: Show, is_first: bool) -> impl IntoView {
    let RequestPage { items, matched, waiting, next_cursor } = page;
    let tab = |this: Show| {
        let number = (this == Show::ToDecide && waiting > 0).then(|| count(waiting.into()));
        let number = number.map(|number| format!(" ({number})")).unwrap_or_default();
        Tab {
            href: format!("/requests?show={}", this.word()),
            label: format!("{}{number}", this.label()),
            is_current: this == show,
        }
    };
    let tabs = Show::ALL.map(tab).into_iter().collect();
    let at = |cursor: Option<&str>| {
        let cursor = cursor.map(|cursor| format!("&cursor={}", encode_segment(cursor)));
        format!("/requests?show={}{}", show.word(), cursor.unwrap_or_default())
    };
    let first = (!is_first).then(|| at(None));
    let next = next_cursor.as_deref().map(|cursor| at(Some(cursor)));
    view! {
        <PageHead title="Requests" sub=counted(matched.into(), "request").into_any()>
            <a class="btn" href="/protections">
                "Protected places"
            </a>
        </PageHead>
        <Tabs label="Which requests" look=Look::Tabs tabs />
        {match items.is_empty() {
            true => none(show).into_any(),
            false => table(items).into_any(),
        }}
        <Onward first next />
    }
}

fn none(show: Show) -> impl IntoView {
    let (title, text) = match show {
        Show::ToDecide => (
            "Nothing waits for you",
            "Here come changes in places that your team protects, and teams that ask for your claims.",
        ),
        Show::Mine => (
            "You have asked for nothing",
            "A change in a protected place becomes a request by itself; a claim is asked for on its page.",
        ),
        Show::All => {
            ("There is no request", "Those that your teams have made or decide on are shown.")
        }
    };
    view! {
        <Empty title=title testid="none">
            <p>{text}</p>
        </Empty>
    }
}

fn table(items: Vec<Request>) -> impl IntoView {
    view! {
        <div class="card records-card">
            <table class="table records" data-testid="requests">
                <thead>
                    <tr>
                        <th scope="col">"Request"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"For"</th>
                        <th scope="col">"Decided by"</th>
                        <th scope="col">"Asked"</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(request: Request) -> impl IntoView {
    let subject = request.subject();
    let by = format!("asked by {}", request.author);
    view! {
        <tr data-request=request.id.to_string()>
            <th scope="row">
                <a class="name" href=address(request.id)>
                    {subject}
                </a>
                <span class="sub">{by}</span>
            </th>
            <td data-label="State">{state(&request)}</td>
            <td data-label="For">{request.team}</td>
            <td data-label="Decided by">{request.approvers}</td>
            <td data-label="Asked">{Ago(AgoProps { at: request.created_at })}</td>
        </tr>
    }
}

/// Shows how far a request has come.
fn state(request: &Request) -> impl IntoView + use<> {
    let agreed = request.approvals.len();
    let (tone, word) = match request.state {
        RequestState::Open if request.needed > 1 => {
            (Tone::Accent, format!("Open, {agreed} of {} agree", request.needed))
        }
        RequestState::Open => (Tone::Accent, "Open".to_owned()),
        RequestState::Approved => (Tone::Ok, "Approved".to_owned()),
        RequestState::Refused => (Tone::Bad, "Refused".to_owned()),
        RequestState::Withdrawn => (Tone::Idle, "Withdrawn".to_owned()),
        RequestState::Stale => (Tone::Warn, "Stale".to_owned()),
    };
    super::services::chip(tone, word)
}
