//! The listeners of TLS, and the one of HTTP that only leads to them.

use std::collections::BTreeSet;

use envoy_types::util::pack_any;

use super::{
    Addresses, CONNECTION_BUFFER_BYTES, Routes, Surface, clients::proxy_protocol,
    connection_filter, http,
};
use crate::{
    envoy::{
        config::{number, socket_address, udp_address},
        proto::{
            config::{
                listener::v3::{
                    FilterChain, FilterChainMatch, Listener, ListenerFilter, QuicProtocolOptions,
                    UdpListenerConfig, listener_filter,
                },
                route::v3::{
                    RedirectAction, Route, RouteConfiguration, RouteMatch, VirtualHost,
                    redirect_action::{RedirectResponseCode, SchemeRewriteSpecifier},
                    route::Action,
                    route_match::PathSpecifier,
                },
            },
            extensions::filters::{
                listener::tls_inspector::v3::TlsInspector,
                network::http_connection_manager::v3::http_connection_manager::CodecType,
            },
        },
        tls::{Transport, transport_socket},
    },
    gateway::edge::{
        EdgeName, OpenEdge, TlsSettings,
        settings::{ClientCertificates, Hsts, RedirectHttp, Settings},
    },
};

/// Name of the listener for TLS.
pub const GATEWAY_HTTPS: &str = "gateway-https";

/// Name of the listener for HTTP/3.
pub const GATEWAY_HTTP3: &str = "gateway-http3";

/// How long clients may remember that there is HTTP/3.
const ALT_SVC_SECONDS: u32 = 24 * 60 * 60;

/// Returns by which code requests by HTTP are sent on to HTTPS, if they are.
pub(super) fn redirect_code(redirect: RedirectHttp) -> Option<RedirectResponseCode> {
    match redirect {
        RedirectHttp::Off => None,
        RedirectHttp::Moved => Some(RedirectResponseCode::MovedPermanently),
        RedirectHttp::Permanent => Some(RedirectResponseCode::PermanentRedirect),
    }
}

/// Returns the listener for HTTP that sends every request on to HTTPS.
pub(super) fn redirect(
    addresses: Addresses,
    settings: &Settings,
    code: RedirectResponseCode,
) -> Listener {
    let redirect = RedirectAction {
        scheme_rewrite_specifier: Some(SchemeRewriteSpecifier::HttpsRedirect(true)),
        port_redirect: public_port(addresses, &settings.tls).into(),
        response_code: code.into(),
        ..RedirectAction::default()
    };
    let routes = RouteConfiguration {
        name: "redirect".to_owned(),
        virtual_hosts: vec![VirtualHost {
            name: "redirect".to_owned(),
            domains: vec!["*".to_owned()],
            routes: vec![Route {
                r#match: Some(RouteMatch {
                    path_specifier: Some(PathSpecifier::Prefix("/".to_owned())),
                    ..RouteMatch::default()
                }),
                action: Some(Action::Redirect(redirect)),
                ..Route::default()
            }],
            ..VirtualHost::default()
        }],
        ..RouteConfiguration::default()
    };
    http(addresses.http, Routes::Inline(Box::new(routes)), settings)
}

/// Returns the listener for HTTP/1.1 and HTTP/2 over TLS.
pub(super) fn tcp(addresses: Addresses, edge: &OpenEdge, routes: &Routes) -> Listener {
    let proxy_protocol = proxy_protocol(&edge.settings.values.clients);
    let inspector = ListenerFilter {
        name: "envoy.filters.listener.tls_inspector".to_owned(),
        config_type: Some(listener_filter::ConfigType::TypedConfig(pack_any(
            TlsInspector::default(),
        ))),
        ..ListenerFilter::default()
    };
    Listener {
        name: GATEWAY_HTTPS.to_owned(),
        address: Some(socket_address(addresses.https)),
        listener_filters: proxy_protocol.into_iter().chain([inspector]).collect(),
        ..listener(addresses, edge, routes, Transport::Tcp)
    }
}

/// Returns the listener for HTTP/3.
pub(super) fn quic(addresses: Addresses, edge: &OpenEdge, routes: &Routes) -> Listener {
    Listener {
        name: GATEWAY_HTTP3.to_owned(),
        address: Some(udp_address(addresses.https)),
        udp_listener_config: Some(UdpListenerConfig {
            quic_options: Some(QuicProtocolOptions::default()),
            ..UdpListenerConfig::default()
        }),
        ..listener(addresses, edge, routes, Transport::Quic)
    }
}

/// Returns what both have in common: a filter chain for each certificate.
///
/// Envoy replaces only the chains that differ, so that a new certificate closes no connection of
/// the others.
fn listener(
    addresses: Addresses,
    edge: &OpenEdge,
    routes: &Routes,
    transport: Transport,
) -> Listener {
    let settings = &edge.settings.values;
    let chain = |name: &EdgeName, server_names: Vec<String>| FilterChain {
        name: name.to_string(),
        filter_chain_match: (!server_names.is_empty())
            .then(|| FilterChainMatch { server_names, ..FilterChainMatch::default() }),
        filters: vec![connection_filter(
            surface(addresses, &settings.tls, transport),
            routes.clone(),
            settings,
        )],
        transport_socket: Some(transport_socket(&settings.tls, name, transport)),
        ..FilterChain::default()
    };
    // Envoy refuses a name that two chains have; storing one is refused already
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut filter_chains = Vec::new();
    for (name, open) in &edge.certificates {
        let names = open.certificate.facts.dns_names.iter().map(String::as_str);
        let names: Vec<_> = names.filter(|name| taken.insert(name)).map(str::to_owned).collect();
        if !names.is_empty() {
            filter_chains.push(chain(name, names));
        }
    }
    let default = edge.default_certificate().map(|open| &open.certificate.name);
    Listener {
        filter_chains,
        default_filter_chain: default.map(|name| chain(name, Vec::new())),
        per_connection_buffer_limit_bytes: number(CONNECTION_BUFFER_BYTES),
        ..Listener::default()
    }
}

fn surface(addresses: Addresses, settings: &TlsSettings, transport: Transport) -> Surface {
    let mut response_headers = Vec::new();
    if let Some(hsts) = &settings.hsts {
        response_headers.push(("strict-transport-security", strict_transport_security(hsts)));
    }
    if settings.http3 {
        let port = public_port(addresses, settings);
        response_headers.push(("alt-svc", format!("h3=\":{port}\"; ma={ALT_SVC_SECONDS}")));
    }
    Surface {
        codec: match transport {
            Transport::Tcp => CodecType::Auto,
            Transport::Quic => CodecType::Http3,
        },
        response_headers,
        has_client_certificates: settings.client_certificates != ClientCertificates::Off,
    }
}

fn public_port(addresses: Addresses, settings: &TlsSettings) -> u16 {
    settings.public_port.unwrap_or(addresses.https.port())
}

/// Writes the header of RFC 6797, section 6.1.
fn strict_transport_security(hsts: &Hsts) -> String {
    let mut header = format!("max-age={}", hsts.max_age_s);
    if hsts.include_subdomains {
        header.push_str("; includeSubDomains");
    }
    if hsts.preload {
        header.push_str("; preload");
    }
    header
}
