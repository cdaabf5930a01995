//! `/api/v1/session`: who calls, signing in and signing out.

mod own;
mod set_up;

use app::api::session::{Credentials, Me, Sample, TeamRole, Who as WhoCalls};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};

pub(super) use self::{own::*, set_up::*};
use super::{
    caller::{self, Caller},
    error::ApiError,
    fields::Fields,
    openapi::words::tag,
    state::AppState,
};
use crate::{
    auth::{
        access::Access,
        command::{
            Scene,
            sessions::{self, Opening, Start},
        },
        names::UserName,
        password::Presented,
        principal::{Author, Principal, Who},
        refusal::Refusal,
        secret::Secret,
        settings::{self, AccessSettings, SignIn},
    },
    store::StoreError,
};

/// Longest name that is looked for, and password that is read, in bytes: both longer than any.
const PRESENTED_MAX_BYTES: usize = 1024;

/// Bytes that are kept of what a browser says of itself.
const USER_AGENT_MAX_BYTES: usize = 200;

/// Tells who calls
///
/// Also who has not signed in is told so, and what the server wants.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    operation_id = "getSession",
    tag = tag::PEOPLE,
    responses((status = OK, description = "The caller, as the server knows them", body = Me)),
)]
pub(super) async fn get(State(state): State<AppState>, caller: Caller) -> Json<Me> {
    Json(me(&state, &caller))
}

fn me(state: &AppState, caller: &Caller) -> Me {
    let access = state.access();
    let Principal { who, installation, .. } = &caller.principal;
    let user = match who {
        Who::User(name) => access.user(name),
        _ => None,
    };
    let (display_name, expires_at) = match who {
        Who::User(_) => {
            let session = caller.author.session.as_ref();
            let session = session.and_then(|hash| access.session(hash));
            (user.map(|user| user.display_name.clone()), session.map(|session| session.expires_at))
        }
        Who::Token(id) => {
            let token = access.token(*id);
            (token.map(|token| token.name.clone()), token.and_then(|token| token.expires_at))
        }
        Who::Anonymous | Who::Open | Who::CommandLine | Who::Server => (None, None),
    };
    Me {
        who: match who {
            Who::Anonymous => WhoCalls::Anonymous,
            Who::Open | Who::CommandLine | Who::Server => WhoCalls::Open,
            Who::User(_) => WhoCalls::User,
            Who::Token(_) => WhoCalls::Token,
        },
        sign_in_required: state.settings.sign_in == SignIn::Required,
        user: user.map(|user| user.name.to_string()),
        display_name: display_name.unwrap_or_default(),
        is_admin: caller.principal.is_admin(),
        installation: installation.map(Into::into),
        teams: team_roles(&access, &caller.principal),
        expires_at,
        provider: state.oidc.as_ref().map(|oidc| oidc.settings().name.clone()),
        has_password: user.is_some_and(|user| user.password_hash.is_some()),
        samples: samples(&state.settings),
    }
}

fn samples(settings: &AccessSettings) -> Vec<Sample> {
    let sample = |sample: &settings::Sample| Sample {
        user: sample.user.clone(),
        password: sample.password.clone(),
        says: sample.says.clone(),
    };
    settings.samples.iter().map(sample).collect()
}

/// Returns the teams that still exist.
fn team_roles(access: &Access, principal: &Principal) -> Vec<TeamRole> {
    let teams = principal.teams.iter().filter(|(team, _)| access.team(team).is_some());
    teams.map(|(team, role)| TeamRole { team: team.to_string(), role: (*role).into() }).collect()
}

