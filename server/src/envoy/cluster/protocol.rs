//! The version of HTTP that a cluster's endpoints speak.

use std::collections::HashMap;

use app::api::policy::Protocol;

use super::super::{
    proto::{
        config::core::v3::Http2ProtocolOptions,
        extensions::upstreams::http::v3::{
            HttpProtocolOptions,
            http_protocol_options::{
                ExplicitHttpConfig, UpstreamProtocolOptions, explicit_http_config::ProtocolConfig,
            },
        },
    },
    protobuf::Any,
};

/// The name by which Envoy finds the options of HTTP.
const NAME: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// Returns the options; HTTP/1.1 has none. By TLS, Envoy offers the version that it is told (ALPN).
pub(super) fn options(protocol: Protocol) -> HashMap<String, Any> {
    match protocol {
        Protocol::Http1 => HashMap::new(),
        Protocol::Http2 => {
            let http2 = ProtocolConfig::Http2ProtocolOptions(Http2ProtocolOptions::default());
            let options = HttpProtocolOptions {
                upstream_protocol_options: Some(UpstreamProtocolOptions::ExplicitHttpConfig(
                    ExplicitHttpConfig { protocol_config: Some(http2) },
                )),
                ..HttpProtocolOptions::default()
            };
            HashMap::from([(NAME.to_owned(), envoy_types::util::pack_any(options))])
        }
    }
}
