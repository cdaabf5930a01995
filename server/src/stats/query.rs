//! Questions about the past, which only the hub knows: it is asked, nothing is shared.
//!
//! ```text
//! http ── Question, bounded ──▶ hub ── oneshot ──▶ http
//! ```

use std::collections::HashMap;

use app::api::series::{Around, Series, Span};
use tokio::sync::{mpsc, oneshot};

pub use super::history::Recent;
use super::{board::Board, tick::Tick};
use crate::gateway::mapping::{MappingName, Revision};

/// Questions that may wait for the hub; when it is full, who asks waits. An answer takes the hub
/// less than a millisecond.
const QUESTION_QUEUE: usize = 64;

/// The traffic before and after a change.
pub type Sides = [Option<Around>; 2];

/// What the hub is asked.
#[derive(Debug)]
pub(super) enum Question {
    Series { mapping: Option<MappingName>, span: Span, answer: oneshot::Sender<Series> },
    Around { changes: Vec<Revision>, answer: oneshot::Sender<HashMap<Revision, Sides>> },
    Recent { names: Vec<MappingName>, answer: oneshot::Sender<HashMap<MappingName, Recent>> },
}

/// Asks the hub; a clone asks the same one.
#[derive(Debug, Clone)]
pub struct History(mpsc::Sender<Question>);

impl History {
    /// Returns what asks, and what the hub is asked by.
    pub(super) fn new() -> (Self, mpsc::Receiver<Question>) {
        let (sender, receiver) = mpsc::channel(QUESTION_QUEUE);
        (Self(sender), receiver)
    }

    /// Returns the charts of a mapping, or of the whole gateway, without markers; `None` when the
    /// server stops.
    pub async fn series(&self, mapping: Option<&MappingName>, span: Span) -> Option<Series> {
        let (answer, answered) = oneshot::channel();
        let question = Question::Series { mapping: mapping.cloned(), span, answer };
        self.0.send(question).await.ok()?;
        answered.await.ok()
    }

    /// Returns the traffic before and after each of the changes; nothing when the server stops.
    pub async fn around(&self, changes: Vec<Revision>) -> HashMap<Revision, Sides> {
        let (answer, answered) = oneshot::channel();
        if self.0.send(Question::Around { changes, answer }).await.is_err() {
            return HashMap::new();
        }
        answered.await.unwrap_or_default()
    }

    /// Returns the last five minutes of each of the mappings; nothing when the server stops.
    pub async fn recent(&self, names: Vec<MappingName>) -> HashMap<MappingName, Recent> {
        let (answer, answered) = oneshot::channel();
        if self.0.send(Question::Recent { names, answer }).await.is_err() {
            return HashMap::new();
        }
        answered.await.unwrap_or_default()
    }
}

impl Question {
    /// Answers from the board, of which `tick` is the newest; who asked may have gone meanwhile.
    pub(super) fn answer(self, board: &Board, tick: &Tick) {
        match self {
            Self::Series { mapping, span, answer } => {
                let series = board.series(mapping.as_ref(), span);
                let epoch = tick.epoch.as_ref().to_owned();
                let _gone = answer.send(Series { epoch, seq: tick.seq, end: tick.at, ..series });
            }
            Self::Around { changes, answer } => {
                let sides = changes.into_iter().map(|change| (change, board.around(change)));
                let _gone = answer.send(sides.collect());
            }
            Self::Recent { names, answer } => {
                let recent = names.into_iter().map(|name| {
                    let recent = board.recent(&name);
                    (name, recent)
                });
                let _gone = answer.send(recent.collect());
            }
        }
    }
}
