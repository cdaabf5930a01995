//! What a mapping asks for besides its place and its service: only what is set, in words.

use leptos::prelude::*;

use super::Address;
use crate::api::mapping::Mapping;
use crate::api::policy::{Policy, Redirect};
use crate::components::card::Card;
use crate::fields::{facts, label_of};

/// Shows what is set; nothing where all is at its default.
pub(super) fn card(address: &Address, mapping: &Mapping) -> impl IntoView + use<> {
    let facts = facts(&mapping.policy);
    if facts.is_empty() {
        return None;
    }
    let fact = |(key, text): (String, String)| {
        view! {
            <dt>{label_of(&key)}</dt>
            <dd class="mono">{text}</dd>
        }
    };
    let edit = address.may_change.then(|| view! { <a href=address.action("/edit")>"Change"</a> });
    let aside = edit.map(IntoAny::into_any).unwrap_or_else(|| ().into_any());

    Some(view! {
        <Card title="Policy" testid="policy" aside=aside>
            <dl class="facts card-body policy">{facts.into_iter().map(fact).collect_view()}</dl>
        </Card>
    })
}

/// Says what the gateway answers by itself; `None` where a service does.
pub(super) fn answer(policy: &Policy) -> Option<String> {
    if let Some(redirect) = &policy.redirect {
        return Some(format!("{} to {}", redirect.code.unwrap_or(301), target(redirect)));
    }
    policy.respond.as_ref().map(|respond| format!("{} at once", respond.status))
}

/// Writes where a redirect leads; what stays as it was is left out.
fn target(redirect: &Redirect) -> String {
    let scheme = redirect.scheme.as_deref().map(|scheme| format!("{scheme}://"));
    let host = match (&scheme, &redirect.host) {
        (_, Some(host)) => host.clone(),
        (Some(_), None) => "the same host".to_owned(),
        (None, None) => String::new(),
    };
    let port = redirect.port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = redirect.path.clone().or_else(|| redirect.prefix.clone()).unwrap_or_default();
    format!("{}{host}{port}{path}", scheme.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_by_what_it_changes() {
        let redirect = |redirect| answer(&Policy { redirect: Some(redirect), ..Policy::default() });
        let https = Redirect { scheme: Some("https".to_owned()), ..Redirect::default() };
        let moved = Redirect {
            host: Some("a.example".to_owned()),
            prefix: Some("/new/".to_owned()),
            code: Some(308),
            ..Redirect::default()
        };

        assert_eq!(redirect(https).as_deref(), Some("301 to https://the same host"));
        assert_eq!(redirect(moved).as_deref(), Some("308 to a.example/new/"));
        assert_eq!(answer(&Policy::default()), None);
    }
}
