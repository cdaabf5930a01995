//! The one or two plain rules that a mapping's path and rewrite amount to.
//!
//! Envoy's own prefix rewrite knows nothing of segments: replacing `/user` by `/` in `/user/x`
//! gives `//x`. A mapping is therefore spelled out as rules that Envoy can carry out literally;
//! explain carries out the same rules, so the two agree.

use super::{
    matching::{Match, PathKind, pattern::Pattern},
    path::{Prefix, Rewrite},
};

/// Matches a normalized path without its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathMatch {
    /// The path is this.
    Exact(String),
    /// The path begins with this, which ends in a slash.
    StartsWith(String),
    /// The path is this or has it followed by a slash.
    Segments(String),
    /// The path begins with this, and the pattern matches all that follows.
    Then(String, Pattern),
}

impl PathMatch {
    /// Returns the text that the match compares with.
    pub fn text(&self) -> &str {
        match self {
            Self::Exact(text)
            | Self::StartsWith(text)
            | Self::Segments(text)
            | Self::Then(text, _) => text,
        }
    }

    /// Returns what follows the matched text in `path`, or `None` when it does not match.
    fn rest<'a>(&self, path: &'a str, ignore_case: bool) -> Option<&'a str> {
        let (start, rest) = path.split_at_checked(self.text().len())?;
        let is_same = if ignore_case {
            start.eq_ignore_ascii_case(self.text())
        } else {
            start == self.text()
        };
        let follows = match self {
            Self::Exact(_) => rest.is_empty(),
            Self::StartsWith(_) => true,
            Self::Segments(_) => rest.is_empty() || rest.starts_with('/'),
            Self::Then(_, pattern) => pattern.matches(rest),
        };
        (is_same && follows).then_some(rest)
    }
}

/// Replaces the matched text of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub path: PathMatch,
    pub ignore_case: bool,
    /// Takes the place of the matched text; `None` leaves the path as it is.
    pub replacement: Option<String>,
}

impl Rule {
    /// Returns the path that the service sees, or `None` when `path` does not match.
    pub fn apply(&self, path: &str) -> Option<String> {
        let rest = self.path.rest(path, self.ignore_case)?;
        Some(match &self.replacement {
            Some(replacement) => format!("{replacement}{rest}"),
            None => path.to_owned(),
        })
    }
}

/// Returns the rules of a mapping, in the order in which they are to be tried.
pub fn rules(prefix: &Prefix, matching: &Match, rewrite: &Rewrite) -> Vec<Rule> {
    let ignore_case = matching.ignores_case();
    let rule = |path, replacement| Rule { path, ignore_case, replacement };
    let text = prefix.as_str().to_owned();
    match matching.path() {
        PathKind::Prefix => {}
        PathKind::Exact => {
            let replacement = rewrite.replacement().map(str::to_owned);
            return vec![rule(PathMatch::Exact(text), replacement)];
        }
        // its prefix ends in a slash, as what takes its place must
        PathKind::Regex(pattern) => {
            let replacement = rewrite.replacement().map(slashed);
            return vec![rule(PathMatch::Then(text, pattern.clone()), replacement)];
        }
    }
    let below = format!("{}/", prefix.base());
    match rewrite.replacement() {
        None if prefix.has_trailing_slash() => vec![rule(PathMatch::StartsWith(text), None)],
        None => vec![rule(PathMatch::Segments(text), None)],
        Some(target) => {
            let target_below = slashed(target);
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

/// Returns a path with a slash at its end.
fn slashed(path: &str) -> String {
    format!("{}/", path.strip_suffix('/').unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::gateway::matching::read::read;

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
        let rewrite = Rewrite::parse(rewrite).unwrap();
        let rules = rules(&Prefix::parse(prefix).unwrap(), &Match::default(), &rewrite);

        let seen = rules.iter().find_map(|rule| rule.apply(path));

        assert_eq!(seen.as_deref(), upstream);
    }

    #[rstest]
    #[case(json!({"path": "exact"}), "/v2", "/user/", Some("/v2"))]
    #[case(json!({"path": "exact"}), "", "/user/", Some("/user/"))]
    #[case(json!({"path": "exact"}), "/", "/user/x", None)]
    #[case(json!({"path": "exact"}), "/", "/user", None)]
    #[case(json!({"path": "regex", "regex": "[0-9]+(/.*)?"}), "/v2", "/user/42/a", Some("/v2/42/a"))]
    #[case(json!({"path": "regex", "regex": "[0-9]+"}), "", "/user/42", Some("/user/42"))]
    #[case(json!({"path": "regex", "regex": "[0-9]+"}), "/", "/user/x42", None)]
    #[case(json!({"ignore_case": true}), "/", "/USER/X", Some("/X"))]
    #[case(json!({"ignore_case": true, "path": "regex", "regex": "a+"}), "/", "/uSer/aA", Some("/aA"))]
    fn an_exact_path_a_regex_and_any_case_are_rewritten_alike(
        #[case] matching: serde_json::Value,
        #[case] rewrite: &str,
        #[case] path: &str,
        #[case] upstream: Option<&str>,
    ) {
        let prefix = Prefix::parse("/user/").unwrap();
        let matching = read(Some(&matching), Some(&prefix)).unwrap();
        let rules = rules(&prefix, &matching, &Rewrite::parse(rewrite).unwrap());

        let seen = rules.iter().find_map(|rule| rule.apply(path));

        assert_eq!(seen.as_deref(), upstream);
    }
}
