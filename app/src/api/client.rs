//! Calls the REST API: one function for each call, the same for server and browser.
//!
//! ```text
//! browser   fetch ──────────────▶ /api/v1/…
//! server    InProcess (context) ─▶ the same router, without a socket
//! ```
//! The future of a call starts with what it needs in hand: on the server the context is read when
//! the function is called, not when its future is polled.

use std::future::Future;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::live::Full;
use super::mapping::{Mapping, MappingDraft};
use super::problem::Problem;

#[cfg(feature = "ssr")]
pub use in_process::{InProcess, PageStatus};

/// Says why a call failed, in words for the reader of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ClientError {
    /// The server refused, and said why.
    #[error("{}", if .0.detail.is_empty() { &.0.title } else { &.0.detail })]
    Problem(Box<Problem>),
    /// No answer came.
    #[error("The server did not answer ({0}). Check the connection and try again.")]
    Unreachable(String),
    /// An answer came that is not in the API's language, for example from a proxy in between.
    #[error(
        "The server answered with status {status} in a form that this page does not know ({cause}). \
         Reload the page; if that does not help, the server's log says more."
    )]
    Unexpected { status: u16, cause: String },
}

impl From<Problem> for ClientError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl ClientError {
    /// Returns the HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            Self::Unreachable(_) => None,
            Self::Unexpected { status, .. } => Some(*status),
        }
    }

    /// Returns what is wrong with the field `field`, if the server said so.
    pub fn field(&self, field: &str) -> Option<String> {
        let Self::Problem(problem) = self else { return None };
        let error = problem.errors.iter().find(|error| error.field() == field)?;
        Some(error.message.clone())
    }
}

/// Gets every mapping with its live numbers, from `GET /api/v1/stats`.
pub fn live_snapshot() -> impl Future<Output = Result<Full, ClientError>> + Send + use<> {
    let reply = send("GET", "/api/v1/stats".to_owned(), None);
    async move { decode(&reply.await?) }
}

/// Gets one mapping.
pub fn mapping(name: &str) -> impl Future<Output = Result<Mapping, ClientError>> + Send + use<> {
    let reply = send("GET", mapping_path(name), None);
    async move { decode(&reply.await?) }
}

/// Creates a mapping.
pub fn create_mapping(
    draft: &MappingDraft,
) -> impl Future<Output = Result<Mapping, ClientError>> + Send + use<> {
    // Four strings always serialize.
    let body = serde_json::to_string(draft).unwrap_or_default();
    let reply = send("POST", "/api/v1/mappings".to_owned(), Some(body));
    async move { decode(&reply.await?) }
}

/// Deletes a mapping.
pub fn delete_mapping(name: &str) -> impl Future<Output = Result<(), ClientError>> + Send + use<> {
    let reply = send("DELETE", mapping_path(name), None);
    async move { succeed(&reply.await?) }
}

fn mapping_path(name: &str) -> String {
    format!("/api/v1/mappings/{}", encode_segment(name))
}

/// Percent-encodes a path segment: all but the unreserved characters of RFC 3986, section 2.3.
pub(crate) fn encode_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                for digit in [byte >> 4, byte & 0x0f] {
                    let hex = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                    encoded.push(hex.to_ascii_uppercase());
                }
            }
        }
    }
    encoded
}

/// An answer as both transports give it.
#[derive(Debug)]
struct Reply {
    status: u16,
    is_problem: bool,
    body: String,
}

impl Reply {
    #[cfg_attr(
        not(any(feature = "ssr", feature = "hydrate")),
        expect(dead_code, reason = "neither transport is built")
    )]
    fn new(status: u16, content_type: Option<&str>, body: String) -> Self {
        let is_problem = content_type
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/problem+json"));
        Self { status, is_problem, body }
    }
}

fn succeed(reply: &Reply) -> Result<(), ClientError> {
    if (200..300).contains(&reply.status) {
        return Ok(());
    }
    if reply.is_problem
        && let Ok(problem) = serde_json::from_str::<Problem>(&reply.body)
    {
        return Err(problem.into());
    }
    Err(ClientError::Unexpected { status: reply.status, cause: "no problem details".to_owned() })
}

