//! The article's JSON envelope: `ok`, `hostname`, `resolvedname`, and `error` on failure.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::{env, fs};

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// Largest request body in bytes; the largest valid one is below 8 KiB even when escaped.
pub(crate) const MAX_BODY_BYTES: usize = 16 * 1024;

/// Names the machine that answers, as every answer tells it.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    hostname: Arc<str>,
    resolvedname: IpAddr,
}

impl Machine {
    /// Reads the name and the address of this machine, without asking DNS.
    pub(crate) fn this() -> Self {
        let hostname = env::var("HOSTNAME")
            .or_else(|_| fs::read_to_string("/proc/sys/kernel/hostname"))
            .unwrap_or_default();
        let hostname = match hostname.trim() {
            "" => "localhost",
            name => name,
        };
        Self { hostname: hostname.into(), resolvedname: outward_address() }
    }

    /// Answers `status` with `fields` beside the envelope.
    pub(crate) fn answer(&self, status: StatusCode, fields: Value) -> Response {
        if matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
        ) {
            return status.into_response(); // RFC 9110: these have no content
        }
        let mut body = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let ok = !(status.is_client_error() || status.is_server_error());
        body.insert("ok".to_owned(), ok.into());
        body.insert("hostname".to_owned(), self.hostname.as_ref().into());
        body.insert("resolvedname".to_owned(), self.resolvedname.to_string().into());
        (status, Json(body)).into_response()
    }

    /// Answers a failure.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Response {
        self.answer(refusal.status, serde_json::json!({ "error": refusal.error }))
    }

    /// Answers what an operation returned.
    pub(crate) fn respond(&self, outcome: Result<(StatusCode, Value), Refusal>) -> Response {
        match outcome {
            Ok((status, fields)) => self.answer(status, fields),
            Err(refusal) => self.refuse(refusal),
        }
    }
}

/// Returns the address that other machines see; loopback where there is no network.
fn outward_address() -> IpAddr {
    // Connecting a UDP socket sends nothing: it only chooses the route. 192.0.2.1 is set aside
    // for documentation (RFC 5737), so the choice is that of any outward address.
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| {
            socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
            socket.local_addr()
        })
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}

/// Says why a request was refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into() }
    }

    pub(crate) fn not_found(error: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }

    pub(crate) fn invalid(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// Refuses one more `what`: the demo keeps at most `limit`.
    pub(crate) fn full(what: &str, limit: usize) -> Self {
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            format!("this demo keeps at most {limit} {what}"),
        )
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            // A body that is JSON of another shape is as malformed as one that is not JSON.
            JsonRejection::JsonDataError(error) => Self::invalid(error.body_text()),
            rejection if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body may have at most {MAX_BODY_BYTES} bytes"),
            ),
            rejection => Self::new(rejection.status(), rejection.body_text()),
        }
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("the database does not answer: {error}"))
    }
}

impl From<PathRejection> for Refusal {
    fn from(rejection: PathRejection) -> Self {
        Self::invalid(rejection.body_text())
    }
}

/// Checks that `text` has one to `max` characters, none of them a control character.
pub(crate) fn bounded(field: &str, text: &str, max: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length == 0 || length > max || text.chars().any(char::is_control) {
        return Err(Refusal::invalid(format!(
            "`{field}` must have 1 to {max} characters, none of them a control character"
        )));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::header::CONTENT_TYPE;
    use axum::http::{Method, Request, StatusCode};
    use http_body_util::BodyExt;
    use serde_json::Value;
    use tower::ServiceExt;

    /// Sends one request to `service`; answers with the status and the JSON body.
    pub(crate) async fn send(
        service: &Router,
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> (StatusCode, Value) {
        let content_type = body.map(|_| "application/json");
        send_as(service, method, path, body, content_type).await
    }

    /// Sends one request with `content_type`, which may be wrong or missing.
    pub(crate) async fn send_as(
        service: &Router,
        method: Method,
        path: &str,
        body: Option<&str>,
        content_type: Option<&str>,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let request = request.body(Body::from(body.unwrap_or_default().to_owned())).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        (status, body)
    }
}
