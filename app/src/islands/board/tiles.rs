//! The five numbers that say how the gateway does.

use leptos::prelude::*;

use crate::api::live::{Gateway, Totals};
use crate::live::store::Live;
use crate::numerals::{UNKNOWN, count, counted, percent, rate};

/// Shows the numbers, each with what it means.
pub(super) fn tiles(live: &Live) -> impl IntoView + use<> {
    let total = |read: fn(&Totals) -> Figure| {
        let totals = live.totals.clone();
        Signal::derive(move || totals.with(read))
    };
    let gateway = live.gateway.clone();
    let nodes = Signal::derive(move || gateway.with(nodes));

    view! {
        <dl class="tiles" data-testid="tiles">
            {tile("rate", "Requests", total(requests))} {tile("ok", "Successful", total(successful))}
            {tile("bad", "Bad", total(bad))} {tile("members", "Healthy endpoints", total(endpoints))}
            {tile("nodes", "Nodes", nodes)}
        </dl>
    }
}

/// A number, its unit, and a line about it.
#[derive(Debug, PartialEq, Eq, Clone)]
struct Figure {
    value: String,
    unit: String,
    detail: String,
}

fn tile(name: &'static str, label: &'static str, figure: Signal<Figure>) -> impl IntoView {
    view! {
        <div class="card tile" data-tile=name>
            <dt>{label}</dt>
            <dd>
                <p class="value">
                    <span data-testid=name>{move || figure.with(|figure| figure.value.clone())}</span>
                    <span class="unit">{move || figure.with(|figure| figure.unit.clone())}</span>
                </p>
                <p class="detail num">{move || figure.with(|figure| figure.detail.clone())}</p>
            </dd>
        </div>
    }
}

fn requests(totals: &Totals) -> Figure {
    let detail = match totals.latency {
        Some(latency) => format!("p95 {} ms", count(latency.p95_ms.into())),
        None => "all mappings, last 5 s".to_owned(),
    };
    Figure { value: rate(totals.rate), unit: "/s".to_owned(), detail }
}

fn successful(totals: &Totals) -> Figure {
    let detail = match totals.ok_percent {
        Some(_) => "1xx–3xx of the last minute".to_owned(),
        None => "no request in the last minute".to_owned(),
    };
    let value = percent(totals.ok_percent);
    Figure { value: value.trim_end_matches('%').to_owned(), unit: "%".to_owned(), detail }
}

fn bad(totals: &Totals) -> Figure {
    let detail = "5xx and no answer".to_owned();
    Figure { value: rate(totals.bad_rate), unit: "/s".to_owned(), detail }
}

fn endpoints(totals: &Totals) -> Figure {
    let Some(members) = totals.members else {
        let detail = "no Envoy has reported".to_owned();
        return Figure { value: UNKNOWN.to_owned(), unit: String::new(), detail };
    };
    let down = members.total_members.saturating_sub(members.healthy_members);
    Figure {
        value: count(members.healthy_members.into()),
        unit: format!("of {}", count(members.total_members.into())),
        detail: if down == 0 {
            "none down".to_owned()
        } else {
            format!("{} down", count(down.into()))
        },
    }
}

fn nodes(gateway: &Gateway) -> Figure {
    let revision = count(gateway.revision);
    let behind = gateway.nodes.saturating_sub(gateway.nodes_current);
    let detail = match (gateway.nodes, behind) {
        (0, _) => "no Envoy is connected".to_owned(),
        (_, 0) => format!("all at revision {revision}"),
        (_, behind) => format!("{} not yet at {revision}", counted(behind.into(), "node")),
    };
    let unit = format!("of {} current", count(gateway.nodes.into()));
    Figure { value: count(gateway.nodes_current.into()), unit, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_no_zero() {
        let totals = Totals::default();

        assert_eq!(requests(&totals).value, UNKNOWN);
        assert_eq!(successful(&totals).value, UNKNOWN);
        assert_eq!(endpoints(&totals).value, UNKNOWN);
    }

    #[test]
    fn nodes_that_lag_are_named() {
        let gateway = Gateway { revision: 1_842, nodes: 3, nodes_current: 2, ..Gateway::default() };

        assert_eq!(nodes(&gateway).detail, "1 node not yet at 1,842");
        assert_eq!(nodes(&Gateway::default()).detail, "no Envoy is connected");
    }
}
