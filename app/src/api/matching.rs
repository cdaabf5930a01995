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

impl Match {
    /// Says what is asked besides host and prefix: `POST, x-beta: 1`; empty where nothing is.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        match (self.path, &self.regex) {
            (PathKind::Exact, _) => words.push("exact path".to_owned()),
            (PathKind::Regex, Some(regex)) => words.push(format!("then {regex}")),
            _ => {}
        }
        if self.ignore_case {
            words.push("any case".to_owned());
        }
        if !self.methods.is_empty() {
            words.push(self.methods.join(" or "));
        }
        words.extend(self.headers.iter().map(|header| header.words(": ")));
        words.extend(self.query.iter().map(|query| format!("?{}", query.words("="))));
        if self.precedence != 0 {
            words.push(format!("precedence {}", self.precedence));
        }
        words.join(", ")
    }
}

impl Condition {
    fn words(&self, equals: &str) -> String {
        let (name, value) = (&self.name, self.value.as_deref().unwrap_or_default());
        match self.is {
            Operator::Exact => format!("{name}{equals}{value}"),
            Operator::Prefix => format!("{name}{equals}{value}…"),
            Operator::Suffix => format!("{name}{equals}…{value}"),
            Operator::Contains => format!("{name}{equals}…{value}…"),
            Operator::Regex => format!("{name} matches {value}"),
            Operator::Present => format!("{name} is there"),
            Operator::Absent => format!("no {name}"),
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
