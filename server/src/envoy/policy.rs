//! A mapping's policy in Envoy's messages: what its routes do, one file for each group.
//!
//! Pure, and without rules: what comes here has been checked by `gateway::policy`. A group that
//! needs a filter gives it with its step to `filters::enable`.

mod answer;
mod headers;
mod rewrite;
mod traffic;

use super::proto::config::route::v3::{
    Route, RouteAction, route::Action, route_action::ClusterSpecifier,
};
use crate::gateway::mapping::Spec;

/// Returns what the routes of a mapping do with a request whose matched part becomes
/// `replacement`; `None` leaves its path as it is. It goes to `cluster`, if to any.
pub(super) fn action(spec: &Spec, cluster: String, replacement: Option<String>) -> Action {
    if let Some(redirect) = &spec.policy.redirect {
        return Action::Redirect(answer::redirect(redirect, replacement));
    }
    if let Some(respond) = &spec.policy.respond {
        return Action::DirectResponse(answer::respond(respond));
    }
    let mut action = RouteAction {
        cluster_specifier: Some(ClusterSpecifier::Cluster(cluster)),
        prefix_rewrite: replacement.unwrap_or_default(),
        ..RouteAction::default()
    };
    rewrite::apply(&spec.policy, spec.service_name(), &mut action);
    traffic::apply(&spec.policy, &mut action);
    Action::Route(action)
}

/// Adds to a route what its mapping asks for besides its action.
pub(super) fn complete(spec: &Spec, route: &mut Route) {
    headers::apply(&spec.policy, route);
    if let Some(respond) = &spec.policy.respond {
        answer::content_type(respond, route);
    }
}
