//! The table of mappings, whose cells follow the websocket.
//!
//! The rows stay where the server has put them (see `resort`); one that was deleted stays, too,
//! struck out.

use leptos::either::Either;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::given::Given;
use crate::api::client::encode_segment;
use crate::api::live::{Health, LiveMapping};
use crate::components::chart::{Sparkline, Values};
use crate::components::chip::{self, Chip, Tone};
use crate::live::moving;
use crate::live::store::{Live, Row};
use crate::numerals::{UNKNOWN, count, millis, percent, rate};

/// Elements of a trend, and the seconds of each (see `api::live::LiveMapping`).
const TREND_LENGTH: usize = 30;
const TREND_SECONDS: u64 = 10;

/// The head of a column.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// Names the column for the style sheet and for tests.
    pub cell: String,
    pub label: String,
    /// Where the list is sorted by the column; `None` where it can't be.
    pub href: Option<String>,
    /// How the list is sorted by it now, in the words of `aria-sort`.
    pub sort: Option<String>,
}

/// Shows the table.
#[island]
pub(crate) fn MappingTable(
    #[prop(into)] heads: Given<Vec<Head>>,
    #[prop(into)] rows: Given<Vec<LiveMapping>>,
    /// What links to a mapping end with: the list that its page leads back to.
    back: String,
    /// Whether each row says whose it is.
    teams: bool,
    /// A star for each row, filled where the mapping is marked; nothing for who can't mark any.
    stars: String,
) -> impl IntoView {
    let (Given(heads), Given(rows)) = (heads, rows);
    let live = Live::of_page();
    let has_labels = heads.iter().any(|head| head.cell == "labels");
    let trends: Vec<_> = rows.iter().map(Trend::of).collect();
    let shown = live.watch_only(rows);
    let shown: Vec<_> =
        shown.into_iter().zip(trends).map(|((name, row), trend)| (name, row, trend)).collect();
    let followed = shown.iter().map(|(_, row, trend)| (row.clone(), *trend)).collect();
    follow(&live, followed);
    let mut stars = stars.chars();
    let look = |star| Look { has_labels, teams, star };
    let rows = shown
        .into_iter()
        .map(|(name, row, trend)| line(name, row, trend, look(stars.next()), &back))
        .collect_view();

    view! {
        <div class="card table-card">
            <table class="table mappings">
                <caption>"Mappings with their live numbers"</caption>
                <thead>
                    <tr>{heads.into_iter().map(column).collect_view()}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn column(head: Head) -> impl IntoView {
    let label = head.label.clone();
    let label = match head.href {
        Some(href) => Either::Left(view! {
            <a class="sort" href=href>
                {label}
            </a>
        }),
        None => Either::Right(label),
    };
    view! {
        <th scope="col" class=number_class(&head.cell) data-cell=head.cell aria-sort=head.sort>
            {label}
        </th>
    }
}

fn number_class(cell: &str) -> &'static str {
    if matches!(cell, "rate" | "ok" | "bad" | "p95" | "members") { "num" } else { "" }
}

/// What a row shows besides.
#[derive(Debug, Clone, Copy)]
struct Look {
    has_labels: bool,
    teams: bool,
    star: Option<char>,
}

/// Draws a row; each cell is drawn again when its mapping has changed.
fn line(
    name: String,
    row: Row,
    trend: RwSignal<Trend>,
    look: Look,
    back: &str,
) -> impl IntoView + use<> {
    let href = format!("/mappings/{}{back}", encode_segment(&name));
    let (gone, known_as) = (row.clone(), name.clone());
    let prefix = {
        let (row, last) = (row.clone(), row.with_untracked(|row| row.as_ref().map(prefix)));
        // A row that was deleted is still known by its prefix.
        move || row.with(|row| row.as_ref().map(prefix)).or_else(|| last.clone())
    };
    let health = state(&row, |live| {
        let (tone, word, _) = chip::health(live.health);
        (tone, word)
    });
    let health_title = words(&row, |live| chip::health(live.health).2.to_owned());
    let config = state(&row, |live| {
        let (tone, word, _) = chip::config(&live.config);
        (tone, word)
    });
    let config_title = words(&row, |live| chip::config(&live.config).2);
    let team = look.teams.then(|| {
        let team = words(&row, |live| live.mapping.team.clone());
        view! { <span class="tag team">{team}</span> }
    });
    let star = look.star.map(|star| star_button(star, name.clone()));
    let labels = look.has_labels.then(|| labels(row.clone()));
    let (health, config) = (Signal::derive(health), Signal::derive(config));
    let (health_title, config_title) = (Signal::derive(health_title), Signal::derive(config_title));
    let values = Signal::derive(move || trend.with(|trend| trend.values.clone()));
    let is_flat = Memo::new(move |_| {
        trend.with(|trend| trend.values.iter().flatten().all(|value| *value == 0.0))
    });
    let color = Signal::derive({
        let row = row.clone();
        move || if is(&row, |live| live.health == Health::Failing) { "bad" } else { "" }
    });

    view! {
        <tr data-mapping=known_as class=move || if gone.with(Option::is_none) { "gone" } else { "" }>
            <th scope="row" data-cell="mapping">
                <a class="prefix" href=href>
                    {prefix}
                </a>
                <span class="sub">{name}</span>
                {team}
                {star}
            </th>
            <td data-cell="service">
                <code>{words(&row, |live| live.mapping.service.clone())}</code>
            </td>
            {labels}
            <td data-cell="health">
                <Chip state=health title=health_title />
            </td>
            <td data-cell="config">
                <Chip state=config title=config_title />
            </td>
            <td data-cell="rate" class="num">
                {words(&row, |live| rate(live.rate))}
            </td>
            <td data-cell="ok" class="num">
                {words(&row, |live| percent(live.ok_percent))}
            </td>
            <td data-cell="bad" class=number_tone(&row, bad_tone)>
                {words(&row, |live| rate(live.bad_rate))}
            </td>
            <td data-cell="p95" class="num">
                {words(&row, |live| millis(live.latency.map(|latency| latency.p95_ms)))}
            </td>
            <td data-cell="members" class=number_tone(&row, members_tone)>
                {words(&row, members)}
            </td>
            <td data-cell="trend" class=move || if is_flat.get() { "flat" } else { "" }>
                <span class="sub">"no traffic"</span>
                <Sparkline values class=color />
            </td>
        </tr>
    }
}

/// Marks the mapping, or takes the mark back, by the form of that name on the page.
fn star_button(star: char, name: String) -> impl IntoView {
    let is_marked = star == '★';
    view! {
        <button
            class="star"
            form="favourites"
            name=if is_marked { "remove" } else { "add" }
            value=name
            aria-label="Favourite"
            aria-pressed=if is_marked { "true" } else { "false" }
        >
            {star.to_string()}
        </button>
    }
}

fn labels(row: Row) -> impl IntoView {
    let tags = move || {
        let labels = row
            .with(|row| row.as_ref().map(|live| live.mapping.labels.clone()).unwrap_or_default());
        let tag =
            |label: String| view! { <span class="tag" title=label.clone()>{label.clone()}</span> };
        labels.into_iter().map(tag).collect_view()
    };
    view! {
        <td data-cell="labels">
            <div class="tags">{tags}</div>
        </td>
    }
}

/// Reads a text of a mapping; nothing is known of one that was deleted.
fn words(row: &Row, read: fn(&LiveMapping) -> String) -> impl Fn() -> String + Clone + use<> {
    let row = row.clone();
    move || row.with(|row| row.as_ref().map_or_else(|| UNKNOWN.to_owned(), read))
}

/// Reads a chip of a mapping; one that was deleted says so in each.
fn state(
    row: &Row,
    read: fn(&LiveMapping) -> (Tone, String),
) -> impl Fn() -> (Tone, String) + use<> {
    let row = row.clone();
    move || row.with(|row| row.as_ref().map_or_else(|| (Tone::Idle, "deleted".to_owned()), read))
}

fn is(row: &Row, test: fn(&LiveMapping) -> bool) -> bool {
    row.with(|row| row.as_ref().is_some_and(test))
}

/// Returns the class of a number that may deserve attention; its words say the same.
fn number_tone(
    row: &Row,
    tone: fn(&LiveMapping) -> &'static str,
) -> impl Fn() -> &'static str + use<> {
    let row = row.clone();
    move || row.with(|row| row.as_ref().map_or("num", tone))
}

