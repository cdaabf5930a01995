//! What narrows the list down, as links that each lead to another address of it.

use leptos::prelude::*;

use super::{Reader, address};
use crate::api::list::{Facet, ListQuery, MINE, MappingPage, Sort};
use crate::components::tabs::{Look, Tab, Tabs};
use crate::islands::pause::Pause;
use crate::islands::resort::{Listed, Resort};
use crate::numerals::count;

/// Labels and teams that are offered; the search field finds the other labels.
const LABELS_MAX: usize = 6;
const TEAMS_MAX: usize = 6;

/// Shows the choices with their counts, and what the whole list can do.
pub(super) fn tools(
    state: &ListQuery,
    page: &MappingPage,
    reader: &Reader,
) -> impl IntoView + use<> {
    let (sort, order) = address::sorting(state);
    let listed = Listed { total: page.total, revision: page.revision, sort, order };
    let is_by_match = sort == Sort::Match;
    let by_match = address::href(&address::with(state, |state| {
        state.sort = (!is_by_match).then_some(Sort::Match);
        state.order = None;
    }));

    view! {
        <div class="table-tools">
            <nav aria-label="Filters" class="facets-nav">
                <ul class="facets">{choices(state, page, reader)}</ul>
            </nav>
            <div class="page-actions">
                {reader.has_teams.then(|| whose(state))}
                <Resort listed />
                <a
                    class="btn"
                    href=by_match
                    aria-current=is_by_match.then_some("true")
                    title="In the order in which the gateway tries them: the first that matches serves the request"
                >
                    "Match order"
                </a>
                <Pause />
            </div>
        </div>
    }
}

/// Switches between the mappings of the reader's teams and all that they see.
fn whose(state: &ListQuery) -> impl IntoView + use<> {
    let tab = |team: Option<&str>, label: &str| Tab {
        href: address::href(&address::with(state, |state| state.team = team.map(str::to_owned))),
        label: label.to_owned(),
        is_current: state.team.as_deref() == team,
    };
    let tabs = vec![tab(None, "My teams"), tab(Some(address::ALL), "All")];
    view! { <Tabs label="Whose mappings" look=Look::Switch tabs /> }
}

fn choices(state: &ListQuery, page: &MappingPage, reader: &Reader) -> Vec<AnyView> {
    let mut shown = Vec::new();
    let is_filtered = address::is_filtered(state);
    let all = address::href(&address::without_filters(state));
    // of the reader's own teams alone it is not known how many there are
    let total = (!reader.has_teams || state.team.is_some()).then_some(page.total);
    shown.push(facet(all, !is_filtered, "All", total));
    if reader.kept.is_some() {
        let to = address::with(state, |to| to.favourite = !state.favourite);
        shown.push(facet(address::href(&to), state.favourite, "★ Favourites", None));
    }
    for Facet { value, count } in offered(&page.facets.health, state.health.as_ref()) {
        let is_chosen = state.health.as_ref() == Some(&value);
        let word = capitalized(&value);
        let to = address::with(state, |to| to.health = (!is_chosen).then_some(value));
        shown.push(facet(address::href(&to), is_chosen, &word, Some(count)));
    }
    for Facet { value, count } in offered(&page.facets.config, state.config.as_ref()) {
        let is_chosen = state.config.as_ref() == Some(&value);
        let word = capitalized(&value);
        let to = address::with(state, |to| to.config = (!is_chosen).then_some(value));
        shown.push(facet(address::href(&to), is_chosen, &word, Some(count)));
    }
    shown.extend(teams(state, page));
    let labels = offered(&page.facets.labels, state.label.as_ref());
    for (place, Facet { value, count }) in labels.into_iter().enumerate() {
        let is_chosen = state.label.as_ref() == Some(&value);
        if place >= LABELS_MAX && !is_chosen {
            continue;
        }
        let to = address::with(state, |to| to.label = (!is_chosen).then(|| value.clone()));
        shown.push(facet(address::href(&to), is_chosen, &value, Some(count)));
    }
    if let Some(service) = &state.service {
        let to = address::with(state, |to| to.service = None);
        shown.push(facet(address::href(&to), true, &format!("service {service}"), None));
    }
    if is_filtered {
        let clear = address::href(&address::without_filters(state));
        let link = view! {
            <li>
                <a class="facet" href=clear data-testid="clear-filters">
                    "Clear filters"
                </a>
            </li>
        };
        shown.push(link.into_any());
    }
    shown
}

/// Offers the teams, where there is a choice.
fn teams(state: &ListQuery, page: &MappingPage) -> Vec<AnyView> {
    let named = |team: &&String| !matches!(team.as_str(), address::ALL | MINE);
    let chosen = state.team.as_ref().filter(named);
    if page.facets.teams.len() < 2 && chosen.is_none() {
        return Vec::new();
    }
    let all = offered(&page.facets.teams, chosen).into_iter().enumerate();
    let shown = all.filter(|(place, team)| *place < TEAMS_MAX || Some(&team.value) == chosen);
    let link = |(_, Facet { value, count }): (usize, Facet)| {
        let is_chosen = chosen == Some(&value);
        let to = address::with(state, |to| to.team = (!is_chosen).then(|| value.clone()));
        facet(address::href(&to), is_chosen, &format!("team {value}"), Some(count))
    };
    shown.map(link).collect()
}

/// Returns what there is, and what is chosen although there is none of it.
fn offered(facets: &[Facet], chosen: Option<&String>) -> Vec<Facet> {
    let mut offered: Vec<_> = facets
        .iter()
        .filter(|facet| facet.count > 0 || Some(&facet.value) == chosen)
        .cloned()
        .collect();
    if let Some(chosen) = chosen
        && !offered.iter().any(|facet| facet.value == *chosen)
    {
        offered.push(Facet { value: chosen.clone(), count: 0 });
    }
    offered
}

/// Writes a word of the API as people do: `no_nodes` is `No nodes`.
fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).map(|c| if c == '_' { ' ' } else { c }).collect()
}

fn facet(href: String, is_chosen: bool, word: &str, number: Option<u32>) -> AnyView {
    let number = number.map(|number| view! { <b>{count(number.into())}</b> });
    view! {
        <li>
            <a class="facet" href=href aria-current=is_chosen.then_some("true")>
                {word.to_owned()}
                " "
                {number}
            </a>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_stays_to_be_taken_back_when_nothing_has_it_any_more() {
        let facets = [
            Facet { value: "idle".to_owned(), count: 2 },
            Facet { value: "failing".to_owned(), count: 0 },
        ];
        let values = |chosen: Option<&str>| {
            let chosen = chosen.map(str::to_owned);
            let offered = offered(&facets, chosen.as_ref());
            offered.into_iter().map(|facet| facet.value).collect::<Vec<_>>()
        };

        assert_eq!(values(None), ["idle"]);
        assert_eq!(values(Some("failing")), ["idle", "failing"]);
        assert_eq!(values(Some("stale")), ["idle", "stale"]);
    }

    #[test]
    fn words_of_the_api_are_written_as_people_do() {
        assert_eq!(capitalized("no_nodes"), "No nodes");
    }
}
