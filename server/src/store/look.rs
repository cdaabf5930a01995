//! Looks for what other replicas have committed, for who must not miss any of it.
//!
//! Replicas notice each other's commits by themselves, mostly within milliseconds. Who has been told
//! of something by another replica may be here sooner.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, mpsc, oneshot, watch},
    time::Instant,
};

use super::{StoreError, writer::Look};

/// Callers that may wait for a look; each look is for all who wait.
const QUEUE_LOOKS: usize = 64;

/// Time between two looks for who only guesses that there may be something: a stranger's guesses
/// must not become work for the database.
const GUESS_EVERY: Duration = Duration::from_millis(100);

/// Asks the writer to look; a clone asks the same one.
#[derive(Debug, Clone)]
pub(super) struct Looks {
    /// None where nobody else writes.
    asks: Option<mpsc::Sender<Look>>,
    done: watch::Receiver<u64>,
    /// When a look for who guesses has begun last.
    guessed_at: Arc<Mutex<Option<Instant>>>,
}

/// What the writer has of it.
pub(super) struct LooksAsked {
    pub(super) queue: mpsc::Receiver<Look>,
    pub(super) done: watch::Sender<u64>,
}

impl Looks {
    pub(super) fn new(is_shared: bool) -> (Self, LooksAsked) {
        let (asks, queue) = mpsc::channel(QUEUE_LOOKS);
        let (done, receiver) = watch::channel(0);
        let asks = is_shared.then_some(asks);
        let looks = Self { asks, done: receiver, guessed_at: Arc::default() };
        (looks, LooksAsked { queue, done })
    }

    pub(super) fn done(&self) -> watch::Receiver<u64> {
        self.done.clone()
    }

    pub(super) async fn look(&self) -> Result<u64, StoreError> {
        let Some(asks) = &self.asks else { return Ok(0) };
        let (answer, answered) = oneshot::channel();
        let closed = || StoreError::Unavailable("the store is shutting down".to_owned());
        asks.send(answer).await.map_err(|_closed| closed())?;
        answered.await.map_err(|_closed| closed())?
    }

    pub(super) async fn look_for_guess(&self) -> Result<u64, StoreError> {
        let asked_at = Instant::now();
        let mut guessed_at = self.guessed_at.lock().await;
        if let Some(at) = *guessed_at {
            if at > asked_at {
                // one that has begun since is as good
                return Ok(*self.done.borrow());
            }
            tokio::time::sleep_until(at + GUESS_EVERY).await;
        }
        *guessed_at = Some(Instant::now());
        self.look().await
    }
}