fn prefix(live: &LiveMapping) -> String {
    live.mapping.prefix.clone()
}

fn bad_tone(live: &LiveMapping) -> &'static str {
    let share = live.bad_rate.unwrap_or(0.0) / live.rate.unwrap_or(0.0).max(0.001);
    // The limit of `Health::Failing`.
    if share > 0.1 { "num text-bad" } else { "num" }
}

fn members(live: &LiveMapping) -> String {
    live.members.map_or_else(
        || UNKNOWN.to_owned(),
        |members| {
            let [healthy, total] =
                [members.healthy_members, members.total_members].map(|n| count(n.into()));
            format!("{healthy}/{total}")
        },
    )
}

fn members_tone(live: &LiveMapping) -> &'static str {
    match live.members {
        Some(members) if members.healthy_members == 0 => "num text-bad",
        Some(members) if members.healthy_members < members.total_members => "num text-warn",
        _ => "num",
    }
}

/// The requests of the last five minutes, and what the next element begins with.
#[derive(Debug, Clone)]
struct Trend {
    values: Values,
    since: u64,
    total: u64,
}

impl Trend {
    fn of(live: &LiveMapping) -> RwSignal<Self> {
        let (values, total) = (live.trend.clone(), live.counters.total());
        RwSignal::new(Self { values, since: 0, total })
    }
}

