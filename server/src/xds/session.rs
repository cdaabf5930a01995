//! One node's conversation, without IO: requests go in, responses and events come out.
//!
//! Invariants, each kept where it is named:
//! * *make before break*: routes wait for the acknowledgement of the clusters that they need;
//!   Envoy gives it once a cluster is warm ([`Session::may_send`]);
//! * a cluster is removed only when no route that the node has, or may have, needs it
//!   ([`Session::may_remove_cluster`]);
//! * a refused resource is known by name: changes travel one resource a response, and a refused
//!   batch is sent again one by one ([`Session::refused`]);
//! * nothing is sent that the node has ([`Session::next_for`]).

mod subscription;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use self::subscription::{Held, Subscription};
use super::resource::{Kind, Resource, ResourceKey, Resources, Version};
use crate::envoy::proto::service::discovery::v3::{
    DeltaDiscoveryRequest, DeltaDiscoveryResponse, Resource as WireResource,
};

/// Up to this many changes of a kind travel one resource a response, so that a refusal names
/// its resource; more come from a first load and travel in batches.
const SINGLE_CHANGES: usize = 16;

/// Resources in one response of a first load, at the most.
const BATCH_RESOURCES: usize = 128;

/// Responses of one kind that a node may have yet to answer. Bounds what we keep for a slow
/// node; large enough that a burst of changes is not paced by round trips.
const UNANSWERED_RESPONSES: usize = 64;

/// What a request told us.
#[derive(Debug, Clone)]
pub enum Event {
    /// The node runs this version now.
    Acked(Arc<Resource>),
    /// The node has refused this version and keeps what it had.
    Rejected {
        resource: Arc<Resource>,
        /// Envoy's words.
        reason: Arc<str>,
        /// What the node goes on with, if it had the resource from us.
        kept: Option<Arc<Resource>>,
    },
}

/// A response that the node has not answered yet.
#[derive(Debug)]
struct Sent {
    nonce: u64,
    kind: Kind,
    upserts: Vec<Arc<Resource>>,
}

/// What one node has, what it should have, and what is on the way.
#[derive(Debug)]
pub struct Session {
    target: Resources,
    /// Newest revision in `target`; tells people which state a response belongs to.
    revision: u64,
    subscriptions: HashMap<Kind, Subscription>,
    unanswered: HashMap<u64, Sent>,
    next_nonce: u64,
    /// How many route configurations, held or on the way, need a cluster.
    needs: HashMap<Arc<str>, usize>,
}

impl Session {
    /// Begins a conversation whose goal is `target`.
    pub fn new(target: Resources, revision: u64) -> Self {
        Self {
            target,
            revision,
            subscriptions: Kind::ALL.map(|kind| (kind, Subscription::default())).into(),
            unanswered: HashMap::new(),
            next_nonce: 1,
            needs: HashMap::new(),
        }
    }

    /// Sets a new goal; `touched` are the resources in which it may differ from the last, `None`
    /// stands for any.
    pub fn retarget(&mut self, target: Resources, revision: u64, touched: Option<&[ResourceKey]>) {
        self.target = target;
        self.revision = revision;
        match touched {
            Some(keys) => {
                for key in keys {
                    self.subscription(key.kind).touch(&key.name);
                }
            }
            None => {
                for kind in Kind::ALL {
                    let names: Vec<_> = self.target.names(kind).cloned().collect();
                    let subscription = self.subscription(kind);
                    subscription.touch_all_known();
                    names.iter().for_each(|name| subscription.touch(name));
                }
            }
        }
        self.unblock();
    }

    /// Tells whether the node has acknowledged, or refused, everything up to the goal.
    ///
    /// A node asks for one kind after the other: that it waits for nothing does not mean that it
    /// has asked for everything yet. One whose first listener is refused, for example because its
    /// address is taken, never asks for routes: it serves nothing, and is not there.
    pub fn is_settled(&self) -> bool {
        let answered = |kind| self.subscriptions.get(&kind).map_or(0, Subscription::answered);
        let wants_listener = self.target.names(Kind::Listener).next().is_some();
        self.unanswered.is_empty()
            && self.subscriptions.values().all(Subscription::is_quiet)
            && (!wants_listener || answered(Kind::Listener) > 0)
            // Envoy asks for the routes of each scope
            && answered(Kind::Routes) >= answered(Kind::Scope)
    }

