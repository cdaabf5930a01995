//! Upgraded connections and gRPC-Web.

use app::api::policy::Policy;

use super::{
    super::{
        config::yes,
        filters::{Piece, Step},
        proto::{
            config::route::v3::{RouteAction, route_action::UpgradeConfig},
            extensions::filters::http::grpc_web::v3::GrpcWeb,
        },
    },
    piece,
};

/// Lets connections be upgraded on this route alone: the connection manager allows none.
pub(super) fn apply(policy: &Policy, action: &mut RouteAction) {
    let upgrade = |name: &String| UpgradeConfig {
        upgrade_type: name.clone(),
        enabled: yes(),
        ..UpgradeConfig::default()
    };
    action.upgrade_configs = policy.upgrades.iter().map(upgrade).collect();
}

pub(super) fn pieces(policy: &Policy) -> Option<Piece> {
    policy.grpc_web.then(|| piece(Step::GrpcWeb, "envoy.filters.http.grpc_web", GrpcWeb::default()))
}
