//! `/api/v1/setup`: the first admin, by the link in the log of a new server.

use app::api::session::{Me, SetUp};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Request},
    response::Response,
};

use super::{PRESENTED_MAX_BYTES, new_session, signed_in};
use crate::{
    auth::{
        command::{Scene, users},
        names::{NAME_MAX_BYTES, UserName},
        principal::{Author, Who},
        refusal::Refusal,
    },
    http::{
        caller::Caller, error::ApiError, fields::Fields, openapi::words::tag,
        sign_in::read_password, state::AppState,
    },
    store::StoreError,
};

/// Makes the first admin
///
/// The secret is the end of the link that a server without an admin logs at its start, if it wants
/// people to sign in. It holds for an hour, and until there is an admin.
#[utoipa::path(
    post,
    path = "/api/v1/setup",
    operation_id = "setUp",
    tag = tag::PEOPLE,
    request_body = SetUp,
    responses(
        (status = OK, description = "There is an admin, who has signed in", body = Me, headers(("set-cookie" = String))),
        (status = NOT_FOUND, description = "The secret is wrong, too old, or there is an admin already"),
        (status = CONFLICT, description = "There is a user of this name"),
        (status = UNPROCESSABLE_ENTITY, description = "The name can't be one, or the password is easily guessed"),
    ),
)]
pub(in crate::http) async fn set_up(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let fields = Fields::read(request).await?;
    let secret = fields.secret("secret", PRESENTED_MAX_BYTES);
    // said first: without the link, nothing else is
    if !state.desk.is_link(&secret, state.clock.now()) {
        return Err(no_link());
    }
    let name = fields.parsed("user", NAME_MAX_BYTES, UserName::parse);
    let password = fields.secret("password", PRESENTED_MAX_BYTES);
    fields.finish()?;
    let Some(user) = name else { return Err(no_link()) };
    let password = read_password("password", &password, user.as_str())?;
    let password = state.desk.hash(password).await?;
    let (secret, opening) = new_session(&state, &caller, &headers, "password");
    let author = Author { who: Who::User(user.clone()), session: None, ..caller.author };
    let new = users::New {
        name: user,
        display_name: String::new(),
        email: String::new(),
        password: Some(password),
        is_admin: true,
    };
    let decided = move |scene: &Scene<'_>| users::set_up(scene, new, opening);
    match state.store.act(author.clone(), decided).await {
        Ok(_) => {
            state.desk.end_link();
            Ok(signed_in(&state, author, &secret))
        }
        Err(StoreError::Refused(Refusal::SignIn)) => Err(no_link()),
        Err(error) => Err(error.into()),
    }
}

fn no_link() -> ApiError {
    ApiError::not_found(
        "this link leads nowhere: it was used, is more than an hour old, or was cut short",
    )
}
