//! `/api/v1/trust-bundles`: authorities that the gateway trusts where a bundle is named. The rules
//! are in `gateway::edge::authorities` and `auth::command::trust_bundles`.

use std::sync::Arc;

use app::api::{
    certificate::{
        AuthorityFacts, CertificatePlan, TrustBundle as Wire, TrustBundleDraft, TrustBundleList,
        Validity,
    },
    plan::Action,
};
use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Request, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};

use super::{
    caller::Caller,
    edge::{Asked, existing, may_decide, plan, status_of, tagged, team, used_by},
    error::ApiError,
    fields::Fields,
    openapi::{
        native::TrustBundleOrPlan,
        words::{DRY_RUN, tag},
    },
    state::AppState,
};
use crate::{
    auth::command::{
        Scene,
        trust_bundles::{self, NewTrustBundle},
    },
    gateway::{
        edge::{
            Edge, EdgeName, TrustBundle,
            authorities::{self, BUNDLE_MAX_BYTES},
            uses,
        },
        references::{ReferenceKind, Users, users},
    },
};

/// Longest body in bytes: the longest bundle, as JSON writes it.
const BODY_MAX_BYTES: usize = 1024 * 1024;

/// Lists trust bundles
///
/// Everyone who has signed in sees whom the gateway trusts.
#[utoipa::path(
    get,
    path = "/api/v1/trust-bundles",
    operation_id = "listTrustBundles",
    tag = tag::TLS,
    responses((status = OK, description = "All of them, by name", body = TrustBundleList)),
)]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Json<TrustBundleList> {
    let access = state.access();
    let edge = access.edge();
    let users = users(&state.gateway().table, ReferenceKind::TrustBundle);
    let shown = |bundle: &Arc<_>| view(&state, &caller, edge, &users, bundle);
    Json(TrustBundleList { items: edge.trust_bundles().map(shown).collect() })
}

/// Gets a trust bundle
#[utoipa::path(
    get,
    path = "/api/v1/trust-bundles/{name}",
    operation_id = "getTrustBundle",
    tag = tag::TLS,
    params(("name" = String, Path, description = "Name of the trust bundle", example = "partners")),
    responses(
        (status = OK, description = "The trust bundle", body = Wire, headers(("etag" = String))),
        (status = NOT_FOUND, description = "There is no trust bundle of this name"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let access = state.access();
    let edge = access.edge();
    let bundle = trust_bundles::find(edge, &existing("trust bundle", &name)?)?;
    let users = users(&state.gateway().table, ReferenceKind::TrustBundle);
    let shown = view(&state, &caller, edge, &users, bundle);
    Ok(tagged(StatusCode::OK, bundle.revision, None, shown))
}

/// Puts a trust bundle
///
/// By an admin, or an owner of `team`. One to 200 certificates of authorities; what is there twice
/// is kept once.
#[utoipa::path(
    put,
    path = "/api/v1/trust-bundles/{name}",
    operation_id = "putTrustBundle",
    tag = tag::TLS,
    params(
        ("name" = String, Path, description = "Name of the trust bundle", example = "partners"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header, description = "Does it only if the bundle has this revision still (its `ETag`); `*`: if there is one", example = "\"7\""),
        ("if-none-match" = Option<String>, Header, description = "`*` does it only if there is no such bundle yet", example = "*"),
    ),
    request_body = TrustBundleDraft,
    responses(
        (status = OK, description = "It was replaced, or is there already; with `dry_run`, what it would do", body = TrustBundleOrPlan, headers(("etag" = String))),
        (status = CREATED, description = "It was created", body = Wire, headers(("etag" = String), ("location" = String))),
        (status = PRECONDITION_FAILED, description = "The bundle is not what the condition says"),
        (status = PAYLOAD_TOO_LARGE, description = "The body is longer than 1,048,576 bytes"),
        (status = UNPROCESSABLE_ENTITY, description = "It holds something other than certificates of authorities"),
    ),
)]
pub(super) async fn put(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let fields = Fields::read_within(request, BODY_MAX_BYTES).await?;
    let pem = fields.secret("pem", BUNDLE_MAX_BYTES);
    let team = team(&fields);
    fields.finish()?;
    let name = EdgeName::parse(&name).map_err(|error| ApiError::invalid_field("name", error))?;
    let checked = authorities::check(&pem).map_err(ApiError::invalid)?;
    let warnings = warnings(&checked.authorities, state.clock.now());
    let current = state.access().edge().trust_bundle(&name).map(|current| current.revision);
    let new = NewTrustBundle { name: name.clone(), team, checked, expected: asked.expected };
    let decide = move |scene: &Scene<'_>| trust_bundles::put(scene, new);
    if asked.is_dry_run {
        let plan = plan(&state, &caller, name.as_str(), current, decide).await?;
        return Ok(Json(CertificatePlan { warnings, ..plan }).into_response());
    }
    let acted = state.store.act(caller.author.clone(), decide).await?;
    let edge = acted.access.edge();
    let made = edge.trust_bundle(&name).ok_or_else(ApiError::internal)?;
    let address = format!("/api/v1/trust-bundles/{name}");
    let users = users(&state.gateway().table, ReferenceKind::TrustBundle);
    let shown = view(&state, &caller, edge, &users, made);
    Ok(tagged(status_of(current), made.revision, Some(&address), shown))
}

