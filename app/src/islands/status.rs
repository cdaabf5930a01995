//! Says how current the page is: the line in the top bar, and the banners above the page.
//!
//! The line also opens the page's websocket: it is on every page, and comes first.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::given::Given;
use crate::api::live::Gateway;
use crate::components::chip::Tone;
use crate::components::icon::{self, Icon};
use crate::live::store::{Connection, Live, Seed};
use crate::numerals::{age, clock, count, counted, day_and_clock};

/// Shows whether numbers come, and what the fleet runs.
#[island]
pub(crate) fn LiveStatus(#[prop(into)] seed: Given<Seed>) -> impl IntoView {
    let live = Live::seeded(seed.0);
    #[cfg(feature = "hydrate")]
    crate::live::socket::follow(&live);
    let tone = {
        let live = live.clone();
        Memo::new(move |_| {
            let is_stale = live.gateway.with(|gateway| gateway.stale_since.is_some());
            match live.connection.get() {
                Connection::Connecting => Tone::Idle,
                Connection::Lost => Tone::Bad,
                Connection::Live if is_stale => Tone::Warn,
                Connection::Live => Tone::Ok,
            }
        })
    };
    let gateway = live.gateway.clone();

    view! {
        <div class="live" data-testid="live">
            <span class="live-state">
                <i class=move || format!("dot {}", tone.get().class()) aria-hidden="true"></i>
                <span class="num" data-testid="live-state">
                    {move || currency(&live)}
                </span>
            </span>
            <span class="num live-fleet" data-testid="fleet">
                {move || gateway.with(fleet)}
            </span>
        </div>
    }
}

/// Writes how current the numbers are.
fn currency(live: &Live) -> String {
    if live.is_paused.get() {
        return format!("Paused, {} old", age(live.age_seconds()));
    }
    match live.connection.get() {
        Connection::Connecting => match live.at.get() {
            Some(at) => format!("As of {}", clock(at)),
            None => "Connecting…".to_owned(),
        },
        Connection::Lost => "Reconnecting…".to_owned(),
        Connection::Live => match live.gateway.with(|gateway| gateway.stale_since) {
            Some(since) => format!("No data since {}", clock(since)),
            None => format!("Live, {} ago", age(live.age_seconds())),
        },
    }
}

/// Writes what the fleet runs: `3 nodes at revision 1,842`.
fn fleet(gateway: &Gateway) -> String {
    let revision = count(gateway.revision);
    let nodes = counted(gateway.nodes.into(), "node");
    match (gateway.nodes, gateway.nodes_current) {
        (0, _) => format!("No nodes connected, revision {revision}"),
        (all, current) if current < all => format!("{current} of {nodes} at revision {revision}"),
        _ => format!("{nodes} at revision {revision}"),
    }
}

/// Says above the page what keeps its numbers from being current.
///
/// The element is always there: a live region that is inserted together with its text is not read
/// out. Only the change of state is; the ticking age is not.
#[island]
pub(crate) fn Banners(
    /// Since when no Envoy had reported when the page was made.
    stale_since: Option<DateTime<Utc>>,
) -> impl IntoView {
    let live = Live::of_page();
    if live.at.with_untracked(Option::is_none) {
        live.gateway.update(|gateway| gateway.stale_since = stale_since);
    }
    let (connection, gateway) = (live.connection.clone(), live.gateway.clone());
    let is_lost = Memo::new(move |_| connection.get() == Connection::Lost);
    let stale_since = Memo::new(move |_| gateway.with(|gateway| gateway.stale_since));

    let lost = move || {
        let live = live.clone();
        view! {
            <p class="note warn" data-testid="connection-lost">
                <Icon path=icon::WARNING />
                <span>
                    "Connection lost. "
                    <span class="num" aria-live="off">
                        {move || format!("Showing numbers of {} ago. ", age(live.age_seconds()))}
                    </span> "Reconnecting…"
                </span>
            </p>
        }
    };
    let stale = move |since| {
        view! {
            <p class="note warn" data-testid="stale">
                <Icon path=icon::WARNING />
                <span>
                    {format!(
                        "No Envoy has reported since {}. The numbers below are the last known.",
                        day_and_clock(since),
                    )}
                </span>
            </p>
        }
    };

    view! {
        <div class="banners" role="status">
            {move || is_lost.get().then(lost.clone())}
            {move || stale_since.get().map(stale)}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(nodes: u32, nodes_current: u32) -> Gateway {
        Gateway { revision: 1_842, nodes, nodes_current, ..Gateway::default() }
    }

    #[test]
    fn the_fleet_is_described_by_what_it_runs() {
        assert_eq!(fleet(&gateway(3, 3)), "3 nodes at revision 1,842");
        assert_eq!(fleet(&gateway(1, 1)), "1 node at revision 1,842");
        assert_eq!(fleet(&gateway(3, 2)), "2 of 3 nodes at revision 1,842");
        assert_eq!(fleet(&gateway(0, 0)), "No nodes connected, revision 1,842");
    }
}
