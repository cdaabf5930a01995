//! Services as mappings write them: `[scheme://]name[.namespace][:port]`, the port by number or name.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

/// Longest DNS name in bytes (RFC 1035, section 2.3.4, without the root's dot).
const HOST_MAX_BYTES: usize = 253;
/// Longest label of a DNS name in bytes (RFC 1035, section 2.3.4).
const LABEL_MAX_BYTES: usize = 63;

/// Says why a text can't be a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    #[error("is empty; write `name`, `name:port` or `http(s)://name[:port]`")]
    Empty,
    #[error("has the scheme `{0}`; `http` and `https` are allowed")]
    Scheme(String),
    #[error("must end after the port; a path, query or user belongs elsewhere")]
    Trailing,
    #[error(
        "has the port `{0}`; 1 to 65535, or the name of a port (1 to 63 letters, digits and `-`), are allowed"
    )]
    Port(String),
    #[error(
        "names the port `{0}` of an address; ports have names in Kubernetes alone: write a number"
    )]
    NamedPortOfAddress(String),
    #[error(
        "has the host `{0}`; labels of 1 to 63 letters, digits, `-` and `_`, joined by dots, 253 bytes in all, or an IP address (IPv6 in brackets) are allowed"
    )]
    Host(String),
}

/// How Envoy speaks to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a service's endpoints are to be found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    Ip(IpAddr),
    /// Lower-cased name, resolved by discovery.
    Name(Arc<str>),
}

/// Where an endpoint of a service listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Port {
    Number(u16),
    /// Lower-cased name of a port of a Kubernetes Service; nothing else names ports.
    Name(Arc<str>),
}

impl Port {
    /// Returns the number, if it is known without asking.
    pub fn number(&self) -> Option<u16> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(_) => None,
        }
    }
}

/// Identifies a service: two texts that mean the same have equal values.
///
/// Its `Display` form (`usersvc`, `10.0.0.7:8080`, `https://images.shop`) is the name of the
/// Envoy cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceName {
    pub scheme: Scheme,
    pub host: Host,
    pub port: Port,
}

/// A service as a mapping names it: the owner's text and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub text: Arc<str>,
    pub name: ServiceName,
}

impl Service {
    /// Parses `[scheme://]host[:port]`; the port defaults to the scheme's number.
    ///
    /// # Errors
    /// Returns the part of `text` that is wrong.
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        Ok(Self { text: text.into(), name: ServiceName::parse(text)? })
    }
}

impl ServiceName {
    /// Parses `[scheme://]host[:port]`.
    ///
    /// # Errors
    /// Returns the part of `text` that is wrong.
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        if text.is_empty() {
            return Err(ServiceError::Empty);
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            Some((scheme, _)) => return Err(ServiceError::Scheme(scheme.to_owned())),
            None => (Scheme::Http, text),
        };
        if rest.contains(['/', '?', '#', '@']) {
            return Err(ServiceError::Trailing);
        }
        let (host, port) = split_port(rest);
        let host = parse_host(host)?;
        let port = port.map_or(Ok(Port::Number(scheme.default_port())), parse_port)?;
        match (&host, &port) {
            (Host::Ip(_), Port::Name(name)) => {
                Err(ServiceError::NamedPortOfAddress(name.as_ref().to_owned()))
            }
            _ => Ok(Self { scheme, host, port }),
        }
    }
}

/// Splits off the port; the colons of a bracketed IPv6 address are not separators.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn parse_port(text: &str) -> Result<Port, ServiceError> {
    let wrong = || ServiceError::Port(text.to_owned());
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let number = text.parse::<u16>().map_err(|_not_a_port| wrong())?;
        return (number > 0).then_some(Port::Number(number)).ok_or_else(wrong);
    }
    // a label of RFC 1123, as Kubernetes wants the names of a Service's ports
    let fits = text.len() <= LABEL_MAX_BYTES
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    fits.then(|| Port::Name(text.to_ascii_lowercase().into())).ok_or_else(wrong)
}

/// Parses a host alone: a DNS name or an IP address.
///
/// # Errors
/// Returns [`ServiceError::Host`] with the text.
pub fn host_of(text: &str) -> Result<Host, ServiceError> {
    parse_host(text)
}

fn parse_host(text: &str) -> Result<Host, ServiceError> {
    let wrong = || ServiceError::Host(text.to_owned());
    if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = inside.parse().map_err(|_not_an_address| wrong())?;
        return Ok(Host::Ip(address.into()));
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(address.into()));
    }
    let label_fits = |label: &str| {
        (1..=LABEL_MAX_BYTES).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // a last label of digits alone is a malformed IPv4 address, never a name (RFC 3696, section 2)
    let numeric = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    if text.len() > HOST_MAX_BYTES
        || !text.split('.').all(label_fits)
        || text.rsplit('.').next().is_none_or(numeric)
    {
        return Err(wrong());
    }
    Ok(Host::Name(text.to_ascii_lowercase().into()))
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V4(address)) => address.fmt(f),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme == Scheme::Https {
            f.write_str("https://")?;
        }
        self.host.fmt(f)?;
        match &self.port {
            Port::Number(number) if *number == self.scheme.default_port() => Ok(()),
            Port::Number(number) => write!(f, ":{number}"),
            Port::Name(name) => write!(f, ":{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("usersvc", "usersvc")]
    #[case("UserSvc.Shop:80", "usersvc.shop")]
    #[case("usersvc:8080", "usersvc:8080")]
    #[case("http://usersvc:443", "usersvc:443")]
    #[case("HTTPS://images.shop:443", "https://images.shop")]
    #[case("usersvc.shop:HTTP", "usersvc.shop:http")]
    #[case("https://usersvc:8-8", "https://usersvc:8-8")]
    #[case("127.0.0.1:9000", "127.0.0.1:9000")]
    #[case("[::1]:9000", "[::1]:9000")]
    #[case("https://[2001:db8::7]", "https://[2001:db8::7]")]
    fn texts_that_mean_the_same_service_have_one_name(#[case] text: &str, #[case] name: &str) {
        assert_eq!(ServiceName::parse(text).unwrap().to_string(), name);
    }

    #[rstest]
    #[case("", ServiceError::Empty)]
    #[case("ftp://a", ServiceError::Scheme("ftp".into()))]
    #[case("a/b", ServiceError::Trailing)]
    #[case("user@a", ServiceError::Trailing)]
    #[case("a:0", ServiceError::Port("0".into()))]
    #[case("a:65536", ServiceError::Port("65536".into()))]
    #[case("a:+80", ServiceError::Port("+80".into()))]
    #[case("a:", ServiceError::Port(String::new()))]
    #[case("a:-http", ServiceError::Port("-http".into()))]
    #[case("a:h_ttp", ServiceError::Port("h_ttp".into()))]
    #[case("10.0.0.7:http", ServiceError::NamedPortOfAddress("http".into()))]
    #[case("-a", ServiceError::Host("-a".into()))]
    #[case("a..b", ServiceError::Host("a..b".into()))]
    #[case("a b", ServiceError::Host("a b".into()))]
    #[case("1.2.3", ServiceError::Host("1.2.3".into()))]
    #[case("::1", ServiceError::Host(":".into()))]
    #[case("[::g]", ServiceError::Host("[::g]".into()))]
    fn a_text_that_names_no_service_is_refused(#[case] text: &str, #[case] why: ServiceError) {
        assert_eq!(ServiceName::parse(text), Err(why));
    }
}
