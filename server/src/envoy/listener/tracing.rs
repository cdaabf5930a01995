//! Spans of requests.

use std::time::Duration;

use envoy_types::util::pack_any;

use crate::{
    envoy::{
        config::duration,
        proto::{
            config::{
                core::v3::{
                    GrpcService,
                    grpc_service::{EnvoyGrpc, TargetSpecifier},
                },
                trace::v3::{
                    OpenTelemetryConfig,
                    tracing::{Http, http::ConfigType},
                },
            },
            extensions::filters::network::http_connection_manager::v3::http_connection_manager::Tracing,
            r#type::{
                tracing::v3::{CustomTag, custom_tag},
                v3::Percent,
            },
        },
    },
    gateway::edge::settings::{TracingSettings, tracing::cluster},
};

/// How long a node waits for the collector to take spans; they are lost then, and no request waits.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// What a span says besides what Envoy's say: the first replaces Envoy's own, which has the query,
/// in which secrets may stand.
const TAGS: [(&str, &str); 2] = [
    ("http.url", "%REQ(X-FORWARDED-PROTO):8%://%REQ(:AUTHORITY):256%%PATH(NQ:ORIG_OR_PATH):1024%"),
    ("chancery.mapping", "%ROUTE_NAME%"),
];

/// Returns what is traced, if anything is.
pub(super) fn tracing(settings: &TracingSettings) -> Option<Tracing> {
    let cluster = cluster(settings)?;
    let collector = GrpcService {
        target_specifier: Some(TargetSpecifier::EnvoyGrpc(EnvoyGrpc {
            cluster_name: cluster.upstream().to_string(),
            // by default the cluster's name, which may have what no authority may
            authority: cluster.service.name.host.to_string(),
            ..EnvoyGrpc::default()
        })),
        timeout: Some(duration(EXPORT_TIMEOUT)),
        ..GrpcService::default()
    };
    let tracer = OpenTelemetryConfig {
        grpc_service: Some(collector),
        service_name: settings.service_name.clone(),
        ..OpenTelemetryConfig::default()
    };
    Some(Tracing {
        operation: "%ROUTE_NAME%".to_owned(),
        random_sampling: Some(Percent { value: settings.sampled_percent.into() }),
        custom_tags: TAGS.map(|(tag, value)| custom_tag(tag, value)).into(),
        provider: Some(Http {
            name: "envoy.tracers.opentelemetry".to_owned(),
            config_type: Some(ConfigType::TypedConfig(pack_any(tracer))),
        }),
        ..Tracing::default()
    })
}

fn custom_tag(tag: &str, value: &str) -> CustomTag {
    CustomTag { tag: tag.to_owned(), r#type: Some(custom_tag::Type::Value(value.to_owned())) }
}
