//! Follows what consumers are known by: what has changed, and what expires.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::gateway::edge::{Consumer, Edge, EdgeName, credentials::Valid};

/// What the compiler is to be told of one consumer; nothing: it is gone.
pub(super) type Told = (EdgeName, Option<Valid>);

/// Remembers what was told last, and when keys of it expire.
#[derive(Debug, Default)]
pub(super) struct Consumers {
    edge: Edge,
    /// Soonest first.
    expiries: BTreeSet<(DateTime<Utc>, EdgeName)>,
}

impl Consumers {
    /// Takes in the edge as it is at `now`; returns what differs.
    pub(super) fn follow(&mut self, edge: &Edge, now: DateTime<Utc>) -> Vec<Told> {
        let mut told = Vec::new();
        for (was, is) in edge.consumers_since(&self.edge) {
            for expiry in was.into_iter().flat_map(|was| expiries(was)) {
                self.expiries.remove(&expiry);
            }
            if let Some(is) = is {
                self.expiries.extend(expiries(is).filter(|(expiry, _)| *expiry > now));
                told.push((is.name.clone(), Some(Valid::of(is, now))));
            } else if let Some(was) = was {
                told.push((was.name.clone(), None));
            }
        }
        self.edge = edge.clone();
        told
    }

    /// Returns when the next key expires.
    pub(super) fn next_expiry(&self) -> Option<DateTime<Utc>> {
        self.expiries.first().map(|(expiry, _)| *expiry)
    }

    /// Returns what differs since keys have expired by `now`.
    pub(super) fn expire(&mut self, now: DateTime<Utc>) -> Vec<Told> {
        let mut told = Vec::new();
        while self.next_expiry().is_some_and(|expiry| expiry <= now) {
            let Some((_, name)) = self.expiries.pop_first() else { break };
            let consumer = self.edge.consumer(&name);
            told.extend(consumer.map(|consumer| (name, Some(Valid::of(consumer, now)))));
        }
        told
    }
}

fn expiries(consumer: &Consumer) -> impl Iterator<Item = (DateTime<Utc>, EdgeName)> {
    let expiries = consumer.keys.iter().filter_map(|key| key.expires_at);
    expiries.map(|expiry| (expiry, consumer.name.clone()))
}
