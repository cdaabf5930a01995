//! Clusters and their endpoints: one of each for every way in which a service is reached.

mod protocol;

use std::time::Duration;

use super::{
    config::{ads, duration, host_address, number, socket_address},
    proto::config::{
        cluster::v3::{
            Cluster,
            cluster::{ClusterDiscoveryType, DiscoveryType, EdsClusterConfig},
        },
        core::v3::{
            Address, HealthCheck,
            health_check::{HealthChecker, TcpHealthCheck},
        },
        endpoint::v3::{
            ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints,
            lb_endpoint::HostIdentifier,
        },
    },
    stat_names::cluster_stat_name,
    upstream_tls::{self, Trust},
};
use crate::gateway::{
    cluster_policy::ClusterPolicy,
    endpoints::Endpoints,
    service::{Host, Scheme},
    upstream::Upstream,
};

/// How long connecting to an endpoint may take; Envoy's own default, here made visible.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an endpoint may take to accept the health check's connection. A new cluster is not
/// ready before its first check has ended, so this also bounds how long an endpoint that
/// swallows packets can hold up other changes.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// Time between two checks of an endpoint that has traffic.
const HEALTH_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Time between two checks of an endpoint without traffic: at 10,000 idle endpoints that is
/// 2,000 connections a second from each node.
const IDLE_HEALTH_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// Checks that must fail in a row before an endpoint counts as unhealthy.
const UNHEALTHY_THRESHOLD: u32 = 2;

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
    let connect_timeout =
        policy.connect_ms.map_or(CONNECT_TIMEOUT, |ms| Duration::from_millis(ms.into()));
    Cluster {
        name: upstream.to_string(),
        alt_stat_name: cluster_stat_name(upstream),
        connect_timeout: Some(duration(connect_timeout)),
        // without a check Envoy calls a dead endpoint healthy
        health_checks: vec![HealthCheck {
            timeout: Some(duration(HEALTH_CHECK_TIMEOUT)),
            interval: Some(duration(HEALTH_CHECK_INTERVAL)),
            no_traffic_interval: Some(duration(IDLE_HEALTH_CHECK_INTERVAL)),
            unhealthy_threshold: number(UNHEALTHY_THRESHOLD),
            healthy_threshold: number(1),
            health_checker: Some(HealthChecker::TcpHealthCheck(TcpHealthCheck::default())),
            ..HealthCheck::default()
        }],
        typed_extension_protocol_options: protocol::options(policy.protocol),
        // an endpoint that discovery has removed is gone, whatever its last check said
        ignore_health_on_host_removal: true,
        // the health check is a handshake, too
        transport_socket: (service.scheme == Scheme::Https)
            .then(|| upstream_tls::transport_socket(service, &policy.tls, trust)),
        ..Cluster::default()
    }
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
