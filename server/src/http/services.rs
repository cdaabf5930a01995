//! `/api/v1/services`: what mappings lead to, and whether it can be reached.

use std::collections::BTreeSet;

use app::api::{
    list::{LIMIT_DEFAULT, LIMIT_MAX},
    service::{EndpointCheck, Resolution, Service, ServiceCheck, ServicePage},
};
use axum::{
    Json,
    extract::{RawQuery, State},
};

use super::{
    caller::Caller,
    error::ApiError,
    openapi::words::{LIMIT, tag},
    query::Params,
    saturated,
    state::AppState,
};
use crate::{
    auth::sight::Sight,
    gateway::{
        endpoints::Endpoints,
        order::OrderKey,
        service::{Service as Parsed, ServiceName},
    },
    publisher::Published,
    stats::tick::Tick,
};

/// Endpoints and mappings of a service that are named; their number is always told.
const NAMED_MAX: usize = 100;

/// Longest name of a service in bytes: a scheme, a DNS name (253) and a port.
const NAME_MAX_BYTES: usize = 270;

/// Lists services
///
/// Those that a mapping uses which the caller sees, those that an operator has written down, and
/// the Services of Kubernetes, where they are followed, with each of their ports. Sorted by name.
#[utoipa::path(
    get,
    path = "/api/v1/services",
    operation_id = "listServices",
    tag = tag::NATIVE,
    params(
        ("q" = Option<String>, Query, description = "A part of the name, in upper or lower case", example = "usersvc"),
        ("limit" = Option<u32>, Query, description = LIMIT, minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "Where to go on: `next_cursor` of another answer to the same question"),
    ),
    responses((status = OK, description = "A page of services", body = ServicePage)),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<ServicePage>, ApiError> {
    let params = Params::read(query.as_deref());
    let q = params.text("q", NAME_MAX_BYTES).unwrap_or_default().to_ascii_lowercase();
    let limit = params.number("limit", 1..=LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let cursor = params.text("cursor", NAME_MAX_BYTES);
    params.finish()?;
    let (gateway, tick) = (state.gateway(), state.ticks.borrow().clone());
    let (unmapped, sight) = (state.inspector.ways().services(), caller.sight());
    let used = gateway.table.seen_services(&sight);
    let all: BTreeSet<String> = used.chain(&unmapped).map(ToString::to_string).collect();
    let matched: Vec<_> = all.iter().filter(|name| name.contains(&q)).collect();
    // the name of the last service of the page before: whatever came or went, the next one follows
    let rest = matched.iter().filter(|name| cursor.as_ref().is_none_or(|last| **name > last));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let names: Vec<_> = rest.take(limit.saturating_add(1)).collect();
    let shown = names.get(..limit).unwrap_or(&names);
    let items = shown.iter().filter_map(|name| ServiceName::parse(name).ok());
    Ok(Json(ServicePage {
        items: items.map(|service| view(&state, &gateway, &tick, &service, &sight)).collect(),
        total: saturated(all.len()),
        matched: saturated(matched.len()),
        next_cursor: (names.len() > limit).then(|| shown.last().map(ToString::to_string)).flatten(),
    }))
}

/// Checks whether a service can be reached
///
/// Looks now, from the server: resolves the name and opens a connection to the first eight
/// endpoints. It remembers nothing and changes nothing.
#[utoipa::path(
    get,
    path = "/api/v1/services/check",
    operation_id = "checkService",
    tag = tag::NATIVE,
    params(("service" = String, Query, description = "The service, as a mapping would name it", example = "usersvc")),
    responses(
        (status = OK, description = "What was found", body = ServiceCheck),
        (status = UNPROCESSABLE_ENTITY, description = "The text names no service"),
    ),
)]
pub(super) async fn check(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<ServiceCheck>, ApiError> {
    let params = Params::read(query.as_deref());
    let text = params.text("service", NAME_MAX_BYTES).unwrap_or_default();
    params.finish()?;
    let parsed = Parsed::parse(&text).map_err(|error| ApiError::invalid_field("service", error))?;
    let (gateway, sight) = (state.gateway(), caller.sight());
    let inspector = &state.inspector;
    let endpoints = match gateway.endpoints.get(&parsed.name) {
        Some(known @ Endpoints::Known { .. }) => known.clone(),
        // one that did not resolve a moment ago may do so now
        _ => inspector.find(&parsed.name).await,
    };
    let (state, reason) = resolution(Some(&endpoints));
    let tried = inspector.try_each(&endpoints).await;
    let is_unknown = state == Resolution::Unresolved;
    let seen = gateway.table.seen_services(&sight);
    let almost = is_unknown.then(|| inspector.almost(&parsed.name, seen));
    Ok(Json(ServiceCheck {
        service: text,
        state,
        reason,
        endpoints: tried
            .into_iter()
            .map(|(address, connected)| EndpointCheck {
                address: address.to_string(),
                is_reachable: connected.is_ok(),
                reason: connected.err(),
            })
            .collect(),
        did_you_mean: almost.flatten().map(|service| service.to_string()),
    }))
}

fn view(
    state: &AppState,
    gateway: &Published,
    tick: &Tick,
    service: &ServiceName,
    sight: &Sight,
) -> Service {
    let mut mappings: Vec<_> = gateway.table.seen_users_of(service, sight).collect();
    mappings.sort_by_cached_key(|mapping| OrderKey::of(mapping));
    let unmapped = state.inspector.known(service);
    // whether others use it is not the caller's business
    let is_used = !mappings.is_empty();
    let endpoints = gateway.endpoints.get(service).filter(|_| is_used);
    let (resolution, reason) = match is_used {
        true => resolution(endpoints),
        false => (Resolution::Unused, None),
    };
    let addresses = endpoints.or(unmapped.as_ref()).into_iter().flat_map(Endpoints::addresses);
    let stats = tick.services.get(service).filter(|_| is_used).copied().unwrap_or_default();
    Service {
        name: service.to_string(),
        source: state.inspector.source(service),
        state: resolution,
        reason,
        endpoints: addresses.take(NAMED_MAX).map(|address| address.to_string()).collect(),
        members: stats.members,
        counters: stats.counters,
        mapping_count: saturated(mappings.len()),
        mappings: mappings
            .iter()
            .take(NAMED_MAX)
            .map(|mapping| mapping.name().to_string())
            .collect(),
    }
}

fn resolution(endpoints: Option<&Endpoints>) -> (Resolution, Option<String>) {
    match endpoints {
        None => (Resolution::Pending, None),
        Some(endpoints) => match endpoints.trouble() {
            None => (Resolution::Known, None),
            Some(reason) => (Resolution::Unresolved, Some(reason.as_ref().to_owned())),
        },
    }
}
