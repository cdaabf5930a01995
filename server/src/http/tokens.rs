//! `/api/v1/tokens`: API tokens of a team or of the installation.

use app::api::{
    session::Hidden,
    token::{NewToken, Scope as WireScope, Token as View, TokenDraft, TokenList},
};
use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{Request, StatusCode, header},
    response::Response,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    caller::Caller,
    error::ApiError,
    fields::{Fields, Given},
    located,
    openapi::words::tag,
    query::Params,
    state::AppState,
};
use crate::auth::{
    command::{Scene, tokens},
    entity::{Id, Scope, Token},
    names::{NAME_MAX_BYTES, TeamName},
    refusal::Refusal,
    secret::{Secret, TOKEN_PREFIX},
};

/// Longest name of a token in bytes.
const TOKEN_NAME_MAX_BYTES: usize = 80;

/// Days until a token expires, unless another number is asked for.
const DAYS_DEFAULT: u64 = 90;

/// Most days until a token expires; one that is to last longer must be asked not to expire.
const DAYS_MAX: u64 = 366;

/// Lists API tokens
///
/// Of a team for its owners, of the installation for admins. Nobody can see a secret again.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    operation_id = "listTokens",
    tag = tag::PEOPLE,
    params(("team" = Option<String>, Query, description = "The team whose tokens they are; absent: the installation's")),
    responses(
        (status = OK, description = "The tokens, the newest first", body = TokenList),
        (status = NOT_FOUND, description = "There is no such team, or the caller is no member"),
    ),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<TokenList>, ApiError> {
    let params = Params::read(query.as_deref());
    let team = params.text("team", NAME_MAX_BYTES);
    params.finish()?;
    let team = team.map(|team| read_team(&team)).transpose()?;
    let (access, now) = (state.access(), state.clock.now());
    tokens::may_decide(
        &Scene {
            access: &access,
            author: &caller.author,
            principal: &caller.principal,
            policy: state.settings.policy,
            now,
        },
        team.as_ref(),
    )?;
    let own = access.tokens().filter(|token| token.team == team);
    let mut items: Vec<_> = own.map(|token| view(token, now)).collect();
    items.reverse();
    Ok(Json(TokenList { items }))
}

fn read_team(name: &str) -> Result<TeamName, ApiError> {
    TeamName::parse(name).map_err(|_no_name| Refusal::hidden(format!("team `{name}`")).into())
}

fn view(token: &Token, now: DateTime<Utc>) -> View {
    View {
        id: token.id.0,
        name: token.name.clone(),
        team: token.team.as_ref().map(ToString::to_string),
        scope: match token.scope {
            Scope::Read => WireScope::Read,
            Scope::Write => WireScope::Write,
        },
        created_by: token.created_by.clone(),
        created_at: token.created_at,
        expires_at: token.expires_at,
        used_at: token.used_at,
        is_expired: token.is_expired(now),
    }
}

/// Creates an API token
///
/// Its secret is in this answer only. A token of a team acts in that team, one of the installation
/// in all; with the scope `read` as a viewer, with `write` as an editor.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    operation_id = "createToken",
    tag = tag::PEOPLE,
    request_body = TokenDraft,
    responses(
        (status = CREATED, description = "The token, with its secret", body = NewToken, headers(("location" = String))),
        (status = NOT_FOUND, description = "There is no such team, or the caller is no member"),
        (status = CONFLICT, description = "There are too many"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown"),
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let fields = Fields::read(request).await?;
    let name = fields.parsed("name", TOKEN_NAME_MAX_BYTES, |name| match name.trim() {
        "" => Err("is empty; say what the token is for"),
        name => Ok(name.to_owned()),
    });
    let team = fields.text("team", NAME_MAX_BYTES);
    let scope: Option<WireScope> = fields.word("scope");
    let days = match fields.number("expires_in_days", 1..=DAYS_MAX) {
        Given::Absent => Some(DAYS_DEFAULT),
        Given::Null => None,
        Given::Value(days) => Some(days),
    };
    fields.finish()?;
    let (Some(name), Some(scope)) = (name, scope) else { return Err(ApiError::internal()) };
    let team = team.map(|team| read_team(&team)).transpose()?;
    let now = state.clock.now();
    let days = days.and_then(|days| i64::try_from(days).ok());
    let secret = Secret::random(TOKEN_PREFIX);
    let new = tokens::New {
        name,
        team,
        scope: match scope {
            WireScope::Read => Scope::Read,
            WireScope::Write => Scope::Write,
        },
        hash: secret.hash(),
        expires_at: days.map(|days| now + TimeDelta::days(days)),
    };
    let acted = state.store.act(caller.author, move |scene| tokens::create(scene, new)).await?;
    let token = acted.id.and_then(|id| acted.access.token(id).cloned());
    let token = token.ok_or_else(ApiError::internal)?;
    let answer = NewToken { secret: Hidden(secret.reveal().to_owned()), token: view(&token, now) };
    let unkept = [(header::CACHE_CONTROL, "no-store")];
    let path = format!("/api/v1/tokens/{}", token.id);
    Ok(located(StatusCode::CREATED, &path, (unkept, Json(answer))))
}

/// Revokes an API token
///
/// The next request that it is sent with is refused.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    operation_id = "deleteToken",
    tag = tag::PEOPLE,
    params(("id" = u64, Path, description = "Id of the token", example = 12)),
    responses(
        (status = NO_CONTENT, description = "It is revoked"),
        (status = NOT_FOUND, description = "There is no such token, or it is of a team in which the caller is no member"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(id): Path<u64>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    state.store.act(caller.author, move |scene| tokens::revoke(scene, Id(id))).await?;
    Ok(StatusCode::NO_CONTENT)
}
