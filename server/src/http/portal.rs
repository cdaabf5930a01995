//! The portal's pages, rendered here, and the plain forms with which they work without
//! JavaScript.

use app::{
    api::{client::InProcess, mapping::MappingDraft},
    pages::{self, Outcome, Page, Posted, Visit},
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt;

use super::{assets, body, error::ApiError, operations, state::AppState};
use crate::{
    gateway::fields::{NameFrom, read_spec},
    store::{Condition, Put},
};

/// Nothing from elsewhere, and no inline script.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// Lets the pages call the API in process.
pub(super) fn in_process(api: Router) -> InProcess {
    InProcess::new(move |request| {
        let api = api.clone();
        Box::pin(async move {
            let response = match api.oneshot(request.map(Body::from)).await {
                Ok(response) => response,
                Err(infallible) => match infallible {},
            };
            let (parts, body) = response.into_parts();
            let text = match body.collect().await {
                Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
                Err(error) => format!("the answer broke off: {error}"),
            };
            http::Response::from_parts(parts, text)
        })
    })
}

/// Renders the page at the request's address.
pub(super) async fn page(Extension(api): Extension<InProcess>, request: Request<Body>) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::method_not_allowed().into_response();
    }
    render(api, request.uri(), request.headers(), None).await
}

/// `POST /mappings/new`: the form without JavaScript.
pub(super) async fn create(
    State(state): State<AppState>,
    Extension(api): Extension<InProcess>,
    request: Request<Body>,
) -> Response {
    let uri = request.uri().clone();
    let headers = request.headers().clone();
    let draft: MappingDraft = match body::form(request).await {
        Ok(draft) => draft,
        Err(error) => return error.into_response(),
    };
    let fields = json!({
        "name": draft.name,
        "prefix": draft.prefix,
        "service": draft.service,
        "rewrite": draft.rewrite,
    });
    let created = match fields.as_object() {
        Some(fields) => match read_spec(NameFrom::Body, fields) {
            Ok(spec) => {
                let put = Put { condition: Condition::Absent, ..Put::from(spec) };
                operations::put(&state, put).await
            }
            Err(errors) => Err(ApiError::invalid(errors)),
        },
        None => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    match created {
        Ok(_created) => Redirect::to("/mappings").into_response(),
        Err(error) => again(api, &uri, &headers, draft, &error).await,
    }
}

/// `POST /mappings/{name}/delete`: the confirmation.
pub(super) async fn delete(
    State(state): State<AppState>,
    Extension(api): Extension<InProcess>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    match operations::delete(&state, &name, Condition::Any).await {
        // gone already is what was wanted
        Ok(_existed) => Redirect::to("/mappings").into_response(),
        Err(error) => {
            let draft = MappingDraft { name, ..MappingDraft::default() };
            again(api, request.uri(), request.headers(), draft, &error).await
        }
    }
}

#[derive(Debug, Deserialize)]
struct ThemeForm {
    theme: String,
    #[serde(default)]
    return_to: String,
}

/// `POST /theme`: the choice of theme without JavaScript.
pub(super) async fn theme(request: Request<Body>) -> Result<Response, ApiError> {
    let form: ThemeForm = body::form(request).await?;
    let theme = match form.theme.as_str() {
        known @ ("light" | "dark") => known,
        _ => "system",
    };
    // a path of ours; `//host` would lead away
    let is_path = form.return_to.starts_with('/') && !form.return_to.starts_with("//");
    let back =
        if is_path && !form.return_to.contains('\\') { &form.return_to } else { "/mappings" };
    let mut response = Redirect::to(back).into_response();
    let cookie = format!("theme={theme}; Path=/; Max-Age=31536000; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Renders the form's page again, with what was typed and what is wrong with it.
async fn again(
    api: InProcess,
    uri: &Uri,
    headers: &HeaderMap,
    draft: MappingDraft,
    error: &ApiError,
) -> Response {
    let outcome = Outcome::Refused(Box::new(error.problem()));
    let posted = Posted { draft, replaces: None, outcome };
    let mut response = render(api, uri, headers, Some(posted)).await;
    *response.status_mut() = error.status;
    response
}

async fn render(
    api: InProcess,
    uri: &Uri,
    headers: &HeaderMap,
    posted: Option<Posted>,
) -> Response {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let visit = Visit {
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        cookies: cookies.collect::<Vec<_>>().join("; "),
        assets: assets::manifest(),
        posted,
    };
    let Page { status, html } = pages::render(api, visit).await;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, Html(html)).into_response()
}
