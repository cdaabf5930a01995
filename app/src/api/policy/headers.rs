//! Changes of headers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_default;

/// What becomes of the headers of requests or answers: first some go, then some are set or added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HeaderChanges {
    /// Values by name; they take the place of what is there.
    #[serde(skip_serializing_if = "is_default")]
    #[schema(example = json!({ "x-team": "accounts" }))]
    pub set: BTreeMap<String, String>,
    /// Values by name; they are added to what is there.
    #[serde(skip_serializing_if = "is_default")]
    pub add: BTreeMap<String, String>,
    /// Names of headers that go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
}
