//! One's own: the sessions that go on, and the password.

use app::api::session::{PasswordChange, Session, SessionList};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode},
    response::Response,
};

use super::{PRESENTED_MAX_BYTES, signed_out};
use crate::{
    auth::{
        command::{
            Scene,
            sessions::{self, user_of},
        },
        entity::{Id, User},
        password::Presented,
    },
    http::{
        caller::Caller, error::ApiError, fields::Fields, openapi::words::tag,
        sign_in::read_password, state::AppState,
    },
};

/// Lists the caller's sessions
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    operation_id = "listSessions",
    tag = tag::PEOPLE,
    responses(
        (status = OK, description = "Those that have not ended", body = SessionList),
        (status = CONFLICT, description = "The caller is no user"),
    ),
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<SessionList>, ApiError> {
    let (access, now, limits) = (state.access(), state.clock.now(), &state.settings.sessions);
    let user = user_of(&access, &caller.principal)?;
    let on = access.sessions_of(&user.name).filter(|session| session.is_on(limits, now));
    let mut items: Vec<_> = on
        .map(|session| Session {
            id: session.id.0,
            created_at: session.created_at,
            seen_at: session.seen_at,
            expires_at: session.expires_at,
            address: session.address.clone(),
            user_agent: session.user_agent.clone(),
            is_current: Some(&session.hash) == caller.author.session.as_ref(),
        })
        .collect();
    items.sort_by_key(|session| std::cmp::Reverse((session.is_current, session.seen_at)));
    Ok(Json(SessionList { items }))
}

/// Ends one of the caller's sessions
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/{id}",
    operation_id = "endSession",
    tag = tag::PEOPLE,
    params(("id" = u64, Path, description = "Id of the session", example = 17)),
    responses(
        (status = NO_CONTENT, description = "It has ended, everywhere"),
        (status = NOT_FOUND, description = "The caller has no such session"),
        (status = CONFLICT, description = "The caller is no user"),
    ),
)]
pub(in crate::http) async fn end(
    State(state): State<AppState>,
    Path(id): Path<u64>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    state.store.act(caller.author, move |scene| sessions::end(scene, Id(id))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of the caller's sessions
#[utoipa::path(
    delete,
    path = "/api/v1/sessions",
    operation_id = "endSessions",
    tag = tag::PEOPLE,
    responses(
        (status = NO_CONTENT, description = "They have ended, that of the request, too", headers(("set-cookie" = String))),
        (status = CONFLICT, description = "The caller is no user"),
    ),
)]
pub(in crate::http) async fn end_all(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Response, ApiError> {
    state.store.act(caller.author, sessions::end_all).await?;
    Ok(signed_out(&state))
}

/// Changes the caller's password
///
/// Their other sessions end: who knew the old password is out.
#[utoipa::path(
    put,
    path = "/api/v1/password",
    operation_id = "changePassword",
    tag = tag::PEOPLE,
    request_body = PasswordChange,
    responses(
        (status = NO_CONTENT, description = "It is the password from now on"),
        (status = CONFLICT, description = "The caller is no user"),
        (status = UNPROCESSABLE_ENTITY, description = "The current password is another one, or the new one is easily guessed"),
        (status = TOO_MANY_REQUESTS, description = "Too many have failed; nothing was compared", headers(("retry-after" = String))),
    ),
)]
pub(in crate::http) async fn change_password(
    State(state): State<AppState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<StatusCode, ApiError> {
    let fields = Fields::read(request).await?;
    let current = Presented::new(fields.secret("current", PRESENTED_MAX_BYTES));
    let new = fields.secret("new", PRESENTED_MAX_BYTES);
    fields.finish()?;
    let access = state.access();
    let User { name, password_hash: kept, .. } = &**user_of(&access, &caller.principal)?;
    let new = read_password("new", &new, name.as_str())?;
    let wrong = || ApiError::invalid_field("current", "is not your password");
    let compared = state.desk.compare(&state, &caller, name.as_str(), kept.clone(), current).await;
    compared.map_err(|error| error.unwrap_or_else(wrong))?;
    let kept = kept.clone().ok_or_else(wrong)?;
    let new = state.desk.hash(new).await?;
    let decided = move |scene: &Scene<'_>| sessions::change_password(scene, &kept, new);
    state.store.act(caller.author, decided).await?;
    Ok(StatusCode::NO_CONTENT)
}
