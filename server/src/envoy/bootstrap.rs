//! What a node needs to start: who it is, where we are, and which statistics to push.

mod address;
mod credentials;

use std::{iter, net::SocketAddr, time::Duration};

use envoy_types::util::pack_any;

pub use self::{
    address::XdsAddress,
    credentials::{NodeCredentials, NodeTls, OwnCertificate},
};
use super::{
    config::{ads, duration, number, socket_address},
    proto::{
        config::{
            bootstrap::v3::{
                Admin, Bootstrap, ClusterManager, LayeredRuntime, RuntimeLayer,
                bootstrap::{DeferredStatOptions, DynamicResources, StaticResources},
                runtime_layer,
            },
            cluster::v3::{
                Cluster, OutlierDetection,
                cluster::{ClusterDiscoveryType, DiscoveryType},
            },
            core::v3::{
                ApiConfigSource, ApiVersion, GrpcService, Http2ProtocolOptions,
                HttpProtocolOptions, KeepaliveSettings, Locality, Node,
                api_config_source::ApiType,
                grpc_service::{EnvoyGrpc, TargetSpecifier},
            },
            endpoint::v3::{
                ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints,
                lb_endpoint::HostIdentifier,
            },
            metrics::v3::{
                HistogramBucketSettings, HistogramEmitMode, MetricsServiceConfig, StatsConfig,
                StatsMatcher, StatsSink, stats_matcher, stats_sink,
            },
            overload::v3::{OverloadManager, ResourceMonitor, resource_monitor},
        },
        extensions::{
            resource_monitors::downstream_connections::v3::DownstreamConnectionsConfig,
            upstreams::http::v3::{
                HttpProtocolOptions as UpstreamHttp,
                http_protocol_options::{
                    ExplicitHttpConfig, UpstreamProtocolOptions,
                    explicit_http_config::ProtocolConfig,
                },
            },
        },
        r#type::matcher::v3::{
            ListStringMatcher, RegexMatcher, StringMatcher, string_matcher::MatchPattern,
        },
    },
    protobuf,
    stat_names::{KEPT, LATENCY_BOUNDS_MS, LATENCY_SUFFIX},
};

/// Name of the cluster that leads to us. The slash keeps it apart from every service's cluster.
const XDS_CLUSTER: &str = "chancery/xds";

/// Name of a cluster that leads nowhere: by it Envoy knows which zone is its own.
const ZONE_CLUSTER: &str = "chancery/zone";

/// How often a node pushes its counters: what the portal promises as live.
pub const STATS_FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// Room that a histogram begins with; it grows when it must, and the times of one mapping are few.
/// A mapping in use then takes 3.1 kB of a node with two workers, 6.3 kB with Envoy's default of
/// 100, and 0.7 kB without a histogram (measured with Envoy 1.40).
const HISTOGRAM_BINS: u32 = 8;

/// Clients that a node serves at once: with the buffers of the listener at most 2 GiB.
const CLIENT_CONNECTIONS_MAX: i64 = 50_000;

/// How long connecting to us may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a replica is not tried again that has not answered: as long as a restart may take.
const REPLICA_LEFT_OUT: Duration = Duration::from_secs(5);

/// A node notices within the sum of the two that we have vanished without closing.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Says which node the bootstrap is for and whom it asks.
#[derive(Debug, Clone)]
pub struct NodeSettings {
    /// Identifies the node; two that run at the same time must differ.
    pub id: String,
    /// Where our xDS and metrics services are, as the node reaches them: each replica's, or one
    /// address that leads to any.
    pub xds: Vec<XdsAddress>,
    /// Where the node's admin interface listens; it has no authentication.
    pub admin: SocketAddr,
    /// Where the node is: of services whose endpoints are meant for zones, it prefers those for its
    /// own.
    pub zone: Option<String>,
    /// How it proves who it is, and knows us; nothing on our own machine.
    pub credentials: Option<NodeCredentials>,
}

/// Steps of a compiled regular expression at the most: twice what `gateway::matching` allows by its
/// estimate, so that it is always us who refuse.
const PROGRAM_STEPS_MAX: u32 = 4000;

