//! The one error of the HTTP side: what the caller is told, and under which status.
//!
//! | status | who reads it, and what it means |
//! | --- | --- |
//! | 400, 415 | the caller's program: the request is not in our language |
//! | 404 | there is no such mapping, or nothing at this address |
//! | 409 | a name or prefix is taken; the message names the owner |
//! | 413 | the body is too large |
//! | 422 | a person: a field is wrong; the message says what is allowed |
//! | 503 | operators: the database can't be written; nothing was stored, try again |

use std::any::Any;

use app::api::problem::{FieldError, Problem};
use axum::{
    Json,
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::error;

use super::REQUEST_ID;
use crate::store::StoreError;

/// Says why a request failed.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) detail: String,
    pub(super) errors: Vec<FieldError>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new() }
    }

    /// Some fields are wrong; the detail repeats them for readers of one line.
    pub(super) fn invalid(errors: Vec<FieldError>) -> Self {
        let said: Vec<_> =
            errors.iter().map(|error| format!("`{}` {}", error.field(), error.message)).collect();
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields", said.join("; "))
        }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(super) fn no_mapping(name: &str) -> Self {
        Self::not_found(format!("there is no mapping named `{name}`"))
    }

    pub(super) fn method_not_allowed() -> Self {
        let detail = "this address does not take the request's method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
    }

    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }

    /// Returns the body of a problem response.
    pub(super) fn problem(&self) -> Problem {
        Problem {
            r#type: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.clone(),
            request_id: None,
            errors: self.errors.clone(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let field = |field: &str, code, detail: String| Self {
            errors: vec![FieldError::new(field, detail.clone())],
            ..Self::new(StatusCode::CONFLICT, code, detail)
        };
        match &error {
            StoreError::PrefixTaken(_) => field("prefix", "prefix-taken", error.to_string()),
            StoreError::NameTaken(_) => field("name", "name-taken", error.to_string()),
            StoreError::Open { .. } | StoreError::Newer { .. } | StoreError::Unavailable(_) => {
                // the writer has logged the reason, which is none of the caller's business
                Self::unavailable(
                    "the database can't be written just now; nothing was stored, try again",
                )
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        respond(self.status, self.problem())
    }
}

/// Answers with `problem`, and leaves it with the response for [`name_request`].
fn respond(status: StatusCode, problem: Problem) -> Response {
    let mut response = (status, Json(&problem)).into_response();
    let problem_json = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, problem_json);
    response.extensions_mut().insert(problem);
    response
}

/// Writes the request's id into a problem, so that whoever reports it can name it.
pub(super) async fn name_request(request: Request<Body>, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => {
            respond(response.status(), Problem { request_id: id, ..problem }).into_response()
        }
        None => response,
    }
}

/// Answers a request whose handler has panicked: a fault of ours.
#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
pub(super) fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    error!("a request handler panicked: {}", message.unwrap_or("no message"));
    let detail = "something went wrong here; the server's log says more";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
}
