//! What a connection or a request may take.

use std::time::Duration;

use crate::{
    envoy::{
        config::{duration, number},
        proto::config::core::v3::{
            Http2ProtocolOptions, HttpProtocolOptions,
            http_protocol_options::HeadersWithUnderscoresAction,
        },
        protobuf,
    },
    gateway::edge::settings::LimitSettings,
};

/// Bytes that Envoy takes in before it pushes back: the values that Envoy's documentation gives for
/// an edge proxy.
const HTTP2_STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const HTTP2_CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// Returns what holds for connections of every version of HTTP.
pub(super) fn common(limits: &LimitSettings) -> HttpProtocolOptions {
    HttpProtocolOptions {
        idle_timeout: Some(seconds(limits.idle_timeout_s)),
        max_connection_duration: limits.max_connection_duration_s.map(seconds),
        max_headers_count: number(limits.max_request_headers),
        max_requests_per_connection: limits.max_requests_per_connection.and_then(number),
        // `x_user` and `x-user` are one header to many frameworks
        headers_with_underscores_action: HeadersWithUnderscoresAction::RejectRequest.into(),
        ..HttpProtocolOptions::default()
    }
}

/// Returns what holds for connections of HTTP/2.
pub(super) fn http2(limits: &LimitSettings) -> Http2ProtocolOptions {
    Http2ProtocolOptions {
        max_concurrent_streams: number(limits.max_concurrent_streams),
        initial_stream_window_size: number(HTTP2_STREAM_WINDOW_BYTES),
        initial_connection_window_size: number(HTTP2_CONNECTION_WINDOW_BYTES),
        ..Http2ProtocolOptions::default()
    }
}

/// Converts seconds.
pub(super) fn seconds(seconds: u32) -> protobuf::Duration {
    duration(Duration::from_secs(seconds.into()))
}
