//! Certificates of clients, which the listener has checked against its trust bundle.

use std::collections::HashMap;

use app::api::policy::ClientCertificate;

use super::{
    super::super::{
        conditions::regex,
        proto::{
            config::{
                core::v3::TypedExtensionConfig,
                rbac::v3::{
                    Permission, Policy, Principal, Rbac as Rules,
                    permission::Rule,
                    principal::{Authenticated, Identifier},
                    rbac::Action,
                },
            },
            extensions::filters::http::rbac::v3::Rbac,
            r#type::matcher::v3::{StringMatcher, string_matcher::MatchPattern},
        },
    },
    FILTER, extension,
};

pub(super) fn filter(asked: &ClientCertificate) -> TypedExtensionConfig {
    let patterns = match asked.any {
        // without a pattern Envoy lets in whoever comes by TLS, with a certificate or not
        true => vec![MatchPattern::SafeRegex(regex(".+".to_owned()))],
        false => asked.names.iter().map(|name| pattern(name)).collect(),
    };
    let known = patterns.into_iter().map(principal).collect();
    let policy = Policy {
        permissions: vec![Permission { rule: Some(Rule::Any(true)) }],
        principals: known,
        ..Policy::default()
    };
    let rules = Rules {
        action: Action::Allow.into(),
        policies: HashMap::from([("certificates".to_owned(), policy)]),
        ..Rules::default()
    };
    extension(FILTER.to_owned(), Rbac { rules: Some(rules), ..Rbac::default() })
}

/// Returns who has shown a certificate with a name in it that has the pattern.
fn principal(pattern: MatchPattern) -> Principal {
    let name = StringMatcher { match_pattern: Some(pattern), ..StringMatcher::default() };
    Principal {
        identifier: Some(Identifier::Authenticated(Authenticated { principal_name: Some(name) })),
    }
}

/// Envoy compares with URIs, DNS names and the subject, in this order. A subject has a `=`, which
/// none of these patterns lets pass at its place.
fn pattern(name: &str) -> MatchPattern {
    if name.contains("://") {
        return MatchPattern::Exact(name.to_owned());
    }
    let regex_of = match name.strip_prefix("*.") {
        Some(domain) => format!(r"(?i)[a-z0-9_.-]+\.\Q{domain}\E"),
        None => format!(r"(?i)\Q{name}\E"),
    };
    MatchPattern::SafeRegex(regex(regex_of))
}