    /// Takes in a request. A request of a kind that we do not serve is ignored.
    pub fn on_request(&mut self, request: DeltaDiscoveryRequest) -> Vec<Event> {
        let Some(kind) = Kind::of_type_url(&request.type_url) else { return Vec::new() };
        let mut events = Vec::new();
        if let Some(sent) = request
            .response_nonce
            .parse()
            .ok()
            .and_then(|nonce: u64| self.unanswered.remove(&nonce))
        {
            match &request.error_detail {
                None => self.acked(sent, &mut events),
                Some(error) => self.refused(sent, &error.message, &mut events),
            }
            self.unblock();
        }
        self.subscribe(kind, request, &mut events);
        events
    }

    /// Returns the next response that may be sent now, if any.
    pub fn poll(&mut self) -> Option<DeltaDiscoveryResponse> {
        let upserts = Kind::ALL.into_iter().find_map(|kind| self.poll_upserts(kind));
        let removals = || {
            // what uses goes before what is used
            [Kind::Listener, Kind::Scope, Kind::Cluster]
                .into_iter()
                .find_map(|kind| self.poll_removals(kind))
        };
        let response = upserts.or_else(removals);
        response.or_else(|| Kind::ALL.into_iter().find_map(|kind| self.poll_empty(kind)))
    }

    /// Answers who has asked for everything of a kind of which there is nothing: Envoy would wait
    /// for it, 15 s, before it goes on.
    fn poll_empty(&mut self, kind: Kind) -> Option<DeltaDiscoveryResponse> {
        let subscription = self.subscription(kind);
        let nothing = subscription.holds_nothing() && subscription.is_quiet();
        (subscription.must_answer && nothing).then(|| self.response(kind, Vec::new(), Vec::new()))
    }

    fn subscribe(&mut self, kind: Kind, request: DeltaDiscoveryRequest, events: &mut Vec<Event>) {
        let first = !self.subscription(kind).is_open();
        if first {
            let everything = request.resource_names_subscribe.is_empty();
            self.subscription(kind).open(everything);
            for (name, version) in request.initial_resource_versions {
                let held = self.remember(kind, name.into(), &Version::reported(&version));
                events.extend(held.map(Event::Acked));
            }
        }
        for name in &request.resource_names_unsubscribe {
            if let Some(held) = self.subscription(kind).unsubscribe(name) {
                self.release(&held);
            }
        }
        for name in request.resource_names_subscribe {
            if name == "*" {
                self.subscription(kind).open(true);
                continue;
            }
            // asking again means that the node does not have it, unless it says so on connecting
            if let Some(held) = self.subscription(kind).subscribe(&name, first) {
                self.release(&held);
            }
        }
        if self.subscription(kind).is_wildcard() && first {
            let names: Vec<_> = self.target.names(kind).cloned().collect();
            let subscription = self.subscription(kind);
            names.iter().for_each(|name| subscription.touch(name));
            subscription.must_answer = true;
        }
        self.unblock();
    }

    /// Takes over what the node has from an earlier stream, perhaps from another server; returns
    /// the resource if it is one of ours.
    fn remember(&mut self, kind: Kind, name: Arc<str>, version: &Version) -> Option<Arc<Resource>> {
        let key = ResourceKey { kind, name };
        let is_ours =
            |resource: &&Arc<Resource>| resource.version == *version || resource.is_tentative;
        let ours = self.target.get(&key).filter(is_ours).cloned();
        let held = ours.clone().map_or(Held::Foreign, Held::Ours);
        self.retain(&held);
        let subscription = self.subscription(kind);
        subscription.touch_anyway(&key.name);
        subscription.inherited.insert(Arc::clone(&key.name));
        subscription.hold(key.name, held);
        ours
    }

