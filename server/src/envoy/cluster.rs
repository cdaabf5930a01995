//! Clusters and their endpoints: one of each for every way in which a service is reached.

mod balancing;
mod health;
mod limits;
mod outliers;
mod protocol;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    config::{ads, duration, host_address, socket_address},
    proto::config::{
        cluster::v3::{
            Cluster,
            cluster::{ClusterDiscoveryType, CommonLbConfig, DiscoveryType, EdsClusterConfig},
        },
        core::v3::{Address, HealthStatus, Locality},
        endpoint::v3::{
            ClusterLoadAssignment, Endpoint as Target, LbEndpoint, LocalityLbEndpoints,
            lb_endpoint::HostIdentifier,
        },
    },
    proto::r#type::v3::Percent,
    protobuf,
    stat_names::cluster_stat_name,
    upstream_tls::{self, Trust},
};
use crate::gateway::{
    cluster_policy::ClusterPolicy,
    endpoints::{Endpoint, Endpoints},
    service::{Host, Scheme},
    upstream::Upstream,
};

/// How long connecting to an endpoint may take in milliseconds; Envoy's own default, here made
/// visible.
const CONNECT_TIMEOUT_MS: u32 = 5_000;

/// How long Envoy gathers changes of endpoints' health before it acts on them, in milliseconds.
/// Its own default is a second, by which every endpoint that appears would come later: its first
/// check succeeds within milliseconds (measured with Envoy 1.40).
const MERGE_WINDOW_MS: u32 = 50;

/// Who finds out whether an endpoint wants requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Readiness {
    /// Nodes alone, by their checks, which may be wrong about many at once: when fewer than half
    /// of the endpoints are healthy, Envoy sends requests to all of them.
    #[default]
    Checked,
    /// Discovery says so, too, for a reason that nodes can't see: what is not ready gets nothing.
    Told,
}

/// Returns the cluster of an upstream, whose endpoints come by EDS.
pub fn cluster(
    upstream: &Upstream,
    policy: &ClusterPolicy,
    trust: Trust<'_>,
    readiness: Readiness,
) -> Cluster {
    Cluster {
        load_balancing_policy: balancing::by_zone(policy.balancing, readiness),
        common_lb_config: (readiness == Readiness::Told).then(|| CommonLbConfig {
            healthy_panic_threshold: Some(Percent { value: 0.0 }),
            update_merge_window: milliseconds(MERGE_WINDOW_MS),
            ..CommonLbConfig::default()
        }),
        cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::Eds.into())),
        eds_cluster_config: Some(EdsClusterConfig {
            eds_config: Some(ads()),
            ..EdsClusterConfig::default()
        }),
        ..base(upstream, policy, trust)
    }
}

/// Returns the endpoints of an upstream's cluster: those of its service.
pub fn load_assignment(upstream: &Upstream, endpoints: &Endpoints) -> ClusterLoadAssignment {
    let mut by_zone: BTreeMap<Option<&Arc<str>>, Vec<LbEndpoint>> = BTreeMap::new();
    for endpoint in endpoints.all() {
        by_zone.entry(endpoint.zone.as_ref()).or_default().push(lb_endpoint(endpoint));
    }
    let locality = |(zone, lb_endpoints): (Option<&Arc<str>>, _)| LocalityLbEndpoints {
        locality: zone
            .map(|zone| Locality { zone: zone.as_ref().to_owned(), ..Locality::default() }),
        lb_endpoints,
        ..LocalityLbEndpoints::default()
    };
    ClusterLoadAssignment {
        cluster_name: upstream.to_string(),
        endpoints: by_zone.into_iter().map(locality).collect(),
        ..ClusterLoadAssignment::default()
    }
}

/// Returns a self-contained cluster for a static configuration.
///
/// Fixed endpoints are written down; a name is left to Envoy's resolver, so that the result
/// does not depend on what the name resolves to right now.
pub fn static_cluster(
    upstream: &Upstream,
    policy: &ClusterPolicy,
    trust: Trust<'_>,
    fixed: Option<&Endpoints>,
) -> Cluster {
    let service = &upstream.service;
    let (kind, load_assignment) = match (fixed, &service.host, service.port.number()) {
        (Some(endpoints), ..) => (DiscoveryType::Static, load_assignment(upstream, endpoints)),
        (None, Host::Ip(ip), Some(port)) => {
            (DiscoveryType::Static, assignment(upstream, host_address(&ip.to_string(), port)))
        }
        (None, Host::Name(name), Some(port)) => {
            (DiscoveryType::StrictDns, assignment(upstream, host_address(name, port)))
        }
        // only Kubernetes knows what the name of a port means
        (None, _, None) => {
            (DiscoveryType::Static, load_assignment(upstream, &Endpoints::known([])))
        }
    };
    Cluster {
        cluster_discovery_type: Some(ClusterDiscoveryType::Type(kind.into())),
        load_assignment: Some(load_assignment),
        ..base(upstream, policy, trust)
    }
}

fn base(upstream: &Upstream, policy: &ClusterPolicy, trust: Trust<'_>) -> Cluster {
    let service = &upstream.service;
    Cluster {
        name: upstream.to_string(),
        alt_stat_name: cluster_stat_name(upstream),
        connect_timeout: milliseconds(policy.connect_ms.unwrap_or(CONNECT_TIMEOUT_MS)),
        health_checks: health::health_checks(service, policy),
        circuit_breakers: limits::circuit_breakers(policy),
        outlier_detection: outliers::outlier_detection(&policy.outlier_detection),
        lb_policy: balancing::lb_policy(policy.balancing).into(),
        typed_extension_protocol_options: protocol::options(policy.protocol),
        // an endpoint that discovery has removed is gone, whatever its last check said
        ignore_health_on_host_removal: true,
        // the health check is a handshake, too
        transport_socket: (service.scheme == Scheme::Https)
            .then(|| upstream_tls::transport_socket(service, &policy.tls, trust)),
        ..Cluster::default()
    }
}

fn milliseconds(number: u32) -> Option<protobuf::Duration> {
    Some(duration(Duration::from_millis(number.into())))
}

fn assignment(upstream: &Upstream, address: Address) -> ClusterLoadAssignment {
    ClusterLoadAssignment {
        cluster_name: upstream.to_string(),
        endpoints: vec![LocalityLbEndpoints {
            lb_endpoints: vec![target(address)],
            ..LocalityLbEndpoints::default()
        }],
        ..ClusterLoadAssignment::default()
    }
}

fn lb_endpoint(endpoint: &Endpoint) -> LbEndpoint {
    // nodes go on checking what is said to be ready
    let health = if endpoint.is_ready { HealthStatus::Unknown } else { HealthStatus::Unhealthy };
    LbEndpoint { health_status: health.into(), ..target(socket_address(endpoint.address)) }
}

fn target(address: Address) -> LbEndpoint {
    LbEndpoint {
        host_identifier: Some(HostIdentifier::Endpoint(Target {
            address: Some(address),
            ..Target::default()
        })),
        ..LbEndpoint::default()
    }
}
