//! Holds what the page shows as signals: one for each row, so that a frame redraws only the cells
//! that differ.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::state::{Outcome, State};
use crate::api::client::{self, ClientError};
use crate::api::live::{Frame, Full, Gateway, LiveMapping};

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

/// One mapping; the signal outlives the row that shows it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) live: ArcRwSignal<LiveMapping>,
}

/// The live state of the page, by signal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Live {
    state: StoredValue<State>,
    signals: StoredValue<BTreeMap<String, ArcRwSignal<LiveMapping>>>,
    /// In match order.
    pub(crate) rows: RwSignal<Vec<Row>>,
    pub(crate) gateway: RwSignal<Gateway>,
    /// When the server made the newest frame; `None` until there is one.
    pub(crate) at: RwSignal<Option<DateTime<Utc>>>,
    /// Why there is nothing to show, while there is nothing.
    pub(crate) failure: RwSignal<Option<ClientError>>,
    pub(crate) connection: RwSignal<Connection>,
    /// When the browser got the newest frame, by its own clock, in milliseconds.
    heard_ms: RwSignal<f64>,
    /// The browser's clock, once a second.
    now_ms: RwSignal<f64>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            state: StoredValue::new(State::default()),
            signals: StoredValue::new(BTreeMap::new()),
            rows: RwSignal::new(Vec::new()),
            gateway: RwSignal::new(Gateway::default()),
            at: RwSignal::new(None),
            failure: RwSignal::new(None),
            connection: RwSignal::new(Connection::Connecting),
            heard_ms: RwSignal::new(0.0),
            now_ms: RwSignal::new(0.0),
        }
    }

    /// Applies a frame and draws what it changed.
    pub(super) fn apply(self, frame: Frame) -> Outcome {
        let Some(outcome) = self.state.try_update_value(|state| state.apply(frame)) else {
            return Outcome::Old;
        };
        if let Outcome::Applied(changes) = &outcome {
            self.state.with_value(|state| {
                self.draw_rows(state, &changes.touched, changes.reordered);
                self.at.set(state.at);
                if self.gateway.with_untracked(|shown| *shown != state.gateway) {
                    self.gateway.set(state.gateway.clone());
                }
            });
            if self.failure.with_untracked(Option::is_some) {
                self.failure.set(None);
            }
        }
        outcome
    }

    fn draw_rows(self, state: &State, touched: &[String], reordered: bool) {
        self.signals.update_value(|signals| {
            for live in touched.iter().filter_map(|name| state.get(name)) {
                match signals.get(&live.mapping.name) {
                    Some(signal) => signal.set(live.clone()),
                    None => {
                        let signal = ArcRwSignal::new(live.clone());
                        signals.insert(live.mapping.name.clone(), signal);
                    }
                }
            }
            if reordered {
                signals.retain(|name, _| state.get(name).is_some());
                let rows = state.order().iter().filter_map(|name| {
                    let live = signals.get(name)?.clone();
                    Some(Row { name: name.clone(), live })
                });
                self.rows.set(rows.collect());
            }
        });
    }

    /// Finds a mapping's row by name, and follows when rows come and go.
    pub(crate) fn row(self, name: &str) -> Option<Row> {
        self.rows.with(|rows| rows.iter().find(|row| row.name == name).cloned())
    }

    /// Gets a fresh snapshot now, so that the page shows a change that it just made.
    ///
    /// Without it a lost websocket would hide the change. A failure needs no word: the banner of
    /// the connection says it.
    pub(crate) async fn refresh(self) {
        if let Ok(full) = client::live_snapshot().await {
            self.apply(Frame::Full(full));
        }
    }

    /// Returns how old the newest frame is in seconds, by the browser's clock.
    pub(crate) fn age_seconds(self) -> u64 {
        ((self.now_ms.get() - self.heard_ms.get()) / 1_000.0).max(0.0) as u64
    }
}

/// What only the socket does to the state.
#[cfg(feature = "hydrate")]
impl Live {
    /// Notes that a frame came at `now_ms`.
    pub(super) fn hear(self, now_ms: f64) {
        self.heard_ms.set(now_ms);
        self.now_ms.set(now_ms);
        if self.connection.get_untracked() != Connection::Live {
            self.connection.set(Connection::Live);
        }
    }

    /// Moves the clock on.
    pub(super) fn tick(self, now_ms: f64) {
        self.now_ms.set(now_ms);
    }

    /// Starts the clock; what the page shows now is as new as the page.
    pub(super) fn start(self, now_ms: f64) {
        self.heard_ms.set(now_ms);
        self.now_ms.set(now_ms);
    }

    pub(super) fn lose(self) {
        self.connection.set(Connection::Lost);
    }

    /// Returns since when nothing was heard, in milliseconds.
    pub(super) fn heard_ms(self) -> f64 {
        self.heard_ms.get_untracked()
    }

    /// Returns what a connection can resume from: the server's run and the sequence number.
    pub(super) fn position(self) -> Option<(String, u64)> {
        self.state.with_value(State::position)
    }

    /// Makes the next connection start with a full frame; what is shown stays until then.
    pub(super) fn forget_position(self) {
        self.state.update_value(State::forget_position);
    }
}

/// The snapshot that the page starts from: fetched by the server while it renders, then handed to
/// the browser with the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Snapshot {
    full: Resource<Result<Full, ClientError>>,
    live: Live,
}

impl Snapshot {
    pub(crate) fn fetch(live: Live) -> Self {
        Self { full: Resource::new_blocking(|| (), |()| client::live_snapshot()), live }
    }

    /// Waits for the snapshot and shows it. Each part of the page that shows numbers waits here
    /// first, so that server and browser draw the same; the first to come loads.
    pub(crate) async fn load(self) {
        let full = self.full.await;
        if self.live.at.get_untracked().is_some() {
            return;
        }
        match full {
            Ok(full) => {
                self.live.apply(Frame::Full(full));
            }
            Err(error) => self.live.failure.set(Some(error)),
        }
    }
}
