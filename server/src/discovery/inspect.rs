//! Looks once whether a service could be reached, for people who are about to map it.
//!
//! Not the following of services that are mapped (`dns`), and not their health, which the nodes
//! check: this asks from here, now, and remembers nothing.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use app::api::service::Source;
use futures_util::future::join_all;
use tokio::{net::TcpStream, sync::Semaphore, time::timeout};

use super::{
    dns::Resolver,
    guard::Guard,
    kubernetes::Answer,
    way::{Way, Ways},
};
use crate::gateway::{
    endpoints::Endpoints,
    service::{Host, ServiceName},
};

/// Endpoints that are tried at the most: enough to see whether a service is up.
const TRIED_MAX: usize = 8;

/// How long an endpoint may take to accept a connection; somebody is waiting for the answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Inspections at once; more wait. Each opens up to [`TRIED_MAX`] connections.
const INSPECTIONS_AT_ONCE: usize = 16;

/// Changes of one letter by which a name may differ from one that is meant.
const TYPO_EDITS: usize = 2;

/// Inspects services; a clone shares the bound on what is under way.
#[derive(Debug, Clone)]
pub struct Inspector {
    ways: Ways,
    resolver: Resolver,
    guard: Guard,
    turns: Arc<Semaphore>,
}

impl Inspector {
    pub fn new(ways: Ways, resolver: Resolver, guard: Guard) -> Self {
        Self { ways, resolver, guard, turns: Arc::new(Semaphore::new(INSPECTIONS_AT_ONCE)) }
    }

    /// Returns by which ways services are found.
    pub fn ways(&self) -> &Ways {
        &self.ways
    }

    /// Returns where the endpoints of `service` come from.
    pub fn source(&self, service: &ServiceName) -> Source {
        match self.ways.to(service) {
            Way::Written(_) => Source::Fixed,
            Way::Address(_) => Source::Address,
            Way::Kubernetes(..) => Source::Kubernetes,
            Way::Dns(..) | Way::Nowhere(_) => Source::Dns,
        }
    }

    /// Returns the endpoints of a service that nobody has mapped, if they are known without asking
    /// anybody.
    pub fn known(&self, service: &ServiceName) -> Option<Endpoints> {
        match self.ways.to(service) {
            Way::Written(endpoints) => Some(endpoints),
            Way::Kubernetes(kubernetes, key) => match kubernetes.find(&key, &service.port)? {
                Answer::Endpoints(endpoints) => Some(self.guard.admit(endpoints)),
                Answer::External { .. } => None,
            },
            Way::Address(_) | Way::Dns(..) | Way::Nowhere(_) => None,
        }
    }

    /// Finds the endpoints of a service that nobody follows.
    pub async fn find(&self, service: &ServiceName) -> Endpoints {
        let found = match self.ways.to(service) {
            Way::Written(endpoints) | Way::Nowhere(endpoints) => return endpoints,
            Way::Address(address) => Endpoints::known([address]),
            Way::Kubernetes(kubernetes, key) => match kubernetes.find(&key, &service.port) {
                Some(Answer::Endpoints(endpoints)) => endpoints,
                Some(Answer::External { name, port }) => self.look_up(&name, port).await,
                None => {
                    let reason = format!("Kubernetes: {}", kubernetes.link());
                    Endpoints::Unresolved { reason: reason.into() }
                }
            },
            Way::Dns(name, port) => self.look_up(name, port).await,
        };
        self.guard.admit(found)
    }

    async fn look_up(&self, name: &str, port: u16) -> Endpoints {
        match self.resolver.lookup(name, port).await {
            Ok((endpoints, _ttl)) => endpoints,
            Err(reason) => Endpoints::Unresolved { reason },
        }
    }

    /// Opens a connection to each of the first endpoints, all at once; returns what came of it.
    pub async fn try_each(&self, endpoints: &Endpoints) -> Vec<(SocketAddr, Result<(), String>)> {
        let _turn = self.turns.acquire().await;
        let tries = endpoints.addresses().take(TRIED_MAX).map(|address| async move {
            let connected = match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                Ok(Ok(_closed_again)) => Ok(()),
                Ok(Err(error)) => Err(error.kind().to_string()),
                Err(_elapsed) => Err("no answer within 1 s".to_owned()),
            };
            (address, connected)
        });
        join_all(tries).await
    }

    /// Returns the known service whose name is almost `service`, in this or another namespace.
    pub fn almost<'a>(
        &self,
        service: &ServiceName,
        mapped: impl Iterator<Item = &'a ServiceName>,
    ) -> Option<ServiceName> {
        let Host::Name(asked) = &service.host else { return None };
        let known: BTreeSet<_> = mapped.cloned().chain(self.ways.services()).collect();
        let distance = |known: &ServiceName| match &known.host {
            Host::Name(name) => edits(asked, name),
            Host::Ip(_) => usize::MAX,
        };
        let others = known.into_iter().filter(|known| known != service);
        let nearest = others.map(|known| (distance(&known), known)).min()?;
        (nearest.0 <= TYPO_EDITS).then_some(nearest.1)
    }
}

/// Counts the changes of one letter between two names; a namespace that only one of them has does
/// not count.
fn edits(left: &str, right: &str) -> usize {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let one_is_short = left.contains('.') != right.contains('.');
    let whole = strsim::osa_distance(left, right);
    match one_is_short {
        true => whole.min(strsim::osa_distance(&first(left), &first(right))),
        false => whole,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("usersvc", "usersvc", 0)]
    #[case("usresvc", "usersvc", 1)]
    #[case("usersvc", "usersvc.shop", 0)]
    #[case("users", "grues", 4)]
    fn a_typo_is_near_and_another_service_is_not(
        #[case] left: &str,
        #[case] right: &str,
        #[case] expected: usize,
    ) {
        assert_eq!(edits(left, right), expected);
    }
}
