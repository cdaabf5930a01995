//! The charts of requests and of latency, which move on with each frame.
//!
//! They begin with the history that the page was made with, and ask for it again when frames were
//! missed: a gap is filled as soon as the server can say what was there.

use leptos::prelude::*;

use super::given::Given;
use crate::api::client::Client;
use crate::api::live::{Counters, Latency, LiveMapping};
use crate::api::series::{Series, Span};
use crate::components::card::card;
use crate::components::chart::{Chart, Kind, Layer, Mark, Values};
use crate::live::moving::{Moving, Step, Traffic};
use crate::live::store::{Live, Row};
use crate::numerals::{count, day_and_clock, millis, rate};

/// Least distance between the labels of two marks, in thousandths of the width.
const LABEL_WIDTH: u32 = 110;

/// Shows the charts of one mapping.
#[island]
pub(crate) fn MappingCharts(
    #[prop(into)] known: Given<LiveMapping>,
    #[prop(into)] series: Given<Series>,
) -> impl IntoView {
    let (Given(known), Given(series)) = (known, series);
    let live = Live::of_page();
    let name = known.mapping.name.clone();
    let row = live.watch_mapping(known);
    #[cfg(feature = "hydrate")]
    super::changes::follow_newest(&live, &series);
    charts(live, Subject::Mapping(name, row), series)
}

/// Whose traffic is shown.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Gateway,
    Mapping(String, Row),
}

impl Subject {
    fn traffic(&self, live: &Live) -> Traffic {
        match self {
            Self::Gateway => Traffic::Second(live.totals.with_untracked(|totals| totals.second)),
            Self::Mapping(..) => Traffic::Total(self.total()),
        }
    }

    /// Returns all requests so far; nothing while data is missing.
    fn total(&self) -> Option<Counters> {
        let Self::Mapping(_, row) = self else { return None };
        row.with_untracked(|row| {
            row.as_ref().filter(|live| live.rate.is_some()).map(|live| live.counters)
        })
    }

    fn latency(&self, live: &Live) -> Option<Latency> {
        match self {
            Self::Gateway => live.totals.with_untracked(|totals| totals.latency),
            Self::Mapping(_, row) => {
                row.with_untracked(|row| row.as_ref().and_then(|live| live.latency))
            }
        }
    }

    /// Returns what a new mark in the chart comes with.
    fn revision(&self, live: &Live) -> u64 {
        match self {
            Self::Gateway => live.gateway.with_untracked(|gateway| gateway.revision),
            Self::Mapping(_, row) => row.with_untracked(|row| {
                row.as_ref().map(|live| live.mapping.revision).unwrap_or_default()
            }),
        }
    }
}

/// Shows both charts, each in its card.
pub(crate) fn charts(live: Live, of: Subject, series: Series) -> impl IntoView {
    let span = series.span;
    let moving = RwSignal::new(Moving::new(series, of.total()));
    follow(live, of, moving, span);

    let traffic = Signal::derive(move || moving.with(|moving| traffic_layers(&moving.series)));
    let latency = Signal::derive(move || moving.with(|moving| latency_layers(&moving.series)));
    let marks = Signal::derive(move || moving.with(|moving| marks(&moving.series)));
    let times = Signal::stored(times(span));
    let traffic_summary =
        Signal::derive(move || moving.with(|moving| traffic_summary(&moving.series)));
    let latency_summary =
        Signal::derive(move || moving.with(|moving| latency_summary(&moving.series)));
    let has_traffic = Memo::new(move |_| {
        moving.with(|moving| moving.series.requests.ok.iter().any(Option::is_some))
    });

    let traffic_content = view! {
        {move || (!has_traffic.get()).then(no_data)}
        <Chart kind=Kind::Stacked layers=traffic marks=marks times=times summary=traffic_summary />
    };
    let latency_content =
        view! { <Chart kind=Kind::Lines layers=latency times=times summary=latency_summary /> };
    let traffic_legend = legend("", [("ok", "ok"), ("warn", "4xx"), ("bad", "bad")]);
    let latency_legend = legend("line", [("p50", "p50"), ("p95", "p95"), ("p99", "p99")]);

    view! {
        {card("Requests per second", "chart-requests", traffic_legend, traffic_content)}
        {card("Latency, ms", "chart-latency", latency_legend, latency_content)}
    }
}

fn no_data() -> impl IntoView {
    view! { <p class="card-empty">"No Envoy has reported in this time."</p> }
}

fn legend(shape: &'static str, names: [(&'static str, &'static str); 3]) -> impl IntoView {
    let entry = |(class, name)| {
        view! {
            <li class=format!("{class} {shape}")>
                <i aria-hidden="true"></i>
                {name}
            </li>
        }
    };
    view! { <ul class="legend">{names.map(entry).into_iter().collect_view()}</ul> }
}