/// Appends an element to each trend, every ten seconds.
fn follow(live: &Live, trends: Vec<(Row, RwSignal<Trend>)>) {
    let seq = live.seq.clone();
    let begun = seq.get_untracked();
    for (_, trend) in &trends {
        trend.update_untracked(|trend| trend.since = begun);
    }
    Effect::new(move |_| {
        let seq = seq.get();
        for (row, trend) in &trends {
            let steps = seq.saturating_sub(trend.with_untracked(|trend| trend.since));
            if steps < TREND_SECONDS {
                continue;
            }
            let now = row.with_untracked(|row| {
                row.as_ref().map(|live| (live.counters.total(), live.rate.is_some()))
            });
            let Some((total, is_known)) = now else { continue };
            let is_flat =
                trend.with_untracked(|trend| trend.values.is_empty() && trend.total == total);
            if is_flat {
                trend.update_untracked(|trend| trend.since = seq);
            } else {
                trend.update(|trend| trend.append(seq, steps, total, is_known));
            }
        }
    });
}

impl Trend {
    fn append(&mut self, seq: u64, steps: u64, total: u64, is_known: bool) {
        if self.values.is_empty() {
            self.values = vec![Some(0.0); TREND_LENGTH];
        }
        let requests = total.checked_sub(self.total).filter(|_| is_known);
        moving::push(&mut self.values, requests.map(|requests| requests as f64 / steps as f64));
        self.since = seq;
        self.total = total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::live::Members;
    use crate::islands::samples::live_mapping;

    #[test]
    fn a_trend_gets_the_mean_of_the_seconds_since_its_last_element() {
        let mut trend = Trend { values: Vec::new(), since: 10, total: 100 };

        trend.append(20, 10, 150, true);
        trend.append(30, 10, 170, false);
        assert_eq!(trend.values.len(), TREND_LENGTH);
        assert_eq!(trend.values.get(28..), Some([Some(5.0), None].as_slice()));
    }

    #[test]
    fn endpoints_that_are_down_stand_out() {
        let with = |healthy_members, total_members| {
            let members = Some(Members { healthy_members, total_members });
            LiveMapping { members, ..live_mapping("a", 1) }
        };

        assert_eq!(members_tone(&with(3, 3)), "num");
        assert_eq!(members_tone(&with(2, 3)), "num text-warn");
        assert_eq!(members_tone(&with(0, 3)), "num text-bad");
        assert_eq!(members(&with(2, 3)), "2/3");
        assert_eq!(members(&LiveMapping { members: None, ..with(0, 0) }), UNKNOWN);
    }
}