/// Returns the bootstrap that connects a node to us.
pub fn bootstrap(settings: &NodeSettings) -> Bootstrap {
    Bootstrap {
        node: Some(Node {
            id: settings.id.clone(),
            cluster: "chancery".to_owned(),
            locality: settings.zone.as_deref().map(locality),
            ..Node::default()
        }),
        cluster_manager: settings.zone.is_some().then(|| ClusterManager {
            local_cluster_name: ZONE_CLUSTER.to_owned(),
            ..ClusterManager::default()
        }),
        admin: Some(Admin { address: Some(socket_address(settings.admin)), ..Admin::default() }),
        static_resources: Some(StaticResources {
            clusters: iter::once(xds_cluster(settings)).chain(zone_cluster(settings)).collect(),
            ..StaticResources::default()
        }),
        dynamic_resources: Some(DynamicResources {
            ads_config: Some(ApiConfigSource {
                api_type: ApiType::DeltaGrpc.into(),
                transport_api_version: ApiVersion::V3.into(),
                grpc_services: vec![to_us()],
                set_node_on_first_message_only: true,
                ..ApiConfigSource::default()
            }),
            lds_config: Some(ads()),
            cds_config: Some(ads()),
            ..DynamicResources::default()
        }),
        stats_sinks: vec![StatsSink {
            name: "envoy.stat_sinks.metrics_service".to_owned(),
            config_type: Some(stats_sink::ConfigType::TypedConfig(pack_any(
                MetricsServiceConfig {
                    grpc_service: Some(to_us()),
                    transport_api_version: ApiVersion::V3.into(),
                    histogram_emit_mode: HistogramEmitMode::Histogram.into(),
                    ..MetricsServiceConfig::default()
                },
            ))),
        }],
        stats_flush_interval: Some(duration(STATS_FLUSH_INTERVAL)),
        stats_config: Some(kept_stats()),
        overload_manager: Some(overload_manager()),
        layered_runtime: Some(runtime()),
        deferred_stat_options: Some(DeferredStatOptions { enable_deferred_creation_stats: true }),
        ..Bootstrap::default()
    }
}

/// Lets a regular expression be as large as a mapping's may be; Envoy's default is 100 steps.
fn runtime() -> LayeredRuntime {
    let step_limit = protobuf::Value {
        kind: Some(protobuf::value::Kind::NumberValue(f64::from(PROGRAM_STEPS_MAX))),
    };
    let limits = ["error_level", "warn_level"]
        .map(|level| (format!("re2.max_program_size.{level}"), step_limit.clone()));
    let layer = protobuf::Struct { fields: limits.into_iter().collect() };
    LayeredRuntime {
        layers: vec![RuntimeLayer {
            name: "chancery".to_owned(),
            layer_specifier: Some(runtime_layer::LayerSpecifier::StaticLayer(layer)),
        }],
    }
}

/// Refuses clients beyond what a node can hold, instead of running out of memory for all of them.
fn overload_manager() -> OverloadManager {
    let limit =
        DownstreamConnectionsConfig { max_active_downstream_connections: CLIENT_CONNECTIONS_MAX };
    OverloadManager {
        resource_monitors: vec![ResourceMonitor {
            name: "envoy.resource_monitors.global_downstream_max_connections".to_owned(),
            config_type: Some(resource_monitor::ConfigType::TypedConfig(pack_any(limit))),
        }],
        ..OverloadManager::default()
    }
}

fn to_us() -> GrpcService {
    GrpcService {
        target_specifier: Some(TargetSpecifier::EnvoyGrpc(EnvoyGrpc {
            cluster_name: XDS_CLUSTER.to_owned(),
            // by default the cluster's name, which no authority may have a slash in
            authority: "chancery".to_owned(),
            ..EnvoyGrpc::default()
        })),
        ..GrpcService::default()
    }
}

