//! Where a service can be reached, as discovery knows it.

use std::{net::SocketAddr, sync::Arc};

/// Endpoints of one service that nodes are told of at the most: each costs every node a health
/// check and 50 to 100 bytes of each change.
pub const ENDPOINTS_MAX: usize = 5_000;

/// One address of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub address: SocketAddr,
    /// Whether discovery says that it wants requests. Nodes check its health all the same.
    pub is_ready: bool,
    /// The zone whose nodes should use it first; `None` when zones do not matter.
    pub zone: Option<Arc<str>>,
}

impl Endpoint {
    /// Returns an endpoint of which nothing but the address is known.
    pub fn at(address: SocketAddr) -> Self {
        Self { address, is_ready: true, zone: None }
    }
}

/// The endpoints of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoints {
    /// What discovery has found, which may be nothing.
    Known {
        /// Sorted and without duplicates, so that equal sets are equal values.
        found: Arc<[Endpoint]>,
        /// How many more there are than [`ENDPOINTS_MAX`].
        left_out: usize,
    },
    /// There is surely no such service; Envoy is told of no endpoint and answers 503.
    Absent {
        /// What is missing.
        reason: Arc<str>,
    },
    /// The name could not be resolved, though it may be by others or later; Envoy is told of no
    /// endpoint and answers 503, unless it has some from before.
    Unresolved {
        /// What the resolver said.
        reason: Arc<str>,
    },
}

impl Endpoints {
    /// Returns the addresses as a set.
    pub fn known(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self::found(addresses.into_iter().map(Endpoint::at).collect())
    }

    /// Returns endpoints as a set, at most [`ENDPOINTS_MAX`] of them, the ready ones first.
    pub fn found(mut endpoints: Vec<Endpoint>) -> Self {
        endpoints.sort_by_key(|endpoint| endpoint.address);
        endpoints.dedup_by_key(|endpoint| endpoint.address);
        let left_out = endpoints.len().saturating_sub(ENDPOINTS_MAX);
        if left_out > 0 {
            endpoints.sort_by_key(|endpoint| (!endpoint.is_ready, endpoint.address));
            endpoints.truncate(ENDPOINTS_MAX);
            endpoints.sort_by_key(|endpoint| endpoint.address);
        }
        Self::Known { found: endpoints.into(), left_out }
    }

    /// Returns the endpoints; none while the service is not known.
    pub fn all(&self) -> &[Endpoint] {
        match self {
            Self::Known { found, .. } => found,
            Self::Absent { .. } | Self::Unresolved { .. } => &[],
        }
    }

    /// Returns the addresses of all endpoints.
    pub fn addresses(&self) -> impl ExactSizeIterator<Item = SocketAddr> + '_ {
        self.all().iter().map(|endpoint| endpoint.address)
    }

    /// Returns why the service is not known.
    pub fn trouble(&self) -> Option<&Arc<str>> {
        match self {
            Self::Known { .. } => None,
            Self::Absent { reason } | Self::Unresolved { reason } => Some(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(number: usize, is_ready: bool) -> Endpoint {
        let [.., high, low] = number.to_be_bytes();
        let address = SocketAddr::from(([10, 0, high, low], 80));
        Endpoint { is_ready, ..Endpoint::at(address) }
    }

    #[test]
    fn of_too_many_endpoints_the_ready_ones_are_kept() {
        let all = (0..ENDPOINTS_MAX + 7).rev().map(|number| endpoint(number, number >= 100));

        let Endpoints::Known { found, left_out } = Endpoints::found(all.collect()) else {
            panic!("not known");
        };

        assert_eq!((found.len(), left_out), (ENDPOINTS_MAX, 7));
        assert_eq!(found.iter().filter(|endpoint| !endpoint.is_ready).count(), 93);
        assert!(found.is_sorted_by_key(|endpoint| endpoint.address));
    }
}
