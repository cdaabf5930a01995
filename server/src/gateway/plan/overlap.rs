//! Which mappings a content shares requests with, as far as that can be told without a request.

use std::{borrow::Cow, sync::Arc};

use super::super::{
    mapping::{Mapping, Spec},
    matching::{
        PathKind,
        condition::{Condition, Test},
        host::HostPattern,
    },
    order::is_tried_after,
    request::Request,
    rule::rules,
    table::Table,
};

/// A mapping that shares requests with a content.
#[derive(Debug, Clone)]
pub(super) struct Sharer {
    pub(super) mapping: Arc<Mapping>,
    /// Whether it is certain that there are such requests: what conditions and regular expressions
    /// have in common is not computed.
    pub(super) is_certain: bool,
}

/// Returns who serves the requests of `spec` where a mapping of that content does not, in match
/// order; nobody where an earlier mapping serves them all.
pub(super) fn servers(table: &Table, spec: &Spec) -> Vec<Sharer> {
    let mut servers = Vec::new();
    for mapping in table.iter() {
        let other = &mapping.spec;
        let is_all = takes_all(other, spec);
        if !is_tried_after(mapping, spec) {
            if is_all {
                return Vec::new();
            }
            continue;
        }
        if overlap(other, spec) {
            let is_certain = is_plain(other) && !matches!(spec.matching.path(), PathKind::Regex(_));
            servers.push(Sharer { mapping: Arc::clone(mapping), is_certain });
        }
        if is_all {
            break;
        }
    }
    servers
}

/// Tells whether no request would reach a mapping of this content.
pub(super) fn is_shadowed(table: &Table, spec: &Spec) -> bool {
    table.iter().any(|mapping| !is_tried_after(mapping, spec) && takes_all(&mapping.spec, spec))
}

/// Returns the mappings inside `spec`'s prefix that are tried earlier: their requests stay theirs.
pub(super) fn nested_in(table: &Table, spec: &Spec) -> Vec<Arc<Mapping>> {
    let is_inside = |mapping: &&Arc<Mapping>| {
        let other = &mapping.spec;
        other.prefix.as_str().len() > spec.prefix.as_str().len()
            && lies_in(other, spec)
            && overlap(other, spec)
            && !is_tried_after(mapping, spec)
    };
    table.iter().filter(is_inside).map(Arc::clone).collect()
}

/// Tells whether every request that `spec` matches is one that `other` matches.
fn takes_all(other: &Spec, spec: &Spec) -> bool {
    if !is_plain(other) || !other.host.covers(&spec.host) {
        return false;
    }
    if spec.matching.ignores_case() && !other.matching.ignores_case() {
        // the root has no letters
        return other.prefix.base().is_empty();
    }
    let own = other.prefix.as_str();
    match spec.matching.path() {
        PathKind::Exact => matches_path(other, spec.prefix.as_str()),
        PathKind::Prefix | PathKind::Regex(_) => {
            // `/a` is more than `/a/`
            let is_more = spec.prefix.base().len() + 1 == own.len()
                && other.prefix.has_trailing_slash()
                && !spec.prefix.has_trailing_slash();
            !is_more && matches_path(other, &format!("{}/", spec.prefix.base()))
        }
    }
}

/// Tells whether nothing but the host and the beginning of the path decides.
fn is_plain(spec: &Spec) -> bool {
    spec.matching.conditions() == 0 && *spec.matching.path() == PathKind::Prefix
}

/// Tells whether there may be requests that both match.
fn overlap(one: &Spec, two: &Spec) -> bool {
    let methods = |spec: &Spec| spec.matching.methods().to_vec();
    let (left, right) = (methods(one), methods(two));
    let share_methods =
        left.is_empty() || right.is_empty() || left.iter().any(|method| right.contains(method));
    one.host.meets(&two.host)
        && share_methods
        && share_paths(one, two)
        && !exclude(one.matching.headers(), two.matching.headers())
        && !exclude(one.matching.query(), two.matching.query())
}

fn exclude(one: &[Condition], two: &[Condition]) -> bool {
    one.iter().any(|left| two.iter().any(|right| left.name == right.name && left.excludes(right)))
}

fn share_paths(one: &Spec, two: &Spec) -> bool {
    match (one.matching.path(), two.matching.path()) {
        (PathKind::Exact, _) => matches_path(two, one.prefix.as_str()),
        (_, PathKind::Exact) => matches_path(one, two.prefix.as_str()),
        _ => lies_in(one, two) || lies_in(two, one),
    }
}

fn matches_path(spec: &Spec, path: &str) -> bool {
    let rules = rules(&spec.prefix, &spec.matching, &spec.rewrite);
    rules.iter().any(|rule| rule.apply(path).is_some())
}

/// Tells whether the prefix of `inner` lies in that of `outer`, or is it.
fn lies_in(inner: &Spec, outer: &Spec) -> bool {
    let below = |spec: &Spec| format!("{}/", spec.prefix.base());
    let (inner_path, outer_path) = (below(inner), below(outer));
    if inner.matching.ignores_case() || outer.matching.ignores_case() {
        return inner_path.to_ascii_lowercase().starts_with(&outer_path.to_ascii_lowercase());
    }
    inner_path.starts_with(&outer_path)
}

/// Returns a request for `path` that meets the host and, where that is easy, the conditions.
pub(super) fn sample(spec: &Spec, path: &str) -> Request {
    let host = match &spec.host {
        HostPattern::Any => String::new(),
        HostPattern::Exact(name) => name.to_string(),
        HostPattern::Below(domain) => format!("any.{domain}"),
    };
    let value = |condition: &Condition| match &condition.test {
        Test::Exact(text) | Test::Prefix(text) | Test::Suffix(text) | Test::Contains(text) => {
            Some((condition.name.to_string(), text.to_string()))
        }
        Test::Present => Some((condition.name.to_string(), "1".to_owned())),
        Test::Regex(_) | Test::Absent => None,
    };
    let pairs: Vec<_> = spec.matching.query().iter().filter_map(value).collect();
    let query: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let method = spec.matching.methods().first().map(|method| Cow::Owned(method.to_string()));
    Request {
        host,
        method: method.unwrap_or(Cow::Borrowed("GET")),
        query: query.join("&"),
        headers: spec.matching.headers().iter().filter_map(value).collect(),
        ..Request::of_path(path)
    }
}
