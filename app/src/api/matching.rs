//! Which requests a mapping serves, besides its host and prefix: as REST shows and takes it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a request must be like; what is left out asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Match {
    /// How `prefix` is meant.
    #[serde(skip_serializing_if = "is_default")]
    pub path: PathKind,
    /// With `path` `regex`: a regular expression (RE2, at most 256 bytes) that what follows the
    /// prefix must match wholly.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "[0-9]+(/.*)?")]
    pub regex: Option<String>,
    /// Whether capital and small letters of the path are the same.
    #[serde(skip_serializing_if = "is_default")]
    pub ignore_case: bool,
    /// At most 10; none for any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["GET", "POST"]))]
    pub methods: Vec<String>,
    /// All of them must hold; at most 20 with those of `query`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Condition>,
    /// All of them must hold. Values are compared as they are sent, not decoded; of a repeated
    /// parameter the first counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<Condition>,
    /// Tried before mappings of the same host that have a lower one, whatever their prefixes; -100
    /// to 100.
    #[serde(skip_serializing_if = "is_default")]
    pub precedence: i16,
}

/// How a prefix is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathKind {
    /// Paths that begin with it, by segments.
    #[default]
    Prefix,
    /// The path itself.
    Exact,
    /// The prefix, and after it what `regex` matches.
    Regex,
}

/// Asks something of a header or a query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Condition {
    /// A header's in lower case.
    #[schema(example = "x-beta")]
    pub name: String,
    pub is: Operator,
    /// What it is compared with; left out for `present` and `absent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "1")]
    pub value: Option<String>,
}

/// What is asked of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    Exact,
    Prefix,
    Suffix,
    Contains,
    Regex,
    Present,
    Absent,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
