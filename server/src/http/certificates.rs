//! `/api/v1/certificates`: what the gateway shows to clients that come by TLS. The rules are in
//! `gateway::edge::chain` and `auth::command::certificates`.

use std::sync::Arc;

use app::api::{
    certificate::{
        Certificate as Wire, CertificateDraft, CertificateList, CertificatePlan, Validity,
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
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    caller::Caller,
    edge::{Asked, existing, may_decide, plan, status_of, tagged, team, used_by},
    error::ApiError,
    fields::Fields,
    openapi::{
        native::CertificateOrPlan,
        words::{DRY_RUN, tag},
    },
    state::AppState,
};
use crate::{
    auth::command::{
        Scene,
        certificates::{self, NewCertificate},
    },
    gateway::{
        edge::{
            Certificate, CertificateFacts, Edge, EdgeName,
            chain::{self, CHAIN_MAX_BYTES},
            uses,
        },
        references::{ReferenceKind, Users, users},
    },
};

/// Longest body in bytes: the longest chain and key, as JSON writes them.
const BODY_MAX_BYTES: usize = 256 * 1024;

/// Lists certificates
///
/// Everyone who has signed in sees them: a gateway shows them to every client.
#[utoipa::path(
    get,
    path = "/api/v1/certificates",
    operation_id = "listCertificates",
    tag = tag::TLS,
    responses((status = OK, description = "All of them, by name", body = CertificateList)),
)]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Json<CertificateList> {
    let access = state.access();
    let edge = access.edge();
    let users = users(&state.gateway().table, ReferenceKind::Certificate);
    let shown = |certificate: &Arc<_>| view(&state, &caller, edge, &users, certificate);
    Json(CertificateList { items: edge.certificates().map(shown).collect() })
}

