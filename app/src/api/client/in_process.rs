//! Answers REST calls of pages that are rendered on the server: the router, without a socket.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{ClientError, Outgoing, Reply, decode};

type Answer = Pin<Box<dyn Future<Output = http::Response<String>> + Send>>;

/// Calls the router as who asks for the page; a clone calls the same.
#[derive(Clone)]
pub struct InProcess(Arc<dyn Fn(http::Request<String>) -> Answer + Send + Sync>);

impl fmt::Debug for InProcess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InProcess")
    }
}

impl InProcess {
    /// Wraps the function that answers a request.
    pub fn new(answer: impl Fn(http::Request<String>) -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }

    /// Answers a request as the API does, with its headers.
    pub async fn call(&self, request: http::Request<String>) -> http::Response<String> {
        (self.0)(request).await
    }

    pub(super) async fn send(&self, outgoing: Outgoing) -> Result<Reply, ClientError> {
        let mut request = http::Request::builder().method(outgoing.method).uri(outgoing.path);
        if let Some((name, value)) = outgoing.header {
            request = request.header(name, value);
        }
        if outgoing.body.is_some() {
            request = request.header(http::header::CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(outgoing.body.unwrap_or_default())
            .map_err(|error| ClientError::Unreachable(error.to_string()))?;
        Ok(reply(self.call(request).await))
    }
}

impl ClientError {
    /// Reads what the API has answered: its JSON, `null` where it has none, or why it refused.
    ///
    /// # Errors
    /// Returns the problem, or what is no answer of the API.
    pub fn read(response: http::Response<String>) -> Result<serde_json::Value, Self> {
        let reply = reply(response);
        if reply.body.is_empty() && (200..300).contains(&reply.status) {
            return Ok(serde_json::Value::Null);
        }
        decode(&reply)
    }
}

fn reply(response: http::Response<String>) -> Reply {
    let content_type = response
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let status = response.status().as_u16();
    Reply::new(status, content_type.as_deref(), response.into_body())
}
