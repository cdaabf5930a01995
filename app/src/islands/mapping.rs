//! The live parts of a mapping's own page, besides its charts: the two chips, and the column that
//! says why it fails, what was counted and which nodes know it.

use leptos::prelude::*;

use super::given::Given;
use crate::api::client::Client;
use crate::api::live::{ConfigState, Counters, LiveMapping, LiveSide};
use crate::api::receipt::{NodeReceipt, Receipt};
use crate::components::card::card;
use crate::components::chip::{self, Chip, Tone};
use crate::components::icon::{self, Icon};
use crate::components::reason::{needs_attention, reason};
use crate::live::store::{Live, Row};
use crate::numerals::{UNKNOWN, count, millis, percent, rate};

/// Shows health and configuration beside the name.
#[island]
pub(crate) fn MappingChips(#[prop(into)] known: Given<LiveMapping>) -> impl IntoView {
    let row = Live::of_page().watch_mapping(known.0);
    let (health_row, health_title) = (row.clone(), row.clone());
    let (config_row, config_title) = (row.clone(), row);
    let gone = || (Tone::Bad, "Deleted".to_owned());
    let health = Signal::derive(move || {
        let read = |live: &LiveMapping| chip::health(live.health);
        health_row
            .with(|row| row.as_ref().map(read).map_or_else(gone, |(tone, word, _)| (tone, word)))
    });
    let health_title = Signal::derive(move || {
        health_title.with(|row| {
            row.as_ref().map_or(String::new(), |live| chip::health(live.health).2.to_owned())
        })
    });
    let config = Signal::derive(move || {
        let read = |live: &LiveMapping| chip::config(&live.config);
        config_row
            .with(|row| row.as_ref().map(read).map_or_else(gone, |(tone, word, _)| (tone, word)))
    });
    let config_title = Signal::derive(move || {
        config_title
            .with(|row| row.as_ref().map_or(String::new(), |live| chip::config(&live.config).2))
    });

    view! {
        <span data-cell="health">
            <Chip state=health title=health_title />
        </span>
        <span data-cell="config">
            <Chip state=config title=config_title />
        </span>
    }
}

/// Shows how many endpoints are healthy, at the end of the request's way.
#[island]
pub(crate) fn MappingMembers(#[prop(into)] known: Given<LiveMapping>) -> impl IntoView {
    let row = Live::of_page().watch_mapping(known.0);
    let toned = row.clone();
    let class = move || match members(&toned) {
        Some((0, _)) => "value text-bad",
        Some((healthy, total)) if healthy < total => "value text-warn",
        _ => "value",
    };
    let text = move || match members(&row) {
        Some((healthy, total)) => {
            format!("{} of {} healthy", count(healthy.into()), count(total.into()))
        }
        None => "not known yet".to_owned(),
    };

    view! {
        <span class=class data-cell="members">
            {text}
        </span>
    }
}

fn members(row: &Row) -> Option<(u32, u32)> {
    let members = row.with(|row| row.as_ref().and_then(|live| live.members))?;
    Some((members.healthy_members, members.total_members))
}

/// Shows the column beside the charts.
#[island]
pub(crate) fn MappingSide(
    #[prop(into)] known: Given<LiveMapping>,
    #[prop(into)] receipt: Given<Option<Receipt>>,
) -> impl IntoView {
    let (Given(known), Given(receipt)) = (known, receipt);
    let live = Live::of_page();
    let name = known.mapping.name.clone();
    let row = live.watch_mapping(known);

    view! {
        {why(row.clone())}
        {counters(row.clone())}
        {delivery(name, row, receipt)}
    }
}

/// Shows the services that share the mapping's requests, side by side.
#[island]
pub(crate) fn MappingSides(#[prop(into)] known: Given<LiveMapping>) -> impl IntoView {
    let row = Live::of_page().watch_mapping(known.0);
    let line = |side: &LiveSide| {
        view! {
            <tr>
                <th scope="row">
                    <code>{side.service.clone()}</code>
                </th>
                <td class="num">{percent(Some(side.percent))}</td>
                <td class="num">{count(side.counters.total())}</td>
                <td class="num">{rate(side.rate)}</td>
                <td class="num">{percent(side.ok_percent)}</td>
                <td class="num">{millis(side.latency.map(|latency| latency.p95_ms))}</td>
            </tr>
        }
    };
    let lines =
        move || row.with(|row| row.as_ref().map(|live| live.sides.iter().map(line).collect_view()));
    let table = view! {
        <table class="table">
            <thead>
                <tr>
                    <th scope="col">"Service"</th>
                    <th scope="col" class="num">"Share"</th>
                    <th scope="col" class="num">"Requests"</th>
                    <th scope="col" class="num">"Req/s"</th>
                    <th scope="col" class="num">"OK"</th>
                    <th scope="col" class="num">"p95"</th>
                </tr>
            </thead>
            <tbody>{lines}</tbody>
        </table>
    };

    card("Services side by side", "sides", (), table)
}

/// Says why the mapping needs someone, while it does.
fn why(row: Row) -> impl IntoView {
    let reason = Memo::new(move |_| {
        row.with(|row| row.as_ref().filter(|live| needs_attention(live)).map(reason))
    });
    let note = |reason: String| {
        view! {
            <div class="note bad" data-testid="why">
                <Icon path=icon::WARNING />
                <div>
                    <p class="strong">"Why does it need attention?"</p>
                    <p>{reason}</p>
                </div>
            </div>
        }
    };
    view! { <div role="status">{move || reason.get().map(note)}</div> }
}

