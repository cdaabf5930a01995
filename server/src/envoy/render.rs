//! Renders everything into one static configuration of the same meaning, for reading and for
//! `envoy --mode validate`.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use serde_json::json;

use super::{
    cluster::static_cluster,
    json::{self, Format, PrintError},
    listener::{self, GATEWAY, Routes},
    proto::config::{
        bootstrap::v3::{Bootstrap, bootstrap::StaticResources},
        cluster::v3::Cluster,
    },
    routes::route_configuration,
};
use crate::gateway::{
    cluster_policy::ClusterPolicy, endpoints::Endpoints, service::ServiceName, table::Table,
    upstream::Upstream,
};

/// Prints the routes and clusters of a table, without the listener around them: what is a mapping's
/// own.
///
/// # Errors
/// Returns [`PrintError`] when the descriptors lack a message.
pub fn routes_and_clusters(
    table: &Table,
    fixed: impl Fn(&ServiceName) -> Option<Endpoints>,
) -> Result<String, PrintError> {
    let mut routes = Vec::new();
    for host in route_configuration(GATEWAY, table.iter().map(AsRef::as_ref)).virtual_hosts {
        for route in &host.routes {
            routes.push(json::to_json(route)?);
        }
    }
    let clusters =
        clusters(table, fixed).iter().map(json::to_json).collect::<Result<Vec<_>, _>>()?;
    json::print_value(&json!({ "routes": routes, "clusters": clusters }), Format::Yaml)
}

/// Returns a bootstrap with the whole table written out; no node or server is needed for it.
///
/// `fixed` tells the endpoints of services that are configured by hand.
pub fn static_config(
    table: &Table,
    gateway_http: SocketAddr,
    fixed: impl Fn(&ServiceName) -> Option<Endpoints>,
) -> Bootstrap {
    let routes = route_configuration(GATEWAY, table.iter().map(AsRef::as_ref));
    Bootstrap {
        static_resources: Some(StaticResources {
            listeners: vec![listener::http(gateway_http, Routes::Inline(Box::new(routes)))],
            clusters: clusters(table, fixed),
            ..StaticResources::default()
        }),
        ..Bootstrap::default()
    }
}

fn clusters(table: &Table, fixed: impl Fn(&ServiceName) -> Option<Endpoints>) -> Vec<Cluster> {
    let needed = table.iter().flat_map(|mapping| mapping.spec.clusters());
    let clusters: BTreeMap<_, _> =
        needed.map(|cluster| (cluster.upstream(), cluster.policy)).collect();
    let rendered = |(upstream, policy): (Upstream, Arc<ClusterPolicy>)| {
        static_cluster(&upstream, &policy, fixed(&upstream.service).as_ref())
    };
    clusters.into_iter().map(rendered).collect()
}
