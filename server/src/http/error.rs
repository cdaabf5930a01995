//! The one error of the HTTP side: what the caller is told, and under which status.
//!
//! | status | who reads it, and what it means |
//! | --- | --- |
//! | 400, 415 | the caller's program: the request is not in our language |
//! | 401 | nobody has signed in, or the session or token has ended |
//! | 403 | the caller may see it, but not do it; or the place is another team's |
//! | 404 | there is no such mapping, or nothing at this address |
//! | 409 | a name or prefix is taken; the message names the owner |
//! | 412 | the mapping was changed meanwhile; the answer has both versions |
//! | 413 | the body is too large |
//! | 422 | a person: a field is wrong; the message says what is allowed |
//! | 429 | too many sign-ins have failed; `Retry-After` says how long to wait |
//! | 503 | operators: the database can't be written; try again |

use std::any::Any;

use app::api::{
    mapping::{Mapping, MappingDraft},
    problem::{FieldError, Problem},
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderValue, Request, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::error;

use super::{REQUEST_ID, ambassador, state::AppState};
use crate::{auth::refusal::Refusal, store::StoreError};

/// Says why a request failed.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) detail: String,
    pub(super) errors: Vec<FieldError>,
    /// What a stale write ran into.
    pub(super) stale: Option<Box<Stale>>,
    /// Seconds after which it may be tried again.
    pub(super) retry_after: Option<u32>,
}

/// The two sides of a write that was made against another revision.
#[derive(Debug, Clone)]
pub(super) struct Stale {
    pub(super) current: Option<Mapping>,
    pub(super) sent: Option<MappingDraft>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            stale: None,
            retry_after: None,
        }
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

    /// One field is wrong.
    pub(super) fn invalid_field(field: &str, message: impl ToString) -> Self {
        Self::invalid(vec![FieldError::new(field, message.to_string())])
    }

    /// A fault of ours; what it was is in the log.
    pub(super) fn internal() -> Self {
        let detail = "something went wrong here; the server's log says more";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
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

    /// Another mapping has the prefix; `detail` says which, as far as the caller may know.
    pub(super) fn prefix_taken(detail: String) -> Self {
        Self {
            errors: vec![FieldError::new("prefix", detail.clone())],
            ..Self::new(StatusCode::CONFLICT, "prefix-taken", detail)
        }
    }

    /// There is no such user, or the password is another one: which, is not said.
    pub(super) fn wrong_credentials() -> Self {
        let detail = "there is no such user, or this is not their password";
        Self::new(StatusCode::UNAUTHORIZED, "wrong-credentials", detail)
    }

    /// Too many sign-ins have failed; nothing was compared.
    pub(super) fn locked_out(detail: String, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "locked-out", detail)
        }
    }

    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }

    /// Tells whether the mapping was another than the caller's.
    pub(super) fn is_stale(&self) -> bool {
        self.stale.is_some()
    }

    /// Returns the body of a problem response.
    pub(super) fn problem(&self) -> Problem {
        let stale = &self.stale;
        Problem {
            r#type: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.clone(),
            request_id: None,
            errors: self.errors.clone(),
            current: stale.as_ref().and_then(|stale| stale.current.clone()).map(Box::new),
            sent: stale.as_ref().and_then(|stale| stale.sent.clone()).map(Box::new),
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
            StoreError::MatchTaken(_) => Self::prefix_taken(error.to_string()),
            StoreError::NameTaken(_) => field("name", "name-taken", error.to_string()),
            StoreError::Stale { .. } => {
                Self::new(StatusCode::PRECONDITION_FAILED, "stale-revision", error.to_string())
            }
            StoreError::KeyReused(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", error.to_string())
            }
            StoreError::Refused(refusal) => refusal.clone().into(),
            StoreError::NeedsApproval { .. } => {
                Self::new(StatusCode::CONFLICT, "needs-approval", error.to_string())
            }
            StoreError::Open { .. }
            | StoreError::Newer { .. }
            | StoreError::WentBack { .. }
            | StoreError::Unavailable(_) => {
                // the writer has logged the reason, which is none of the caller's business
                Self::unavailable("the database can't be written just now; try again")
            }
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let (status, code) = match refusal {
            Refusal::SignIn => (StatusCode::UNAUTHORIZED, "sign-in-required"),
            Refusal::Hidden { .. } => (StatusCode::NOT_FOUND, "not-found"),
            Refusal::Forbidden { .. } => (StatusCode::FORBIDDEN, "forbidden"),
            Refusal::Claimed { .. } => (StatusCode::FORBIDDEN, "claimed"),
            Refusal::Unclaimed { .. } => (StatusCode::FORBIDDEN, "unclaimed"),
            Refusal::Encloses { .. } | Refusal::Root => (StatusCode::FORBIDDEN, "not-claimable"),
            Refusal::Invalid(errors) => return Self::invalid(errors),
            Refusal::Taken { field, .. } => {
                let errors = vec![FieldError::new(field, detail.clone())];
                return Self { errors, ..Self::new(StatusCode::CONFLICT, "taken", detail) };
            }
            Refusal::Conflict { code, .. } => (StatusCode::CONFLICT, code),
            Refusal::Outdated { .. } => (StatusCode::PRECONDITION_FAILED, "stale-revision"),
        };
        let mut error = Self::new(status, code, detail.clone());
        if matches!(code, "claimed" | "unclaimed" | "not-claimable") {
            error.errors = vec![FieldError::new("prefix", detail)];
        }
        error
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = respond(self.status, self.problem());
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Answers with `problem`, and leaves it with the response for [`finish`].
fn respond(status: StatusCode, problem: Problem) -> Response {
    let mut response = (status, Json(&problem)).into_response();
    let problem_json = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, problem_json);
    response.extensions_mut().insert(problem);
    response
}

/// Gives a refusal its final form: with the request's id, so that whoever reports it can name it,
/// and on the article's API in the article's envelope.
pub(super) async fn finish(
    State(state): State<AppState>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
    let is_article = request.uri().path().starts_with("/ambassador/");
    let is_api = is_article || request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        // axum's own words, for what it could not even hand to us
        None if is_api && status.is_client_error() && is_text(&response) => {
            let detail = "the address or a header of the request can't be read";
            ApiError::new(status, "malformed-request", detail).problem()
        }
        None => return response,
    };
    let said = std::mem::take(response.headers_mut());
    let mut response = match is_article {
        true => ambassador::refuse(&state, status, problem.detail),
        false => respond(status, Problem { request_id: id, ..problem }),
    };
    for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE, header::SET_COOKIE] {
        for value in said.get_all(&name) {
            response.headers_mut().append(&name, value.clone());
        }
    }
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().entry(header::WWW_AUTHENTICATE).or_insert(scheme);
    }
    response
}

fn is_text(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

/// Answers a request whose handler has panicked: a fault of ours.
#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
pub(super) fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    error!("a request handler panicked: {}", message.unwrap_or("no message"));
    ApiError::internal().into_response()
}
