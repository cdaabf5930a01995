//! Route configurations: mappings in match order become Envoy routes.

use super::{
    around::Around,
    conditions::{preflight_match, route_match},
    listener::PATH_HEADER,
    policy,
    proto::config::route::v3::{
        Route, RouteConfiguration, RouteMatch, ScopedRouteConfiguration, VirtualHost,
        scoped_route_configuration::{
            Key,
            key::{Fragment, fragment::Type},
        },
    },
    shard::ShardKey,
    sides::{SideRoute, sides},
    stat_names::{self, VIRTUAL_HOST},
};
use crate::gateway::{mapping::Mapping, matching::host::HostPattern, rule::Rule};

/// Returns the route configuration `name` with the routes of `mappings`, which must come in
/// match order: Envoy takes the first that matches.
///
/// It chooses the virtual host of the most specific domain first, and looks into no other: each has
/// the routes of all mappings whose hosts cover its own. Consumers are known by `credentials`.
pub fn route_configuration<'a>(
    name: &str,
    mappings: impl IntoIterator<Item = &'a Mapping>,
    around: &Around,
) -> RouteConfiguration {
    let mappings: Vec<_> = mappings.into_iter().collect();
    let mut hosts: Vec<_> = mappings.iter().map(|mapping| &mapping.spec.host).collect();
    hosts.push(&HostPattern::Any);
    // match order is by host first, so equal ones are neighbours
    hosts.dedup();
    RouteConfiguration {
        name: name.to_owned(),
        virtual_hosts: hosts
            .into_iter()
            .map(|host| virtual_host(host, &mappings, around))
            .collect(),
        // computed by us for ourselves; a service must not see it
        request_headers_to_remove: vec![PATH_HEADER.to_owned()],
        // services see the `Host` as it was sent
        ignore_port_in_host_matching: true,
        ..RouteConfiguration::default()
    }
}

fn virtual_host(host: &HostPattern, mappings: &[&Mapping], around: &Around) -> VirtualHost {
    let covers = |mapping: &&&Mapping| mapping.spec.host.covers(host);
    VirtualHost {
        name: match host {
            HostPattern::Any => VIRTUAL_HOST.to_owned(),
            host => stat_names::virtual_host(&host.to_string()),
        },
        domains: vec![host.to_string()],
        routes: mappings
            .iter()
            .filter(covers)
            .flat_map(|mapping| routes(mapping, around))
            .collect(),
        ..VirtualHost::default()
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

fn routes(mapping: &Mapping, around: &Around) -> Vec<Route> {
    let rules = mapping.spec.rules();
    let sides = sides(&mapping.spec);
    let each = sides.iter().flat_map(|side| {
        let of_side = rules.iter().map(|rule| route(mapping, rule.clone(), side.clone(), around));
        of_side.collect::<Vec<_>>()
    });
    // whichever side would get the request: the gateway has the answer
    let asked = sides.first().filter(|_| mapping.spec.has_preflights());
    let preflights = asked.into_iter().flat_map(|side| {
        rules.iter().map(|rule| Route {
            r#match: Some(preflight_match(&mapping.spec.matching, rule)),
            ..route(mapping, rule.clone(), side.clone(), around)
        })
    });
    each.chain(preflights).collect()
}

fn route(mapping: &Mapping, rule: Rule, side: SideRoute, around: &Around) -> Route {
    let mut route = Route {
        // both routes of a side count into the same statistics
        stat_prefix: side.stat_prefix,
        name: mapping.name().to_string(),
        r#match: Some(RouteMatch {
            runtime_fraction: side.fraction,
            ..route_match(&mapping.spec.matching, &rule)
        }),
        action: Some(policy::action(&mapping.spec, side.cluster, rule)),
        ..Route::default()
    };
    policy::complete(&mapping.spec, around, &mut route);
    route
}
