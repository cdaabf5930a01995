//! How often requests may come, as a filter that asks a service.

use std::time::Duration;

use app::api::{gateway::OnFailure, policy::Policy};

use super::{
    super::{
        around::{Around, Counter},
        config::duration,
        filters::{Piece, Step},
        proto::{
            config::{
                core::v3::{
                    ApiVersion, GrpcService,
                    grpc_service::{EnvoyGrpc, TargetSpecifier},
                },
                ratelimit::v3::RateLimitServiceConfig,
                route::v3::{
                    RateLimit as Descriptor,
                    rate_limit::{
                        Action,
                        action::{ActionSpecifier, GenericKey, RemoteAddress, RequestHeaders},
                    },
                },
            },
            extensions::filters::http::ratelimit::v3::{
                RateLimit, rate_limit::XRateLimitHeadersRfcVersion,
            },
            r#type::v3::{HttpStatus, StatusCode},
        },
    },
    piece,
};
use crate::gateway::policy::{Entry, entries, host_of_service};

pub(super) fn pieces(policy: &Policy, around: &Around) -> Option<Piece> {
    let limit = policy.global_rate_limit.as_ref()?;
    let Counter { service, cluster, is_there: _ } = around.counter.as_ref()?;
    let grpc_service = GrpcService {
        target_specifier: Some(TargetSpecifier::EnvoyGrpc(EnvoyGrpc {
            cluster_name: cluster.upstream().to_string(),
            // by default the cluster's name, which is nobody's host
            authority: host_of_service(&cluster.service.name),
            ..EnvoyGrpc::default()
        })),
        ..GrpcService::default()
    };
    let filter = RateLimit {
        domain: service.domain.clone(),
        timeout: Some(duration(Duration::from_millis(service.timeout_ms.into()))),
        failure_mode_deny: service.fail == OnFailure::Closed,
        // 500 would blame the mapping's service
        status_on_error: Some(HttpStatus { code: StatusCode::ServiceUnavailable.into() }),
        rate_limit_service: Some(RateLimitServiceConfig {
            grpc_service: Some(grpc_service),
            transport_api_version: ApiVersion::V3.into(),
        }),
        enable_x_ratelimit_headers: match limit.headers {
            true => XRateLimitHeadersRfcVersion::DraftVersion03,
            false => XRateLimitHeadersRfcVersion::Off,
        }
        .into(),
        enable_retry_after_header: true,
        rate_limited_as_resource_exhausted: true,
        rate_limits: limit.descriptors.iter().map(|text| descriptor(text)).collect(),
        ..RateLimit::default()
    };
    Some(piece(Step::GlobalRateLimit, "envoy.filters.http.ratelimit", filter))
}

fn descriptor(text: &str) -> Descriptor {
    let entries = entries(text).unwrap_or_default();
    let action = |entry| Action { action_specifier: Some(specifier(entry)) };
    Descriptor { actions: entries.into_iter().map(action).collect(), ..Descriptor::default() }
}

fn specifier(entry: Entry) -> ActionSpecifier {
    let header = |header_name: &str, descriptor_key: &str| {
        ActionSpecifier::RequestHeaders(RequestHeaders {
            header_name: header_name.to_owned(),
            descriptor_key: descriptor_key.to_owned(),
            ..RequestHeaders::default()
        })
    };
    match entry {
        Entry::ClientAddress => ActionSpecifier::RemoteAddress(RemoteAddress {}),
        Entry::Method => header(":method", "method"),
        Entry::Path => header(":path", "path"),
        Entry::Header(name) => header(&name, &name),
        Entry::Text(text) => ActionSpecifier::GenericKey(GenericKey {
            descriptor_value: text,
            ..GenericKey::default()
        }),
    }
}
