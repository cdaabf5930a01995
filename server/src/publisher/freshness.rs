//! Whether all that was committed by now is published: for who may know of more than we do.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{Published, READY_AFTER};
use crate::store::{Store, StoreError};

/// How long to wait before looking into the database again after that has failed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Asks the store to look into the database, and waits until what it found is published.
#[derive(Debug, Clone)]
pub struct Freshness {
    store: Store,
    looked: watch::Receiver<u64>,
    published: watch::Receiver<Arc<Published>>,
}

impl Freshness {
    /// Returns it with where the publisher says of which look it has published all.
    pub fn new(
        store: Store,
        published: watch::Receiver<Arc<Published>>,
    ) -> (watch::Sender<u64>, Self) {
        let (sender, looked) = watch::channel(0);
        (sender, Self { store, looked, published })
    }

    /// Waits until all that any replica has committed before now is published, however long the
    /// database can't be read; and for discovery's first answers, as a start does.
    pub async fn reached(&self) {
        let look = loop {
            match self.store.look().await {
                Ok(look) => break look,
                // the store has said so
                Err(_unavailable) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        };
        self.published(look).await;
    }

    /// As [`Self::reached`], for who only guesses that there is more; without discovery, and at a
    /// bounded rate.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn guessed(&self) -> Result<(), StoreError> {
        let look = self.store.look_for_guess().await?;
        let mut looked = self.looked.clone();
        // an error is a publisher that has ended, and the process with it
        drop(looked.wait_for(|looked| *looked >= look).await);
        Ok(())
    }

    async fn published(&self, look: u64) {
        if look == 0 {
            return;
        }
        let (mut looked, mut published) = (self.looked.clone(), self.published.clone());
        // an error is a publisher that has ended, and the process with it
        drop(looked.wait_for(|looked| *looked >= look).await);
        let answered = published.wait_for(|published| !published.awaits_discovery);
        drop(tokio::time::timeout(READY_AFTER, answered).await);
    }
}