fn decode<T: DeserializeOwned>(reply: &Reply) -> Result<T, ClientError> {
    succeed(reply)?;
    serde_json::from_str(&reply.body)
        .map_err(|error| ClientError::Unexpected { status: reply.status, cause: error.to_string() })
}

#[cfg(feature = "ssr")]
fn send(
    method: &'static str,
    path: String,
    body: Option<String>,
) -> impl Future<Output = Result<Reply, ClientError>> + Send {
    let api = leptos::prelude::use_context::<InProcess>();
    async move {
        let Some(api) = api else {
            return Err(ClientError::Unreachable("no router was given to this page".to_owned()));
        };
        api.send(method, &path, body).await
    }
}

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
fn send(
    method: &'static str,
    path: String,
    body: Option<String>,
) -> impl Future<Output = Result<Reply, ClientError>> + Send {
    use gloo_net::http::{Method, RequestBuilder};
    use send_wrapper::SendWrapper;

    let method = match method {
        "POST" => Method::POST,
        "DELETE" => Method::DELETE,
        _ => Method::GET,
    };
    // The browser has one thread; the wrapper only tells the compiler.
    SendWrapper::new(async move {
        let request = RequestBuilder::new(&path).method(method);
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body),
            None => request.build(),
        };
        let unreachable = |error: gloo_net::Error| ClientError::Unreachable(error.to_string());
        let response = request.map_err(unreachable)?.send().await.map_err(unreachable)?;
        let content_type = response.headers().get("content-type");
        let status = response.status();
        let body = response.text().await.map_err(unreachable)?;
        Ok(Reply::new(status, content_type.as_deref(), body))
    })
}

#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
fn send(
    _method: &'static str,
    _path: String,
    _body: Option<String>,
) -> impl Future<Output = Result<Reply, ClientError>> + Send {
    std::future::ready(Err(ClientError::Unreachable("built without a transport".to_owned())))
}

#[cfg(feature = "ssr")]
mod in_process {
    use std::fmt;
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU16, Ordering};

    use super::{ClientError, Reply};

    type Answer = Pin<Box<dyn Future<Output = http::Response<String>> + Send>>;

    /// Answers REST calls of pages that are rendered on the server: the router, without a socket.
    #[derive(Clone)]
    pub struct InProcess(Arc<dyn Fn(http::Request<String>) -> Answer + Send + Sync>);

    impl fmt::Debug for InProcess {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("InProcess")
        }
    }

    impl InProcess {
        /// Wraps the function that answers a request.
        pub fn new(
            answer: impl Fn(http::Request<String>) -> Answer + Send + Sync + 'static,
        ) -> Self {
            Self(Arc::new(answer))
        }

        pub(super) async fn send(
            self,
            method: &str,
            path: &str,
            body: Option<String>,
        ) -> Result<Reply, ClientError> {
            let mut request = http::Request::builder().method(method).uri(path);
            if body.is_some() {
                request = request.header(http::header::CONTENT_TYPE, "application/json");
            }
            let request = request
                .body(body.unwrap_or_default())
                .map_err(|error| ClientError::Unreachable(error.to_string()))?;
            let response = (self.0)(request).await;
            let content_type = response
                .headers()
                .get(http::header::CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned);
            let status = response.status().as_u16();
            Ok(Reply::new(status, content_type.as_deref(), response.into_body()))
        }
    }

    /// Carries the status of a page from the page to the server that sends it.
    #[derive(Debug, Clone, Default)]
    pub struct PageStatus(Arc<AtomicU16>);

    impl PageStatus {
        /// Asks for `status` in place of 200.
        pub fn set(&self, status: u16) {
            self.0.store(status, Ordering::Relaxed);
        }

        /// Returns the status that the page asked for, if it did.
        pub fn get(&self) -> Option<u16> {
            Some(self.0.load(Ordering::Relaxed)).filter(|status| *status != 0)
        }
    }
}

/// Asks for the status of the page that is rendered; in the browser there is none to set.
pub(crate) fn set_page_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let Some(page) = leptos::prelude::use_context::<PageStatus>() {
        page.set(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}

#[cfg(test)]
mod tests;
