//! Where a mapping looks at who has called: that is there only where a key or a password was asked
//! for.

use app::api::{policy::Policy, problem::FieldError};

use super::{
    global_rate_limit::{Entry, entries},
    rate_limit::Key,
};
use crate::gateway::{edge::consumer, read::Reader};

/// Refuses to look at a header that no request of the mapping has.
pub(super) fn check(policy: &Policy, reader: &Reader<'_>) {
    if policy.auth.api_key.is_some() || policy.auth.basic.is_some() {
        return;
    }
    for place in places(policy) {
        let message = format!(
            "has no effect: `{}` is there only with `auth.api_key` or `auth.basic`",
            consumer::HEADER
        );
        reader.take_in(vec![FieldError::new(place, message)]);
    }
}

/// Returns the fields that name the header.
fn places(policy: &Policy) -> impl Iterator<Item = &'static str> {
    let is_caller = |name: &str| name == consumer::HEADER;
    let mut keys =
        policy.rate_limit.iter().filter_map(|limit| Key::parse(limit.key.as_deref()?).ok());
    let limit = keys.any(|key| matches!(key, Key::Header(name) if is_caller(&name)));
    let descriptors = policy.global_rate_limit.iter().flat_map(|limit| &limit.descriptors);
    let mut told = descriptors.flat_map(|text| entries(text).unwrap_or_default());
    let told = told.any(|entry| matches!(entry, Entry::Header(name) if is_caller(&name)));
    let hashed = policy.load_balancing.hash_on.header.as_deref().is_some_and(is_caller);
    let mut shown = policy.auth.external.iter().flat_map(|external| &external.request_headers);
    let shown = shown.any(|name| is_caller(name));
    let places = [
        ("rate_limit/key", limit),
        ("global_rate_limit/descriptors", told),
        ("load_balancing/hash_on/header", hashed),
        ("auth/external/request_headers", shown),
    ];
    places.into_iter().filter(|(_, names_it)| *names_it).map(|(place, _)| place)
}
