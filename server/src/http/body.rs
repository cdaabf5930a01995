//! Reads JSON bodies: bounded, typed, and with errors that say what to send.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use serde_json::{Map, Value};

use super::{error::ApiError, nul};

/// Longest body in bytes: three fields of at most 2 KiB fit many times.
pub(super) const BODY_MAX_BYTES: usize = 64 * 1024;

/// What a body of fields is sent as.
pub(super) const JSON: [&str; 1] = ["application/json"];

/// What a merge patch is sent as (RFC 7396, section 4), and by who has only JSON.
pub(super) const MERGE_PATCH: [&str; 2] = ["application/merge-patch+json", "application/json"];

/// Reads a JSON object that is sent as one of `kinds`.
///
/// # Errors
/// 413 above [`BODY_MAX_BYTES`], 415 for another content type, 400 for anything but an object,
/// 422 for U+0000 in it.
pub(super) async fn json_object(
    request: Request<Body>,
    kinds: &[&str],
) -> Result<Map<String, Value>, ApiError> {
    json_object_within(request, kinds, BODY_MAX_BYTES).await
}

/// As [`json_object`], with another limit.
///
/// # Errors
/// As [`json_object`], 413 above `max_bytes`.
pub(super) async fn json_object_within(
    request: Request<Body>,
    kinds: &[&str],
    max_bytes: usize,
) -> Result<Map<String, Value>, ApiError> {
    if !kinds.iter().any(|kind| has_media_type(request.headers(), kind)) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "the body must be JSON; send it with `Content-Type: application/json`",
        ));
    }
    let body = bytes(request, max_bytes).await?;
    let bad = |detail: String| ApiError::new(StatusCode::BAD_REQUEST, "not-json", detail);
    match serde_json::from_slice(&body) {
        Ok(Value::Object(object)) => {
            nul::check_object(&object)?;
            Ok(object)
        }
        Ok(_) => Err(bad("the body must be a JSON object".to_owned())),
        Err(error) => Err(bad(format!("the body is not JSON: {error}"))),
    }
}

/// Reads the fields of an HTML form.
///
/// # Errors
/// 413 above [`BODY_MAX_BYTES`], 415 for another content type, 400 for a malformed form.
pub(super) async fn form<T: serde::de::DeserializeOwned>(
    request: Request<Body>,
) -> Result<T, ApiError> {
    form_within(request, BODY_MAX_BYTES).await
}

/// As [`form`], with another limit.
///
/// # Errors
/// As [`form`], 413 above `max_bytes`.
pub(super) async fn form_within<T: serde::de::DeserializeOwned>(
    request: Request<Body>,
    max_bytes: usize,
) -> Result<T, ApiError> {
    if !has_media_type(request.headers(), "application/x-www-form-urlencoded") {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "this address takes an HTML form; programs use /api/v1",
        ));
    }
    let body = bytes(request, max_bytes).await?;
    nul::check_form(&body)?;
    serde_urlencoded::from_bytes(&body).map_err(|error| {
        ApiError::new(StatusCode::BAD_REQUEST, "malformed-form", error.to_string())
    })
}

async fn bytes(request: Request<Body>, max_bytes: usize) -> Result<bytes::Bytes, ApiError> {
    to_bytes(request.into_body(), max_bytes).await.map_err(|_too_long_or_broken| {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            format!("the body is longer than {max_bytes} bytes"),
        )
    })
}

fn has_media_type(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}
