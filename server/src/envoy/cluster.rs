//! Clusters and their endpoints: one of each for every way in which a service is reached.

mod health;
mod limits;
mod outliers;
mod protocol;

use std::time::Duration;

use app::api::policy::BalancingPolicy;

use super::{
    config::{ads, duration, host_address, socket_address},
    proto::config::{
        cluster::v3::{
            Cluster,
            cluster::{ClusterDiscoveryType, DiscoveryType, EdsClusterConfig, LbPolicy},
        },
        core::v3::Address,
        endpoint::v3::{
            ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints,
            lb_endpoint::HostIdentifier,
        },
    },
    protobuf,
    stat_names::cluster_stat_name,
    upstream_tls::{self, Trust},
};
use crate::gateway::{
    cluster_policy::ClusterPolicy,
    endpoints::Endpoints,
    service::{Host, Scheme},
    upstream::Upstream,
};

/// How long connecting to an endpoint may take in milliseconds; Envoy's own default, here made
/// visible.
const CONNECT_TIMEOUT_MS: u32 = 5_000;

/// Returns the cluster of an upstream, whose endpoints come by EDS.
pub fn cluster(upstream: &Upstream, policy: &ClusterPolicy, trust: Trust<'_>) -> Cluster {
    Cluster {
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
    assignment(upstream, endpoints.addresses().iter().copied().map(socket_address))
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
    let (kind, load_assignment) = match (fixed, &service.host) {
        (Some(endpoints), _) => (DiscoveryType::Static, load_assignment(upstream, endpoints)),
        (None, Host::Ip(ip)) => {
            let address = host_address(&ip.to_string(), service.port);
            (DiscoveryType::Static, assignment(upstream, [address]))
        }
        (None, Host::Name(name)) => {
            (DiscoveryType::StrictDns, assignment(upstream, [host_address(name, service.port)]))
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
        lb_policy: lb_policy(policy.balancing).into(),
        typed_extension_protocol_options: protocol::options(policy.protocol),
        // an endpoint that discovery has removed is gone, whatever its last check said
        ignore_health_on_host_removal: true,
        // the health check is a handshake, too
        transport_socket: (service.scheme == Scheme::Https)
            .then(|| upstream_tls::transport_socket(service, &policy.tls, trust)),
        ..Cluster::default()
    }
}

fn lb_policy(asked: BalancingPolicy) -> LbPolicy {
    match asked {
        BalancingPolicy::RoundRobin => LbPolicy::RoundRobin,
        BalancingPolicy::LeastRequest => LbPolicy::LeastRequest,
        BalancingPolicy::Random => LbPolicy::Random,
        BalancingPolicy::RingHash => LbPolicy::RingHash,
        BalancingPolicy::Maglev => LbPolicy::Maglev,
    }
}

fn milliseconds(number: u32) -> Option<protobuf::Duration> {
    Some(duration(Duration::from_millis(number.into())))
}

fn assignment(
    upstream: &Upstream,
    addresses: impl IntoIterator<Item = Address>,
) -> ClusterLoadAssignment {
    let endpoint = |address| LbEndpoint {
        host_identifier: Some(HostIdentifier::Endpoint(Endpoint {
            address: Some(address),
            ..Endpoint::default()
        })),
        ..LbEndpoint::default()
    };
    ClusterLoadAssignment {
        cluster_name: upstream.to_string(),
        endpoints: vec![LocalityLbEndpoints {
            lb_endpoints: addresses.into_iter().map(endpoint).collect(),
            ..LocalityLbEndpoints::default()
        }],
        ..ClusterLoadAssignment::default()
    }
}