/// Deletes a trust bundle
///
/// What the settings of the gateway or mappings name can't be deleted.
#[utoipa::path(
    delete,
    path = "/api/v1/trust-bundles/{name}",
    operation_id = "deleteTrustBundle",
    tag = tag::TLS,
    params(
        ("name" = String, Path, description = "Name of the trust bundle", example = "partners"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header, description = "Does it only if the bundle has this revision still (its `ETag`)", example = "\"7\""),
    ),
    responses(
        (status = OK, description = "What it would do (`dry_run`)", body = CertificatePlan),
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no trust bundle of this name"),
        (status = CONFLICT, description = "It is used; the message says where"),
        (status = PRECONDITION_FAILED, description = "The bundle is not what the condition says"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let name = existing("trust bundle", &name)?;
    let revision = state.access().edge().trust_bundle(&name).map(|current| current.revision);
    let shown = name.to_string();
    let decide = move |scene: &Scene<'_>| trust_bundles::delete(scene, &name, &asked.expected);
    if asked.is_dry_run {
        let plan = plan(&state, &caller, &shown, revision, decide).await?;
        return Ok(Json(CertificatePlan { action: Action::Delete, ..plan }).into_response());
    }
    state.store.act(caller.author.clone(), decide).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn view(
    state: &AppState,
    caller: &Caller,
    edge: &Edge,
    users: &Users,
    bundle: &TrustBundle,
) -> Wire {
    let now = state.clock.now();
    // its words are in the order of their urgency
    let validity = bundle.authorities.iter().map(|facts| facts.validity(now)).min();
    Wire {
        name: bundle.name.to_string(),
        team: bundle.team.as_ref().map(ToString::to_string),
        authorities: bundle.authorities.clone(),
        validity: validity.unwrap_or(Validity::Expired),
        used_by: used_by(caller, uses::of_trust_bundle(edge, &bundle.name), users, &bundle.name),
        pem: bundle.pem.clone(),
        revision: bundle.revision,
        created_at: bundle.created_at,
        updated_at: bundle.updated_at,
        updated_by: bundle.updated_by.clone(),
        may_decide: may_decide(caller, bundle.team.as_ref()),
    }
}

/// Says which authorities can't vouch for anyone now, or soon.
fn warnings(authorities: &[AuthorityFacts], now: DateTime<Utc>) -> Vec<String> {
    let told = authorities.iter().filter_map(|facts| {
        let (subject, until) = (&facts.subject, facts.not_after.format("%F"));
        match facts.validity(now) {
            Validity::Expired => Some(format!("`{subject}` expired on {until}")),
            Validity::Expiring => Some(format!("`{subject}` expires on {until}")),
            Validity::NotYetValid => {
                Some(format!("`{subject}` is not valid before {}", facts.not_before.format("%F")))
            }
            Validity::Valid => None,
        }
    });
    told.collect()
}
