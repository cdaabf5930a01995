//! Finds the endpoints of services: what is configured by hand, addresses, and DNS names.
//!
//! ```text
//! publisher ── follow(service) ──▶ Directory ──▶ fixed, address: known at once
//!     ▲                                └───────▶ DNS: a task, looks again when the TTL ends
//!     └────────── Update, bounded channel ◀────────┘
//! ```

pub mod dns;
pub mod fixed;
pub mod guard;
pub mod inspect;

use std::net::SocketAddr;

use self::{dns::Dns, fixed::Fixed, guard::Guard};
use crate::gateway::{
    endpoints::Endpoints,
    service::{Host, ServiceName},
};

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
    fixed: Fixed,
    dns: Dns,
    guard: Guard,
}

impl Directory {
    pub fn new(fixed: Fixed, dns: Dns, guard: Guard) -> Self {
        Self { fixed, dns, guard }
    }
}

impl Discovery for Directory {
    fn follow(&mut self, service: &ServiceName) -> Option<Endpoints> {
        if let Some(endpoints) = self.fixed.endpoints(service) {
            // an operator has written these down: they are allowed
            return Some(endpoints);
        }
        match &service.host {
            Host::Ip(ip) => {
                let endpoints = Endpoints::known([SocketAddr::new(*ip, service.port)]);
                Some(self.guard.admit(endpoints))
            }
            Host::Name(name) => {
                self.dns.follow(service.clone(), name, &self.guard);
                None
            }
        }
    }

    fn forget(&mut self, service: &ServiceName) {
        self.dns.forget(service);
    }
}
