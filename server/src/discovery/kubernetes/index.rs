//! All Services and their endpoints, as far as they are watched. Pure.
//!
//! ```text
//! Service, EndpointSlice ─▶ Fact ─▶ Index ─▶ which Services differ now
//!                                     └────▶ Answer for a service and a port
//! ```
//! What a change costs depends on the Service that it is about, not on the cluster.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{
    choice::{endpoints, known_port, no_port, target},
    facts::{Fact, Kind, Service, Slice, SliceKey},
    key::ServiceKey,
};
use crate::gateway::{endpoints::Endpoints, service::Port};

/// Which namespaces are watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Namespaces {
    #[default]
    All,
    These(BTreeSet<Arc<str>>),
}

/// One list that the API server is asked for, and then watched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Source {
    pub(super) what: What,
    /// `None` for all of them.
    pub(super) namespace: Option<Arc<str>>,
}

/// A kind of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum What {
    Services,
    Slices,
}

/// What a source has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// All that there is now; what was known before and is not in it is deleted.
    All(Vec<Fact>),
    One(Fact),
}

/// What is known of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Endpoints(Endpoints),
    /// DNS knows the endpoints.
    External {
        name: Arc<str>,
        port: u16,
    },
}

/// The Services of the watched namespaces.
#[derive(Debug, Default)]
pub(super) struct Index {
    namespaces: Namespaces,
    services: HashMap<ServiceKey, Service>,
    slices: HashMap<ServiceKey, HashMap<Arc<str>, Slice>>,
    owners: HashMap<SliceKey, ServiceKey>,
    /// What has not been listed yet.
    unlisted: BTreeSet<Source>,
}

impl Index {
    /// Returns an index that has been told nothing.
    pub(super) fn new(namespaces: Namespaces) -> Self {
        let unlisted = Self::sources_of(&namespaces).into_iter().collect();
        Self { namespaces, unlisted, ..Self::default() }
    }

    /// Returns all that must be listed and watched.
    pub(super) fn sources(&self) -> Vec<Source> {
        Self::sources_of(&self.namespaces)
    }

    fn sources_of(namespaces: &Namespaces) -> Vec<Source> {
        let namespaces: Vec<_> = match namespaces {
            Namespaces::All => vec![None],
            Namespaces::These(names) => names.iter().cloned().map(Some).collect(),
        };
        let both = |namespace: Option<Arc<str>>| {
            [What::Services, What::Slices].map(|what| Source { what, namespace: namespace.clone() })
        };
        namespaces.into_iter().flat_map(both).collect()
    }

    /// Takes in what a source says; returns the Services that differ since.
    pub(super) fn take_in(&mut self, source: &Source, news: News) -> HashSet<ServiceKey> {
        let mut touched = HashSet::new();
        match news {
            News::One(fact) => self.learn(fact, &mut touched),
            News::All(facts) => {
                self.unlisted.remove(source);
                for ended in self.missing(source, &facts) {
                    self.learn(ended, &mut touched);
                }
                facts.into_iter().for_each(|fact| self.learn(fact, &mut touched));
            }
        }
        touched
    }

    /// Returns what was known of a source and is not among `facts`, as deleted.
    fn missing(&self, source: &Source, facts: &[Fact]) -> Vec<Fact> {
        let is_of = |namespace: &Arc<str>| {
            source.namespace.as_ref().is_none_or(|watched| watched == namespace)
        };
        match source.what {
            What::Services => {
                let there: HashSet<_> = facts.iter().filter_map(Fact::service_key).collect();
                let known = self.services.keys().filter(|key| is_of(&key.namespace));
                let gone = known.filter(|key| !there.contains(key));
                gone.map(|key| Fact::Service(key.clone(), None)).collect()
            }
            What::Slices => {
                let there: HashSet<_> = facts.iter().filter_map(Fact::slice_key).collect();
                let known = self.owners.keys().filter(|key| is_of(&key.namespace));
                let gone = known.filter(|key| !there.contains(key));
                gone.map(|key| Fact::Slice(key.clone(), None)).collect()
            }
        }
    }

    fn learn(&mut self, fact: Fact, touched: &mut HashSet<ServiceKey>) {
        match fact {
            Fact::Service(key, service) => {
                let differs = self.services.get(&key) != service.as_ref();
                match service {
                    Some(service) => self.services.insert(key.clone(), service),
                    None => self.services.remove(&key),
                };
                if differs {
                    touched.insert(key);
                }
            }
            Fact::Slice(key, slice) => self.learn_slice(key, slice, touched),
        }
    }

    fn learn_slice(
        &mut self,
        key: SliceKey,
        slice: Option<Slice>,
        touched: &mut HashSet<ServiceKey>,
    ) {
        // it may have belonged to another Service
        let before = self.owners.remove(&key).and_then(|owner| {
            let slices = self.slices.get_mut(&owner)?;
            let slice = slices.remove(&key.name);
            if slices.is_empty() {
                self.slices.remove(&owner);
            }
            slice
        });
        if before != slice {
            touched.extend([&before, &slice].into_iter().flatten().map(|it| it.service.clone()));
        }
        if let Some(slice) = slice {
            let owner = slice.service.clone();
            self.slices.entry(owner.clone()).or_default().insert(Arc::clone(&key.name), slice);
            self.owners.insert(key, owner);
        }
    }

    /// Tells whether all that concerns a Service has been listed.
    pub(super) fn knows(&self, key: &ServiceKey) -> bool {
        let namespace = match &self.namespaces {
            Namespaces::All => None,
            Namespaces::These(names) => match names.get(&key.namespace) {
                Some(watched) => Some(Arc::clone(watched)),
                None => return true,
            },
        };
        let is_listed = |what| {
            let source = Source { what, namespace: namespace.clone() };
            !self.unlisted.contains(&source)
        };
        is_listed(What::Services) && is_listed(What::Slices)
    }

    /// Tells whether everything has been listed.
    pub(super) fn knows_all(&self) -> bool {
        self.unlisted.is_empty()
    }

    /// Returns what is known of a Service at a port, once it [is](Self::knows).
    pub(super) fn answer(&self, key: &ServiceKey, port: &Port) -> Answer {
        let found = self.service(key).and_then(|service| match &service.kind {
            Kind::External(name) => {
                let named = known_port(service, port).map(|port| port.number);
                let port = port.number().or(named).ok_or_else(|| no_port(key, service, port))?;
                Ok(Answer::External { name: Arc::clone(name), port })
            }
            Kind::Endpoints => {
                let target = target(key, service, port)?;
                let slices = self.slices.get(key).into_iter().flat_map(HashMap::values);
                Ok(Answer::Endpoints(endpoints(service, slices, &target)))
            }
        });
        found.unwrap_or_else(|reason| Answer::Endpoints(Endpoints::Absent { reason }))
    }

    fn service(&self, key: &ServiceKey) -> Result<&Service, Arc<str>> {
        if let Namespaces::These(watched) = &self.namespaces
            && !watched.contains(&key.namespace)
        {
            let names: Vec<_> = watched.iter().map(AsRef::as_ref).collect();
            let reason = format!(
                "the namespace `{}` is not watched; `--kubernetes-namespaces` has {}",
                key.namespace,
                names.join(", ")
            );
            return Err(reason.into());
        }
        self.services.get(key).ok_or_else(|| format!("there is no {key}").into())
    }

    /// Returns every Service.
    pub(super) fn services(&self) -> impl Iterator<Item = (&ServiceKey, &Service)> {
        self.services.iter()
    }

    /// Returns how many Services and slices there are.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.services.len(), self.owners.len())
    }
}

#[cfg(test)]
mod tests;
