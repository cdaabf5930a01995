//! One kind of resources in a session: what the node asked for, has, and is to be sent.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use crate::xds::resource::{Resource, Version};

/// The responses with a resource that the node has not answered yet.
#[derive(Debug)]
struct OnTheWay {
    /// The first since the resource was removed last.
    first: u64,
    newest: u64,
    /// What the newest carries.
    version: Version,
}

/// A resource that the node has.
#[derive(Debug, Clone)]
pub(super) enum Held {
    /// We sent it, or it is equal to what we would send.
    Ours(Arc<Resource>),
    /// The node has it from an earlier stream, and we know only that it differs from ours.
    Foreign,
}

#[derive(Debug, Default)]
pub(super) struct Subscription {
    open: bool,
    wildcard: bool,
    names: HashSet<Arc<str>>,
    held: HashMap<Arc<str>, Held>,
    foreign: usize,
    /// Names to look at, in order, each once.
    queue: VecDeque<Arc<str>>,
    queued: HashSet<Arc<str>>,
    /// Names that must wait for another resource.
    blocked: Vec<Arc<str>>,
    sent: HashMap<Arc<str>, OnTheWay>,
    refused: HashMap<Arc<str>, Arc<Resource>>,
    alone: HashSet<Arc<str>>,
    removals: BTreeSet<Arc<str>>,
    /// The node has asked for everything and heard nothing yet.
    pub(super) must_answer: bool,
    /// What the node came with, from an earlier stream.
    pub(super) inherited: HashSet<Arc<str>>,
}

impl Subscription {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Returns of how many resources the node has said that it runs them, or refuses them.
    pub(super) fn answered(&self) -> usize {
        let only_refused = self.refused.keys().filter(|name| !self.held.contains_key(*name));
        self.held.len() + only_refused.count()
    }

    pub(super) fn is_wildcard(&self) -> bool {
        self.wildcard
    }

    pub(super) fn open(&mut self, wildcard: bool) {
        self.open = true;
        self.wildcard |= wildcard;
    }

    /// Notes that the node wants `name`; returns what it had and, by asking again, has not.
    pub(super) fn subscribe(&mut self, name: &str, first: bool) -> Option<Held> {
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        let lost = if first { None } else { self.let_go(&name) };
        self.touch(&name);
        lost
    }

    /// Notes that the node has dropped `name`; returns what it had.
    pub(super) fn unsubscribe(&mut self, name: &str) -> Option<Held> {
        self.names.remove(name);
        self.let_go(name)
    }

    /// Forgets that the node has `name`, so that it is sent again; returns what it had.
    pub(super) fn forget(&mut self, name: &Arc<str>) -> Option<Held> {
        let held = self.let_go(name);
        self.touch(name);
        held
    }

    fn let_go(&mut self, name: &str) -> Option<Held> {
        self.sent.remove(name);
        self.refused.remove(name);
        let held = self.held.remove(name);
        self.foreign -= usize::from(matches!(held, Some(Held::Foreign)));
        held
    }

    /// Queues `name` to be looked at, if the node wants it.
    pub(super) fn touch(&mut self, name: &Arc<str>) {
        if self.wants(name) {
            self.touch_anyway(name);
        }
    }

    fn wants(&self, name: &Arc<str>) -> bool {
        self.wildcard || self.names.contains(name)
    }

    pub(super) fn touch_anyway(&mut self, name: &Arc<str>) {
        if self.queued.insert(Arc::clone(name)) {
            self.queue.push_back(Arc::clone(name));
        }
    }

    /// Queues all that the node has, or will have when it has read what is on the way.
    pub(super) fn touch_all_known(&mut self) {
        let names: Vec<_> = self.held.keys().chain(self.sent.keys()).cloned().collect();
        names.iter().for_each(|name| self.touch_anyway(name));
    }

    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Takes the next name to look at that the node still wants.
    pub(super) fn take(&mut self) -> Option<Arc<str>> {
        loop {
            let name = self.queue.pop_front()?;
            self.queued.remove(&name);
            if self.wants(&name) {
                return Some(name);
            }
        }
    }

    pub(super) fn put_back(&mut self, name: Arc<str>) {
        if self.queued.insert(Arc::clone(&name)) {
            self.queue.push_front(name);
        }
    }

    pub(super) fn block(&mut self, name: Arc<str>) {
        self.blocked.push(name);
    }

