//! Signing in at an OIDC provider: leaving for it, and coming back.
//!
//! ```text
//! GET /auth/oidc/start?return_to=… ─▶ 303 to the provider, a cookie with the sealed sign-in
//! GET /auth/oidc/callback?code&state + cookie ─▶ auth::oidc ─▶ a command ─▶ 303, a session
//!                                                   └ refused ─▶ the page for signing in, with why
//! ```
//! Pages, not operations of the API: only a browser can do this.

use std::sync::Arc;

use app::{
    api::client::{ClientError, InProcess},
    pages::{Acted, Posted},
};
use axum::{
    Extension, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use tracing::{info, warn};

use super::{
    caller::{self, Caller},
    error::ApiError,
    portal::{self, local_path},
    session::{self, new_session},
    state::AppState,
};
use crate::{
    auth::{
        command::oidc::{self as arrivals, Arrival},
        names::UserName,
        oidc::{Answer, CALLBACK_PATH, FLOW_MINUTES, Granted, Identity, Oidc, OidcError},
        principal::{Author, Who},
        refusal::Refusal,
        secret::Secret,
        settings::{AccessSettings, is_same_authority},
    },
    store::StoreError,
};

/// Where one leaves for the provider.
const START_PATH: &str = "/auth/oidc/start";

/// The only addresses that the sealed sign-in is sent to.
const COOKIE_PATH: &str = "/auth/oidc";

/// The cookie of the sealed sign-in; browsers hold the second one to TLS by its name.
const COOKIE: &str = "chancery_oidc";
const SECURE_COOKIE: &str = "__Secure-chancery_oidc";

/// What the two handlers share.
#[derive(Debug, Clone)]
struct Here {
    state: AppState,
    oidc: Arc<Oidc>,
}

/// Returns the two addresses, where there is a provider.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let Some(oidc) = state.oidc.clone() else { return Router::new() };
    Router::new()
        .route(START_PATH, get(start))
        .route(CALLBACK_PATH, get(callback))
        .with_state(Here { state: state.clone(), oidc })
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    #[serde(default)]
    return_to: String,
}

/// `GET /auth/oidc/start?return_to=…`
async fn start(
    State(Here { state, oidc }): State<Here>,
    Extension(api): Extension<InProcess>,
    wish: Result<Query<Wish>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Query(Wish { return_to }) = wish.unwrap_or_default();
    if let Some(other) = other_name(&state, &oidc, &headers, &return_to) {
        return Redirect::to(&other).into_response();
    }
    let begun = oidc.begin(&return_to, state.clock.now()).await;
    let sealed = begun.and_then(|(url, flow)| Ok((url, oidc.key().seal(&flow)?)));
    match sealed {
        Ok((url, sealed)) => {
            let mut response = Redirect::to(&url).into_response();
            set_cookie(&mut response, &state.settings, &sealed, FLOW_MINUTES * 60);
            response
        }
        Err(error) => trouble(api, &headers, &return_to, error.into()).await,
    }
}

/// Returns where to begin instead, when the browser knows this machine by another name than the one
/// that it comes back to: under that, it would not have the cookie. Where a public URL is set, a
/// proxy may have changed the name, so nothing follows from it.
fn other_name(
    state: &AppState,
    oidc: &Oidc,
    headers: &HeaderMap,
    return_to: &str,
) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let (scheme, authority) = oidc.portal().split_once("://")?;
    if state.settings.public_url.is_some() || is_same_authority(scheme, host, authority) {
        return None;
    }
    let query = serde_urlencoded::to_string([("return_to", return_to)]).ok()?;
    Some(format!("{}{START_PATH}?{query}", oidc.portal()))
}

/// `GET /auth/oidc/callback?code=…&state=…`
async fn callback(
    State(Here { state, oidc }): State<Here>,
    Extension(api): Extension<InProcess>,
    Extension(caller): Extension<Caller>,
    answer: Result<Query<Answer>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    // two of a kind, for example: nothing that a provider sends
    let answer = answer.map(|Query(answer)| answer).unwrap_or_default();
    let name = if state.settings.is_secure() { SECURE_COOKIE } else { COOKIE };
    let opened = oidc.key().open(caller::cookie(&headers, name).unwrap_or_default());
    let return_to = opened.as_ref().map(|flow| flow.return_to().to_owned()).unwrap_or_default();
    let finished = match opened {
        Ok(flow) => oidc.finish(flow, answer, state.clock.now()).await,
        Err(error) => Err(error),
    };
    let signed_in = match finished {
        Ok(identity) => sign_in(&state, &oidc, caller, &headers, identity).await,
        Err(error) => Err(refused(&state, caller.author, error).await),
    };
    let mut response = match signed_in {
        Ok(secret) => {
            let mut response = Redirect::to(local_path(&return_to).unwrap_or("/")).into_response();
            let lasts = state.settings.sessions.absolute.num_seconds();
            session::set_cookie(&mut response, &state.settings, secret.reveal(), lasts);
            response
        }
        Err(error) => trouble(api, &headers, &return_to, error).await,
    };
    set_cookie(&mut response, &state.settings, "", 0);
    response
}