    fn poll_upserts(&mut self, kind: Kind) -> Option<DeltaDiscoveryResponse> {
        if self.unanswered.values().filter(|sent| sent.kind == kind).count() >= UNANSWERED_RESPONSES
        {
            return None;
        }
        let waiting = self.subscription(kind).waiting();
        let limit = if waiting > SINGLE_CHANGES { BATCH_RESOURCES } else { 1 };
        let mut upserts: Vec<Arc<Resource>> = Vec::new();
        for _ in 0..waiting {
            let Some(name) = self.subscription(kind).take() else { break };
            let Some(resource) = self.next_for(kind, &name) else { continue };
            if !self.may_send(&resource) {
                self.subscription(kind).block(name);
                continue;
            }
            let alone = self.subscription(kind).must_travel_alone(&name);
            if alone && !upserts.is_empty() {
                self.subscription(kind).put_back(name);
                break;
            }
            upserts.push(resource);
            if alone || upserts.len() == limit {
                break;
            }
        }
        if upserts.is_empty() {
            return None;
        }
        for resource in &upserts {
            self.note_sent(resource);
        }
        Some(self.response(kind, upserts, Vec::new()))
    }

    /// Returns what the node should be sent under this name; queues a removal where the resource
    /// is gone.
    fn next_for(&mut self, kind: Kind, name: &Arc<str>) -> Option<Arc<Resource>> {
        let key = ResourceKey { kind, name: Arc::clone(name) };
        let target = self.target.get(&key).cloned();
        let subscription = self.subscription(kind);
        let Some(target) = target else {
            subscription.remove_later(name);
            return None;
        };
        if subscription.has_or_refused(&target) {
            self.adopt(target);
            return None;
        }
        Some(target)
    }

    /// The same content may carry newer mappings: their receipts count on the newer one.
    fn adopt(&mut self, target: Arc<Resource>) {
        if let Some(replaced) = self.subscription(target.key.kind).adopt(&target) {
            self.retain(&Held::Ours(target));
            self.release(&replaced);
        }
    }

    /// Keeps *make before break*: says whether all that `resource` needs is on the node.
    fn may_send(&self, resource: &Resource) -> bool {
        let has_cluster = |name: &Arc<str>| self.holds(Kind::Cluster, name);
        match resource.key.kind {
            Kind::Cluster | Kind::Endpoints | Kind::Secret => true,
            Kind::Routes => resource.needs.iter().all(has_cluster),
            Kind::Scope => {
                let key = ResourceKey { kind: Kind::Routes, name: Arc::clone(&resource.key.name) };
                self.target.get(&key).is_some_and(|routes| routes.needs.iter().all(has_cluster))
            }
            // a listener that changes may ask for other shards: they must be there
            Kind::Listener => {
                !self.holds(Kind::Listener, &resource.key.name)
                    || [Kind::Routes, Kind::Scope].iter().all(|kind| self.is_quiet(*kind))
            }
        }
    }

    fn note_sent(&mut self, resource: &Arc<Resource>) {
        self.retain_needs(resource);
        let Resource { key, .. } = resource.as_ref();
        // Envoy rebuilds a changed cluster and waits for its endpoints, but does not ask again
        if key.kind == Kind::Cluster && self.subscription(key.kind).knows(&key.name) {
            let again = self.subscription(Kind::Endpoints).forget(&key.name);
            if let Some(held) = again {
                self.release(&held);
            }
        }
        let nonce = self.next_nonce;
        self.subscription(key.kind).note_sent(resource, nonce);
    }

    fn poll_removals(&mut self, kind: Kind) -> Option<DeltaDiscoveryResponse> {
        let candidates = self.subscription(kind).removals();
        let mut names = Vec::new();
        for name in candidates {
            if kind == Kind::Cluster && !self.may_remove_cluster(&name) {
                continue;
            }
            if let Some(held) = self.subscription(kind).remove_now(&name) {
                self.release(&held);
            }
            names.push(name.as_ref().to_owned());
        }
        (!names.is_empty()).then(|| self.response(kind, Vec::new(), names))
    }

