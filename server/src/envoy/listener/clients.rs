//! By what a listener knows the address of a client.

use envoy_types::util::pack_any;

use crate::{
    envoy::proto::{
        config::listener::v3::{ListenerFilter, listener_filter::ConfigType},
        extensions::filters::listener::proxy_protocol::v3::ProxyProtocol as ProxyProtocolFilter,
    },
    gateway::edge::settings::{ClientSettings, ProxyProtocol},
};

/// Returns the filter that reads the PROXY protocol's header, if connections may have one. It must
/// stand before all that reads what comes after.
pub(super) fn proxy_protocol(clients: &ClientSettings) -> Option<ListenerFilter> {
    let allow_requests_without_proxy_protocol = match clients.proxy_protocol {
        ProxyProtocol::Off => return None,
        ProxyProtocol::Accepted => true,
        ProxyProtocol::Required => false,
    };
    let filter = ProxyProtocolFilter {
        allow_requests_without_proxy_protocol,
        ..ProxyProtocolFilter::default()
    };
    Some(ListenerFilter {
        name: "envoy.filters.listener.proxy_protocol".to_owned(),
        config_type: Some(ConfigType::TypedConfig(pack_any(filter))),
        ..ListenerFilter::default()
    })
}
