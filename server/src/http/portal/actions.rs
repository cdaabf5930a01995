//! What the portal's plain forms do: each is one call of the API, made as who has sent it.
//!
//! ```text
//! POST /teams/shop, do=member.put ─▶ table ─▶ Action: PUT /api/v1/teams/shop/members/ada ─▶ the API
//!                                                  │ refused: the page again, with what was typed
//!                                                  └ done: 303 to the next page, or the page again
//! ```
//! The rules are the API's: a form can do nothing that a program can't.

mod certificates;
mod consumers;
mod gateway;
mod ownership;
mod people;
mod sharing;
mod views;

use app::{
    api::client::{ClientError, InProcess},
    pages::{Acted, Posted},
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, Method, Request, header},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::{Map, Value};

use super::{
    super::error::ApiError,
    body::{self, BODY_MAX_BYTES},
    forms::named,
    render, request_id,
};

/// Headers of the browser's request that the call has, too.
const HANDED_ON: [HeaderName; 1] = [header::USER_AGENT];

/// Fields that no page is given back.
const SECRETS: [&str; 5] = ["password", "current", "new", "secret", "private_key"];

/// What a form does, by the segments of its page's address, its hidden field `do`, and its fields.
type Table = fn(&[&str], &str, &Fields) -> Option<Action>;

/// The forms of the pages.
const TABLES: [Table; 7] = [
    people::action,
    ownership::action,
    views::action,
    sharing::action,
    certificates::action,
    consumers::action,
    gateway::action,
];

/// The fields of a form, in its order.
#[derive(Debug)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Returns a field as it was typed; the empty text when it was not sent.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Returns a field that is not empty.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Tells whether a box is ticked.
    pub(super) fn is_ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Returns the fields that may be shown again.
    fn shown(self) -> Vec<(String, String)> {
        self.0.into_iter().filter(|(name, _)| !SECRETS.contains(&name.as_str())).collect()
    }
}

/// One call of the API.
pub(super) struct Action {
    method: Method,
    path: String,
    body: Option<Value>,
    /// A header besides.
    header: Option<(HeaderName, String)>,
    then: Then,
}

/// What follows when the API has done it.
enum Then {
    /// The browser goes to a page, made of what the API has answered.
    Go(Box<dyn FnOnce(&Value) -> String + Send>),
    /// The page is shown again, with the answer: it is not to be had a second time.
    Show,
}

impl Action {
    /// Calls `path` without a body; the page at `next` follows.
    pub(super) fn new(method: Method, path: impl Into<String>, next: impl Into<String>) -> Self {
        let next = next.into();
        let then = Then::Go(Box::new(move |_| next));
        Self { method, path: path.into(), body: None, header: None, then }
    }

    /// Sends these fields.
    #[must_use]
    pub(super) fn with<const N: usize>(self, fields: [(&str, Value); N]) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        Self { body: Some(Value::Object(fields.collect::<Map<_, _>>())), ..self }
    }

    /// Sends a header, if there is a value for it.
    #[must_use]
    pub(super) fn under(self, name: HeaderName, value: Option<String>) -> Self {
        Self { header: value.map(|value| (name, value)), ..self }
    }

    /// Follows with a page that the API's answer names.
    #[must_use]
    pub(super) fn then_go(self, next: impl FnOnce(&Value) -> String + Send + 'static) -> Self {
        Self { then: Then::Go(Box::new(next)), ..self }
    }

    /// Shows the page again, with the API's answer.
    #[must_use]
    pub(super) fn then_show(self) -> Self {
        Self { then: Then::Show, ..self }
    }
}

/// Returns a text for a field of the API; an empty one is `null`.
pub(super) fn text_or_null(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

/// Returns how long the form of a page may be.
pub(super) fn form_max_bytes(path: &str) -> usize {
    certificates::form_max_bytes(path).unwrap_or(BODY_MAX_BYTES)
}

/// Does what a posted form says.
pub(super) async fn post(api: InProcess, request: Request<Body>) -> Response {
    let uri = request.uri().clone();
    let headers = request.headers().clone();
    let segments = app::pages::segments(uri.path());
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    let fields = match body::form_within(request, form_max_bytes(uri.path())).await {
        Ok(fields) => Fields(fields),
        Err(error) => return error.into_response(),
    };
    let name = fields.text("do").to_owned();
    let Some(action) = TABLES.iter().find_map(|table| table(&segments, &name, &fields)) else {
        return ApiError::method_not_allowed().into_response();
    };
    let Action { method, path, body, header, then } = action;
    let call = Call { method, path, body, header };
    let (outcome, cookies) = match call.send(&api, &headers).await {
        Ok(answered) => answered,
        Err(error) => return error.into_response(),
    };
    let mut response = match (outcome, then) {
        (Ok(answer), Then::Go(next)) => Redirect::to(&next(&answer)).into_response(),
        (outcome, _) => {
            let acted = Acted { action: name, outcome, fields: fields.shown() };
            render(api, &uri, &headers, Some(Posted::Action(Box::new(acted)))).await
        }
    };
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

struct Call {
    method: Method,
    path: String,
    body: Option<Value>,
    header: Option<(HeaderName, String)>,
}

/// What the API has answered, and the cookies that it sets.
type Answered = (Result<Value, ClientError>, Vec<header::HeaderValue>);

impl Call {
    async fn send(self, api: &InProcess, headers: &HeaderMap) -> Result<Answered, ApiError> {
        let mut call = Request::builder().method(self.method).uri(self.path);
        for name in HANDED_ON {
            if let Some(value) = headers.get(&name) {
                call = call.header(name, value);
            }
        }
        if let Some((name, value)) = self.header {
            call = call.header(name, value);
        }
        if self.body.is_some() {
            call = call.header(header::CONTENT_TYPE, "application/json");
        }
        let body = self.body.map(|body| body.to_string()).unwrap_or_default();
        let call = call.body(body).map_err(|_no_address| ApiError::method_not_allowed())?;
        let answer = api.call(call).await;
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
        let outcome = ClientError::read(answer).map_err(|error| named(error, request_id(headers)));
        Ok((outcome, cookies))
    }
}
