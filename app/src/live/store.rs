//! Holds what the page shows as signals: one for each mapping that is watched, so that a frame
//! redraws only the cells that differ.
//!
//! In the browser there is one [`Live`] a page, shared by its islands. The server makes one for
//! each island, which holds what the island is given.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::position::Position;
#[cfg(feature = "hydrate")]
use super::position::Verdict;
#[cfg(feature = "hydrate")]
use crate::api::live::{Delta, Frame};
use crate::api::live::{Full, Gateway, LiveMapping, Overview, Totals, Watch};

/// Says how the numbers on the page come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server has no websocket"))]
pub(crate) enum Connection {
    /// They are those of the page itself; without JavaScript it stays so.
    Connecting,
    /// The websocket is open and a frame has come.
    Live,
    /// The websocket is closed and is being opened again.
    Lost,
}

/// What the server knew when it made the page; the websocket goes on from it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Seed {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) gateway: Gateway,
}

impl Seed {
    /// Takes the seed out of a full frame.
    #[cfg(feature = "ssr")]
    pub(crate) fn of(full: &Full) -> Self {
        Self {
            epoch: full.epoch.clone(),
            seq: full.seq,
            at: full.at,
            gateway: full.gateway.clone(),
        }
    }
}

/// One mapping that is watched; `None` after it was deleted.
pub(crate) type Row = ArcRwSignal<Option<LiveMapping>>;

/// The live state of the page, by signal; a clone is the same state.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    position: ArcStoredValue<Position>,
    /// In the order in which the page shows them; at most a page of the list, so that a look
    /// through them costs nothing.
    rows: ArcStoredValue<Vec<(String, Row)>>,
    /// What is being watched.
    watch: ArcRwSignal<Watch>,
    pub(crate) gateway: ArcRwSignal<Gateway>,
    pub(crate) totals: ArcRwSignal<Totals>,
    pub(crate) overview: ArcRwSignal<Overview>,
    /// When the server made the newest frame; `None` until there is one.
    pub(crate) at: ArcRwSignal<Option<DateTime<Utc>>>,
    pub(crate) connection: ArcRwSignal<Connection>,
    /// Number of the newest frame that is shown; set with each, so that charts move on.
    pub(crate) seq: ArcRwSignal<u64>,
    /// Counts the frames that began anew: charts fetch their history again.
    pub(crate) restarts: ArcRwSignal<u64>,
    /// While it is set, frames come and are not shown.
    pub(crate) is_paused: ArcRwSignal<bool>,
    /// When the browser got the newest frame, by its own clock, in milliseconds.
    heard_ms: ArcRwSignal<f64>,
    /// The browser's clock, once a second.
    now_ms: ArcRwSignal<f64>,
}

#[cfg(feature = "hydrate")]
thread_local! {
    /// The page's one live state: islands have no common owner that could hold it.
    static OF_PAGE: Live = Live::new();
}

impl Live {
    fn new() -> Self {
        Self {
            position: ArcStoredValue::new(Position::default()),
            rows: ArcStoredValue::new(Vec::new()),
            watch: ArcRwSignal::new(Watch { mappings: Some(Vec::new()), overview: false }),
            gateway: ArcRwSignal::new(Gateway::default()),
            totals: ArcRwSignal::new(Totals::default()),
            overview: ArcRwSignal::new(Overview::default()),
            at: ArcRwSignal::new(None),
            connection: ArcRwSignal::new(Connection::Connecting),
            seq: ArcRwSignal::new(0),
            restarts: ArcRwSignal::new(0),
            is_paused: ArcRwSignal::new(false),
            heard_ms: ArcRwSignal::new(0.0),
            now_ms: ArcRwSignal::new(0.0),
        }
    }

    /// Returns the live state of the page.
    pub(crate) fn of_page() -> Self {
        #[cfg(feature = "hydrate")]
        return OF_PAGE.with(Clone::clone);
        #[cfg(not(feature = "hydrate"))]
        Self::new()
    }

    /// Returns the live state of the page, which begins with `seed`.
    pub(crate) fn seeded(seed: Seed) -> Self {
        let live = Self::of_page();
        if live.at.with_untracked(Option::is_none) {
            live.seq.set(seed.seq);
            live.position.set_value(Position::new(seed.epoch, seed.seq));
            live.gateway.set(seed.gateway);
            live.at.set(Some(seed.at));
        }
        live
    }

    /// Watches a mapping from what is known of it on; what was watched before is kept.
    pub(crate) fn watch_mapping(&self, known: LiveMapping) -> Row {
        let name = known.mapping.name.clone();
        let row = self.rows.with_value(|rows| find(rows, &name).cloned());
        if let Some(row) = row {
            // A list that was fetched just now is as new as the last frame, or newer.
            row.set(Some(known));
            return row;
        }
        let row = Row::new(Some(known));
        self.rows.update_value(|rows| rows.push((name.clone(), row.clone())));
        self.watch.update(|watch| watch.mappings.get_or_insert_default().push(name));
        row
    }

