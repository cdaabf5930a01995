//! Which requests a mapping serves, besides its prefix: the host, how the path is meant, methods,
//! headers, query parameters, and an explicit precedence.
//!
//! ```text
//! JSON ─▶ read ─▶ Match ─▶ matches a Request?            (explain)
//!                   │ └──▶ RouteMatch                     (envoy::routes)
//!                   └────▶ MatchKey: equal iff they serve the same requests by the same words
//! ```

pub mod condition;
pub mod host;
pub mod pattern;
pub mod read;

use std::{fmt, sync::Arc};

use app::api::matching as wire;

use self::{condition::Condition, host::HostPattern, pattern::Pattern};
use super::{path::Prefix, request::Request};

/// How a mapping's prefix is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathKind {
    /// Paths that begin with it, by segments.
    Prefix,
    /// The path is this and nothing else.
    Exact,
    /// The prefix, and after it what the pattern matches wholly.
    Regex(Pattern),
}

/// What a request must be like, besides its host and the prefix of its path. The default asks for
/// nothing and costs nothing.
#[derive(Clone, Default)]
pub struct Match(Option<Arc<Details>>);

/// What differs from the default.
#[derive(Debug)]
struct Details {
    path: PathKind,
    ignore_case: bool,
    /// Sorted; empty for any.
    methods: Vec<Arc<str>>,
    /// Sorted, by name.
    headers: Vec<Condition>,
    query: Vec<Condition>,
    precedence: i16,
    /// The JSON of all this: equal texts mean equal matches.
    canonical: Arc<str>,
}

/// Highest precedence; the lowest is its negative.
pub const PRECEDENCE_MAX: i16 = 100;

impl Match {
    fn new(
        path: PathKind,
        ignore_case: bool,
        methods: Vec<Arc<str>>,
        headers: Vec<Condition>,
        query: Vec<Condition>,
        precedence: i16,
    ) -> Self {
        let mut details = Details {
            path,
            ignore_case,
            methods,
            headers,
            query,
            precedence,
            canonical: "".into(),
        };
        let wire = details.wire();
        if wire == wire::Match::default() {
            return Self::default();
        }
        details.canonical = serde_json::to_string(&wire).unwrap_or_default().into();
        Self(Some(Arc::new(details)))
    }

    /// Tells whether only the host and the prefix decide.
    pub fn is_default(&self) -> bool {
        self.0.is_none()
    }

    pub fn path(&self) -> &PathKind {
        self.0.as_ref().map_or(&PathKind::Prefix, |details| &details.path)
    }

    pub fn ignores_case(&self) -> bool {
        self.0.as_ref().is_some_and(|details| details.ignore_case)
    }

    pub fn methods(&self) -> &[Arc<str>] {
        self.0.as_ref().map_or(&[], |details| &details.methods)
    }

    pub fn headers(&self) -> &[Condition] {
        self.0.as_ref().map_or(&[], |details| &details.headers)
    }

    pub fn query(&self) -> &[Condition] {
        self.0.as_ref().map_or(&[], |details| &details.query)
    }

    pub fn precedence(&self) -> i16 {
        self.0.as_ref().map_or(0, |details| details.precedence)
    }

    /// Returns how many conditions a request must meet: the methods are one, each header and each
    /// query parameter another.
    pub fn conditions(&self) -> usize {
        usize::from(!self.methods().is_empty()) + self.headers().len() + self.query().len()
    }

    /// Returns a text that two matches share only where they are equal; empty for the default.
    pub fn canonical(&self) -> Arc<str> {
        self.0.as_ref().map_or_else(|| "".into(), |details| Arc::clone(&details.canonical))
    }

    /// Tells whether a request meets the conditions; its host and path are judged elsewhere.
    pub fn admits(&self, request: &Request) -> bool {
        let methods = self.methods();
        (methods.is_empty() || methods.iter().any(|method| **method == *request.method))
            && self
                .headers()
                .iter()
                .all(|header| header.holds_for_any(request.header(&header.name)))
            && self.query().iter().all(|query| query.holds(request.parameter(&query.name)))
    }

    /// Says what is asked besides host and prefix; empty where nothing is.
    pub fn words(&self) -> String {
        self.wire().words()
    }

    /// Returns the match as the API shows it.
    pub fn wire(&self) -> wire::Match {
        self.0.as_ref().map_or_else(wire::Match::default, |details| details.wire())
    }
}

impl Details {
    fn wire(&self) -> wire::Match {
        let conditions = |all: &[Condition]| all.iter().map(Condition::wire).collect();
        let (path, regex) = match &self.path {
            PathKind::Prefix => (wire::PathKind::Prefix, None),
            PathKind::Exact => (wire::PathKind::Exact, None),
            PathKind::Regex(pattern) => (wire::PathKind::Regex, Some(pattern.as_str().to_owned())),
        };
        wire::Match {
            path,
            regex,
            ignore_case: self.ignore_case,
            methods: self.methods.iter().map(ToString::to_string).collect(),
            headers: conditions(&self.headers),
            query: conditions(&self.query),
            precedence: self.precedence,
        }
    }
}

impl PartialEq for Match {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(left), Some(right)) => left.canonical == right.canonical,
            _ => false,
        }
    }
}

impl Eq for Match {}

impl fmt::Debug for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Match({})", self.canonical())
    }
}

/// Says which requests a mapping is for; no two mappings have the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MatchKey(Arc<str>);

impl MatchKey {
    /// Returns the key of a match: equal for two spellings of a prefix whose case does not matter.
    pub fn new(host: &HostPattern, prefix: &Prefix, matching: &Match) -> Self {
        let folded = matching.ignores_case().then(|| prefix.as_str().to_ascii_lowercase());
        let prefix = folded.as_deref().unwrap_or(prefix.as_str());
        // neither a host nor a prefix has a space
        let key = match matching.is_default() {
            true => format!("{host} {prefix}"),
            false => format!("{host} {prefix} {}", matching.canonical()),
        };
        Self(key.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