/// Begins the session of whom the provider vouches for; returns its secret.
async fn sign_in(
    state: &AppState,
    oidc: &Oidc,
    caller: Caller,
    headers: &HeaderMap,
    identity: Identity,
) -> Result<Secret, Trouble> {
    let granted = Granted::by(&oidc.settings().groups, &identity.groups);
    let teams = granted.teams.clone();
    let known = state.access().user_of(&arrivals::subject(&identity)).map(|user| user.name.clone());
    let (secret, opening) = new_session(state, &caller, headers, "oidc");
    let author = Author { who: Who::Anonymous, session: None, ..caller.author };
    let arrival = Arrival { identity, granted, opening };
    let decided = state.store.act(author.clone(), |scene| arrivals::sign_in(scene, arrival)).await;
    let acted = match decided {
        Ok(acted) => acted,
        Err(StoreError::Refused(Refusal::Conflict { code, detail })) => {
            warn!(request = author.request_id, "a sign-in by OIDC was refused: {detail}");
            let _noted = session::failed(state, author, known).await;
            return Err(Trouble { status: StatusCode::FORBIDDEN, code, words: detail });
        }
        Err(error) => return Err(error.into()),
    };
    let user = acted.access.session(&secret.hash()).map(|session| session.user.clone());
    for team in user.iter().flat_map(|user| arrivals::left_out(&acted.access, user, &teams)) {
        let user = user.as_ref().map(UserName::as_str);
        warn!(user, %team, "a group gives a role in a team that does not exist, or that is full");
    }
    Ok(secret)
}

/// Notes that nobody was let in: in the log, and in the audit where the provider's own answer was
/// at fault. What anybody can send here would only fill that.
async fn refused(state: &AppState, author: Author, error: OidcError) -> Trouble {
    let request = author.request_id.clone();
    match &error {
        OidcError::Declined(_) | OidcError::Ended(_) => info!(request, "{error}"),
        _ => warn!(request, "{error}"),
    }
    if matches!(error, OidcError::Untrusted(_) | OidcError::Groups(_)) {
        let _noted = session::failed(state, author, None).await;
    }
    error.into()
}

/// Why nobody was signed in, for the one who tried.
struct Trouble {
    status: StatusCode,
    code: &'static str,
    words: String,
}

impl From<OidcError> for Trouble {
    fn from(error: OidcError) -> Self {
        let (status, code) = match &error {
            OidcError::Away(_) => (StatusCode::SERVICE_UNAVAILABLE, "provider-away"),
            OidcError::Setup(_) => (StatusCode::BAD_GATEWAY, "provider-set-up"),
            OidcError::Declined(_) => (StatusCode::FORBIDDEN, "provider-declined"),
            OidcError::Ended(_) => (StatusCode::BAD_REQUEST, "sign-in-ended"),
            OidcError::Untrusted(_) => (StatusCode::BAD_GATEWAY, "provider-untrusted"),
            OidcError::Groups(_) => (StatusCode::BAD_GATEWAY, "provider-groups"),
        };
        Self { status, code, words: error.words().to_owned() }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        let ApiError { status, code, detail, .. } = error.into();
        Self { status, code, words: detail }
    }
}

/// Shows the page for signing in, with what went wrong.
async fn trouble(
    api: InProcess,
    headers: &HeaderMap,
    return_to: &str,
    trouble: Trouble,
) -> Response {
    let Trouble { status, code, words } = trouble;
    let mut problem = ApiError::new(status, code, words).problem();
    problem.request_id = portal::request_id(headers).map(str::to_owned);
    let acted = Acted {
        action: "session.start".to_owned(),
        outcome: Err(ClientError::from(problem)),
        fields: vec![("return_to".to_owned(), return_to.to_owned())],
    };
    let page = Uri::from_static("/sign-in");
    portal::render(api, &page, headers, Some(Posted::Action(Box::new(acted)))).await
}

/// Gives the browser the sealed sign-in, or takes it away with an age of 0.
fn set_cookie(response: &mut Response, settings: &AccessSettings, value: &str, age_seconds: i64) {
    let (name, secure) = match settings.is_secure() {
        true => (SECURE_COOKIE, "; Secure"),
        false => (COOKIE, ""),
    };
    let cookie = format!(
        "{name}={value}; Path={COOKIE_PATH}; HttpOnly; SameSite=Lax; Max-Age={age_seconds}{secure}"
    );
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
