//! Who calls, and whether they may: what stands before every handler.
//!
//! ```text
//! edge:    identify  ─ cookie | bearer | neither ─▶ Caller, in the request's extensions
//! API:     authorize ─ auth::needs: operation → Need ─▶ auth::permission ─▶ handler, or 401/403/404
//! handler: Caller as an argument: what it shows is what the caller sees
//! ```
//! Pages call the API in process with the caller of the page.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use axum::{
    body::Body,
    extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State},
    http::{HeaderMap, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};

use super::{REQUEST_ID, client_address::ClientAddress, error::ApiError, state::AppState};
use crate::{
    auth::{
        access::{Edit, Entity},
        command::Outcome,
        entity::{Id, Session, Token},
        names::TeamName,
        needs::{self, Need},
        permission::{self, Object},
        principal::{Author, Principal, Who},
        refusal::Refusal,
        role::Role,
        secret::{SecretHash, TOKEN_PREFIX},
        settings::SignIn,
        sight::Sight,
    },
    gateway::mapping::MappingName,
};

/// The cookie of a session; where it may only travel over TLS, browsers hold it to that by its name.
pub(super) const COOKIE: &str = "chancery_session";
pub(super) const SECURE_COOKIE: &str = "__Host-chancery_session";

/// How old the note of the last use may become: a write a minute at the most.
const NOTED_EVERY: TimeDelta = TimeDelta::seconds(60);

/// Who sent a request, and what they may do.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) author: Author,
    pub(super) principal: Principal,
}

impl Caller {
    /// Finds out who `author` is by now.
    pub(super) fn of(state: &AppState, author: Author) -> Self {
        let principal = match &author.session {
            Some(session) if !is_on(state, session) => Principal::anonymous(),
            _ => state.access().principal(&author.who, state.clock.now()),
        };
        Self { author, principal }
    }

    /// Returns what they see.
    pub(super) fn sight(&self) -> Sight {
        Sight::of(&self.principal)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(|| {
            // what did not come through the edge is nobody's
            Self::of(state, Author::of(Who::Anonymous))
        }))
    }
}

/// Finds out who calls and leaves it with the request.
///
/// A token that is not valid is refused here: whoever sends one means to be somebody.
pub(super) async fn identify(
    State(state): State<AppState>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let headers = request.headers();
    let address = request.extensions().get().map(|ClientAddress(address)| *address);
    let author = |who, session| Author {
        who,
        session,
        address,
        request_id: headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned),
    };
    let author = match bearer(headers) {
        Some(secret) => match known(&state, || token_of(&state, secret)).await {
            Some(id) => author(Who::Token(id), None),
            None => return unknown_token(),
        },
        None => match session_in(&state, headers).await {
            Some(session) => author(Who::User(session.user.clone()), Some(session.hash.clone())),
            None => author(without_session(&state), None),
        },
    };
    let caller = Caller::of(&state, author);
    request.extensions_mut().insert(caller);
    next.run(request).await
}

fn unknown_token() -> Response {
    let detail = "the API token is not known, has expired or was revoked";
    let mut response =
        ApiError { detail: detail.to_owned(), ..Refusal::SignIn.into() }.into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, BEARER.clone());
    response
}

static BEARER: LazyLock<header::HeaderValue> =
    LazyLock::new(|| header::HeaderValue::from_static("Bearer error=\"invalid_token\""));

/// Returns the token that a request sends, valid or not.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

fn token_of(state: &AppState, secret: &str) -> Option<Id> {
    if !secret.starts_with(TOKEN_PREFIX) {
        return None;
    }
    let (access, now) = (state.access(), state.clock.now());
    let id = access.valid_token(&SecretHash::of(secret), now)?.id;
    note_use(state, &Author::of(Who::Token(id)));
    Some(id)
}

/// Returns what `find` finds; if that is nothing, another replica may have made it a moment ago.
async fn known<T>(state: &AppState, find: impl Fn() -> Option<T>) -> Option<T> {
    if let Some(found) = find() {
        return Some(found);
    }
    // what can't be looked for is not known; the store has said why
    state.freshness.guessed().await.ok()?;
    find()
}

/// As [`session_of`], and looks for one that another replica has begun.
async fn session_in(state: &AppState, headers: &HeaderMap) -> Option<Arc<Session>> {
    session_cookie(state, headers)?;
    known(state, || session_of(state, headers)).await
}

/// Returns the session that a request belongs to, if it goes on.
pub(super) fn session_of(state: &AppState, headers: &HeaderMap) -> Option<Arc<Session>> {
    let secret = session_cookie(state, headers)?;
    let (access, now) = (state.access(), state.clock.now());
    let session = access.valid_session(&SecretHash::of(secret), &state.settings.sessions, now)?;
    note_session_use(state, session, now);
    Some(Arc::clone(session))
}

fn session_cookie<'a>(state: &AppState, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, if state.settings.is_secure() { SECURE_COOKIE } else { COOKIE })
}

/// Returns the value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

fn is_on(state: &AppState, session: &SecretHash) -> bool {
    let now = state.clock.now();
    state.access().valid_session(session, &state.settings.sessions, now).is_some()
}

fn without_session(state: &AppState) -> Who {
    match state.settings.sign_in {
        SignIn::Open => Who::Open,
        SignIn::Required => Who::Anonymous,
    }
}

/// Tells whether `author` is still who they were: their session or token has not ended.
pub(super) fn is_valid(state: &AppState, author: &Author) -> bool {
    match (&author.session, &author.who) {
        (Some(session), _) => is_on(state, session),
        (None, who) => state.access().principal(who, state.clock.now()).who != Who::Anonymous,
    }
}

