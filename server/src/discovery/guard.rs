//! Keeps mappings from leading the gateway to places that no team should reach through it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use crate::gateway::endpoints::Endpoints;

/// Refuses endpoints that are ours, or where clouds serve their machines' secrets.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    own: Arc<[SocketAddr]>,
}

impl Guard {
    /// Refuses `own`: the addresses of the portal, of xDS and of Envoy's admin interface.
    pub fn new(own: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self { own: own.into_iter().collect() }
    }

    /// Returns `endpoints`, or why they are refused; one bad address refuses all of them, since
    /// a name that resolves to such a place is not to be trusted with the rest.
    pub fn admit(&self, endpoints: Endpoints) -> Endpoints {
        let refusal = endpoints.addresses().find_map(|address| self.refusal(address));
        match refusal {
            Some(reason) => Endpoints::Unresolved { reason: reason.into() },
            None => endpoints,
        }
    }

    fn refusal(&self, address: SocketAddr) -> Option<String> {
        let ip = address.ip().to_canonical();
        if is_link_local(ip) {
            return Some(format!(
                "{ip} is a link-local address, where clouds keep machine secrets"
            ));
        }
        if ip.is_unspecified() || ip.is_multicast() {
            return Some(format!("{ip} is no address of a service"));
        }
        self.own
            .iter()
            .any(|own| own.port() == address.port() && reaches(ip, own.ip().to_canonical()))
            .then(|| format!("{address} is an address of the gateway's own control plane"))
    }
}

/// Tells whether a connection to `ip` ends at a socket bound to `bound`.
fn reaches(ip: IpAddr, bound: IpAddr) -> bool {
    ip == bound || (ip.is_loopback() && (bound.is_loopback() || bound.is_unspecified()))
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("169.254.169.254:80")]
    #[case("[::ffff:169.254.169.254]:80")]
    #[case("[fe80::1]:80")]
    #[case("0.0.0.0:80")]
    #[case("127.0.0.1:18000")]
    #[case("127.7.7.7:18000")]
    #[case("[::1]:18000")]
    fn an_address_that_no_team_should_reach_is_refused(#[case] address: &str) {
        let guard = Guard::new(["127.0.0.1:18000".parse().unwrap()]);

        let admitted = guard.admit(Endpoints::known([address.parse().unwrap()]));

        assert!(matches!(admitted, Endpoints::Unresolved { .. }));
    }

    #[test]
    fn a_service_beside_the_control_plane_is_admitted() {
        let guard = Guard::new(["127.0.0.1:18000".parse().unwrap()]);
        let endpoints = Endpoints::known(["127.0.0.1:5001".parse().unwrap()]);

        assert_eq!(guard.admit(endpoints.clone()), endpoints);
    }
}
