//! What Envoy refuses is held back, mapping by mapping, until its owner changes it.
//!
//! ```text
//! refused ─▶ suspects: what differs from the version that the node kept
//!              ├ one     ─▶ quarantine
//!              └ several ─▶ quarantine, then tried one after another
//! ```
//! The service that counts requests is no mapping's; `counter` has what becomes of it.

use std::sync::Arc;

use super::Compiler;
use crate::{
    gateway::{
        mapping::{Mapping, Revision},
        upstream::Upstream,
    },
    publisher::Refusal,
    xds::resource::{Kind, Resource},
};

/// Says that Envoy has refused a revision of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    pub revision: Revision,
    /// Envoy's words.
    pub reason: Arc<str>,
    /// What is served instead.
    pub(super) good: Option<Arc<Mapping>>,
}

impl Compiler {
    /// Takes in that a node runs `resource`: the next mapping that was refused with it is tried.
    pub fn acked(&mut self, resource: &Resource) {
        let current = self.next.resources.get(&resource.key);
        let is_current = current.is_some_and(|current| current.version == resource.version);
        // a scope has its shard's name, too, and says nothing of the routes
        if resource.key.kind == Kind::Routes && is_current {
            self.try_next(&resource.key.name);
        }
    }

    /// Takes in that a node has refused `resource` and goes on with `kept`.
    ///
    /// The mappings in which the two differ are put into quarantine. If they are several, each
    /// is tried alone: the first at once, the next when a node has answered for the one before.
    pub fn rejected(&mut self, resource: &Resource, reason: &Arc<str>, kept: Option<&Resource>) {
        match resource.key.kind {
            Kind::Routes => self.routes_rejected(resource, reason, kept),
            // without its cluster none of its users can be served
            Kind::Cluster => {
                let Ok(upstream) = Upstream::parse(&resource.key.name) else { return };
                for user in self.shown_users_of(&upstream) {
                    let before = self.before.get(user.name()).cloned();
                    let elsewhere = |good: &Arc<Mapping>| !is_user_of(&upstream, good);
                    self.quarantine(&user, reason, before.filter(elsewhere));
                }
                let current = self.next.resources.get(&resource.key);
                // one that was made anew is judged by itself
                if current.is_some_and(|current| std::ptr::eq(&**current, resource)) {
                    self.counter_rejected(upstream, reason);
                }
            }
            Kind::Endpoints | Kind::Secret | Kind::Scope | Kind::Listener => {}
        }
    }

    /// Takes in that the nodes of another replica have refused a mapping, if that is what is shown.
    pub fn refused_elsewhere(&mut self, refusal: &Refusal) {
        let Some(shown) = self.next.shown.get(&refusal.mapping).cloned() else { return };
        if shown.revision == refusal.revision {
            let good = self.before.get(&refusal.mapping).cloned();
            self.quarantine(&shown, &refusal.reason, good);
        }
    }

    fn routes_rejected(&mut self, resource: &Resource, reason: &Arc<str>, kept: Option<&Resource>) {
        let kept = kept.map_or(&[][..], |kept| &kept.carries);
        let is_kept = |mapping: &&Arc<Mapping>| kept.iter().any(|kept| Arc::ptr_eq(kept, mapping));
        let differing: Vec<_> =
            resource.carries.iter().filter(|mapping| !is_kept(mapping)).collect();
        let current = self.next.resources.get(&resource.key);
        let is_current = current.is_some_and(|current| std::ptr::eq(&**current, resource));
        if differing.len() > 1 && !is_current {
            // what has replaced it is judged by itself: some of these may be cleared by now
            return;
        }
        let suspects: Vec<_> = differing
            .iter()
            .filter(|mapping| self.is_shown(mapping))
            .map(|mapping| Arc::clone(mapping))
            .collect();
        for suspect in &suspects {
            let kept = kept.iter().find(|kept| kept.name() == suspect.name());
            let good = kept.or_else(|| self.before.get(suspect.name())).cloned();
            self.quarantine(suspect, reason, good);
        }
        let shard = &resource.key.name;
        if suspects.len() > 1 {
            let names = suspects.iter().map(|suspect| suspect.name().clone());
            self.trials.entry(Arc::clone(shard)).or_default().extend(names);
        }
        if !suspects.is_empty() {
            self.try_next(shard);
        }
    }

    /// Shows the next mapping that was refused together with others of this shard.
    fn try_next(&mut self, shard: &Arc<str>) {
        let Some(waiting) = self.trials.get_mut(shard) else { return };
        // one that was changed or deleted meanwhile is not in quarantine any more
        let next = std::iter::from_fn(|| waiting.pop_front())
            .find(|name| self.next.quarantined.remove(name).is_some());
        if waiting.is_empty() {
            self.trials.remove(shard);
        }
        if let Some(name) = next {
            self.changed = true;
            self.reconcile(&name);
        }
    }

    /// Holds `suspect` back and shows `good` in its place.
    fn quarantine(&mut self, suspect: &Mapping, reason: &Arc<str>, good: Option<Arc<Mapping>>) {
        let name = suspect.name();
        let quarantine = match self.next.quarantined.get(name) {
            // what is shown in place of a refused revision is refused, too
            Some(known) if known.revision > suspect.revision => {
                Quarantine { good: None, ..Quarantine::clone(known) }
            }
            _ => Quarantine { revision: suspect.revision, reason: Arc::clone(reason), good },
        };
        self.next.quarantined.insert(name.clone(), Arc::new(quarantine));
        self.changed = true;
        self.reconcile(name);
    }

    fn is_shown(&self, mapping: &Arc<Mapping>) -> bool {
        self.next.shown.get(mapping.name()).is_some_and(|shown| Arc::ptr_eq(shown, mapping))
    }

    fn shown_users_of(&self, upstream: &Upstream) -> Vec<Arc<Mapping>> {
        let users = self.next.table.users_of(&upstream.service);
        let shown = users.filter_map(|name| self.next.shown.get(name));
        shown.filter(|mapping| is_user_of(upstream, mapping)).cloned().collect()
    }
}

fn is_user_of(upstream: &Upstream, mapping: &Mapping) -> bool {
    mapping.spec.clusters().any(|used| used.upstream() == *upstream)
}
