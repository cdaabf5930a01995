//! How nodes find out which endpoints of a cluster live.

use app::api::policy::{HealthCheck as Asked, HealthCheckKind, Protocol};

use super::{
    super::{
        config::number,
        proto::{
            config::core::v3::{
                HealthCheck,
                health_check::{
                    GrpcHealthCheck, HealthChecker, HttpHealthCheck, TcpHealthCheck, TlsOptions,
                },
            },
            r#type::v3::{CodecClientType, Int64Range},
        },
    },
    milliseconds,
};
use crate::gateway::{
    cluster_policy::ClusterPolicy,
    policy::{health_check::statuses, host_of_service},
    service::{Scheme, ServiceName},
};

/// How long an endpoint may take to accept the health check's connection, in milliseconds. A new
/// cluster is not ready before its first check has ended, so this also bounds how long an endpoint
/// that swallows packets can hold up other changes.
const TIMEOUT_MS: u32 = 1_000;

/// Time between two checks of an endpoint that has traffic, in milliseconds.
const INTERVAL_MS: u32 = 2_000;

/// Time between two checks of an endpoint without traffic, in milliseconds: at 10,000 idle endpoints
/// that is 2,000 connections a second from each node.
const IDLE_INTERVAL_MS: u32 = 5_000;

/// Checks that must fail in a row before an endpoint counts as unhealthy.
const UNHEALTHY_THRESHOLD: u32 = 2;

/// Checks that must succeed in a row before it counts as healthy again.
const HEALTHY_THRESHOLD: u32 = 1;

/// The status of who lives, where nothing is said.
const EXPECTED: (u16, u16) = (200, 200);

/// Returns the check, if there is one: without, Envoy calls a dead endpoint healthy.
pub(super) fn health_checks(service: &ServiceName, policy: &ClusterPolicy) -> Vec<HealthCheck> {
    let asked = &policy.health_check;
    let Some(checker) = checker(service, asked, policy.protocol) else { return Vec::new() };
    let is_https = service.scheme == Scheme::Https;
    let speaks_http2 = policy.protocol == Protocol::Http2 && asked.kind != HealthCheckKind::Tcp;
    vec![HealthCheck {
        timeout: milliseconds(asked.timeout_ms.unwrap_or(TIMEOUT_MS)),
        interval: milliseconds(asked.interval_ms.unwrap_or(INTERVAL_MS)),
        no_traffic_interval: milliseconds(asked.interval_ms.unwrap_or(IDLE_INTERVAL_MS)),
        unhealthy_threshold: number(asked.unhealthy_threshold.unwrap_or(UNHEALTHY_THRESHOLD)),
        healthy_threshold: number(asked.healthy_threshold.unwrap_or(HEALTHY_THRESHOLD)),
        health_checker: Some(checker),
        // requests offer it by themselves, checks do not
        tls_options: (is_https && speaks_http2)
            .then(|| TlsOptions { alpn_protocols: vec!["h2".to_owned()] }),
        ..HealthCheck::default()
    }]
}

fn checker(service: &ServiceName, asked: &Asked, protocol: Protocol) -> Option<HealthChecker> {
    // Envoy would take the cluster's name
    let host = || asked.host.clone().unwrap_or_else(|| host_of_service(service));
    Some(match asked.kind {
        HealthCheckKind::Off => return None,
        HealthCheckKind::Tcp => HealthChecker::TcpHealthCheck(TcpHealthCheck::default()),
        HealthCheckKind::Http => HealthChecker::HttpHealthCheck(http(asked, host(), protocol)),
        HealthCheckKind::Grpc => HealthChecker::GrpcHealthCheck(GrpcHealthCheck {
            service_name: asked.grpc_service.clone().unwrap_or_default(),
            authority: host(),
            ..GrpcHealthCheck::default()
        }),
    })
}

fn http(asked: &Asked, host: String, protocol: Protocol) -> HttpHealthCheck {
    let range =
        |(first, last): (u16, u16)| Int64Range { start: first.into(), end: i64::from(last) + 1 };
    let expected = asked.expected_statuses.iter().filter_map(|text| statuses(text));
    let mut expected: Vec<_> = expected.map(range).collect();
    if expected.is_empty() {
        expected.push(range(EXPECTED));
    }
    HttpHealthCheck {
        host,
        path: asked.path.clone().unwrap_or_default(),
        expected_statuses: expected,
        // or the first other status would take an endpoint out, whatever the threshold
        retriable_statuses: vec![range((100, 599))],
        codec_client_type: match protocol {
            Protocol::Http1 => CodecClientType::Http1,
            Protocol::Http2 => CodecClientType::Http2,
        }
        .into(),
        ..HttpHealthCheck::default()
    }
}
