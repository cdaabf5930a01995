//! Shows no page to who must sign in first.
//!
//! ```text
//! GET  /teams ─▶ 303 /sign-in?return_to=/teams
//! POST /teams ─▶ 401, a page that keeps what was typed: the session has ended meanwhile
//! ```

use app::{api::client::InProcess, pages::Posted};
use axum::{
    Extension,
    body::Body,
    http::{Method, Request},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use super::{super::caller::Caller, actions::form_max_bytes, body, render};
use crate::auth::principal::Who;

/// Lets a request for a page through, or has its sender sign in.
pub(in crate::http) async fn gate(
    Extension(caller): Extension<Caller>,
    Extension(api): Extension<InProcess>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let uri = request.uri().clone();
    if caller.principal.who != Who::Anonymous || is_everyones(uri.path()) {
        return next.run(request).await;
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        let asked = uri.path_and_query().map_or("/", |asked| asked.as_str());
        let query = serde_urlencoded::to_string([("return_to", asked)]).unwrap_or_default();
        let to = if asked == "/" { "/sign-in".to_owned() } else { format!("/sign-in?{query}") };
        return Redirect::to(&to).into_response();
    }
    let headers = request.headers().clone();
    let max_bytes = form_max_bytes(uri.path());
    match body::form_within(request, max_bytes).await {
        Ok(fields) => render(api, &uri, &headers, Some(Posted::SignedOut(fields))).await,
        Err(error) => error.into_response(),
    }
}

/// Tells whether a page is for who has not signed in, too.
fn is_everyones(path: &str) -> bool {
    matches!(path, "/sign-in" | "/theme")
        || ["/sign-in/", "/setup/", "/auth/", "/pkg/"].iter().any(|folder| path.starts_with(folder))
}
