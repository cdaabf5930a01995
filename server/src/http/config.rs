//! `/api/v1/config…`: what Envoy is given, as text, in one static configuration of the same
//! meaning.

use std::sync::Arc;

use app::api::mapping::RenderedConfig;
use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use tracing::error;

use super::{
    error::ApiError,
    openapi::words::{NAME, tag},
    operations,
    query::Params,
    state::AppState,
};
use crate::{
    envoy::{
        json::{self, Format},
        render::{routes_and_clusters, static_config},
        upstream_tls::Trust,
    },
    gateway::{
        endpoints::Endpoints,
        mapping::{Change, ChangeKind, Mapping},
        service::ServiceName,
        table::Table,
    },
    publisher::Published,
};

/// Mappings that are shown at once: about 500 kB of YAML, as much as a browser shows well.
const SHOWN_MAX: usize = 200;

/// Longest search in bytes.
const SEARCH_MAX_BYTES: usize = 2048;

/// Gets what Envoy is given for a mapping
///
/// Its routes, and its service's cluster with the endpoints.
#[utoipa::path(
    get,
    path = "/api/v1/mappings/{name}/config",
    operation_id = "getMappingConfig",
    tag = tag::NATIVE,
    params(("name" = String, Path, description = NAME, example = "usermapping")),
    responses(
        (status = OK, description = "The configuration", body = RenderedConfig),
        (status = NOT_FOUND, description = "There is no mapping of this name"),
    ),
)]
pub(super) async fn of_mapping(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<RenderedConfig>, ApiError> {
    let (gateway, mapping) = operations::find(&state, &name)?;
    let table = table_of([mapping.as_ref()]);
    let yaml = render(&state, &gateway, table, Part::Routes).await?;
    let revision = gateway.table.revision().0;
    Ok(Json(RenderedConfig { revision, yaml, is_truncated: false }))
}

/// Gets what Envoy is given
///
/// The whole configuration of the first 200 mappings, in match order, whose name, prefix or
/// service contains `q`.
#[utoipa::path(
    get,
    path = "/api/v1/config",
    operation_id = "getConfig",
    tag = tag::NATIVE,
    params(("q" = Option<String>, Query, description = "A part of the name, the prefix or the service", example = "user")),
    responses((status = OK, description = "The configuration", body = RenderedConfig)),
)]
pub(super) async fn shown(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<RenderedConfig>, ApiError> {
    let params = Params::read(query.as_deref());
    let q = params.text("q", SEARCH_MAX_BYTES).unwrap_or_default();
    params.finish()?;
    let gateway = state.gateway();
    let has_q = |mapping: &&Mapping| {
        let spec = &mapping.spec;
        let services = spec.named_services().map(|service| service.text.as_ref());
        [spec.name.as_str(), spec.prefix.as_str()]
            .into_iter()
            .chain(services)
            .any(|text| text.contains(&q))
    };
    let mut found = gateway.table.iter().map(AsRef::as_ref).filter(has_q);
    let table = table_of(found.by_ref().take(SHOWN_MAX));
    let is_truncated = found.next().is_some();
    let yaml = render(&state, &gateway, table, Part::All).await?;
    let revision = gateway.table.revision().0;
    Ok(Json(RenderedConfig { revision, yaml, is_truncated }))
}

/// Gets the whole configuration as a file
///
/// `envoy --mode validate -c FILE` checks it, and `envoy -c FILE` runs it without this server.
#[utoipa::path(
    get,
    path = "/api/v1/config.yaml",
    operation_id = "downloadConfig",
    tag = tag::NATIVE,
    responses((
        status = OK,
        description = "The configuration of all mappings",
        body = Object, // as which a reader of YAML sees it
        content_type = "application/yaml",
        headers(("content-disposition" = String, description = "Names the file")),
        example = json!("static_resources:\n  listeners: []\n"),
    )),
)]
pub(super) async fn download(State(state): State<AppState>) -> Result<Response, ApiError> {
    let gateway = state.gateway();
    let yaml = render(&state, &gateway, gateway.table.clone(), Part::All).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/yaml"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"envoy.yaml\""),
    ];
    Ok((headers, yaml).into_response())
}

/// How much of the configuration is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    /// Routes and clusters, without the listener around them.
    Routes,
}

fn table_of<'a>(mappings: impl IntoIterator<Item = &'a Mapping>) -> Table {
    let mut table = Table::default();
    for mapping in mappings {
        let kind = ChangeKind::Put(mapping.clone().into());
        table.apply(&Change { revision: mapping.revision, kind });
    }
    table
}

/// Renders apart from the tasks that serve others: 10,000 mappings take a second.
async fn render(
    state: &AppState,
    gateway: &Published,
    table: Table,
    part: Part,
) -> Result<String, ApiError> {
    let gateway_http = state.addresses.http;
    let (known, settings) = (gateway.endpoints.clone(), Arc::clone(&gateway.settings));
    let bundles: Vec<_> = state.access().edge().trust_bundles().cloned().collect();
    let system = state.node_ca_file.clone();
    let printed = tokio::task::spawn_blocking(move || {
        let endpoints = |service: &ServiceName| {
            known.get(service).filter(|found| matches!(found, Endpoints::Known { .. })).cloned()
        };
        match part {
            Part::All => {
                let trust = Trust { system: &system, written: Some(&bundles) };
                let config = static_config(&table, gateway_http, &settings, trust, endpoints);
                json::print(&config, Format::Yaml)
            }
            Part::Routes => {
                let trust = Trust { system: &system, written: None };
                routes_and_clusters(&table, &settings, trust, endpoints)
            }
        }
    });
    let failed = |reason: &dyn std::fmt::Display| {
        error!("can't render the configuration: {reason}");
        ApiError::internal()
    };
    printed.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}
