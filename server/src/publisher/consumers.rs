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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeDelta;
    use serde_json::json;

    use super::*;

    fn consumer(name: &str, expiries: &[Option<DateTime<Utc>>]) -> Arc<Consumer> {
        let at = DateTime::UNIX_EPOCH;
        let key = |(id, expiry): (usize, &Option<DateTime<Utc>>)| {
            json!({ "id": id, "hash": "{SHA}", "created_at": at, "created_by": "ada",
                    "expires_at": expiry })
        };
        let keys: Vec<_> = expiries.iter().enumerate().map(key).collect();
        let consumer = json!({ "name": name, "keys": keys, "revision": 1, "created_at": at,
            "updated_at": at, "updated_by": "ada" });
        Arc::new(serde_json::from_value(consumer).unwrap())
    }

    fn users(told: &[Told]) -> Vec<(&str, Option<Vec<&str>>)> {
        told.iter()
            .map(|(name, valid)| {
                let keys = valid.as_ref().map(|valid| {
                    valid.keys.iter().map(|(user, _)| user.as_str()).collect::<Vec<_>>()
                });
                (name.as_str(), keys)
            })
            .collect()
    }

    #[test]
    fn what_changes_and_what_expires_is_told_once() {
        let now = DateTime::UNIX_EPOCH;
        let day = |days| now + TimeDelta::days(days);
        let (mut consumers, mut edge) = (Consumers::default(), Edge::default());
        edge.put_consumer(&consumer("acme", &[None, Some(day(1)), Some(day(3))]));
        edge.put_consumer(&consumer("other", &[Some(day(2))]));

        let told = consumers.follow(&edge, day(0));
        assert_eq!(
            users(&told),
            [("acme", Some(vec!["acme.0", "acme.1", "acme.2"])), ("other", Some(vec!["other.0"]))]
        );
        assert!(consumers.follow(&edge, day(0)).is_empty());
        assert!(consumers.expire(day(0)).is_empty());
        assert_eq!(consumers.next_expiry(), Some(day(1)));
        let told = consumers.expire(day(2));
        assert_eq!(
            users(&told),
            [("acme", Some(vec!["acme.0", "acme.2"])), ("other", Some(Vec::new()))]
        );
        edge.remove_consumer(&EdgeName::parse("acme").unwrap());
        let told = consumers.follow(&edge, day(2));
        assert_eq!(users(&told), [("acme", None)]);
        assert_eq!(consumers.next_expiry(), None);
    }
}
