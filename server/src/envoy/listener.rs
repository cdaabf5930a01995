//! The gateway's listeners: where requests come in, and what every request goes through.

mod access_log;
mod clients;
mod error_pages;
mod https;
mod limits;
mod logged;
mod tracing;

use std::{net::SocketAddr, time::Duration};

use envoy_types::util::pack_any;
use prost::{Message, Name};

pub use self::https::{GATEWAY_HTTP3, GATEWAY_HTTPS};
use super::{
    config::{ads, duration, number, socket_address, yes},
    filters::of_routes,
    policy::auth::CONSUMER_HEADER,
    proto::{
        config::{
            common::mutation_rules::v3::{HeaderMutation, header_mutation::Action},
            core::v3::{
                HeaderValue, HeaderValueOption, TypedExtensionConfig,
                header_value_option::HeaderAppendAction,
            },
            listener::v3::{Filter, FilterChain, Listener, filter},
            route::v3::RouteConfiguration,
        },
        extensions::{
            filters::{
                http::{
                    header_mutation::v3::{HeaderMutation as HeaderFilter, Mutations},
                    router::v3::Router,
                },
                network::http_connection_manager::v3::{
                    HttpConnectionManager, HttpFilter, ScopedRds, ScopedRoutes,
                    http_connection_manager::{
                        CodecType, ForwardClientCertDetails, PathWithEscapedSlashesAction,
                        RouteSpecifier, SetCurrentClientCertDetails,
                    },
                    http_filter,
                    scoped_routes::{
                        ConfigSpecifier, ScopeKeyBuilder,
                        scope_key_builder::{
                            FragmentBuilder,
                            fragment_builder::{
                                HeaderValueExtractor, Type, header_value_extractor::ExtractType,
                            },
                        },
                    },
                },
            },
            http::early_header_mutation::header_mutation::v3::HeaderMutation as EarlyMutation,
        },
    },
    shard::Layout,
};
use crate::gateway::edge::{OpenEdge, settings::Settings};

/// Name of the listener for HTTP, and of everything of which there is one a gateway.
pub const GATEWAY: &str = "gateway";

/// Carries the normalized path, from which Envoy computes a request's shard. A client's own
/// value is overwritten, and services never see it.
pub const PATH_HEADER: &str = "x-chancery-path";

/// Bytes that Envoy buffers for a connection before it pushes back: the value that Envoy's
/// documentation gives for an edge proxy.
const CONNECTION_BUFFER_BYTES: u32 = 32 * 1024;
/// Ends a request on which nothing has moved for this long, in either direction. A mapping has a
/// limit of its own, whose 504 is counted.
const STREAM_IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Where the listener's routes come from.
#[derive(Debug, Clone)]
pub enum Routes {
    /// Shards that we push one by one.
    Sharded(Layout),
    /// All of them, written into the listener.
    Inline(Box<RouteConfiguration>),
}

/// Where the nodes listen for the gateway's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    pub http: SocketAddr,
    /// TCP for TLS and, by choice, UDP for HTTP/3.
    pub https: SocketAddr,
}

/// Returns the listeners: HTTP always, HTTPS while there is a certificate, HTTP/3 by choice.
pub fn listeners(addresses: Addresses, edge: &OpenEdge, routes: &Routes) -> Vec<Listener> {
    let is_secure = !edge.certificates.is_empty();
    let settings = &edge.settings.values;
    let mut listeners = vec![match https::redirect_code(settings.tls.redirect_http) {
        Some(code) if is_secure => https::redirect(addresses, settings, code),
        _ => http(addresses.http, routes.clone(), settings),
    }];
    if is_secure {
        listeners.push(https::tcp(addresses, edge, routes));
    }
    if is_secure && settings.tls.http3 {
        listeners.push(https::quic(addresses, edge, routes));
    }
    listeners
}

/// Returns the listener for plain HTTP at `address`.
pub fn http(address: SocketAddr, routes: Routes, settings: &Settings) -> Listener {
    let filters = vec![connection_filter(Surface::plain(), routes, settings)];
    Listener {
        name: GATEWAY.to_owned(),
        address: Some(socket_address(address)),
        listener_filters: clients::proxy_protocol(&settings.clients).into_iter().collect(),
        filter_chains: vec![FilterChain { filters, ..FilterChain::default() }],
        per_connection_buffer_limit_bytes: number(CONNECTION_BUFFER_BYTES),
        ..Listener::default()
    }
}

