//! Renders everything into one static configuration of the same meaning, for reading and for
//! `envoy --mode validate`. What consumers are known by is left out of it: it lets none of them in.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use serde_json::json;

use super::{
    around::Around,
    cluster::static_cluster,
    json::{self, Format, PrintError},
    listener::{self, GATEWAY, Routes},
    proto::config::{
        bootstrap::v3::{Bootstrap, bootstrap::StaticResources},
        cluster::v3::Cluster,
        route::v3::RouteConfiguration,
    },
    routes::route_configuration,
    upstream_tls::Trust,
};
use crate::gateway::{
    cluster_policy::ClusterPolicy, edge::GatewaySettings, endpoints::Endpoints,
    service::ServiceName, table::Table, upstream::Upstream,
};

/// Prints the routes and clusters of a table, without the listener around them: what is a mapping's
/// own. Authorities are those of `trust`.
///
/// # Errors
/// Returns [`PrintError`] when the descriptors lack a message.
pub fn routes_and_clusters(
    table: &Table,
    settings: &GatewaySettings,
    trust: Trust<'_>,
    fixed: impl Fn(&ServiceName) -> Option<Endpoints>,
) -> Result<String, PrintError> {
    let mut routes = Vec::new();
    for host in all_routes(table, settings).virtual_hosts {
        for route in &host.routes {
            routes.push(json::to_json(route)?);
        }
    }
    let clusters = clusters(table, settings, trust, fixed)
        .iter()
        .map(json::to_json)
        .collect::<Result<Vec<_>, _>>()?;
    json::print_value(&json!({ "routes": routes, "clusters": clusters }), Format::Yaml)
}

/// Returns a bootstrap with the whole table written out; no node or server is needed for it, but
/// for certificates that the gateway shows to services, which are left out.
///
/// `fixed` tells the endpoints of services that are configured by hand.
pub fn static_config(
    table: &Table,
    gateway_http: SocketAddr,
    settings: &GatewaySettings,
    trust: Trust<'_>,
    fixed: impl Fn(&ServiceName) -> Option<Endpoints>,
) -> Bootstrap {
    let routes = Routes::Inline(Box::new(all_routes(table, settings)));
    let http = listener::http(gateway_http, routes, &settings.values);
    Bootstrap {
        static_resources: Some(StaticResources {
            listeners: vec![http],
            clusters: clusters(table, settings, trust, fixed),
            ..StaticResources::default()
        }),
        ..Bootstrap::default()
    }
}

fn all_routes(table: &Table, settings: &GatewaySettings) -> RouteConfiguration {
    let around = Around::of(&settings.values);
    route_configuration(GATEWAY, table.iter().map(AsRef::as_ref), &around)
}

fn clusters(
    table: &Table,
    settings: &GatewaySettings,
    trust: Trust<'_>,
    fixed: impl Fn(&ServiceName) -> Option<Endpoints>,
) -> Vec<Cluster> {
    let needed = table.iter().flat_map(|mapping| mapping.spec.clusters());
    let needed = needed.chain(settings.clusters());
    let clusters: BTreeMap<_, _> =
        needed.map(|cluster| (cluster.upstream(), cluster.policy)).collect();
    let rendered = |(upstream, policy): (Upstream, Arc<ClusterPolicy>)| {
        static_cluster(&upstream, &policy, trust, fixed(&upstream.service).as_ref())
    };
    clusters.into_iter().map(rendered).collect()
}
