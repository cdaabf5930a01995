//! Keeps the list's state in the page's address: what is searched, chosen and sorted.
//!
//! People type, cut and share addresses: what can't be read is passed over, and the list shows its
//! default.

use crate::api::list::{LIMIT_MAX, ListQuery, MINE, Order, Sort};
use crate::pages::query::Query;

/// Longest text that is searched for, in characters: as long as the field takes.
const Q_MAX: usize = 200;

/// Stands in the address for the mappings of all teams; no team has this name.
pub(super) const ALL: &str = "all";

/// Reads the state from a query.
pub(crate) fn read(query: &Query) -> ListQuery {
    let known = |name: &str, words: &[&str]| {
        query.get(name).filter(|value| words.contains(value)).map(str::to_owned)
    };
    let sort = query.get("sort").and_then(|word| Sort::ALL.into_iter().find(|s| s.word() == word));
    let order = [Order::Asc, Order::Desc]
        .into_iter()
        .find(|order| query.get("order") == Some(order.word()));
    ListQuery {
        q: query.text("q").trim().chars().take(Q_MAX).collect(),
        sort,
        order: order.filter(|_| sort.is_some()),
        health: known("health", &["healthy", "degraded", "failing", "idle", "stale"]),
        config: known("config", &["live", "pending", "rejected", "no_nodes"]),
        label: query.get("label").map(str::to_owned),
        service: query.get("service").map(str::to_owned),
        team: query.get("team").map(str::to_owned),
        favourite: query.get("favourite") == Some("true"),
        limit: query
            .get("limit")
            .and_then(|limit| limit.parse().ok())
            .filter(|limit| (1..=LIMIT_MAX).contains(limit)),
        cursor: query.get("cursor").map(str::to_owned),
    }
}

/// Returns the parameters that another text to search for leaves as they are.
pub(crate) fn kept(query: &Query) -> Vec<(String, String)> {
    let state = ListQuery { q: String::new(), cursor: None, ..read(query) };
    let Query(pairs) = Query::parse(state.to_query_string().trim_start_matches('?'));
    pairs
}

/// Writes the address of the list in this state.
pub(crate) fn href(state: &ListQuery) -> String {
    format!("/mappings{}", state.to_query_string())
}

/// Returns what the API is asked for: whoever has teams sees at first their own.
pub(super) fn asked(state: &ListQuery, has_teams: bool) -> ListQuery {
    let team = match state.team.as_deref() {
        None if has_teams => Some(MINE.to_owned()),
        None | Some(ALL) => None,
        Some(team) => Some(team.to_owned()),
    };
    ListQuery { team, ..state.clone() }
}

/// Returns the state with another choice, from its first page on.
pub(super) fn with(state: &ListQuery, choose: impl FnOnce(&mut ListQuery)) -> ListQuery {
    let mut state = ListQuery { cursor: None, ..state.clone() };
    choose(&mut state);
    state
}

/// Returns the state without anything that leaves mappings out, but for whose they are.
pub(super) fn without_filters(state: &ListQuery) -> ListQuery {
    let ListQuery { sort, order, limit, .. } = *state;
    let team = state.team.clone().filter(|team| team == ALL);
    ListQuery { sort, order, limit, team, ..ListQuery::default() }
}

/// Tells whether some mappings may be left out.
pub(super) fn is_filtered(state: &ListQuery) -> bool {
    let choices = [&state.health, &state.config, &state.label, &state.service];
    let has_team = state.team.as_deref().is_some_and(|team| team != ALL && team != MINE);
    !state.q.is_empty() || state.favourite || has_team || choices.into_iter().any(Option::is_some)
}

/// Returns what the list is sorted by, and in which order.
pub(super) fn sorting(state: &ListQuery) -> (Sort, Order) {
    let sort = state.sort.unwrap_or_default();
    (sort, state.order.unwrap_or_default())
}

/// Returns the state after a click on a column: sorted by it, or the other way round.
pub(super) fn sorted_by(state: &ListQuery, column: Sort) -> ListQuery {
    let (sort, order) = sorting(state);
    let order = match (sort == column, order) {
        (false, _) => first_order(column),
        (true, Order::Asc) => Order::Desc,
        (true, Order::Desc) => Order::Asc,
    };
    with(state, |state| {
        // The default is not written out, so that the plain list has one address.
        let is_default = column == Sort::default() && order == Order::default();
        state.sort = (!is_default).then_some(column);
        state.order = (!is_default && order != Order::default()).then_some(order);
    })
}

/// Begins with what one looks for first: the busiest, the worst, the slowest, the latest.
fn first_order(column: Sort) -> Order {
    match column {
        Sort::Rate | Sort::BadRate | Sort::P95 | Sort::Updated => Order::Desc,
        _ => Order::Asc,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(query: &str) -> ListQuery {
        read(&Query::parse(query))
    }

    #[test]
    fn an_address_is_read_and_written_back() {
        let query = "?q=user%20svc&sort=bad_rate&order=desc&health=failing&config=rejected\
            &label=team%3Da&service=usersvc%3A80&team=shop&favourite=true&limit=20&cursor=abc";

        assert_eq!(state(query.trim_start_matches('?')).to_query_string(), query);
    }

    #[test]
    fn what_cannot_be_read_falls_back_to_its_default() {
        let query = "sort=colour&order=up&health=green&config=%00&limit=0&cursor=&q=%20%20";

        assert_eq!(state(query), ListQuery::default());
        assert_eq!(state("limit=201").limit, None);
        assert_eq!(state("limit=x").limit, None);
    }

    #[test]
    fn a_search_keeps_the_sorting_and_the_choices_but_not_the_place() {
        let query = Query::parse("q=a&sort=name&label=b%20c&cursor=x&else=1");

        let expected = [("sort", "name"), ("label", "b c")];
        assert_eq!(kept(&query), expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn an_order_without_a_column_means_nothing() {
        assert_eq!(state("order=desc"), ListQuery::default());
    }

    #[test]
    fn a_very_long_text_is_cut() {
        let long = "ü".repeat(5_000);

        assert_eq!(state(&format!("q={long}")).q.chars().count(), Q_MAX);
    }

    #[test]
    fn a_second_click_reverses_and_the_default_has_no_parameters() {
        let by_rate = sorted_by(&state("q=a&cursor=c"), Sort::Rate);
        assert_eq!(by_rate.to_query_string(), "?q=a&sort=rate&order=desc");
        assert_eq!(sorted_by(&by_rate, Sort::Rate).to_query_string(), "?q=a&sort=rate");

        let reversed = sorted_by(&ListQuery::default(), Sort::Prefix);
        assert_eq!(reversed.to_query_string(), "?sort=prefix&order=desc");
        assert_eq!(sorted_by(&reversed, Sort::Prefix).to_query_string(), "");
    }

    #[test]
    fn who_has_teams_sees_at_first_their_own() {
        let team = |query: &str, has_teams| asked(&state(query), has_teams).team;

        assert_eq!(team("", true).as_deref(), Some(MINE));
        assert_eq!(team("", false), None);
        assert_eq!(team("team=all", true), None);
        assert_eq!(team("team=shop", true).as_deref(), Some("shop"));
        let all = state("team=all&q=a");
        assert_eq!(href(&without_filters(&all)), "/mappings?team=all");
        assert!(!is_filtered(&state("team=all")) && is_filtered(&state("team=shop")));
    }

    #[test]
    fn without_filters_the_sorting_stays() {
        let filtered = state("q=a&health=idle&sort=name");

        assert!(is_filtered(&filtered));
        assert_eq!(href(&without_filters(&filtered)), "/mappings?sort=name");
    }
}
