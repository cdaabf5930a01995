//! A mapping's policy in Envoy's messages: what its routes do, one file for each group.
//!
//! Pure, and without rules: what comes here has been checked by `gateway::policy`. A group that
//! needs a filter gives it with its step to `filters::enable`.

mod addresses;
mod answer;
pub mod auth;
mod balancing;
mod body;
mod compression;
mod cors;
mod fault;
mod global_rate_limit;
mod headers;
mod rate_limit;
mod rewrite;
mod sticky;
mod streams;
mod traffic;

use envoy_types::util::pack_any;
use prost::{Message, Name};

use super::{
    around::Around,
    conditions::{literal, regex},
    filters::{self, Piece, Step},
    proto::{
        config::{
            core::v3::TypedExtensionConfig,
            route::v3::{Route, RouteAction, route::Action, route_action::ClusterSpecifier},
        },
        r#type::matcher::v3::RegexMatchAndSubstitute,
    },
};
use crate::gateway::{
    mapping::Spec,
    rule::{PathMatch, Rule},
};

/// Returns what the routes of a mapping do with a request that `rule` matches. It goes to `cluster`,
/// if to any.
pub(super) fn action(spec: &Spec, cluster: String, rule: Rule) -> Action {
    let change = PathChange::of(rule);
    if let Some(redirect) = &spec.policy.redirect {
        return Action::Redirect(answer::redirect(redirect, change));
    }
    if let Some(respond) = &spec.policy.respond {
        return Action::DirectResponse(answer::respond(respond));
    }
    let (prefix_rewrite, regex_rewrite) = match change {
        PathChange::None => (String::new(), None),
        PathChange::Prefix(replacement) => (replacement, None),
        PathChange::Regex(substitute) => (String::new(), Some(substitute)),
    };
    let mut action = RouteAction {
        cluster_specifier: Some(ClusterSpecifier::Cluster(cluster)),
        prefix_rewrite,
        regex_rewrite,
        ..RouteAction::default()
    };
    rewrite::apply(&spec.policy, spec.service_name(), &mut action);
    traffic::apply(&spec.policy, &mut action);
    balancing::apply(&spec.policy.load_balancing, &mut action);
    streams::apply(&spec.policy, &mut action);
    Action::Route(action)
}

/// What becomes of the matched part of a path.
enum PathChange {
    None,
    Prefix(String),
    Regex(RegexMatchAndSubstitute),
}

impl PathChange {
    /// Of a path that a regex matches, Envoy's prefix rewrite would replace all; so its literal
    /// beginning is replaced by another regex.
    fn of(rule: Rule) -> Self {
        match (rule.path, rule.replacement) {
            (_, None) => Self::None,
            (PathMatch::Then(prefix, _), Some(substitution)) => {
                let pattern = regex(format!("^{}", literal(&prefix, rule.ignore_case)));
                Self::Regex(RegexMatchAndSubstitute { pattern: Some(pattern), substitution })
            }
            (_, Some(replacement)) => Self::Prefix(replacement),
        }
    }
}

/// Adds to a route what its mapping asks for besides its action.
pub(super) fn complete(spec: &Spec, around: &Around, route: &mut Route) {
    headers::apply(&spec.policy, route);
    cors::apply(&spec.policy, route);
    if let Some(respond) = &spec.policy.respond {
        answer::content_type(respond, route);
    }
    filters::enable(route, filters(spec, around));
}

/// Returns the filters that the requests of a mapping go through, each at its step.
fn filters(spec: &Spec, around: &Around) -> Vec<Piece> {
    let mut pieces = Vec::new();
    pieces.extend(addresses::pieces(&spec.policy));
    pieces.extend(auth::pieces(&spec.policy, &around.credentials));
    pieces.extend(rate_limit::pieces(&spec.policy));
    pieces.extend(global_rate_limit::pieces(&spec.policy, around));
    pieces.extend(fault::pieces(&spec.policy, around));
    pieces.extend(body::pieces(&spec.policy));
    pieces.extend(streams::pieces(&spec.policy));
    pieces.extend(compression::pieces(&spec.policy));
    pieces.extend(sticky::pieces(&spec.policy));
    pieces
}

/// Returns a filter at its step.
fn piece<M: Message + Name>(step: Step, name: &str, filter: M) -> Piece {
    let typed_config = Some(pack_any(filter));
    (step, TypedExtensionConfig { name: name.to_owned(), typed_config })
}
