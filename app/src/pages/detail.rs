//! One mapping: its state, the way of its requests, and a tab each for its numbers, its match, its
//! history and its configuration.

mod changes;
mod configuration;
mod flow;
mod gone;
pub(crate) mod history;
mod matching;
mod numbers;
mod policy;
mod sharing;

use leptos::either::Either;
use leptos::prelude::*;

use super::mappings::address;
use super::query::Query;
use super::{Loaded, Visit, failure};
use crate::api::client::{Client, ClientError, Write, encode_segment};
use crate::api::live::LiveMapping;
use crate::api::mapping::{Mapping, Warning};
use crate::api::plan::Plan;
use crate::api::team::Role;
use crate::components::action::{ActionForm, Tried};
use crate::components::chip::Tone;
use crate::components::frame::Place;
use crate::components::message::message;
use crate::components::note::Note;
use crate::components::page_head::Crumbs;
use crate::components::tabs::{Look, Tab, Tabs};
use crate::components::time::Ago;
use crate::draft::Typed;
use crate::islands::mapping::MappingChips;
use crate::numerals::count;

/// What the page shows below the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Numbers,
    Match,
    History,
    Config,
}

impl View {
    const ALL: [Self; 4] = [Self::Numbers, Self::Match, Self::History, Self::Config];

    /// Returns its word in the URL, which the first does not need, and its name.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Numbers => ("overview", "Overview"),
            Self::Match => ("match", "Match"),
            Self::History => ("history", "History"),
            Self::Config => ("config", "Config"),
        }
    }

    /// Reads the tab of the address; an unknown one is the first.
    fn of(query: &Query) -> Self {
        let word = query.text("tab");
        Self::ALL.into_iter().find(|view| view.words().0 == word).unwrap_or(Self::Numbers)
    }
}

/// The page's address, as far as its links keep it.
#[derive(Debug, Clone)]
struct Address {
    name: String,
    /// The query of the list that the reader came from.
    list: String,
    /// Whether the reader may change the mapping: to others no way to do so is shown.
    may_change: bool,
}

impl Address {
    fn new(name: &str, query: &Query) -> Self {
        // Read and written anew, so that it can't be anything but the list's.
        let list = address::read(&Query::parse(&query.text("list"))).to_query_string();
        let list = list.trim_start_matches('?').to_owned();
        Self { name: name.to_owned(), list, may_change: false }
    }

    fn list_href(&self) -> String {
        if self.list.is_empty() {
            "/mappings".to_owned()
        } else {
            format!("/mappings?{}", self.list)
        }
    }

