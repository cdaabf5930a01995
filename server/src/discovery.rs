//! Finds the endpoints of services: what is configured by hand, addresses, Services of Kubernetes,
//! and DNS names.
//!
//! ```text
//! publisher ── follow(service) ──▶ Directory ──▶ fixed, address: known at once
//!     ▲                                ├───────▶ Kubernetes: known at once, then as it changes
//!     │                                └───────▶ DNS: a task, looks again when the TTL ends
//!     └────────── Update, bounded channel ◀────────┘
//! ```

pub mod dns;
pub mod fixed;
pub mod guard;
pub mod inspect;
pub mod kubernetes;
pub mod link;
pub mod way;

use self::{
    dns::Dns,
    guard::Guard,
    kubernetes::Kubernetes,
    way::{Way, Ways},
};
use crate::gateway::{endpoints::Endpoints, service::ServiceName};

/// Says that the endpoints of a service are these from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    pub service: ServiceName,
    pub endpoints: Endpoints,
}

/// Follows services; what is not known at once comes later as an [`Update`].
pub trait Discovery: Send {
    /// Begins to follow `service`; returns its endpoints if they are known already.
    fn follow(&mut self, service: &ServiceName) -> Option<Endpoints>;

    /// Stops following `service`.
    fn forget(&mut self, service: &ServiceName);
}

/// Asks each kind of discovery in turn, and lets nothing through that the guard refuses.
#[derive(Debug)]
pub struct Directory {
    ways: Ways,
    dns: Dns,
    guard: Guard,
}

impl Directory {
    pub fn new(ways: Ways, dns: Dns, guard: Guard) -> Self {
        Self { ways, dns, guard }
    }
}

impl Discovery for Directory {
    fn follow(&mut self, service: &ServiceName) -> Option<Endpoints> {
        match self.ways.to(service) {
            // an operator has written these down: they are allowed
            Way::Written(endpoints) | Way::Nowhere(endpoints) => Some(endpoints),
            Way::Address(address) => Some(self.guard.admit(Endpoints::known([address]))),
            Way::Kubernetes(kubernetes, key) => kubernetes.follow(service, key),
            Way::Dns(name, port) => {
                self.dns.follow(service.clone(), name, port, &self.guard);
                None
            }
        }
    }

    fn forget(&mut self, service: &ServiceName) {
        self.dns.forget(service);
        self.ways.kubernetes.iter().for_each(|kubernetes: &Kubernetes| kubernetes.forget(service));
    }
}
