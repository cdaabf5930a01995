//! The portal's pages, rendered here, and the plain forms with which they work without
//! JavaScript.

use std::sync::Arc;

use app::{
    api::{
        client::{InProcess, PageStatus},
        mapping::MappingDraft,
        problem::Problem,
    },
    pages::new_mapping::FormState,
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use http_body_util::BodyExt;
use leptos::{config::LeptosOptions, context::provide_context, nonce::use_nonce};
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt;

use super::{body, error::ApiError, operations, state::AppState};
use crate::gateway::fields::NameFrom;

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

/// Renders the page at the request's path.
pub(super) async fn page(Extension(api): Extension<InProcess>, request: Request<Body>) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::method_not_allowed().into_response();
    }
    render(api, request, None).await
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
        Some(fields) => operations::put(&state, NameFrom::Body, fields, true).await,
        None => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    match created {
        Ok(_created) => Redirect::to("/mappings").into_response(),
        Err(error) => again(api, uri, headers, draft, &error).await,
    }
}

/// `POST /mappings/{name}/delete`: the confirmation without JavaScript.
pub(super) async fn delete(
    State(state): State<AppState>,
    Extension(api): Extension<InProcess>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    let uri = request.uri().clone();
    let headers = request.headers().clone();
    match operations::delete(&state, &name).await {
        // gone already is what was wanted
        Ok(_existed) => Redirect::to("/mappings").into_response(),
        Err(error) => {
            let draft = MappingDraft { name, ..MappingDraft::default() };
            again(api, uri, headers, draft, &error).await
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
    uri: http::Uri,
    headers: HeaderMap,
    draft: MappingDraft,
    error: &ApiError,
) -> Response {
    let problem: Problem = error.problem();
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let mut response = render(api, request, Some(FormState { draft, problem })).await;
    *response.status_mut() = error.status;
    response
}

async fn render(api: InProcess, request: Request<Body>, form: Option<FormState>) -> Response {
    let options =
        Arc::new(LeptosOptions::builder().output_name("chancery").site_pkg_dir("pkg").build());
    let status = PageStatus::default();
    let nonce: Arc<std::sync::OnceLock<String>> = Arc::default();
    let context = {
        let (status, nonce) = (status.clone(), Arc::clone(&nonce));
        move || {
            provide_context(api.clone());
            provide_context(status.clone());
            if let Some(form) = form.clone() {
                provide_context(form);
            }
            if let Some(value) = use_nonce() {
                let _first = nonce.get_or_init(|| value.to_string());
            }
        }
    };
    let shell = move || app::shell(options.as_ref().clone());
    let mut response = leptos_axum::render_app_async_with_context(context, shell)(request).await;
    if let Some(status) = status.get().and_then(|status| StatusCode::from_u16(status).ok()) {
        *response.status_mut() = status;
    }
    if let Ok(policy) = HeaderValue::from_str(&policy(nonce.get().map_or("", String::as_str))) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Returns the content security policy: nothing from elsewhere, no inline script but ours.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}