/// Gets a certificate
#[utoipa::path(
    get,
    path = "/api/v1/certificates/{name}",
    operation_id = "getCertificate",
    tag = tag::TLS,
    params(("name" = String, Path, description = "Name of the certificate", example = "example.com")),
    responses(
        (status = OK, description = "The certificate, without its private key", body = Wire, headers(("etag" = String))),
        (status = NOT_FOUND, description = "There is no certificate of this name"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let access = state.access();
    let edge = access.edge();
    let certificate = certificates::find(edge, &existing("certificate", &name)?)?;
    let users = users(&state.gateway().table, ReferenceKind::Certificate);
    let shown = view(&state, &caller, edge, &users, certificate);
    Ok(tagged(StatusCode::OK, certificate.revision, None, shown))
}

/// Puts a certificate
///
/// Checked before it is stored: the key belongs to it, each certificate of the chain was issued by
/// the next, none has expired, and no other certificate is for one of its names. Nodes serve it
/// within milliseconds; connections that are open go on. The same certificate again is no change.
///
/// By an admin, by an owner of `team` for hosts that the team has claimed as a whole (`/`), and,
/// where it only renews, by an editor of the team.
#[utoipa::path(
    put,
    path = "/api/v1/certificates/{name}",
    operation_id = "putCertificate",
    tag = tag::TLS,
    params(
        ("name" = String, Path, description = "Name of the certificate", example = "example.com"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header, description = "Does it only if the certificate has this revision still (its `ETag`); `*`: if there is one", example = "\"7\""),
        ("if-none-match" = Option<String>, Header, description = "`*` does it only if there is no such certificate yet", example = "*"),
    ),
    request_body = CertificateDraft,
    responses(
        (status = OK, description = "It was replaced, or is there already; with `dry_run`, what it would do", body = CertificateOrPlan, headers(("etag" = String))),
        (status = CREATED, description = "It was created", body = Wire, headers(("etag" = String), ("location" = String))),
        (status = CONFLICT, description = "Another certificate is for one of its names"),
        (status = PRECONDITION_FAILED, description = "The certificate is not what the condition says"),
        (status = PAYLOAD_TOO_LARGE, description = "The body is longer than 262,144 bytes"),
        (status = UNPROCESSABLE_ENTITY, description = "The chain or the private key can't be served; the message says why"),
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
    let chain = fields.secret("chain", CHAIN_MAX_BYTES);
    let key = fields.secret("private_key", CHAIN_MAX_BYTES);
    let team = team(&fields);
    fields.finish()?;
    let name = EdgeName::parse(&name).map_err(|error| ApiError::invalid_field("name", error))?;
    let now = state.clock.now();
    let checked = chain::check(&chain, &key, now).map_err(ApiError::invalid)?;
    let sealed = state.sealer.seal_key(name.as_str(), &checked.key);
    let sealed = sealed.map_err(|_failed| ApiError::internal())?;
    let access = state.access();
    let current = access.edge().certificate(&name).cloned();
    let is_damaged = current
        .as_ref()
        .is_some_and(|current| state.sealer.open_key(name.as_str(), &current.key).is_err());
    let warnings = warnings(&checked.facts, now);
    let new = NewCertificate {
        name: name.clone(),
        team,
        chain_pem: checked.chain_pem,
        key: sealed,
        facts: checked.facts,
        expected: asked.expected,
        is_damaged,
    };
    let revision = current.map(|current| current.revision);
    let decide = move |scene: &Scene<'_>| certificates::put(scene, new);
    if asked.is_dry_run {
        let plan = plan(&state, &caller, name.as_str(), revision, decide).await?;
        return Ok(Json(CertificatePlan { warnings, ..plan }).into_response());
    }
    let acted = state.store.act(caller.author.clone(), decide).await?;
    let edge = acted.access.edge();
    let made = edge.certificate(&name).ok_or_else(ApiError::internal)?;
    let users = users(&state.gateway().table, ReferenceKind::Certificate);
    let shown = view(&state, &caller, edge, &users, made);
    let address = format!("/api/v1/certificates/{name}");
    Ok(tagged(status_of(revision), made.revision, Some(&address), shown))
}

/// Deletes a certificate
///
/// Clients that ask for its hosts get the default certificate, or none. What the settings of the
/// gateway name can't be deleted.
#[utoipa::path(
    delete,
    path = "/api/v1/certificates/{name}",
    operation_id = "deleteCertificate",
    tag = tag::TLS,
    params(
        ("name" = String, Path, description = "Name of the certificate", example = "example.com"),
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header, description = "Does it only if the certificate has this revision still (its `ETag`)", example = "\"7\""),
    ),
    responses(
        (status = OK, description = "What it would do (`dry_run`)", body = CertificatePlan),
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no certificate of this name"),
        (status = CONFLICT, description = "It is used; the message says where"),
        (status = PRECONDITION_FAILED, description = "The certificate is not what the condition says"),
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
    let name = existing("certificate", &name)?;
    let revision = state.access().edge().certificate(&name).map(|current| current.revision);
    let shown = name.to_string();
    let decide = move |scene: &Scene<'_>| certificates::delete(scene, &name, &asked.expected);
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
    certificate: &Certificate,
) -> Wire {
    let now = state.clock.now();
    let leaf = &certificate.facts.leaf;
    Wire {
        name: certificate.name.to_string(),
        team: certificate.team.as_ref().map(ToString::to_string),
        validity: leaf.validity(now),
        days_left: days_until(leaf.not_after, now),
        used_by: used_by(
            caller,
            uses::of_certificate(edge, &certificate.name),
            users,
            &certificate.name,
        ),
        chain: certificate.chain_pem.clone(),
        facts: certificate.facts.clone(),
        revision: certificate.revision,
        created_at: certificate.created_at,
        updated_at: certificate.updated_at,
        updated_by: certificate.updated_by.clone(),
        may_decide: may_decide(caller, certificate.team.as_ref()),
    }
}

/// Returns whole days, rounded down.
fn days_until(end: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    (end - now).num_seconds().div_euclid(TimeDelta::days(1).num_seconds())
}

/// Says what is allowed and deserves a look.
fn warnings(facts: &CertificateFacts, now: DateTime<Utc>) -> Vec<String> {
    let mut warnings = Vec::new();
    let leaf = &facts.leaf;
    if leaf.validity(now) == Validity::Expiring {
        warnings.push(format!("it expires in {} days", days_until(leaf.not_after, now)));
    }
    if leaf.validity(now) == Validity::NotYetValid {
        let from = leaf.not_before.format("%F %H:%M UTC");
        warnings.push(format!("clients refuse it until {from}: it is not valid before"));
    }
    if facts.intermediates.is_empty() && leaf.issuer != leaf.subject {
        warnings.push(format!(
            "there is no intermediate certificate: clients that do not know `{}` refuse it",
            leaf.issuer
        ));
    }
    let first = facts.intermediates.iter().find(|link| link.not_after < leaf.not_after);
    if let Some(link) = first {
        let until = link.not_after.format("%F");
        warnings.push(format!("`{}` in its chain expires earlier, on {until}", link.subject));
    }
    warnings
}
