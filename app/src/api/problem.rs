//! Errors of the REST API: problem details after RFC 9457.

use serde::{Deserialize, Serialize};

use super::mapping::{Mapping, MappingDraft};

/// Says why a request failed, for people (`detail`) and for programs (`code`, `errors`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`: the code below tells the kinds apart.
    pub r#type: String,
    /// The HTTP status in words.
    pub title: String,
    pub status: u16,
    /// Stable kebab-case code, for example `prefix-taken`.
    pub code: String,
    pub detail: String,
    /// Names the request in our log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// One entry for each field that is wrong; empty when the fault is not in a field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The mapping as it is now, when `If-Match` named another revision (412).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Box<Mapping>>,
    /// What the request would have made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Box<MappingDraft>>,
}

/// Says what is wrong with one field, and what is allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// JSON pointer into the request's body, for example `/prefix`.
    pub pointer: String,
    pub message: String,
}

impl FieldError {
    /// Builds an error about the top-level field `field`.
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self { pointer: format!("/{field}"), message: message.into() }
    }

    /// Returns the field's name: the pointer without its leading slash.
    pub fn field(&self) -> &str {
        self.pointer.strip_prefix('/').unwrap_or(&self.pointer)
    }
}