    pub(super) fn unblock(&mut self) {
        for name in std::mem::take(&mut self.blocked) {
            self.touch_anyway(&name);
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.blocked.is_empty() && self.removals.is_empty()
    }

    /// Tells whether `target` is on the node, on the way, or was refused.
    ///
    /// What was refused and is put in place anew is not `target`, even if its content is the
    /// same: whoever put it there is to hear what the node says.
    pub(super) fn has_or_refused(&self, target: &Arc<Resource>) -> bool {
        let name = &target.key.name;
        if self.refused.get(name).is_some_and(|refused| Arc::ptr_eq(refused, target)) {
            return true;
        }
        match (self.sent.get(name), self.held.get(name)) {
            (Some(sent), _) => sent.version == target.version,
            // the node may have something else instead of what is tentative
            (None, Some(Held::Ours(held))) => {
                held.version == target.version && (target.is_tentative || !held.is_tentative)
            }
            (None, _) => false,
        }
    }

    /// Exchanges a held resource for `target`, which has the same content; returns the old one.
    pub(super) fn adopt(&mut self, target: &Arc<Resource>) -> Option<Held> {
        self.removals.remove(&target.key.name);
        let held = self.held.get_mut(&target.key.name)?;
        match held {
            Held::Ours(ours) if ours.version == target.version && !Arc::ptr_eq(ours, target) => {
                Some(std::mem::replace(held, Held::Ours(Arc::clone(target))))
            }
            _ => None,
        }
    }

    pub(super) fn note_sent(&mut self, resource: &Resource, nonce: u64) {
        let name = &resource.key.name;
        self.removals.remove(name);
        let first = self.sent.get(name).map_or(nonce, |sent| sent.first);
        let version = resource.version.clone();
        self.sent.insert(Arc::clone(name), OnTheWay { first, newest: nonce, version });
    }

    pub(super) fn hold(&mut self, name: Arc<str>, held: Held) -> Option<Held> {
        self.foreign += usize::from(matches!(held, Held::Foreign));
        let replaced = self.held.insert(name, held);
        self.foreign -= usize::from(matches!(replaced, Some(Held::Foreign)));
        replaced
    }

    /// Notes that the node has accepted `resource`; returns what it replaced, or an error when it
    /// was removed or unsubscribed while the response was on its way.
    pub(super) fn acked(
        &mut self,
        resource: &Arc<Resource>,
        nonce: u64,
    ) -> Result<Option<Held>, ()> {
        let name = &resource.key.name;
        // who asks again may still get what was sent before, and runs it
        let runs = if self.wildcard {
            self.sent.get(name).is_some_and(|sent| sent.first <= nonce)
        } else {
            self.names.contains(name)
        };
        if !runs {
            return Err(());
        }
        self.landed(resource, nonce);
        self.alone.remove(name);
        self.refused.remove(name);
        Ok(self.hold(Arc::clone(name), Held::Ours(Arc::clone(resource))))
    }

    /// Notes that the node refused `resource`; returns what it goes on with.
    pub(super) fn refused(
        &mut self,
        resource: &Arc<Resource>,
        nonce: u64,
    ) -> Option<Arc<Resource>> {
        self.landed(resource, nonce);
        self.refused.insert(Arc::clone(&resource.key.name), Arc::clone(resource));
        // what has taken its place meanwhile may have waited for the answer
        self.touch(&resource.key.name);
        match self.held.get(&resource.key.name) {
            Some(Held::Ours(kept)) => Some(Arc::clone(kept)),
            _ => None,
        }
    }

    pub(super) fn try_alone(&mut self, resource: &Resource, nonce: u64) {
        self.landed(resource, nonce);
        self.alone.insert(Arc::clone(&resource.key.name));
        self.touch_anyway(&resource.key.name);
    }

    fn landed(&mut self, resource: &Resource, nonce: u64) {
        if self.sent.get(&resource.key.name).is_some_and(|sent| sent.newest == nonce) {
            self.sent.remove(&resource.key.name);
        }
    }

    pub(super) fn must_travel_alone(&self, name: &Arc<str>) -> bool {
        self.alone.contains(name)
    }

    pub(super) fn remove_later(&mut self, name: &Arc<str>) {
        // by name means: the node lets go by itself
        if self.wildcard && self.knows(name) {
            self.removals.insert(Arc::clone(name));
        }
    }

    pub(super) fn removals(&self) -> Vec<Arc<str>> {
        self.removals.iter().cloned().collect()
    }

    pub(super) fn remove_now(&mut self, name: &Arc<str>) -> Option<Held> {
        self.removals.remove(name);
        self.let_go(name)
    }

    /// Tells whether the node has `name`, or will when it has read what is on the way.
    pub(super) fn knows(&self, name: &Arc<str>) -> bool {
        self.held.contains_key(name) || self.sent.contains_key(name)
    }

    pub(super) fn holds(&self, name: &Arc<str>) -> bool {
        self.held.contains_key(name)
    }

    pub(super) fn holds_foreign(&self) -> bool {
        self.foreign > 0
    }

    pub(super) fn holds_nothing(&self) -> bool {
        self.held.is_empty()
    }

    pub(super) fn each_of_ours(&self, visit: impl Fn(&Resource)) {
        for held in self.held.values() {
            if let Held::Ours(resource) = held {
                visit(resource);
            }
        }
    }
}