/// Moves the numbers on with each frame.
fn follow(live: Live, of: Subject, moving: RwSignal<Moving>, span: Span) {
    let is_fetching = StoredValue::new(false);
    Effect::new(move |before: Option<(u64, u64)>| {
        let seq = live.seq.get();
        let now = (live.restarts.get(), of.revision(&live));
        let mut step = Step::Stayed;
        moving.maybe_update(|moving| {
            step = moving.follow(seq, of.traffic(&live), of.latency(&live));
            step != Step::Stayed
        });
        let is_anew = before.is_some_and(|before| before != now);
        #[cfg(feature = "hydrate")]
        if is_anew && matches!(of, Subject::Mapping(..)) {
            super::changes::follow(&live);
        }
        if (is_anew || step == Step::Missed) && !is_fetching.get_value() {
            is_fetching.set_value(true);
            let (live, of) = (live.clone(), of.clone());
            leptos::task::spawn_local(async move {
                let name = match &of {
                    Subject::Gateway => None,
                    Subject::Mapping(name, _) => Some(name.as_str()),
                };
                // Without an answer the chart keeps what it has, and tries again when it can.
                if let Ok(series) = Client::of_page().series(name, span).await {
                    let seq = live.seq.get_untracked();
                    moving.update(|moving| moving.replace(series, seq, of.total()));
                }
                is_fetching.set_value(false);
            });
        }
        now
    });
}

fn traffic_layers(series: &Series) -> Vec<Layer> {
    let requests = &series.requests;
    let layer = |class, values: &Values| Layer { class, values: values.clone() };
    vec![layer("ok", &requests.ok), layer("warn", &requests.c4xx), layer("bad", &requests.bad)]
}

fn latency_layers(series: &Series) -> Vec<Layer> {
    let latency = &series.latency;
    let layer = |class, values: &[Option<u32>]| {
        let values = values.iter().map(|value| value.map(f64::from)).collect();
        Layer { class, values }
    };
    // The median is drawn last, above the others.
    vec![
        layer("p99", &latency.p99_ms),
        layer("p95", &latency.p95_ms),
        layer("p50", &latency.p50_ms),
    ]
}

/// Places the changes on the axis of time; labels that would cover each other are left out.
fn marks(series: &Series) -> Vec<Mark> {
    let seconds = series.span.duration().num_seconds();
    let mut labelled: Option<u32> = None;
    let mut marks = Vec::new();
    for marker in &series.markers {
        let age = (series.end - marker.at).num_seconds();
        let Some(at) =
            u32::try_from((seconds - age) * 1_000 / seconds).ok().filter(|at| *at <= 1_000)
        else {
            continue;
        };
        let is_free = labelled.is_none_or(|labelled| labelled.abs_diff(at) >= LABEL_WIDTH);
        let revision = count(marker.revision);
        let label = if is_free { format!("rev {revision}") } else { String::new() };
        if is_free {
            labelled = Some(at);
        }
        let title =
            format!("Revision {revision}: {}, {}", marker.summary, day_and_clock(marker.at));
        marks.push(Mark { at, label, title });
    }
    marks
}

fn times(span: Span) -> Vec<String> {
    let words: &[&str] = match span {
        Span::FiveMinutes => &["−5 min", "−4", "−3", "−2", "−1", "now"],
        Span::Hour => &["−60 min", "−45", "−30", "−15", "now"],
    };
    words.iter().map(|&word| word.to_owned()).collect()
}

fn span_words(span: Span) -> &'static str {
    match span {
        Span::FiveMinutes => "last 5 minutes",
        Span::Hour => "last hour",
    }
}

fn traffic_summary(series: &Series) -> String {
    let last = |values: &Values| values.last().copied().flatten();
    let requests = &series.requests;
    let all = last(&requests.ok).zip(last(&requests.c4xx)).zip(last(&requests.bad));
    let all = all.map(|((ok, c4xx), bad)| ok + c4xx + bad);
    let worst = requests.bad.iter().flatten().copied().fold(0.0, f64::max);
    format!(
        "Requests per second over the {}: {} now, of which {} bad; at most {} bad.",
        span_words(series.span),
        rate(all),
        rate(last(&requests.bad)),
        rate(Some(worst)),
    )
}

fn latency_summary(series: &Series) -> String {
    let last = |values: &[Option<u32>]| millis(values.last().copied().flatten());
    let latency = &series.latency;
    format!(
        "Latency over the {}: now p50 {}, p95 {}, p99 {}.",
        span_words(series.span),
        last(&latency.p50_ms),
        last(&latency.p95_ms),
        last(&latency.p99_ms),
    )
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::api::series::Marker;

    fn marker(revision: u64, seconds: i64) -> Marker {
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        Marker {
            revision,
            at,
            summary: "service a → b".to_owned(),
            #[cfg(feature = "ssr")]
            before: None,
            #[cfg(feature = "ssr")]
            after: None,
        }
    }

    #[test]
    fn marks_stand_where_the_change_was_and_leave_with_it() {
        let series = Series {
            end: DateTime::UNIX_EPOCH + TimeDelta::seconds(300),
            markers: vec![marker(1, -5), marker(2, 150), marker(3, 160), marker(4, 300)],
            ..Series::default()
        };

        let placed: Vec<_> = marks(&series).into_iter().map(|mark| (mark.at, mark.label)).collect();
        let expected = [(500, "rev 2"), (533, ""), (1_000, "rev 4")];
        assert_eq!(placed, expected.map(|(at, label)| (at, label.to_owned())));
    }

    #[test]
    fn a_gap_is_said_as_unknown() {
        let mut series = Series::default();
        series.requests.ok = vec![Some(3.0), None];
        series.requests.c4xx = vec![Some(0.0), None];
        series.requests.bad = vec![Some(2.0), None];

        let said =
            "Requests per second over the last 5 minutes: – now, of which – bad; at most 2 bad.";
        assert_eq!(traffic_summary(&series), said);
    }
}