/// Signs in
///
/// The answer sets the cookie of a new session; the session that the request came with ends. Who
/// fails again and again must wait, longer each time.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    operation_id = "signIn",
    tag = tag::PEOPLE,
    request_body = Credentials,
    responses(
        (status = OK, description = "Signed in", body = Me, headers(("set-cookie" = String))),
        (status = UNAUTHORIZED, description = "There is no such user, or this is not their password: the same answer for both"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing or unknown"),
        (status = TOO_MANY_REQUESTS, description = "Too many sign-ins have failed; nothing was compared", headers(("retry-after" = String))),
    ),
)]
pub(super) async fn sign_in(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let fields = Fields::read(request).await?;
    let account = fields.secret("user", PRESENTED_MAX_BYTES).trim().to_lowercase();
    let presented = Presented::new(fields.secret("password", PRESENTED_MAX_BYTES));
    fields.finish()?;
    let name = UserName::parse(&account).ok();
    let kept = name.as_ref().and_then(|name| {
        let access = state.access();
        let user = access.user(name).filter(|user| !user.is_disabled)?;
        user.password_hash.clone()
    });
    let compared = state.desk.compare(&state, &caller, &account, kept.clone(), presented).await;
    let newer = match compared {
        Ok(newer) => newer,
        Err(Some(error)) => return Err(error),
        Err(None) => return Err(failed(&state, caller.author, name).await),
    };
    let Some(user) = name.clone() else { return Err(ApiError::wrong_credentials()) };
    let (secret, opening) = new_session(&state, &caller, &headers, "password");
    let author = Author { who: Who::User(user.clone()), session: None, ..caller.author };
    let start = Start { user, verified: kept, newer, opening };
    let started = state.store.act(author.clone(), move |scene| sessions::start(scene, start)).await;
    match started {
        Ok(_) => Ok(signed_in(&state, author, &secret)),
        // disabled, or with another password, since it was compared
        Err(StoreError::Refused(Refusal::SignIn)) => Err(ApiError::wrong_credentials()),
        Err(error) => Err(error.into()),
    }
}

/// Notes that nobody was let in.
pub(super) async fn failed(state: &AppState, author: Author, name: Option<UserName>) -> ApiError {
    let author = Author { who: Who::Anonymous, session: None, ..author };
    let noted = move |scene: &Scene<'_>| sessions::failed(scene, name.as_ref());
    match state.store.act(author, noted).await {
        Ok(_) => ApiError::wrong_credentials(),
        // who could guess without a note would
        Err(error) => error.into(),
    }
}

/// Makes the secret of a session that is to begin, by `password` or `oidc`.
pub(super) fn new_session(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    how: &'static str,
) -> (Secret, Opening) {
    let secret = Secret::random("");
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let opening = Opening {
        secret: secret.hash(),
        replaces: caller.author.session.clone(),
        user_agent: agent.unwrap_or_default().chars().take(USER_AGENT_MAX_BYTES).collect(),
        how,
        limits: state.settings.sessions,
    };
    (secret, opening)
}

/// Answers with the cookie of a session that has begun.
fn signed_in(state: &AppState, author: Author, secret: &Secret) -> Response {
    let caller = Caller::of(state, Author { session: Some(secret.hash()), ..author });
    let lasts = state.settings.sessions.absolute.num_seconds();
    let mut response = Json(me(state, &caller)).into_response();
    set_cookie(&mut response, &state.settings, secret.reveal(), lasts);
    response
}

/// Gives the browser the cookie of a session, or takes it away with an age of 0.
pub(super) fn set_cookie(
    response: &mut Response,
    settings: &AccessSettings,
    value: &str,
    age_seconds: i64,
) {
    let (name, secure) = match settings.is_secure() {
        true => (caller::SECURE_COOKIE, "; Secure"),
        false => (caller::COOKIE, ""),
    };
    let cookie =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age_seconds}{secure}");
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn signed_out(state: &AppState) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &state.settings, "", 0);
    response
}

/// Signs out
///
/// Ends the session of the request everywhere, websockets, too. Without one, nothing is to do.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    operation_id = "signOut",
    tag = tag::PEOPLE,
    responses((status = NO_CONTENT, description = "Signed out", headers(("set-cookie" = String)))),
)]
pub(super) async fn sign_out(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Response, ApiError> {
    if caller.author.session.is_some() {
        let ended = state.store.act(caller.author, sessions::end_own).await;
        match ended {
            Ok(_) | Err(StoreError::Refused(Refusal::SignIn)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(signed_out(&state))
}