fn xds_cluster(settings: &NodeSettings) -> Cluster {
    let NodeSettings { xds, credentials, .. } = settings;
    let http2 = Http2ProtocolOptions {
        connection_keepalive: Some(KeepaliveSettings {
            interval: Some(duration(KEEPALIVE_INTERVAL)),
            timeout: Some(duration(KEEPALIVE_TIMEOUT)),
            ..KeepaliveSettings::default()
        }),
        ..Http2ProtocolOptions::default()
    };
    let protocol = UpstreamHttp {
        common_http_protocol_options: Some(HttpProtocolOptions::default()),
        upstream_protocol_options: Some(UpstreamProtocolOptions::ExplicitHttpConfig(
            ExplicitHttpConfig {
                protocol_config: Some(ProtocolConfig::Http2ProtocolOptions(http2)),
            },
        )),
        http_filters: credentials.as_ref().map(NodeCredentials::filters).unwrap_or_default(),
        ..UpstreamHttp::default()
    };
    // a replica that does not answer is left out for a while
    let outlier_detection = (xds.len() > 1).then(|| OutlierDetection {
        consecutive_5xx: number(1),
        enforcing_consecutive_5xx: number(100),
        base_ejection_time: Some(duration(REPLICA_LEFT_OUT)),
        max_ejection_time: Some(duration(REPLICA_LEFT_OUT)),
        max_ejection_percent: number(100),
        ..OutlierDetection::default()
    });
    let host = xds.first().map(XdsAddress::host);
    Cluster {
        transport_socket: credentials
            .as_ref()
            .zip(host)
            .and_then(|(it, host)| it.transport_socket(host)),
        outlier_detection,
        typed_extension_protocol_options: [(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions".to_owned(),
            pack_any(protocol),
        )]
        .into(),
        ..cluster(XDS_CLUSTER, xds, None)
    }
}

/// Envoy routes by zones when it knows how its own fleet is spread over them. One endpoint, which
/// stands for the node itself and which nobody connects to, is all that it must know to stay in its
/// own zone (`force_local_zone`).
fn zone_cluster(settings: &NodeSettings) -> Option<Cluster> {
    let zone = settings.zone.as_deref()?;
    Some(cluster(ZONE_CLUSTER, &[settings.admin.into()], Some(locality(zone))))
}

fn locality(zone: &str) -> Locality {
    Locality { zone: zone.to_owned(), ..Locality::default() }
}

fn cluster(name: &str, addresses: &[XdsAddress], locality: Option<Locality>) -> Cluster {
    // Envoy asks DNS for addresses, too, and is answered by themselves
    let asks_dns = addresses.iter().find(|address| address.discovery() != DiscoveryType::Static);
    let way = asks_dns.or(addresses.first());
    let endpoint = |address: &XdsAddress| LbEndpoint {
        host_identifier: Some(HostIdentifier::Endpoint(Endpoint {
            address: Some(address.socket_address()),
            ..Endpoint::default()
        })),
        ..LbEndpoint::default()
    };
    Cluster {
        name: name.to_owned(),
        cluster_discovery_type: way.map(|way| ClusterDiscoveryType::Type(way.discovery().into())),
        dns_lookup_family: way.map(XdsAddress::families).unwrap_or_default().into(),
        connect_timeout: Some(duration(CONNECT_TIMEOUT)),
        load_assignment: Some(ClusterLoadAssignment {
            cluster_name: name.to_owned(),
            endpoints: vec![LocalityLbEndpoints {
                locality,
                lb_endpoints: addresses.iter().map(endpoint).collect(),
                ..LocalityLbEndpoints::default()
            }],
            ..ClusterLoadAssignment::default()
        }),
        ..Cluster::default()
    }
}

pub(super) fn kept_stats() -> StatsConfig {
    let latency = HistogramBucketSettings {
        r#match: Some(StringMatcher {
            match_pattern: Some(MatchPattern::Suffix(LATENCY_SUFFIX.to_owned())),
            ..StringMatcher::default()
        }),
        buckets: LATENCY_BOUNDS_MS.map(f64::from).to_vec(),
        bins: number(HISTOGRAM_BINS),
    };
    let pattern = |regex: &&str| StringMatcher {
        match_pattern: Some(MatchPattern::SafeRegex(RegexMatcher {
            regex: (*regex).to_owned(),
            ..RegexMatcher::default()
        })),
        ..StringMatcher::default()
    };
    StatsConfig {
        // tags are for sinks that split names; we read whole names
        use_all_default_tags: Some(protobuf::BoolValue { value: false }),
        stats_matcher: Some(StatsMatcher {
            stats_matcher: Some(stats_matcher::StatsMatcher::InclusionList(ListStringMatcher {
                patterns: KEPT.iter().map(pattern).collect(),
            })),
        }),
        histogram_bucket_settings: vec![latency],
        ..StatsConfig::default()
    }
}
