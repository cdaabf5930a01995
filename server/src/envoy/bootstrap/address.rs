//! Where our xDS is, as a node reaches it.

use std::{fmt, net::SocketAddr, str::FromStr};

use super::super::{
    config::host_address,
    proto::config::{
        cluster::v3::cluster::{DiscoveryType, DnsLookupFamily},
        core::v3::Address,
    },
};
use crate::gateway::service::{Host, host_of};

/// A host and a port: `10.0.0.5:18000`, `chancery.internal:18000`, `[::1]:18000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XdsAddress {
    host: Host,
    port: u16,
}

impl XdsAddress {
    /// Returns the host, which the certificate that we show is for.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Tells whether it is on the node's own machine, so that nobody can listen on the way.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Ip(address) => address.is_loopback(),
            Host::Name(name) => &**name == "localhost",
        }
    }

    /// Returns how a node finds the address: it asks DNS for a name by itself, since we can't tell
    /// it anything before it has found us.
    pub(super) fn discovery(&self) -> DiscoveryType {
        match self.host {
            Host::Ip(_) => DiscoveryType::Static,
            Host::Name(_) => DiscoveryType::StrictDns,
        }
    }

    /// Returns which addresses of a name count: those of IPv6 if it has no others.
    pub(super) fn families(&self) -> DnsLookupFamily {
        match self.host {
            Host::Ip(_) => DnsLookupFamily::default(),
            Host::Name(_) => DnsLookupFamily::V4Preferred,
        }
    }

    pub(super) fn socket_address(&self) -> Address {
        match &self.host {
            Host::Ip(address) => host_address(&address.to_string(), self.port),
            Host::Name(name) => host_address(name, self.port),
        }
    }
}

impl From<SocketAddr> for XdsAddress {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Ip(address.ip()), port: address.port() }
    }
}

impl FromStr for XdsAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must be a host and a port, such as `chancery.internal:18000`".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        let host = host_of(host).map_err(|error| error.to_string())?;
        Ok(Self { host, port })
    }
}

impl fmt::Display for XdsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(address) => SocketAddr::new(*address, self.port).fmt(f),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.1:18000", DiscoveryType::Static, true)]
    #[case("[::1]:18000", DiscoveryType::Static, true)]
    #[case("10.0.0.5:1", DiscoveryType::Static, false)]
    #[case("localhost:18000", DiscoveryType::StrictDns, true)]
    #[case("chancery.internal:18000", DiscoveryType::StrictDns, false)]
    fn an_address_is_a_host_and_a_port(
        #[case] text: &str,
        #[case] discovery: DiscoveryType,
        #[case] is_loopback: bool,
    ) {
        let address: XdsAddress = text.parse().unwrap();

        assert_eq!((address.discovery(), address.is_loopback()), (discovery, is_loopback));
        assert_eq!(address.to_string(), text);
    }

    #[rstest]
    #[case("chancery")]
    #[case(":18000")]
    #[case("chancery:0")]
    #[case("chancery:99999")]
    #[case("http://chancery:1")]
    #[case("::1:18000")]
    fn anything_else_is_refused(#[case] text: &str) {
        assert!(text.parse::<XdsAddress>().is_err());
    }
}