/// In what the listeners differ from each other for those who have connected.
#[derive(Debug, Clone, Default)]
pub(super) struct Surface {
    pub(super) codec: CodecType,
    /// What every response is given.
    pub(super) response_headers: Vec<(&'static str, String)>,
    /// Clients may show certificates: services are told of them.
    pub(super) has_client_certificates: bool,
}

impl Surface {
    fn plain() -> Self {
        Self::default()
    }
}

pub(super) fn connection_filter(surface: Surface, routes: Routes, settings: &Settings) -> Filter {
    let manager = connection_manager(surface, routes, settings);
    Filter {
        name: "envoy.filters.network.http_connection_manager".to_owned(),
        config_type: Some(filter::ConfigType::TypedConfig(pack_any(manager))),
    }
}

fn connection_manager(
    surface: Surface,
    routes: Routes,
    settings: &Settings,
) -> HttpConnectionManager {
    let Settings { clients, limits, request_id, .. } = settings;
    let (path, route_specifier) = match routes {
        Routes::Inline(routes) => (None, RouteSpecifier::RouteConfig(*routes)),
        Routes::Sharded(layout) => {
            (Some(path_header(layout)), RouteSpecifier::ScopedRoutes(scoped_routes(layout)))
        }
    };
    // who calls is not for the caller to say
    let consumer = HeaderMutation { action: Some(Action::Remove(CONSUMER_HEADER.to_owned())) };
    let early = path.into_iter().chain([consumer]).collect();
    let headers = (!surface.response_headers.is_empty())
        .then(|| http_filter("chancery.response_headers", with_headers(surface.response_headers)));
    let router = http_filter("envoy.filters.http.router", Router::default());
    let (forward_client_cert_details, set_current_client_cert_details) =
        client_certificates(surface.has_client_certificates);
    HttpConnectionManager {
        codec_type: surface.codec.into(),
        stat_prefix: GATEWAY.to_owned(),
        http_filters: headers.into_iter().chain(of_routes()).chain([router]).collect(),
        early_header_mutation_extensions: vec![early_mutations(early)],
        route_specifier: Some(route_specifier),
        // a path has one spelling, or a client could reach a service past its mapping's rules
        normalize_path: yes(),
        merge_slashes: true,
        path_with_escaped_slashes_action: PathWithEscapedSlashesAction::UnescapeAndRedirect.into(),
        use_remote_address: yes(),
        xff_num_trusted_hops: clients.trusted_hops.into(),
        preserve_external_request_id: request_id.keep_from_clients,
        always_set_request_id_in_response: request_id.in_responses,
        forward_client_cert_details: forward_client_cert_details.into(),
        set_current_client_cert_details,
        common_http_protocol_options: Some(limits::common(limits)),
        http2_protocol_options: Some(limits::http2(limits)),
        max_request_headers_kb: number(limits.max_request_headers_kb),
        stream_idle_timeout: Some(duration(STREAM_IDLE_TIMEOUT)),
        request_headers_timeout: Some(limits::seconds(limits.request_headers_timeout_s)),
        request_timeout: limits.request_timeout_s.map(limits::seconds),
        // a request that comes at that moment is answered
        http1_safe_max_connection_duration: limits.max_connection_duration_s.is_some(),
        access_log: access_log::access_log(&settings.access_log).into_iter().collect(),
        tracing: tracing::tracing(&settings.tracing),
        local_reply_config: error_pages::local_replies(&settings.error_pages),
        ..HttpConnectionManager::default()
    }
}

fn http_filter<M: Message + Name>(name: &str, message: M) -> HttpFilter {
    HttpFilter {
        name: name.to_owned(),
        config_type: Some(http_filter::ConfigType::TypedConfig(pack_any(message))),
        ..HttpFilter::default()
    }
}

/// Says what services hear of the certificate that a client has shown. What clients claim
/// themselves in `x-forwarded-client-cert` never passes.
fn client_certificates(
    are_asked_for: bool,
) -> (ForwardClientCertDetails, Option<SetCurrentClientCertDetails>) {
    if !are_asked_for {
        return (ForwardClientCertDetails::Sanitize, None);
    }
    let details = SetCurrentClientCertDetails {
        subject: yes(),
        dns: true,
        uri: true,
        ..SetCurrentClientCertDetails::default()
    };
    (ForwardClientCertDetails::SanitizeSet, Some(details))
}

/// Sets headers of every response, also of those that Envoy makes itself.
fn with_headers(headers: Vec<(&'static str, String)>) -> HeaderFilter {
    let set = |(name, value): (&'static str, String)| HeaderMutation {
        action: Some(Action::Append(overwrite(name, value))),
    };
    let response_mutations = headers.into_iter().map(set).collect();
    HeaderFilter {
        mutations: Some(Mutations { response_mutations, ..Mutations::default() }),
        ..HeaderFilter::default()
    }
}

/// Sets a header, whatever was there.
fn overwrite(name: &str, value: String) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue { key: name.to_owned(), value, ..HeaderValue::default() }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..HeaderValueOption::default()
    }
}

/// Computes [`PATH_HEADER`] before Envoy chooses a scope, after it has normalized the path.
fn path_header(layout: Layout) -> HeaderMutation {
    // `NQ`: without the query (Envoy's access log documentation, command operator PATH)
    let value = match layout {
        Layout::Segment => "%PATH(NQ)%",
        Layout::Character => "%PATH(NQ):2%",
    };
    let set = overwrite(PATH_HEADER, value.to_owned());
    HeaderMutation { action: Some(Action::Append(set)) }
}

/// Changes headers before Envoy chooses a route.
fn early_mutations(mutations: Vec<HeaderMutation>) -> TypedExtensionConfig {
    TypedExtensionConfig {
        name: "envoy.http.early_header_mutation.header_mutation".to_owned(),
        typed_config: Some(pack_any(EarlyMutation { mutations })),
    }
}

fn scoped_routes(layout: Layout) -> ScopedRoutes {
    let (element_separator, index) = match layout {
        // `/user/42` is ``, `user`, `42`
        Layout::Segment => ("/".to_owned(), 1),
        Layout::Character => (String::new(), 0),
    };
    let extractor = HeaderValueExtractor {
        name: PATH_HEADER.to_owned(),
        element_separator,
        extract_type: Some(ExtractType::Index(index)),
    };
    let fragment = FragmentBuilder { r#type: Some(Type::HeaderValueExtractor(extractor)) };
    ScopedRoutes {
        name: GATEWAY.to_owned(),
        scope_key_builder: Some(ScopeKeyBuilder { fragments: vec![fragment] }),
        rds_config_source: Some(ads()),
        config_specifier: Some(ConfigSpecifier::ScopedRds(ScopedRds {
            scoped_rds_config_source: Some(ads()),
            ..ScopedRds::default()
        })),
    }
}
