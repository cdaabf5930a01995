//! Which replicas there are: tells the database of this one, and knows the others from it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, watch},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::replica::{Contact, Fingerprint, Replica, ReplicaId};
use crate::store::{Store, StoreError};

/// How often a replica says that it runs; the others pass it over after 15 s.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(5);

/// Time between two looks into the database for replicas that are not known: a stranger's attempts
/// must not become work for it.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long a stop waits for the others to be told of it.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// The other replicas.
pub(super) type Others = Arc<HashMap<ReplicaId, Contact>>;

/// Announces this replica and knows the others; a clone is a handle on the same.
#[derive(Debug, Clone)]
pub struct Presence {
    store: Store,
    contact: Option<Contact>,
    others: watch::Sender<Others>,
    looked_at: Arc<Mutex<Option<Instant>>>,
}

impl Presence {
    /// Announces this replica, and finds the others.
    pub(super) async fn begin(store: Store, contact: Option<Contact>) -> Result<Self, StoreError> {
        let (others, looked_at) = (watch::Sender::default(), Arc::default());
        let presence = Self { store, contact, others, looked_at };
        presence.store.announce(contact).await?;
        presence.look().await?;
        Ok(presence)
    }

    /// Goes on announcing until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut interval = tokio::time::interval(ANNOUNCE_EVERY);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_away = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = interval.tick() => {}
            }
            let renewed = async {
                self.store.announce(self.contact).await?;
                self.look().await
            };
            let Some(renewed) = stop.run_until_cancelled(renewed).await else { return };
            match renewed {
                Ok(()) => is_away = false,
                Err(error) => {
                    if !is_away {
                        warn!("can't tell the other replicas that this one runs: {error}");
                    }
                    is_away = true;
                }
            }
        }
    }

    /// Tells the others that this replica has stopped.
    pub async fn leave(&self) {
        match tokio::time::timeout(LEAVE_TIMEOUT, self.store.leave()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!("can't tell the other replicas of the stop: {error}"),
            Err(_elapsed) => warn!("can't tell the other replicas of the stop in time"),
        }
    }

    /// Follows the others.
    pub(super) fn others(&self) -> watch::Receiver<Others> {
        self.others.subscribe()
    }

    /// Returns the replica whose certificate has this fingerprint; looks for one that has just
    /// started.
    pub(super) async fn find(&self, fingerprint: Fingerprint) -> Option<Replica> {
        if let Some(known) = self.known(fingerprint) {
            return Some(known);
        }
        let asked_at = Instant::now();
        let mut looked_at = self.looked_at.lock().await;
        // a look that has begun since is as good
        if looked_at.is_none_or(|at| at <= asked_at) {
            if let Some(at) = *looked_at {
                tokio::time::sleep_until(at + LOOK_EVERY).await;
            }
            *looked_at = Some(Instant::now());
            if let Err(error) = self.look().await {
                warn!("can't look for other replicas: {error}");
            }
        }
        self.known(fingerprint)
    }

    fn known(&self, fingerprint: Fingerprint) -> Option<Replica> {
        let others = self.others.borrow();
        let (id, contact) = others.iter().find(|(_, it)| it.fingerprint == fingerprint)?;
        Some(Replica { id: id.clone(), contact: *contact })
    }

    async fn look(&self) -> Result<(), StoreError> {
        let found = self.store.replicas().await?;
        let found: HashMap<_, _> =
            found.into_iter().map(|replica| (replica.id, replica.contact)).collect();
        self.others.send_if_modified(|others| {
            let differ = **others != found;
            if differ {
                *others = Arc::new(found);
            }
            differ
        });
        Ok(())
    }
}
