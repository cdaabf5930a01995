//! The one or two plain rules that a mapping's prefix and rewrite amount to.
//!
//! Envoy's own prefix rewrite knows nothing of segments: replacing `/user` by `/` in `/user/x`
//! gives `//x`. A mapping is therefore spelled out as rules that Envoy can carry out literally;
//! explain carries out the same rules, so the two agree.

use super::path::{Prefix, Rewrite};

/// Matches a normalized path without its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathMatch {
    /// The path is this.
    Exact(String),
    /// The path begins with this, which ends in a slash.
    StartsWith(String),
    /// The path is this or has it followed by a slash.
    Segments(String),
}

impl PathMatch {
    /// Returns the text that the match compares with.
    pub fn text(&self) -> &str {
        match self {
            Self::Exact(text) | Self::StartsWith(text) | Self::Segments(text) => text,
        }
    }

    /// Tells whether `path` matches.
    pub fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(text) => path == text,
            Self::StartsWith(text) => path.starts_with(text.as_str()),
            Self::Segments(text) => path
                .strip_prefix(text.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }
}

/// Replaces the matched text of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub path: PathMatch,
    /// Takes the place of the matched text; `None` leaves the path as it is.
    pub replacement: Option<String>,
}

impl Rule {
    /// Returns the path that the service sees, or `None` when `path` does not match.
    pub fn apply(&self, path: &str) -> Option<String> {
        if !self.path.matches(path) {
            return None;
        }
        Some(match (&self.replacement, path.strip_prefix(self.path.text())) {
            (Some(replacement), Some(rest)) => format!("{replacement}{rest}"),
            _ => path.to_owned(),
        })
    }
}

/// Returns the rules of a mapping, in the order in which they are to be tried.
pub fn rules(prefix: &Prefix, rewrite: &Rewrite) -> Vec<Rule> {
    let rule = |path, replacement| Rule { path, replacement };
    let text = prefix.as_str().to_owned();
    let below = format!("{}/", prefix.base());
    match rewrite.replacement() {
        None if prefix.has_trailing_slash() => vec![rule(PathMatch::StartsWith(text), None)],
        None => vec![rule(PathMatch::Segments(text), None)],
        Some(target) => {
            let target_below = format!("{}/", target.strip_suffix('/').unwrap_or(target));
            if prefix.has_trailing_slash() {
                vec![rule(PathMatch::StartsWith(text), Some(target_below))]
            } else if target.ends_with('/') {
                vec![
                    rule(PathMatch::Exact(text), Some(target.to_owned())),
                    rule(PathMatch::StartsWith(below), Some(target_below)),
                ]
            } else {
                vec![rule(PathMatch::Segments(text), Some(target.to_owned()))]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    // the article
    #[case("/user/", "/", "/user/health", Some("/health"))]
    #[case("/grue/", "/grue/", "/grue/health", Some("/grue/health"))]
    // segments
    #[case("/user", "/", "/user", Some("/"))]
    #[case("/user", "/", "/user/x", Some("/x"))]
    #[case("/user", "/", "/users", None)]
    #[case("/user/", "/", "/user", None)]
    #[case("/user/", "/", "/user/", Some("/"))]
    // neither `//` nor two segments glued together
    #[case("/user", "/v2", "/user/x", Some("/v2/x"))]
    #[case("/user", "/v2/", "/user/x", Some("/v2/x"))]
    #[case("/user", "/v2/", "/user", Some("/v2/"))]
    #[case("/user/", "/v2", "/user/x", Some("/v2/x"))]
    // the path left as it is
    #[case("/user/", "", "/user/x", Some("/user/x"))]
    #[case("/user", "", "/user", Some("/user"))]
    #[case("/user", "", "/userx", None)]
    // the catch-all
    #[case("/", "/", "/anything", Some("/anything"))]
    #[case("/", "/v1", "/x", Some("/v1/x"))]
    fn a_path_is_matched_by_segments_and_rewritten_without_surprises(
        #[case] prefix: &str,
        #[case] rewrite: &str,
        #[case] path: &str,
        #[case] upstream: Option<&str>,
    ) {
        let rules = rules(&Prefix::parse(prefix).unwrap(), &Rewrite::parse(rewrite).unwrap());

        let seen = rules.iter().find_map(|rule| rule.apply(path));

        assert_eq!(seen.as_deref(), upstream);
    }
}