/// Notes that the session or the token of `author` is used, unless that was noted a moment ago.
pub(super) fn note_use(state: &AppState, author: &Author) {
    let (access, now) = (state.access(), state.clock.now());
    if let Some(session) = &author.session
        && let Some(session) = access.valid_session(session, &state.settings.sessions, now)
    {
        note_session_use(state, session, now);
    }
    if let Who::Token(id) = author.who
        && let Some(token) = access.token(id)
        && token.used_at.is_none_or(|used_at| now - used_at >= NOTED_EVERY)
    {
        note_token(state, id);
    }
}

fn note_session_use(state: &AppState, session: &Session, now: DateTime<Utc>) {
    if now - session.seen_at >= NOTED_EVERY {
        note_session(state, session.hash.clone());
    }
}

/// Notes that a session is used; where the database is busy, the next request does.
pub(super) fn note_session(state: &AppState, hash: SecretHash) {
    let limits = state.settings.sessions;
    state.store.act_later(Author::of(Who::Server), move |scene| {
        let session = scene.access.valid_session(&hash, &limits, scene.now);
        let seen = session.map(|session| Session { seen_at: scene.now, ..Session::clone(session) });
        let edits = seen.map(|seen| Edit::Put(Entity::Session(seen.into())));
        Ok(Outcome::unnoted(edits.into_iter().collect()))
    });
}

fn note_token(state: &AppState, id: Id) {
    state.store.act_later(Author::of(Who::Server), move |scene| {
        let used = scene.access.token(id);
        let used = used.map(|token| Token { used_at: Some(scene.now), ..Token::clone(token) });
        let edits = used.map(|used| Edit::Put(Entity::Token(used.into())));
        Ok(Outcome::unnoted(edits.into_iter().collect()))
    });
}

/// What each operation needs, by method and address.
static NEEDS: LazyLock<HashMap<(Method, String), Option<Need>>> = LazyLock::new(|| {
    let document = super::openapi::document();
    let mut needs = HashMap::new();
    for (path, item) in &document.paths.paths {
        let operations = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        for (method, operation) in operations {
            let id = operation.as_ref().and_then(|operation| operation.operation_id.as_deref());
            if let Some(id) = id {
                needs.insert((method, path.clone()), needs::of(id));
            }
        }
    }
    needs
});

/// Lets a request of the API through, or refuses it.
pub(super) async fn authorize(
    State(state): State<AppState>,
    caller: Caller,
    path: Option<MatchedPath>,
    parameters: RawPathParams,
    request: Request<Body>,
    next: Next,
) -> Response {
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let key = path.map(|path| (method.clone(), path.as_str().to_owned()));
    let need = match key.as_ref().and_then(|key| NEEDS.get(key)) {
        Some(Some(need)) => *need,
        // one that the table forgets is nobody's
        Some(None) => {
            let needed = "nobody".to_owned();
            return ApiError::from(Refusal::Forbidden { needed }).into_response();
        }
        // nothing is there, or not by this method: the fallbacks say so
        None => return next.run(request).await,
    };
    let parameter = |name: &str| {
        parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    };
    if may_be_elsewhere(&state, need, parameter) {
        // without an answer, it is not there; the store has said why
        let _looked = state.freshness.guessed().await;
    }
    match check(&state, &caller.principal, need, parameter) {
        Ok(()) => next.run(request).await,
        Err(refusal) => ApiError::from(refusal).into_response(),
    }
}

/// Tells whether what is asked for is not here, though another replica may have made it a moment ago.
fn may_be_elsewhere(
    state: &AppState,
    need: Need,
    parameter: impl Fn(&str) -> Option<String>,
) -> bool {
    let named = |name| parameter(name).unwrap_or_default();
    match need {
        Need::Team(_) => {
            TeamName::parse(&named("team")).is_ok_and(|team| state.access().team(&team).is_none())
        }
        Need::Mapping(_) => MappingName::parse(&named("name"))
            .is_ok_and(|name| state.gateway().table.get(&name).is_none()),
        _ => false,
    }
}

fn check(
    state: &AppState,
    principal: &Principal,
    need: Need,
    parameter: impl Fn(&str) -> Option<String>,
) -> Result<(), Refusal> {
    match need {
        Need::Anyone => Ok(()),
        Need::SignedIn | Need::Decided => {
            permission::check(principal, Role::Viewer, Object::Common)
        }
        Need::Installation(role) => permission::check(principal, role, Object::Installation),
        Need::Team(role) => {
            permission::check(principal, Role::Viewer, Object::Common)?;
            let name = parameter("team").unwrap_or_default();
            let what = format!("team `{name}`");
            let team = TeamName::parse(&name).map_err(|_no_name| Refusal::hidden(what.clone()))?;
            permission::check(principal, role, Object::Of { team: &team, what: &what })?;
            match state.access().team(&team) {
                Some(_) => Ok(()),
                None => Err(Refusal::hidden(what)),
            }
        }
        Need::Mapping(role) | Need::MappingIfAny(role) => {
            permission::check(principal, Role::Viewer, Object::Common)?;
            let name = parameter("name").unwrap_or_default();
            let what = format!("mapping named `{name}`");
            let gateway = state.gateway();
            let mapping =
                MappingName::parse(&name).ok().and_then(|name| gateway.table.get(&name).cloned());
            let seen = mapping.as_ref().filter(|it| principal.role_in(&it.spec.team).is_some());
            if seen.is_none() && need == Need::MappingIfAny(role) {
                // who could make none learns nothing from a name that is taken
                permission::check_anywhere(principal, role)?;
            }
            match mapping {
                Some(mapping) => {
                    let object = Object::Of { team: &mapping.spec.team, what: &what };
                    permission::check(principal, role, object)
                }
                // the handler says that there is none, or makes one
                None => Ok(()),
            }
        }
    }
}
