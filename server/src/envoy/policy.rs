//! A mapping's policy in Envoy's messages: what its routes do, one file for each group.
//!
//! Pure, and without rules: what comes here has been checked by `gateway::policy`. A group that
//! needs a filter gives it with its step to `filters::enable`.

mod answer;
mod headers;
mod rewrite;
mod traffic;

use super::proto::{
    config::route::v3::{Route, RouteAction, route::Action, route_action::ClusterSpecifier},
    r#type::matcher::v3::RegexMatchAndSubstitute,
};
use crate::gateway::{mapping::Spec, service::ServiceName};

/// What becomes of the path of a request.
#[derive(Debug, Clone)]
pub(super) enum PathChange {
    None,
    /// Takes the place of what the route has matched.
    Matched(String),
    Regex(RegexMatchAndSubstitute),
}

/// Where the requests of a route go, where they go to a service.
#[derive(Debug, Clone, Default)]
pub(super) struct Target {
    pub(super) cluster: String,
    pub(super) service: Option<ServiceName>,
}

/// Returns what a route of a mapping does with its requests.
pub(super) fn action(spec: &Spec, target: Target, path: PathChange) -> Action {
    if let Some(redirect) = &spec.policy.redirect {
        return Action::Redirect(answer::redirect(redirect, path));
    }
    if let Some(respond) = &spec.policy.respond {
        return Action::DirectResponse(answer::respond(respond));
    }
    let mut action = RouteAction {
        cluster_specifier: Some(ClusterSpecifier::Cluster(target.cluster)),
        ..RouteAction::default()
    };
    match path {
        PathChange::None => {}
        PathChange::Matched(replacement) => action.prefix_rewrite = replacement,
        PathChange::Regex(change) => action.regex_rewrite = Some(change),
    }
    rewrite::apply(&spec.policy, target.service.as_ref(), &mut action);
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
