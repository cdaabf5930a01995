//! Who follows which Service, and what they must be told next. Pure; the time is handed in.
//!
//! ```text
//! Directory ── follow, forget ──▶ Board ◀── reports of the feeds ── keeper
//!                                   └──── what to tell ───────────▶ keeper
//! ```

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};

use super::{
    index::{Answer, Index, News, Source},
    key::ServiceKey,
};
use crate::{
    discovery::link::Link,
    gateway::{
        endpoints::Endpoints,
        service::{Port, ServiceName},
    },
};

/// All that following needs to know.
#[derive(Debug)]
pub(super) struct Board {
    index: Index,
    followed: HashMap<ServiceName, ServiceKey>,
    followers: HashMap<ServiceKey, BTreeSet<ServiceName>>,
    to_tell: HashSet<ServiceName>,
    started_at: DateTime<Utc>,
    /// Whoever asks has waited long enough for the first lists.
    is_overdue: bool,
    troubles: BTreeMap<Source, Trouble>,
}

/// What is wrong with a source.
#[derive(Debug)]
struct Trouble {
    since: DateTime<Utc>,
    error: Arc<str>,
}

impl Board {
    pub(super) fn new(index: Index, now: DateTime<Utc>) -> Self {
        Self {
            index,
            followed: HashMap::new(),
            followers: HashMap::new(),
            to_tell: HashSet::new(),
            started_at: now,
            is_overdue: false,
            troubles: BTreeMap::new(),
        }
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// Begins to follow a service; returns what is known of it.
    ///
    /// It is told that once more: an update from when it was followed before may still be under
    /// way, and would otherwise be believed.
    pub(super) fn follow(&mut self, service: &ServiceName, key: ServiceKey) -> Option<Answer> {
        let answer = self.answer(&key, &service.port);
        self.followers.entry(key.clone()).or_default().insert(service.clone());
        self.followed.insert(service.clone(), key);
        self.to_tell.insert(service.clone());
        answer
    }

    /// Stops following a service; returns whether it was followed.
    pub(super) fn forget(&mut self, service: &ServiceName) -> bool {
        let Some(key) = self.followed.remove(service) else { return false };
        if let Some(followers) = self.followers.get_mut(&key) {
            followers.remove(service);
            if followers.is_empty() {
                self.followers.remove(&key);
            }
        }
        self.to_tell.insert(service.clone());
        true
    }

    /// Returns what is known of a Service; `None` while there is reason to wait.
    pub(super) fn answer(&self, key: &ServiceKey, port: &Port) -> Option<Answer> {
        if self.index.knows(key) {
            return Some(self.index.answer(key, port));
        }
        self.is_overdue.then(|| {
            let link = self.link();
            let reason = format!("Kubernetes: {link}").into();
            Answer::Endpoints(Endpoints::Unresolved { reason })
        })
    }

    /// Says that nobody should wait for the first lists any longer.
    pub(super) fn set_overdue(&mut self) {
        self.is_overdue = true;
        self.tell_waiting();
    }

    fn tell_waiting(&mut self) {
        let waiting = self.followed.iter().filter(|(_, key)| !self.index.knows(key));
        self.to_tell.extend(waiting.map(|(service, _)| service.clone()));
    }

    pub(super) fn connected(&mut self, source: &Source) {
        self.troubles.remove(source);
    }

    pub(super) fn failed(&mut self, source: &Source, error: String, now: DateTime<Utc>) {
        let since = self.troubles.get(source).map_or(now, |trouble| trouble.since);
        self.troubles.insert(source.clone(), Trouble { since, error: error.into() });
        if self.is_overdue && !self.index.knows_all() {
            self.tell_waiting();
        }
    }

    pub(super) fn take_in(&mut self, source: &Source, news: News) {
        let knew_all = self.index.knows_all();
        let touched = self.index.take_in(source, news);
        if !knew_all {
            // whose first answer this is
            let known = self.followed.iter().filter(|(_, key)| self.index.knows(key));
            self.to_tell.extend(known.map(|(service, _)| service.clone()));
        }
        let followers = touched.iter().filter_map(|key| self.followers.get(key)).flatten();
        self.to_tell.extend(followers.cloned());
    }

    /// Takes the services of which something new is to be told; nothing for one that is not
    /// followed any more.
    pub(super) fn take_told(&mut self) -> Vec<(ServiceName, Option<Answer>)> {
        let services = std::mem::take(&mut self.to_tell);
        let told = services.into_iter().filter_map(|service| match self.followed.get(&service) {
            None => Some((service, None)),
            Some(key) => {
                let answer = self.answer(key, &service.port)?;
                Some((service, Some(answer)))
            }
        });
        told.collect()
    }

    /// Returns how the connection is.
    pub(super) fn link(&self) -> Link {
        // the same one each time, whichever fails first
        let error = self.troubles.values().next().map(|trouble| Arc::clone(&trouble.error));
        let since = self.troubles.values().map(|trouble| trouble.since).min();
        match (self.index.knows_all(), error, since) {
            (false, error, _) => Link::Starting { since: self.started_at, error },
            (true, Some(error), Some(since)) => Link::Reconnecting { since, error },
            (true, ..) => Link::Synced,
        }
    }
}

#[cfg(test)]
mod tests;
