//! The mapping's changes within the time of the charts, each with its traffic before and after.

use leptos::either::Either;
use leptos::prelude::*;

use super::{Address, View};
use crate::addresses::compare_change_address;
use crate::api::series::{Around, Marker, Series};
use crate::components::card::Card;
use crate::components::time::Ago;
use crate::numerals::{UNKNOWN, count, millis, percent};

/// Drop of the ok-rate, in percentage points, from which a change looks harmful: that of a mapping
/// which is no longer healthy.
const HARMFUL_POINTS: f64 = 1.0;

/// Shows the changes, the newest first; nothing when there was none.
pub(super) fn changes(address: &Address, series: &Series) -> impl IntoView + use<> {
    let history = address.tab(View::History, &[]);
    let items = series.markers.iter().rev().map(|marker| item(address, marker)).collect_view();
    let aside = view! { <a href=history>"All changes"</a> };
    let card = (!series.markers.is_empty()).then(|| {
        view! {
            <Card title="Changes" testid="changes" aside=aside.into_any()>
                <ul class="items changes">{items}</ul>
                <p class="card-foot sub">
                    "Of up to a minute before and after each; no further than the next change."
                </p>
            </Card>
        }
    });
    // the island `changes` brings up to date what is in it
    view! { <div id="changes">{card}</div> }
}

fn item(address: &Address, marker: &Marker) -> impl IntoView + use<> {
    let Marker { revision, at, summary, before, after } = marker.clone();
    let restore = (address.may_change && summary != "created")
        .then(|| address.action(&format!("/restore?before={revision}")));
    let restore = restore.map(|href| {
        view! {
            <a class="btn btn-small" href=href>
                "Restore the one before"
            </a>
        }
    });
    let ok = |side: Option<Around>| percent(side.map(|side| side.ok_percent));
    let p95 = |side: Option<Around>| millis(side.and_then(|side| side.p95_ms));
    let seconds = |side: Option<Around>| {
        side.map_or_else(|| UNKNOWN.to_owned(), |s| format!("{} s", s.seconds))
    };
    let is_harmful = before
        .zip(after)
        .is_some_and(|(before, after)| after.ok_percent + HARMFUL_POINTS <= before.ok_percent);
    let class = if is_harmful { "text-bad" } else { "" };
    view! {
        <li data-revision=revision.to_string()>
            <div class="item-text">
                <a class="name" href=compare_change_address(&address.name, revision)>
                    {summary}
                </a>
                <p class="sub num">
                    {format!("Revision {}, ", count(revision))} <Ago at=at />
                </p>
            </div>
            {match before.or(after) {
                None => Either::Left(nothing()),
                Some(_) => {
                    Either::Right(
                        view! {
                            <dl class="sides num">
                                {sides("ok", class, [ok(before), ok(after)])}
                                {sides("p95", "", [p95(before), p95(after)])}
                                {sides("measured", "sub", [seconds(before), seconds(after)])}
                            </dl>
                        },
                    )
                }
            }}
            {restore}
        </li>
    }
}

fn nothing() -> impl IntoView {
    view! { <p class="sides-none sub">"No traffic was measured around it."</p> }
}

fn sides(
    term: &'static str,
    class: &'static str,
    [before, after]: [String; 2],
) -> impl IntoView + use<> {
    view! {
        <div data-side=term>
            <dt>{term}</dt>
            <dd class=class>{format!("{before} → {after}")}</dd>
        </div>
    }
}