/// A counter's name in the API, how it is read, and what it counts.
type Counter = (&'static str, fn(&Counters) -> u64, &'static str);

const COUNTERS: [Counter; 3] = [
    ("upstream_ok", |counters| counters.upstream_ok, "Answered with 1xx, 2xx or 3xx"),
    ("upstream_4xx", |counters| counters.upstream_4xx, "Answered with 4xx"),
    (
        "upstream_bad",
        |counters| counters.upstream_bad,
        "Answered with 5xx, or not at all: connect failure, timeout, reset",
    ),
];

fn counters(row: Row) -> impl IntoView {
    let line = move |(name, read, meaning): Counter| {
        let counted = row.clone();
        let shared = row.clone();
        let value = move || {
            counted.with(|row| {
                row.as_ref().map_or_else(|| UNKNOWN.to_owned(), |live| count(read(&live.counters)))
            })
        };
        let share = move || {
            let counters = shared.with(|row| row.as_ref().map(|live| live.counters));
            let share = counters
                .filter(|counters| counters.total() > 0)
                .map(|counters| read(&counters) as f64 * 100.0 / counters.total() as f64);
            percent(share)
        };
        view! {
            <tr data-counter=name>
                <th scope="row">
                    <code class="defined" title=meaning>
                        {name}
                    </code>
                    <br />
                    <span class="sub">{meaning}</span>
                </th>
                <td class="num strong">{value}</td>
                <td class="num">{share}</td>
            </tr>
        }
    };
    let table = view! {
        <table class="table">
            <caption>"Requests since the mapping exists; the three never overlap"</caption>
            <thead>
                <tr>
                    <th scope="col">"Counter"</th>
                    <th scope="col" class="num">"Requests"</th>
                    <th scope="col" class="num">"Share"</th>
                </tr>
            </thead>
            <tbody>{COUNTERS.map(line).into_iter().collect_view()}</tbody>
        </table>
    };

    card("Requests", "counters", "since it exists", table)
}

/// Shows which nodes have the newest revision; asks again when that has changed.
fn delivery(name: String, row: Row, receipt: Option<Receipt>) -> impl IntoView {
    let shown = RwSignal::new(receipt);
    let asked = name;
    Effect::new(move |before: Option<Option<(u64, ConfigState)>>| {
        let now =
            row.with(|row| row.as_ref().map(|live| (live.mapping.revision, live.config.clone())));
        if now.is_some() && before.is_some_and(|before| before != now) {
            let name = asked.clone();
            leptos::task::spawn_local(async move {
                // Without an answer what is shown stays.
                if let Ok(receipt) = Client::of_page().receipt(&name).await {
                    shown.set(Some(receipt));
                }
            });
        }
        now
    });
    let said =
        move || shown.with(|receipt| receipt.as_ref().map_or_else(String::new, receipt_words));
    let nodes = move || {
        let nodes = shown.with(|receipt| {
            receipt.as_ref().map(|receipt| receipt.by_node.clone()).unwrap_or_default()
        });
        nodes.into_iter().map(node).collect_view()
    };

    let content = view! {
        <p class="card-empty num">{said}</p>
        <ul class="items">{nodes}</ul>
    };

    card("Delivery", "receipt", (), content)
}

/// Says how far the revision has come: `Revision 1,839 is live on 3/3 nodes, after 14 ms`.
fn receipt_words(receipt: &Receipt) -> String {
    let revision = count(receipt.revision);
    let [acked, nodes] = [receipt.acked, receipt.nodes].map(|number| count(number.into()));
    if let Some(reason) = &receipt.rejected {
        return format!("Envoy refused revision {revision}: “{reason}”.");
    }
    match (receipt.nodes, receipt.live_after_ms) {
        (0, _) => format!("No node is connected; revision {revision} waits for one."),
        (_, Some(ms)) => {
            format!("Revision {revision} is live on {acked}/{nodes} nodes, after {} ms.", count(ms))
        }
        (_, None) => format!("Revision {revision} is live on {acked}/{nodes} nodes."),
    }
}

fn node(node: NodeReceipt) -> impl IntoView {
    let (tone, word) = match (node.acked, node.after_ms) {
        (true, Some(ms)) => (Tone::Ok, format!("{} ms", count(ms))),
        (true, None) => (Tone::Ok, "Acknowledged".to_owned()),
        (false, _) => (Tone::Warn, "Not yet".to_owned()),
    };
    view! {
        <li>
            <span class="item-text mono">{node.node}</span>
            <Chip state=Signal::stored((tone, word)) title="" />
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_says_how_far_the_revision_came() {
        let receipt = |acked, nodes, live_after_ms| Receipt {
            revision: 1_839,
            nodes,
            acked,
            live_after_ms,
            rejected: None,
            by_node: Vec::new(),
        };

        assert_eq!(
            receipt_words(&receipt(3, 3, Some(14))),
            "Revision 1,839 is live on 3/3 nodes, after 14 ms."
        );
        assert_eq!(receipt_words(&receipt(2, 3, None)), "Revision 1,839 is live on 2/3 nodes.");
        assert!(receipt_words(&receipt(0, 0, None)).starts_with("No node is connected"));
        let rejected = Receipt { rejected: Some("no such".to_owned()), ..receipt(0, 1, None) };
        assert_eq!(receipt_words(&rejected), "Envoy refused revision 1,839: “no such”.");
    }
}