    /// Keeps *break last*: says whether no route on the node can need the cluster any more.
    fn may_remove_cluster(&self, name: &Arc<str>) -> bool {
        let inherited = self.with(Kind::Cluster, |clusters| clusters.inherited.contains(name));
        let routes_known = self.with(Kind::Routes, Subscription::is_open)
            || self.with(Kind::Scope, |scopes| scopes.is_open() && scopes.inherited.is_empty());
        let none_foreign = routes_known && !self.with(Kind::Routes, Subscription::holds_foreign);
        (none_foreign || !inherited) && !self.needs.contains_key(name)
    }

    fn response(
        &mut self,
        kind: Kind,
        upserts: Vec<Arc<Resource>>,
        removed_resources: Vec<String>,
    ) -> DeltaDiscoveryResponse {
        let nonce = self.next_nonce;
        self.next_nonce += 1;
        let resources = upserts
            .iter()
            .map(|resource| WireResource {
                name: resource.key.name.as_ref().to_owned(),
                version: resource.version.as_str().to_owned(),
                resource: Some(resource.body.clone()),
                ..WireResource::default()
            })
            .collect();
        self.unanswered.insert(nonce, Sent { nonce, kind, upserts });
        self.subscription(kind).must_answer = false;
        DeltaDiscoveryResponse {
            system_version_info: self.revision.to_string(),
            resources,
            type_url: kind.type_url(),
            removed_resources,
            nonce: nonce.to_string(),
            ..DeltaDiscoveryResponse::default()
        }
    }

    fn acked(&mut self, sent: Sent, events: &mut Vec<Event>) {
        for resource in sent.upserts {
            resource.count_holder();
            match self.subscription(sent.kind).acked(&resource, sent.nonce) {
                // the needs were counted when the resource was sent
                Ok(Some(replaced)) => self.release(&replaced),
                Ok(None) => {}
                // unsubscribed meanwhile: the node has dropped it again
                Err(()) => self.release(&Held::Ours(Arc::clone(&resource))),
            }
            if let Some(target) = self.target.get(&resource.key).cloned() {
                self.adopt(target);
            }
            events.push(Event::Acked(resource));
        }
    }

    /// Keeps *blame*: a refused resource is reported; of a refused batch each is tried alone.
    fn refused(&mut self, sent: Sent, reason: &str, events: &mut Vec<Event>) {
        let alone = sent.upserts.len() == 1;
        for resource in sent.upserts {
            self.release_needs(&resource);
            let subscription = self.subscription(sent.kind);
            if !alone {
                subscription.try_alone(&resource, sent.nonce);
                continue;
            }
            let kept = subscription.refused(&resource, sent.nonce);
            resource.reject(reason);
            events.push(Event::Rejected { resource, reason: reason.into(), kept });
        }
    }

    fn unblock(&mut self) {
        self.subscriptions.values_mut().for_each(Subscription::unblock);
    }

    fn holds(&self, kind: Kind, name: &Arc<str>) -> bool {
        self.with(kind, |subscription| subscription.holds(name))
    }

    fn is_quiet(&self, kind: Kind) -> bool {
        self.with(kind, Subscription::is_quiet)
            && self.unanswered.values().all(|sent| sent.kind != kind)
    }

    fn with(&self, kind: Kind, question: impl FnOnce(&Subscription) -> bool) -> bool {
        self.subscriptions.get(&kind).is_some_and(question)
    }

    fn subscription(&mut self, kind: Kind) -> &mut Subscription {
        self.subscriptions.entry(kind).or_default()
    }

    fn retain(&mut self, held: &Held) {
        if let Held::Ours(resource) = held {
            resource.count_holder();
            self.retain_needs(resource);
        }
    }

    fn release(&mut self, held: &Held) {
        if let Held::Ours(resource) = held {
            resource.discount_holder();
            self.release_needs(resource);
        }
    }

    fn retain_needs(&mut self, resource: &Resource) {
        for cluster in &resource.needs {
            *self.needs.entry(Arc::clone(cluster)).or_default() += 1;
        }
    }

    fn release_needs(&mut self, resource: &Resource) {
        for cluster in &resource.needs {
            if let Some(count) = self.needs.get_mut(cluster) {
                *count -= 1;
                if *count == 0 {
                    self.needs.remove(cluster);
                }
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for subscription in self.subscriptions.values() {
            subscription.each_of_ours(|resource| resource.discount_holder());
        }
    }
}
