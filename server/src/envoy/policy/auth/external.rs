//! A service that is asked about each request.

use std::time::Duration;

use app::api::policy::{External, ExternalProtocol, OnFailure};

use super::{
    super::super::{
        conditions::regex,
        config::{duration, yes},
        proto::{
            config::{
                common::mutation_rules::v3::HeaderMutationRules,
                core::v3::{
                    ApiVersion, GrpcService, HttpUri, TypedExtensionConfig,
                    grpc_service::{EnvoyGrpc, TargetSpecifier},
                    http_uri::HttpUpstreamType,
                },
            },
            extensions::filters::http::ext_authz::v3::{
                AuthorizationResponse, BufferSettings, ExtAuthz, HttpService, ext_authz::Services,
            },
            r#type::{
                matcher::v3::{ListStringMatcher, StringMatcher, string_matcher::MatchPattern},
                v3::{HttpStatus, StatusCode},
            },
        },
    },
    FILTER, changing, extension, removed,
};
use crate::gateway::{
    cluster_policy::ClusterSpec,
    policy::{EXTERNAL_TIMEOUT_MS, host_of_service},
};

/// Longest answer of the service to a client in bytes, the same as that of a fixed answer.
const DENIAL_MAX_BYTES: u32 = 4096;

pub(super) fn filters(
    external: &External,
    cluster: &ClusterSpec,
) -> impl Iterator<Item = TypedExtensionConfig> + use<> {
    // what only the service may say, a client must not
    let theirs = external.response_headers.iter();
    let theirs = theirs.filter(|name| !is_asked_for(external, name));
    let theirs: Vec<_> = theirs.map(|name| removed(name)).collect();
    let before = (!theirs.is_empty()).then(|| changing("external.before", theirs, Vec::new()));
    before.into_iter().chain([extension(format!("{FILTER}.external"), asking(external, cluster))])
}

/// Tells whether the service sees a header of the request: `authorization` always.
fn is_asked_for(external: &External, name: &str) -> bool {
    name == "authorization" || external.request_headers.iter().any(|known| known == name)
}

fn asking(external: &External, cluster: &ClusterSpec) -> ExtAuthz {
    let is_grpc = external.protocol == ExternalProtocol::Grpc;
    let seen = external.request_headers.iter().map(String::as_str).chain(["authorization"]);
    ExtAuthz {
        transport_api_version: ApiVersion::V3.into(),
        failure_mode_allow: external.fail == OnFailure::Open,
        // not the client's fault
        status_on_error: Some(HttpStatus { code: StatusCode::ServiceUnavailable.into() }),
        validate_mutations: true,
        with_request_body: external.body.as_ref().map(|body| BufferSettings {
            max_request_bytes: body.max_bytes,
            allow_partial_message: false,
            pack_as_bytes: is_grpc,
        }),
        allowed_headers: Some(names(seen)),
        decoder_header_mutation_rules: is_grpc.then(|| only(&external.response_headers)),
        max_denied_response_body_bytes: DENIAL_MAX_BYTES,
        enforce_response_header_limits: true,
        services: Some(services(external, cluster)),
        ..ExtAuthz::default()
    }
}

fn services(external: &External, cluster: &ClusterSpec) -> Services {
    let timeout = Duration::from_millis(external.timeout_ms.unwrap_or(EXTERNAL_TIMEOUT_MS).into());
    let timeout = Some(duration(timeout));
    let upstream = cluster.upstream();
    let authority = host_of_service(&upstream.service);
    match external.protocol {
        ExternalProtocol::Grpc => Services::GrpcService(GrpcService {
            timeout,
            target_specifier: Some(TargetSpecifier::EnvoyGrpc(EnvoyGrpc {
                cluster_name: upstream.to_string(),
                authority,
                ..EnvoyGrpc::default()
            })),
            ..GrpcService::default()
        }),
        ExternalProtocol::Http => Services::HttpService(HttpService {
            server_uri: Some(HttpUri {
                uri: format!("http://{authority}"),
                timeout,
                http_upstream_type: Some(HttpUpstreamType::Cluster(upstream.to_string())),
            }),
            path_prefix: external.path_prefix.clone().unwrap_or_default(),
            // Envoy takes no empty list, and without one none of them passes
            authorization_response: (!external.response_headers.is_empty()).then(|| {
                let headers = external.response_headers.iter().map(String::as_str);
                AuthorizationResponse {
                    allowed_upstream_headers: Some(names(headers)),
                    ..AuthorizationResponse::default()
                }
            }),
            ..HttpService::default()
        }),
    }
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> ListStringMatcher {
    let exact = |name: &str| StringMatcher {
        match_pattern: Some(MatchPattern::Exact(name.to_owned())),
        ignore_case: true,
    };
    ListStringMatcher { patterns: names.map(exact).collect() }
}

/// Lets the service set these headers, and no others.
fn only(names: &[String]) -> HeaderMutationRules {
    let names: Vec<_> = names.iter().map(|name| format!(r"\Q{name}\E")).collect();
    HeaderMutationRules {
        disallow_all: yes(),
        allow_expression: (!names.is_empty()).then(|| regex(format!("(?i:{})", names.join("|")))),
        ..HeaderMutationRules::default()
    }
}
