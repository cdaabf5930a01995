//! Rewrites of the path by a pattern, and of the host.

use super::super::proto::{
    config::route::v3::{RouteAction, route_action::HostRewriteSpecifier},
    r#type::matcher::v3::{RegexMatchAndSubstitute, RegexMatcher},
};
use crate::gateway::{
    policy::{HOST_OF_SERVICE, Policy, host_of_service},
    service::ServiceName,
};

/// Adds to an action what its requests look like to `service`.
pub(super) fn apply(policy: &Policy, service: Option<&ServiceName>, action: &mut RouteAction) {
    if let Some(rewrite) = &policy.regex_rewrite {
        action.prefix_rewrite = String::new();
        action.regex_rewrite = Some(RegexMatchAndSubstitute {
            pattern: Some(RegexMatcher {
                regex: rewrite.pattern.clone(),
                ..RegexMatcher::default()
            }),
            substitution: rewrite.substitution.clone(),
        });
    }
    if let Some(host) = &policy.host_rewrite {
        let host = match (host.as_str(), service) {
            (HOST_OF_SERVICE, Some(service)) => host_of_service(service),
            (host, _) => host.to_owned(),
        };
        action.host_rewrite_specifier = Some(HostRewriteSpecifier::HostRewriteLiteral(host));
        // the service may need to know where its client has come in
        action.append_x_forwarded_host = true;
    }
}