    /// Returns the address of a tab; `more` are further parameters.
    fn tab(&self, view: View, more: &[(&str, &str)]) -> String {
        let mut parameters = Vec::new();
        if view != View::Numbers {
            parameters.push(("tab", view.words().0));
        }
        parameters.extend(more);
        if !self.list.is_empty() {
            parameters.push(("list", &self.list));
        }
        let query: Vec<_> = parameters
            .into_iter()
            .map(|(name, value)| format!("{name}={}", encode_segment(value)))
            .collect();
        let path = self.action("");
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// Returns the address of something one can do with the mapping.
    fn action(&self, action: &str) -> String {
        format!("/mappings/{}{action}", encode_segment(&self.name))
    }
}

pub(super) async fn page(client: &Client, visit: &Visit, name: &str, query: &Query) -> Loaded {
    let mut address = Address::new(name, query);
    let live = match client.live_mapping(name).await {
        Ok(live) => live,
        Err(error) if error.status() == Some(404) => {
            return gone::page(client, visit, address).await;
        }
        Err(error) => return failure::failed(Place::Mappings, "The mapping", error),
    };
    address.may_change = visit.me.may(Role::Editor, &live.mapping.team);
    // the live one comes without its policy
    let mapping = client.mapping(name).await.unwrap_or_else(|_gone| live.mapping.clone());
    let plan = plan(client, &mapping).await;
    let mark = mark(client, visit, name).await;
    // without them the page tells of HTTP, which there always is
    let listeners = client.gateway_settings().await.map(|gateway| gateway.listeners).ok();
    let view = View::of(query);
    let content = match view {
        View::Numbers => {
            let posted = sharing::Posted::of(visit);
            numbers::load(client, &live, &address, query, posted).await
        }
        View::Match => matching::draw(&mapping, plan.as_ref()),
        View::History => history::load(client, &address, query).await,
        View::Config => configuration::load(client, &live.mapping.name).await,
    };
    let title = match view {
        View::Numbers => live.mapping.name.clone(),
        other => format!("{} · {}", live.mapping.name, other.words().1),
    };
    Loaded::new(title, Place::Mappings, move || {
        view! {
            {head(&address, &live, mark)}
            {notes(&address, &live.mapping.warnings)}
            {flow::flow(&live, &mapping, plan.as_ref(), listeners.as_ref())}
            {tabs(&address, view)}
            {content()}
            {(view == View::Numbers).then(|| policy::card(&address, &mapping))}
        }
    })
}

/// What a tab draws, once it has loaded.
type Content = Box<dyn FnOnce() -> AnyView + Send>;

/// Asks what saving the mapping as it is would do: it tells its place and what is nested.
async fn plan(client: &Client, mapping: &Mapping) -> Option<Plan> {
    let as_it_is = Typed::of(mapping);
    let write = Write {
        draft: as_it_is.draft(),
        extras: as_it_is.extras(),
        replaces: Some(mapping.revision),
        idempotency_key: None,
    };
    // A change between the two calls, or a rule that has become stricter: the page goes without.
    client.plan(&write).await.ok()
}

/// The star of the page: whether the user has marked the mapping, and the form to do so.
struct Mark {
    is_marked: bool,
    tried: Tried,
}

/// Returns the star; nothing for who can't mark any.
async fn mark(client: &Client, visit: &Visit, name: &str) -> Option<Mark> {
    visit.me.user.as_ref()?;
    let favourites = client.favourites().await.ok()?.items;
    let tried = Tried::of(visit.acted(), "favourite.put");
    Some(Mark { is_marked: favourites.iter().any(|marked| marked == name), tried })
}

fn star(mark: Mark) -> impl IntoView {
    let Mark { is_marked, tried } = mark;
    let (to, star) = if is_marked { ("favourite.delete", "★") } else { ("favourite.put", "☆") };
    view! {
        <ActionForm to tried class="inline">
            <button class="star" aria-label="Favourite" aria-pressed=is_marked.to_string()>
                {star}
            </button>
        </ActionForm>
    }
}

fn head(address: &Address, live: &LiveMapping, mark: Option<Mark>) -> impl IntoView + use<> {
    let mapping = live.mapping.clone();
    let above = vec![(address.list_href(), "Mappings".to_owned())];
    let tags = mapping.labels.iter().map(|label| {
        let href = format!("/mappings?label={}", encode_segment(label));
        view! {
            <a class="tag" href=href>
                {label.clone()}
            </a>
        }
    });
    let tags = tags.collect_view();
    view! {
        <Crumbs above here=mapping.name.clone() />
        <div class="page-head">
            <div class="title-line">
                <h1>{mapping.name.clone()}</h1>
                {mark.map(star)}
                <MappingChips known=live.clone() />
                <span class="sub num">
                    {format!("revision {}, changed ", count(mapping.revision))}
                    <Ago at=mapping.updated_at />
                </span>
                {tags}
            </div>
            {if address.may_change {
                Either::Left(actions(address))
            } else {
                Either::Right(whose(&mapping.team))
            }}
        </div>
    }
}

fn actions(address: &Address) -> impl IntoView + use<> {
    view! {
        <div class="page-actions">
            <a class="btn" href=address.action("/clone")>
                "Clone"
            </a>
            <a class="btn" href=address.action("/delete")>
                "Delete"
            </a>
            <a class="btn btn-primary" href=address.action("/edit")>
                "Edit"
            </a>
        </div>
    }
}

/// Says who may change the mapping, to who may not.
fn whose(team: &str) -> impl IntoView + use<> {
    let href = format!("/teams/{}", encode_segment(team));
    let team = team.to_owned();
    view! {
        <p class="sub" data-testid="read-only">
            "Editors of the team "
            <a href=href>{team}</a>
            " may change it"
        </p>
    }
}

fn tabs(address: &Address, current: View) -> impl IntoView + use<> {
    let tabs = View::ALL.map(|view| Tab {
        href: address.tab(view, &[]),
        label: view.words().1.to_owned(),
        is_current: view == current,
    });
    view! { <Tabs label="About this mapping" look=Look::Tabs tabs=tabs.into() /> }
}

/// Shows what the owner should know, with what to do about it.
fn notes(address: &Address, warnings: &[Warning]) -> impl IntoView + use<> {
    let note = |warning: &Warning| {
        let advice = match warning.code.as_str() {
            "service-unresolved" if address.may_change => {
                Some((address.action("/edit"), "Correct the service"))
            }
            "nested" | "shadows" => {
                Some((address.tab(View::Match, &[]), "See which requests go where"))
            }
            _ => None,
        };
        let advice = advice.map(|(href, words)| view! { " " <a href=href>{words}</a> });
        let (code, text) = (warning.code.clone(), sentence(&warning.message));
        view! {
            <Note tone=Tone::Warn>
                <p data-warning=code>{message(&text)} {advice}</p>
            </Note>
        }
    };
    view! { <div class="notes">{warnings.iter().map(note).collect_view()}</div> }
}

/// Writes a message of the API as a sentence.
pub(super) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// Shows in place of a tab that it could not be loaded.
fn not_loaded(what: &'static str, error: ClientError) -> Content {
    Box::new(move || {
        view! {
            <Note tone=Tone::Bad testid="failed-to-load">
                <p>{what} " could not be loaded. " {message(&error.to_string())}</p>
            </Note>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_that_one_came_from_is_kept_in_every_tab() {
        let address = Address::new("a b", &Query::parse("list=q%3Dsvc%26health%3Dpurple"));

        assert_eq!(address.list_href(), "/mappings?q=svc");
        assert_eq!(address.tab(View::Numbers, &[]), "/mappings/a%20b?list=q%3Dsvc");
        assert_eq!(
            address.tab(View::History, &[("cursor", "x")]),
            "/mappings/a%20b?tab=history&cursor=x&list=q%3Dsvc"
        );
    }

    #[test]
    fn without_a_list_addresses_stay_plain() {
        let address = Address::new("a", &Query::parse("list=//evil.example/"));

        assert_eq!(address.list_href(), "/mappings");
        assert_eq!(address.tab(View::Numbers, &[]), "/mappings/a");
    }

    #[test]
    fn an_unknown_tab_is_the_first() {
        assert_eq!(View::of(&Query::parse("tab=history")), View::History);
        assert_eq!(View::of(&Query::parse("tab=x")), View::Numbers);
    }

    #[test]
    fn messages_of_the_api_become_sentences() {
        assert_eq!(sentence("the service `a` is unknown"), "The service `a` is unknown.");
        assert_eq!(sentence(""), ".");
    }
}
