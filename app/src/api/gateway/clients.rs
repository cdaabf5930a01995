//! Who a client is, where proxies stand before the gateway.

use serde::{Deserialize, Serialize};

/// By what the gateway knows the address of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ClientSettings {
    /// How many proxies before the gateway are known to write `x-forwarded-for`: so many addresses
    /// of that header, from its end, are believed.
    #[cfg_attr(feature = "ssr", schema(maximum = 10))]
    pub trusted_hops: u8,
    /// Whether connections begin with a header of the PROXY protocol, by which a load balancer says
    /// whose they are.
    pub proxy_protocol: ProxyProtocol,
}

/// Whether connections begin with a header of the PROXY protocol, version 1 or 2.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProxyProtocol {
    /// They do not; one that does is no HTTP.
    #[default]
    Off,
    /// They may: whoever can connect can then say who they are.
    Accepted,
    /// They must: others are closed.
    Required,
}
