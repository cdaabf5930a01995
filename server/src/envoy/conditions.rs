//! What a mapping asks of requests, as Envoy's matchers.

use super::{
    config::no,
    proto::{
        config::route::v3::{
            HeaderMatcher, QueryParameterMatcher, RouteMatch, header_matcher::HeaderMatchSpecifier,
            query_parameter_matcher::QueryParameterMatchSpecifier, route_match::PathSpecifier,
        },
        r#type::matcher::v3::{RegexMatcher, StringMatcher, string_matcher::MatchPattern},
    },
};
use crate::gateway::{
    matching::{
        Match,
        condition::{Condition, Test},
    },
    rule::{PathMatch, Rule},
};

/// Envoy's name for the method of a request.
const METHOD: &str = ":method";

/// Returns which requests a rule of a mapping is for.
pub(super) fn route_match(matching: &Match, rule: &Rule) -> RouteMatch {
    let method = (!matching.methods().is_empty()).then(|| {
        let methods = matching.methods().join("|");
        header_matcher(METHOD, MatchPattern::SafeRegex(regex(methods)))
    });
    RouteMatch {
        path_specifier: Some(path(rule)),
        case_sensitive: if rule.ignore_case { no() } else { None },
        headers: method.into_iter().chain(matching.headers().iter().map(header)).collect(),
        query_parameters: matching.query().iter().map(query).collect(),
        ..RouteMatch::default()
    }
}

/// Returns which questions of browsers (preflights of CORS) are about the requests of a rule.
pub(super) fn preflight_match(matching: &Match, rule: &Rule) -> RouteMatch {
    let mut asked = route_match(matching, rule);
    for header in asked.headers.iter_mut().filter(|header| header.name == METHOD) {
        header.name = "access-control-request-method".to_owned();
    }
    let options = header_matcher(METHOD, MatchPattern::Exact("OPTIONS".to_owned()));
    // without an origin it is none, and would go on to the service
    let origin = header_matcher("origin", MatchPattern::SafeRegex(regex(".+".to_owned())));
    asked.headers.extend([options, origin]);
    asked
}

fn header_matcher(name: &str, pattern: MatchPattern) -> HeaderMatcher {
    HeaderMatcher {
        name: name.to_owned(),
        header_match_specifier: Some(HeaderMatchSpecifier::StringMatch(string(pattern))),
        ..HeaderMatcher::default()
    }
}

fn path(rule: &Rule) -> PathSpecifier {
    match &rule.path {
        PathMatch::Exact(path) => PathSpecifier::Path(path.clone()),
        PathMatch::StartsWith(prefix) => PathSpecifier::Prefix(prefix.clone()),
        PathMatch::Segments(prefix) => PathSpecifier::PathSeparatedPrefix(prefix.clone()),
        PathMatch::Then(prefix, pattern) => {
            let literal = literal(prefix, rule.ignore_case);
            PathSpecifier::SafeRegex(regex(format!("{literal}(?:{})", pattern.as_str())))
        }
    }
}

/// Returns a regular expression that matches a text; flags hold for all that follows.
pub(super) fn literal(text: &str, ignore_case: bool) -> String {
    // `case_sensitive` does not count for regular expressions
    let flag = if ignore_case { "(?i)" } else { "" };
    format!(r"{flag}\Q{text}\E")
}

pub(super) fn regex(regex: String) -> RegexMatcher {
    RegexMatcher { regex, ..RegexMatcher::default() }
}

fn header(condition: &Condition) -> HeaderMatcher {
    let specifier = match pattern(&condition.test) {
        Ok(pattern) => HeaderMatchSpecifier::StringMatch(string(pattern)),
        Err(is_present) => HeaderMatchSpecifier::PresentMatch(is_present),
    };
    HeaderMatcher {
        name: condition.name.to_string(),
        header_match_specifier: Some(specifier),
        ..HeaderMatcher::default()
    }
}

fn query(condition: &Condition) -> QueryParameterMatcher {
    let specifier = match pattern(&condition.test) {
        Ok(pattern) => QueryParameterMatchSpecifier::StringMatch(string(pattern)),
        Err(is_present) => QueryParameterMatchSpecifier::PresentMatch(is_present),
    };
    QueryParameterMatcher {
        name: condition.name.to_string(),
        query_parameter_match_specifier: Some(specifier),
    }
}

pub(super) fn string(pattern: MatchPattern) -> StringMatcher {
    StringMatcher { match_pattern: Some(pattern), ..StringMatcher::default() }
}

/// Returns how a value is compared, or else whether there must be one.
fn pattern(test: &Test) -> Result<MatchPattern, bool> {
    Ok(match test {
        Test::Exact(text) => MatchPattern::Exact(text.to_string()),
        Test::Prefix(text) => MatchPattern::Prefix(text.to_string()),
        Test::Suffix(text) => MatchPattern::Suffix(text.to_string()),
        Test::Contains(text) => MatchPattern::Contains(text.to_string()),
        Test::Regex(pattern) => MatchPattern::SafeRegex(regex(pattern.as_str().to_owned())),
        Test::Present => return Err(true),
        Test::Absent => return Err(false),
    })
}
