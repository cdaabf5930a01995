//! By which way the endpoints of a service are found.

use std::{net::SocketAddr, sync::Arc};

use super::{
    fixed::Fixed,
    kubernetes::{Kubernetes, ServiceKey},
};
use crate::gateway::{
    endpoints::Endpoints,
    service::{Host, Port, ServiceName},
};

/// A way to the endpoints of a service.
#[derive(Debug)]
pub(super) enum Way<'a> {
    /// An operator has written them down.
    Written(Endpoints),
    /// The service is an address itself.
    Address(SocketAddr),
    /// It is a Service of the cluster.
    Kubernetes(&'a Kubernetes, ServiceKey),
    /// DNS has the addresses of the name.
    Dns(&'a Arc<str>, u16),
    /// Nobody knows what its port means.
    Nowhere(Endpoints),
}

/// Knows which names are whose.
#[derive(Debug, Clone)]
pub struct Ways {
    pub fixed: Fixed,
    pub kubernetes: Option<Kubernetes>,
}

impl Ways {
    /// Returns the first way that leads to `service`.
    pub(super) fn to<'a>(&'a self, service: &'a ServiceName) -> Way<'a> {
        if let Some(endpoints) = self.fixed.endpoints(service) {
            return Way::Written(endpoints);
        }
        let cluster = |name: &str| {
            let kubernetes = self.kubernetes.as_ref()?;
            Some(Way::Kubernetes(kubernetes, kubernetes.key(name)?))
        };
        match (&service.host, &service.port) {
            (Host::Ip(ip), Port::Number(port)) => Way::Address(SocketAddr::new(*ip, *port)),
            (Host::Name(name), Port::Number(port)) => {
                cluster(name).unwrap_or(Way::Dns(name, *port))
            }
            (Host::Name(name), Port::Name(port)) => {
                cluster(name).unwrap_or_else(|| Way::Nowhere(unknown_port(name, port)))
            }
            (Host::Ip(ip), Port::Name(port)) => Way::Nowhere(unknown_port(&ip.to_string(), port)),
        }
    }

    /// Returns every service that is known without being mapped.
    pub fn services(&self) -> Vec<ServiceName> {
        let cluster = self.kubernetes.iter().flat_map(Kubernetes::services);
        self.fixed.services().cloned().chain(cluster).collect()
    }
}

fn unknown_port(host: &str, port: &str) -> Endpoints {
    let reason = format!(
        "`{host}` is no Service of Kubernetes, where ports have names: write a number instead of \
         `{port}`"
    );
    Endpoints::Absent { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_kubernetes_the_name_of_a_port_leads_nowhere() {
        let ways = Ways { fixed: Fixed::default(), kubernetes: None };
        let service = ServiceName::parse("api.example.com:http").unwrap();

        let Way::Nowhere(endpoints) = ways.to(&service) else { panic!("there is a way") };

        assert!(endpoints.trouble().unwrap().contains("write a number instead of `http`"));
    }
}
