//! Where a service can be reached, as discovery knows it.

use std::{net::SocketAddr, sync::Arc};

/// The endpoints of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoints {
    /// Sorted and without duplicates, so that equal sets are equal values.
    Known(Arc<[SocketAddr]>),
    /// The name could not be resolved; Envoy is told of no endpoint and answers 503.
    Unresolved {
        /// What the resolver said.
        reason: Arc<str>,
    },
}

impl Endpoints {
    /// Returns the addresses as a set.
    pub fn known(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        let mut addresses: Vec<_> = addresses.into_iter().collect();
        addresses.sort_unstable();
        addresses.dedup();
        Self::Known(addresses.into())
    }

    /// Returns the addresses; none while the service is unresolved.
    pub fn addresses(&self) -> &[SocketAddr] {
        match self {
            Self::Known(addresses) => addresses,
            Self::Unresolved { .. } => &[],
        }
    }
}