    /// Watches these mappings and no others: those of a new page of the list.
    pub(crate) fn watch_only(&self, known: Vec<LiveMapping>) -> Vec<(String, Row)> {
        let mut shown = Vec::new();
        let before = self.rows.get_value();
        for known in known {
            let name = known.mapping.name.clone();
            let row = find(&before, &name).cloned().unwrap_or_else(|| Row::new(None));
            row.set(Some(known));
            shown.push((name, row));
        }
        self.rows.set_value(shown.clone());
        let names = shown.iter().map(|(name, _)| name.clone()).collect();
        self.watch.update(|watch| watch.mappings = Some(names));
        shown
    }

    /// Asks for the worst and the busiest mappings, too; begins with what a full frame says.
    pub(crate) fn watch_overview(&self, known: Full) {
        self.overview.set(known.overview.unwrap_or_default());
        self.totals.set(known.totals);
        self.gateway.set(known.gateway);
        self.watch.update(|watch| watch.overview = true);
    }

    /// Returns the mappings that are watched, in the order in which the page shows them; `None`
    /// for those that were deleted.
    pub(crate) fn shown(&self) -> Vec<Option<LiveMapping>> {
        // Tells when others are watched.
        self.watch.track();
        self.rows.with_value(|rows| rows.iter().map(|(_, row)| row.get()).collect())
    }

    /// Returns how old the newest frame is in seconds, by the browser's clock.
    pub(crate) fn age_seconds(&self) -> u64 {
        ((self.now_ms.get() - self.heard_ms.get()) / 1_000.0).max(0.0) as u64
    }
}

fn find<'a>(rows: &'a [(String, Row)], name: &str) -> Option<&'a Row> {
    rows.iter().find(|(known, _)| known == name).map(|(_, row)| row)
}

#[cfg(feature = "hydrate")]
fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.with_untracked(|shown| *shown != value) {
        signal.set(value);
    }
}

/// What only the socket does to the state.
#[cfg(feature = "hydrate")]
impl Live {
    /// Applies a frame and draws what it changed.
    pub(super) fn apply(&self, frame: Frame) -> Verdict {
        let verdict = self.position.try_update_value(|position| position.follow(&frame));
        let verdict = verdict.unwrap_or(Verdict::Old);
        if verdict != Verdict::Apply || self.is_paused.get_untracked() {
            return verdict;
        }
        match frame {
            Frame::Full(full) => {
                let names: Vec<_> =
                    full.mappings.iter().map(|live| live.mapping.name.clone()).collect();
                let gone = self.rows.with_value(|rows| {
                    let names_of_rows = rows.iter().map(|(name, _)| name);
                    names_of_rows.filter(|name| !names.contains(name)).cloned().collect()
                });
                self.draw(full.mappings, gone, full.gateway, full.totals, full.overview, full.at);
                self.restarts.update(|count| *count += 1);
                self.seq.set(full.seq);
            }
            Frame::Delta(delta) => {
                let Delta { changed, removed, gateway, totals, overview, at, .. } = delta;
                self.draw(changed, removed, gateway, totals, overview, at);
                self.seq.set(delta.seq);
            }
        }
        verdict
    }

    fn draw(
        &self,
        changed: Vec<LiveMapping>,
        removed: Vec<String>,
        gateway: Gateway,
        totals: Totals,
        overview: Option<Overview>,
        at: DateTime<Utc>,
    ) {
        self.rows.with_value(|rows| {
            for live in changed {
                if let Some(row) = find(rows, &live.mapping.name) {
                    row.set(Some(live));
                }
            }
            for row in removed.iter().filter_map(|name| find(rows, name)) {
                row.set(None);
            }
        });
        self.at.set(Some(at));
        set_if_changed(&self.gateway, gateway);
        set_if_changed(&self.totals, totals);
        if let Some(overview) = overview {
            set_if_changed(&self.overview, overview);
        }
    }

    /// Notes that a frame came at `now_ms`.
    pub(super) fn hear(&self, now_ms: f64) {
        self.heard_ms.set(now_ms);
        self.now_ms.set(now_ms);
        if self.connection.get_untracked() != Connection::Live {
            self.connection.set(Connection::Live);
        }
    }

    /// Moves the clock on.
    pub(super) fn tick(&self, now_ms: f64) {
        self.now_ms.set(now_ms);
    }

    /// Starts the clock; what the page shows now is as new as the page.
    pub(super) fn start(&self, now_ms: f64) {
        self.heard_ms.set(now_ms);
        self.now_ms.set(now_ms);
    }

    pub(super) fn lose(&self) {
        self.connection.set(Connection::Lost);
    }

    /// Returns since when nothing was heard, in milliseconds.
    pub(super) fn heard_ms(&self) -> f64 {
        self.heard_ms.get_untracked()
    }

    /// Returns what a connection can resume from: the server's run and the sequence number.
    pub(super) fn resume(&self) -> Option<(String, u64)> {
        self.position
            .with_value(|position| position.resume().map(|(epoch, seq)| (epoch.to_owned(), seq)))
    }

    /// Makes the next frame that is shown a full one; what is shown stays until then.
    pub(super) fn forget_position(&self) {
        self.position.update_value(Position::forget);
    }

    /// Returns what is being watched, and follows it.
    pub(super) fn watched(&self) -> Watch {
        self.watch.get()
    }

    pub(super) fn watched_untracked(&self) -> Watch {
        self.watch.get_untracked()
    }
}
