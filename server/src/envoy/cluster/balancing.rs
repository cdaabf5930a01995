//! Which endpoint gets a request: by turns, by load, by chance or by a hash, and where discovery
//! knows zones, one of the node's own zone first.

use app::api::policy::BalancingPolicy;
use envoy_types::util::pack_any;

use super::{
    super::{
        config::number,
        proto::{
            config::{
                cluster::v3::{
                    LoadBalancingPolicy, cluster::LbPolicy, load_balancing_policy::Policy,
                },
                core::v3::TypedExtensionConfig,
            },
            extensions::load_balancing_policies::{
                common::v3::{
                    LocalityLbConfig,
                    locality_lb_config::{
                        LocalityConfigSpecifier, ZoneAwareLbConfig,
                        zone_aware_lb_config::ForceLocalZone,
                    },
                },
                least_request::v3::LeastRequest,
                random::v3::Random,
                round_robin::v3::RoundRobin,
            },
        },
        protobuf,
    },
    Readiness,
};

/// Endpoints of its own zone that a node wants before it passes over those of others: one is
/// enough, since who has set the hints has seen to the load.
const LOCAL_LEAST: u32 = 1;

/// Returns the policy by its name, which one that knows zones supersedes.
pub(super) fn lb_policy(asked: BalancingPolicy) -> LbPolicy {
    match asked {
        BalancingPolicy::RoundRobin => LbPolicy::RoundRobin,
        BalancingPolicy::LeastRequest => LbPolicy::LeastRequest,
        BalancingPolicy::Random => LbPolicy::Random,
        BalancingPolicy::RingHash => LbPolicy::RingHash,
        BalancingPolicy::Maglev => LbPolicy::Maglev,
    }
}

/// Returns the same policy knowing zones, if discovery may say of endpoints for which zone they
/// are. Where it does not, all endpoints are of the same zone, and nothing is different.
///
/// A hash comes before the zone: requests that are alike go to the same endpoint wherever they
/// enter.
pub(super) fn by_zone(asked: BalancingPolicy, readiness: Readiness) -> Option<LoadBalancingPolicy> {
    if readiness == Readiness::Checked {
        return None;
    }
    let zones = LocalityLbConfig {
        locality_config_specifier: Some(LocalityConfigSpecifier::ZoneAwareLbConfig(
            ZoneAwareLbConfig {
                min_cluster_size: Some(protobuf::UInt64Value { value: LOCAL_LEAST.into() }),
                force_local_zone: Some(ForceLocalZone { min_size: number(LOCAL_LEAST) }),
                ..ZoneAwareLbConfig::default()
            },
        )),
    };
    let locality_lb_config = Some(zones);
    let (name, config) = match asked {
        BalancingPolicy::RoundRobin => {
            let policy = RoundRobin { locality_lb_config, ..RoundRobin::default() };
            ("round_robin", pack_any(policy))
        }
        BalancingPolicy::LeastRequest => {
            let policy = LeastRequest { locality_lb_config, ..LeastRequest::default() };
            ("least_request", pack_any(policy))
        }
        BalancingPolicy::Random => ("random", pack_any(Random { locality_lb_config })),
        BalancingPolicy::RingHash | BalancingPolicy::Maglev => return None,
    };
    Some(LoadBalancingPolicy {
        policies: vec![Policy {
            typed_extension_config: Some(TypedExtensionConfig {
                name: format!("envoy.load_balancing_policies.{name}"),
                typed_config: Some(config),
            }),
        }],
    })
}
