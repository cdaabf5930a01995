//! `/api/v1/gateway`: the settings of the gateway as a whole.

use app::api::gateway::{Gateway, Listeners, Settings, SettingsPlan};
use axum::{
    Json,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, Request, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{
    body::{JSON, MERGE_PATCH, json_object},
    caller::Caller,
    condition,
    edge::Asked,
    error::ApiError,
    mappings::with_tag,
    merge_patch::{AbsentNull, merge},
    openapi::{
        native::GatewayOrPlan,
        words::{DRY_RUN, tag},
    },
    state::AppState,
};
use crate::{
    auth::{
        access::Access,
        command::{
            Scene,
            edge::{Expected, must_be_unnamed},
            gateway,
        },
        permission::{self, Object},
        principal::Principal,
        role::Role,
    },
    gateway::edge::settings::{authentication, diff, read},
};

/// Gets the settings of the gateway
///
/// With every value as it is in effect, and where the listeners are. Everyone who has signed in
/// sees them.
#[utoipa::path(
    get,
    path = "/api/v1/gateway",
    operation_id = "getGateway",
    tag = tag::GATEWAY,
    params(("if-none-match" = Option<String>, Header)),
    responses(
        (status = OK, description = "The settings", body = Gateway, headers(("etag" = String))),
        (status = NOT_MODIFIED, description = "The caller has this revision already"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
) -> Response {
    let access = state.access();
    let revision = access.edge().settings().revision;
    let tag = condition::tag(revision);
    if tag.as_ref().is_some_and(|tag| condition::is_known(&headers, tag)) {
        return (StatusCode::NOT_MODIFIED, with_tag(revision)).into_response();
    }
    shown(&state, &access, &caller.principal)
}

/// Writes the settings of the gateway
///
/// By an admin. All of them: a setting that is absent gets its default.
#[utoipa::path(
    put,
    path = "/api/v1/gateway",
    operation_id = "putGateway",
    tag = tag::GATEWAY,
    params(
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header),
    ),
    request_body = Settings,
    responses(
        (
            status = OK,
            description = "They are written, or were these already; with `dry_run`, what would differ",
            body = GatewayOrPlan,
            headers(("etag" = String)),
        ),
        (status = PRECONDITION_FAILED, description = "They are not what the condition says"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is malformed, unknown, or names what is not there"),
    ),
)]
pub(super) async fn put(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let body = json_object(request, &JSON).await?;
    write(&state, &caller, &asked, &body, asked.expected.clone()).await
}

/// Changes some settings of the gateway
///
/// By an admin. A merge patch (RFC 7396): settings that are absent stay, `null` means the default.
#[utoipa::path(
    patch,
    path = "/api/v1/gateway",
    operation_id = "patchGateway",
    tag = tag::GATEWAY,
    params(
        ("dry_run" = Option<bool>, Query, description = DRY_RUN),
        ("if-match" = Option<String>, Header),
    ),
    request_body(content(
        (Settings = "application/json"),
        (Settings = "application/merge-patch+json"),
    )),
    responses(
        (
            status = OK,
            description = "They are changed, or were these already; with `dry_run`, what would differ",
            body = GatewayOrPlan,
            headers(("etag" = String)),
        ),
        (status = PRECONDITION_FAILED, description = "They are not what the condition says"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is malformed, unknown, or names what is not there"),
    ),
)]
pub(super) async fn patch(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let patch = json_object(request, &MERGE_PATCH).await?;
    let access = state.access();
    let current = access.edge().settings();
    let mut body = match serde_json::to_value(&current.values) {
        Ok(Value::Object(body)) => body,
        _ => return Err(ApiError::internal()),
    };
    merge(&mut body, &patch, AbsentNull::Stays);
    // what was merged into is what may be replaced
    let expected = match &asked.expected {
        Expected::Anything => Expected::Revision(vec![current.revision]),
        stated => stated.clone(),
    };
    write(&state, &caller, &asked, &body, expected).await
}

async fn write(
    state: &AppState,
    caller: &Caller,
    asked: &Asked,
    body: &Map<String, Value>,
    expected: Expected,
) -> Result<Response, ApiError> {
    let values = read(body).map_err(ApiError::invalid)?;
    if asked.is_dry_run {
        let access = state.access();
        permission::check(&caller.principal, Role::Owner, Object::Installation)?;
        gateway::check(access.edge(), &values)?;
        let current = access.edge().settings();
        if let Some(unnamed) = gateway::needed(&current.values, &values) {
            let users = state.store.users_of(unnamed.kind, &unnamed.name).await?;
            must_be_unnamed(&caller.principal, &unnamed, &users)?;
        }
        let diff = diff(&current.values, &values);
        let gateway = state.gateway();
        let mappings = gateway.table.iter().map(AsRef::as_ref);
        let warnings = authentication::foreseen(&current.values, &values, mappings);
        let warnings = warnings.into_iter().collect();
        let plan = SettingsPlan { revision: current.revision, diff, warnings };
        return Ok(Json(plan).into_response());
    }
    let decide = move |scene: &Scene<'_>| gateway::put(scene, values, &expected);
    let acted = state.store.act(caller.author.clone(), decide).await?;
    Ok(shown(state, &acted.access, &caller.principal))
}

fn shown(state: &AppState, access: &Access, principal: &Principal) -> Response {
    let edge = access.edge();
    let settings = edge.settings();
    let is_written = settings.revision > 0;
    let https = edge.certificates().next().map(|_| state.addresses.https.to_string());
    let Settings {
        tls,
        clients,
        limits,
        access_log,
        request_id,
        error_pages,
        fault_injection,
        require_authentication,
        rate_limit_service,
        tracing,
    } = settings.values.clone();
    let gateway = Gateway {
        listeners: Listeners {
            http: state.addresses.http.to_string(),
            http3: https.clone().filter(|_| tls.http3),
            https,
        },
        tls,
        clients,
        limits,
        access_log,
        request_id,
        error_pages,
        fault_injection,
        require_authentication,
        rate_limit_service,
        tracing,
        warnings: state.gateway().refused_settings(),
        revision: settings.revision,
        updated_at: is_written.then_some(settings.updated_at),
        updated_by: is_written.then(|| settings.updated_by.clone()),
        may_decide: permission::check(principal, Role::Owner, Object::Installation).is_ok(),
    };
    (with_tag(settings.revision), Json(gateway)).into_response()
}
