//! What clients see where the gateway itself refuses or fails.

use serde::{Deserialize, Serialize};

/// The body of the gateway's own answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ErrorPage {
    #[serde(default)]
    pub format: PageFormat,
    /// May have `{status}`, `{message}` and `{request_id}`, which are filled in.
    #[cfg_attr(feature = "ssr", schema(min_length = 1, max_length = 4096))]
    pub body: String,
}

/// What a body is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PageFormat {
    #[default]
    Text,
    /// A JSON object; what is filled in is escaped.
    Json,
    Html,
}
