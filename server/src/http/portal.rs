//! The portal's pages, rendered here, and the plain forms with which they work without
//! JavaScript.

mod actions;
mod forms;
mod gate;

use app::{
    addresses::deleted_address,
    api::client::{Client, InProcess},
    draft::{Purpose, mapping_address},
    pages::{self, Page, Posted, Visit},
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use http_body_util::BodyExt;
use serde::Deserialize;
use tower::ServiceExt;

use self::forms::{DeletionFields, Kept, MappingFields, Next, RestorationFields};
pub(super) use self::gate::gate;
use super::{REQUEST_ID, assets, body, caller::Caller, error::ApiError};

/// The router that pages call in process.
#[derive(Debug, Clone)]
pub(super) struct InProcessRouter(Router);

impl InProcessRouter {
    pub(super) fn new(api: Router) -> Self {
        Self(api)
    }

    /// Lets a page call the API as `caller`.
    fn called_by(self, caller: Caller) -> InProcess {
        InProcess::new(move |request| {
            let api = self.0.clone();
            let mut request = request.map(Body::from);
            request.extensions_mut().insert(caller.clone());
            Box::pin(async move {
                let response = match api.oneshot(request).await {
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
}

/// Lets the page of a request call the API as who asks for it.
pub(super) async fn call_in_process(
    State(api): State<InProcessRouter>,
    Extension(caller): Extension<Caller>,
    mut request: Request<Body>,
    next: axum::middleware::Next,
) -> Response {
    request.extensions_mut().insert(api.called_by(caller));
    next.run(request).await
}

/// Renders the page at the request's address, or does what its form says.
pub(super) async fn page(Extension(api): Extension<InProcess>, request: Request<Body>) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => render(api, request.uri(), request.headers(), None).await,
        Method::POST => actions::post(api, request).await,
        _ => ApiError::method_not_allowed().into_response(),
    }
}

/// `POST /mappings/new`: the form without JavaScript.
pub(super) async fn create(
    Extension(api): Extension<InProcess>,
    request: Request<Body>,
) -> Response {
    mapping_form(api, Purpose::Create, request).await
}

/// `POST /mappings/{name}/edit`
pub(super) async fn edit(
    Extension(api): Extension<InProcess>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    mapping_form(api, Purpose::Edit(name), request).await
}

/// `POST /mappings/{name}/clone`
pub(super) async fn clone(
    Extension(api): Extension<InProcess>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    mapping_form(api, Purpose::Clone(name), request).await
}

async fn mapping_form(api: InProcess, purpose: Purpose, request: Request<Body>) -> Response {
    let uri = request.uri().clone();
    let headers = request.headers().clone();
    let fields: MappingFields = match body::form(request).await {
        Ok(fields) => fields,
        Err(error) => return error.into_response(),
    };
    match fields.submit(&Client::in_process(api.clone()), purpose, request_id(&headers)).await {
        Next::Go(path) => Redirect::to(&path).into_response(),
        Next::Show { form, is_check } => {
            render(api, &uri, &headers, Some(Posted::Mapping { form, is_check })).await
        }
    }
}

/// `POST /mappings/{name}/delete`: the confirmation.
pub(super) async fn delete(
    Extension(api): Extension<InProcess>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    let uri = request.uri().clone();
    let headers = request.headers().clone();
    let fields: DeletionFields = match body::form(request).await {
        Ok(fields) => fields,
        Err(error) => return error.into_response(),
    };
    let error =
        match fields.submit(&Client::in_process(api.clone()), &name, request_id(&headers)).await {
            Ok(Some(request)) => {
                return Redirect::to(&pages::requests::address(request.id)).into_response();
            }
            Ok(None) => return Redirect::to(&deleted_address(&name)).into_response(),
            Err(Kept::Unconfirmed) => None,
            Err(Kept::Refused(error)) => Some(error),
        };
    let posted = Posted::Deletion { error, typed: fields.confirm };
    render(api, &uri, &headers, Some(posted)).await
}

/// Which revision the page of a restoration is about.
#[derive(Debug, Deserialize)]
pub(super) struct Restored {
    #[serde(default)]
    revision: u64,
}

/// `POST /mappings/{name}/restore?revision=…`: the confirmation, and the undoing of a deletion.
pub(super) async fn restore(
    Extension(api): Extension<InProcess>,
    Path(name): Path<String>,
    revision: Result<Query<Restored>, QueryRejection>,
    request: Request<Body>,
) -> Response {
    let uri = request.uri().clone();
    let headers = request.headers().clone();
    let fields: RestorationFields = match body::form(request).await {
        Ok(fields) => fields,
        Err(error) => return error.into_response(),
    };
    let client = Client::in_process(api.clone());
    // there is no revision 0
    let revision = revision.map(|Query(restored)| restored.revision).unwrap_or_default();
    match fields.submit(&client, &name, revision, request_id(&headers)).await {
        Ok(None) => Redirect::to(&mapping_address(&name)).into_response(),
        Ok(Some(request)) => Redirect::to(&pages::requests::address(request.id)).into_response(),
        Err(error) => render(api, &uri, &headers, Some(Posted::Restoration(error))).await,
    }
}

/// Returns the id that the edge has given the request.
pub(super) fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(REQUEST_ID).and_then(|id| id.to_str().ok())
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
    let back = local_path(&form.return_to).unwrap_or("/mappings");
    let mut response = Redirect::to(back).into_response();
    let cookie = format!("theme={theme}; Path=/; Max-Age=31536000; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Returns a path of ours to which a browser may be sent; `//host` would lead away.
pub(super) fn local_path(text: &str) -> Option<&str> {
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_path && is_plain).then_some(text)
}

/// Renders the page at `uri`.
pub(super) async fn render(
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
        // a page is worth showing without it
        me: Client::in_process(api.clone()).me().await.unwrap_or_default(),
    };
    let Page { status, html } = pages::render(api, visit).await;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, Html(html)).into_response()
}
