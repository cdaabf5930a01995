//! Changes of headers, as Envoy's routes carry them.

use app::api::policy::{HeaderChanges, Policy};

use super::super::proto::config::{
    core::v3::{HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction},
    route::v3::Route,
};
use crate::gateway::policy::formatted;

pub(super) fn apply(policy: &Policy, route: &mut Route) {
    route.request_headers_to_add.extend(options(&policy.request_headers));
    route.request_headers_to_remove.extend(policy.request_headers.remove.iter().cloned());
    route.response_headers_to_add.extend(options(&policy.response_headers));
    route.response_headers_to_remove.extend(policy.response_headers.remove.iter().cloned());
}

fn options(changes: &HeaderChanges) -> impl Iterator<Item = HeaderValueOption> {
    let set = changes.set.iter().map(|(name, value)| set(name, formatted(value)));
    let add = changes.add.iter();
    set.chain(add.map(|(name, value)| {
        option(name, formatted(value), HeaderAppendAction::AppendIfExistsOrAdd)
    }))
}

/// Takes the place of what is there; `value` is as Envoy's formatter reads it.
pub(super) fn set(name: &str, value: String) -> HeaderValueOption {
    option(name, value, HeaderAppendAction::OverwriteIfExistsOrAdd)
}

fn option(name: &str, value: String, action: HeaderAppendAction) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue { key: name.to_owned(), value, ..HeaderValue::default() }),
        append_action: action.into(),
        ..HeaderValueOption::default()
    }
}
