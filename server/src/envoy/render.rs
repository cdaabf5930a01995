//! Renders everything into one static configuration of the same meaning, for reading and for
//! `envoy --mode validate`.

use std::net::SocketAddr;

use super::{
    cluster::static_cluster,
    listener::{GATEWAY, Routes, listener},
    proto::config::bootstrap::v3::{Bootstrap, bootstrap::StaticResources},
    routes::route_configuration,
};
use crate::gateway::{endpoints::Endpoints, service::ServiceName, table::Table};

/// Returns a bootstrap with the whole table written out; no node or server is needed for it.
///
/// `fixed` tells the endpoints of services that are configured by hand.
pub fn static_config(
    table: &Table,
    gateway_http: SocketAddr,
    fixed: impl Fn(&ServiceName) -> Option<Endpoints>,
) -> Bootstrap {
    let mut services: Vec<_> = table.services().collect();
    services.sort_unstable();
    let routes = route_configuration(GATEWAY, table.iter().map(AsRef::as_ref));
    Bootstrap {
        static_resources: Some(StaticResources {
            listeners: vec![listener(gateway_http, Routes::Inline(Box::new(routes)))],
            clusters: services
                .into_iter()
                .map(|service| static_cluster(service, fixed(service).as_ref()))
                .collect(),
            ..StaticResources::default()
        }),
        ..Bootstrap::default()
    }
}
