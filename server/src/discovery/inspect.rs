//! Looks once whether a service could be reached, for people who are about to map it.
//!
//! Not the following of services that are mapped (`dns`), and not their health, which the nodes
//! check: this asks from here, now, and remembers nothing.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use app::api::service::Source;
use futures_util::future::join_all;
use tokio::{net::TcpStream, sync::Semaphore, time::timeout};

use super::{dns::Resolver, fixed::Fixed, guard::Guard};
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
    fixed: Fixed,
    resolver: Resolver,
    guard: Guard,
    turns: Arc<Semaphore>,
}

impl Inspector {
    pub fn new(fixed: Fixed, resolver: Resolver, guard: Guard) -> Self {
        Self { fixed, resolver, guard, turns: Arc::new(Semaphore::new(INSPECTIONS_AT_ONCE)) }
    }

    /// Returns the services that an operator has written down.
    pub fn fixed(&self) -> &Fixed {
        &self.fixed
    }

    /// Returns where the endpoints of `service` come from.
    pub fn source(&self, service: &ServiceName) -> Source {
        match &service.host {
            _ if self.fixed.endpoints(service).is_some() => Source::Fixed,
            Host::Ip(_) => Source::Address,
            Host::Name(_) => Source::Dns,
        }
    }

    /// Finds the endpoints of a service that nobody follows.
    pub async fn find(&self, service: &ServiceName) -> Endpoints {
        if let Some(endpoints) = self.fixed.endpoints(service) {
            return endpoints;
        }
        let found = match &service.host {
            Host::Ip(ip) => Endpoints::known([SocketAddr::new(*ip, service.port)]),
            Host::Name(name) => match self.resolver.lookup(name, service.port).await {
                Ok((endpoints, _ttl)) => endpoints,
                Err(reason) => Endpoints::Unresolved { reason },
            },
        };
        self.guard.admit(found)
    }

    /// Opens a connection to each of the first endpoints, all at once; returns what came of it.
    pub async fn try_each(&self, endpoints: &Endpoints) -> Vec<(SocketAddr, Result<(), String>)> {
        let _turn = self.turns.acquire().await;
        let tries = endpoints.addresses().iter().take(TRIED_MAX).map(|address| async move {
            let connected = match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                Ok(Ok(_closed_again)) => Ok(()),
                Ok(Err(error)) => Err(error.kind().to_string()),
                Err(_elapsed) => Err("no answer within 1 s".to_owned()),
            };
            (*address, connected)
        });
        join_all(tries).await
    }

    /// Returns the known service whose name is almost `service`, in this or another namespace.
    pub fn almost<'a>(
        &'a self,
        service: &ServiceName,
        mapped: impl Iterator<Item = &'a ServiceName>,
    ) -> Option<ServiceName> {
        let Host::Name(asked) = &service.host else { return None };
        let known: BTreeSet<_> = mapped.chain(self.fixed.services()).collect();
        let distance = |known: &ServiceName| match &known.host {
            Host::Name(name) => edits(asked, name),
            Host::Ip(_) => usize::MAX,
        };
        let others = known.into_iter().filter(|known| *known != service);
        let nearest = others.map(|known| (distance(known), known)).min()?;
        (nearest.0 <= TYPO_EDITS).then(|| nearest.1.clone())
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
