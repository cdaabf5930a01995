//! One kind of resources in a session: what the node asked for, has, and is to be sent.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use crate::xds::resource::{Resource, Version};

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
    /// The newest version on the way, by name.
    sent: HashMap<Arc<str>, Version>,
    refused: HashMap<Arc<str>, Version>,
    alone: HashSet<Arc<str>>,
    removals: BTreeSet<Arc<str>>,
    /// The node has asked for everything and heard nothing yet.
    pub(super) must_answer: bool,
}

impl Subscription {
    pub(super) fn is_open(&self) -> bool {
        self.open
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
        if self.wildcard || self.names.contains(name) {
            self.touch_anyway(name);
        }
    }

    pub(super) fn touch_anyway(&mut self, name: &Arc<str>) {
        if self.queued.insert(Arc::clone(name)) {
            self.queue.push_back(Arc::clone(name));
        }
    }

    pub(super) fn touch_all_held(&mut self) {
        let names: Vec<_> = self.held.keys().cloned().collect();
        names.iter().for_each(|name| self.touch_anyway(name));
    }

    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn take(&mut self) -> Option<Arc<str>> {
        let name = self.queue.pop_front()?;
        self.queued.remove(&name);
        Some(name)
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
    pub(super) fn has_or_refused(&self, target: &Resource) -> bool {
        let name = &target.key.name;
        if self.refused.get(name) == Some(&target.version) {
            return true;
        }
        match (self.sent.get(name), self.held.get(name)) {
            (Some(version), _) => *version == target.version,
            (None, Some(Held::Ours(held))) => held.version == target.version,
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

    pub(super) fn note_sent(&mut self, resource: &Resource) {
        self.removals.remove(&resource.key.name);
        self.sent.insert(Arc::clone(&resource.key.name), resource.version.clone());
    }

    pub(super) fn hold(&mut self, name: Arc<str>, held: Held) -> Option<Held> {
        self.foreign += usize::from(matches!(held, Held::Foreign));
        let replaced = self.held.insert(name, held);
        self.foreign -= usize::from(matches!(replaced, Some(Held::Foreign)));
        replaced
    }

    /// Notes that the node runs `resource`; returns what it replaced, or an error when the node
    /// does not want it any more.
    pub(super) fn acked(&mut self, resource: &Arc<Resource>) -> Result<Option<Held>, ()> {
        let name = &resource.key.name;
        if !self.sent.contains_key(name) {
            // removed or unsubscribed while the response was on its way
            return Err(());
        }
        self.landed(resource);
        self.alone.remove(name);
        self.refused.remove(name);
        Ok(self.hold(Arc::clone(name), Held::Ours(Arc::clone(resource))))
    }

    /// Notes that the node refused `resource`; returns what it goes on with.
    pub(super) fn refused(&mut self, resource: &Resource) -> Option<Arc<Resource>> {
        self.landed(resource);
        self.refused.insert(Arc::clone(&resource.key.name), resource.version.clone());
        match self.held.get(&resource.key.name) {
            Some(Held::Ours(kept)) => Some(Arc::clone(kept)),
            _ => None,
        }
    }

    pub(super) fn try_alone(&mut self, resource: &Resource) {
        self.landed(resource);
        self.alone.insert(Arc::clone(&resource.key.name));
        self.touch_anyway(&resource.key.name);
    }

    fn landed(&mut self, resource: &Resource) {
        if self.sent.get(&resource.key.name) == Some(&resource.version) {
            self.sent.remove(&resource.key.name);
        }
    }

    pub(super) fn must_travel_alone(&self, name: &Arc<str>) -> bool {
        self.alone.contains(name)
    }

    pub(super) fn remove_later(&mut self, name: &Arc<str>) {
        // by name means: the node lets go by itself
        if self.wildcard && (self.held.contains_key(name) || self.sent.contains_key(name)) {
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
