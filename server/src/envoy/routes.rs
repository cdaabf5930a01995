//! Route configurations: mappings in match order become Envoy routes.

use super::{
    listener::PATH_HEADER,
    policy,
    proto::config::route::v3::{
        Route, RouteConfiguration, RouteMatch, ScopedRouteConfiguration, VirtualHost,
        route_match::PathSpecifier,
        scoped_route_configuration::{
            Key,
            key::{Fragment, fragment::Type},
        },
    },
    shard::ShardKey,
    stat_names::VIRTUAL_HOST,
};
use crate::gateway::{
    mapping::Mapping,
    rule::{PathMatch, Rule},
};

/// Returns the route configuration `name` with the routes of `mappings`, which must come in
/// match order: Envoy takes the first that matches.
pub fn route_configuration<'a>(
    name: &str,
    mappings: impl IntoIterator<Item = &'a Mapping>,
) -> RouteConfiguration {
    RouteConfiguration {
        name: name.to_owned(),
        virtual_hosts: vec![VirtualHost {
            name: VIRTUAL_HOST.to_owned(),
            domains: vec!["*".to_owned()],
            routes: mappings.into_iter().flat_map(routes).collect(),
            ..VirtualHost::default()
        }],
        // computed by us for ourselves; a service must not see it
        request_headers_to_remove: vec![PATH_HEADER.to_owned()],
        ..RouteConfiguration::default()
    }
}

/// Returns the scope that leads the requests of `shard` to its route configuration.
pub fn scope(shard: &ShardKey) -> ScopedRouteConfiguration {
    ScopedRouteConfiguration {
        name: shard.to_string(),
        route_configuration_name: shard.to_string(),
        key: Some(Key {
            fragments: vec![Fragment { r#type: Some(Type::StringKey(shard.scope_key())) }],
        }),
        ..ScopedRouteConfiguration::default()
    }
}

fn routes(mapping: &Mapping) -> impl Iterator<Item = Route> {
    mapping.spec.rules().into_iter().map(|rule| route(mapping, rule))
}

fn route(mapping: &Mapping, rule: Rule) -> Route {
    let name = mapping.name().to_string();
    let mut route = Route {
        // both routes of a mapping count into the same statistics
        stat_prefix: name.clone(),
        name,
        r#match: Some(RouteMatch {
            path_specifier: Some(match rule.path {
                PathMatch::Exact(path) => PathSpecifier::Path(path),
                PathMatch::StartsWith(prefix) => PathSpecifier::Prefix(prefix),
                PathMatch::Segments(prefix) => PathSpecifier::PathSeparatedPrefix(prefix),
            }),
            ..RouteMatch::default()
        }),
        action: Some(policy::action(&mapping.spec, rule.replacement)),
        ..Route::default()
    };
    policy::complete(&mapping.spec, &mut route);
    route
}
