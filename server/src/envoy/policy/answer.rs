//! Redirects, and answers of the gateway's own.

use app::api::policy as wire;

use super::{
    super::proto::config::{
        core::v3::{DataSource, data_source::Specifier},
        route::v3::{
            DirectResponseAction, RedirectAction, Route,
            redirect_action::{PathRewriteSpecifier, RedirectResponseCode, SchemeRewriteSpecifier},
        },
    },
    PathChange,
    headers::set,
};

pub(super) fn redirect(redirect: &wire::Redirect, path: PathChange) -> RedirectAction {
    let whole = redirect.path.clone().map(PathRewriteSpecifier::PathRedirect);
    let changed = match path {
        PathChange::None => None,
        PathChange::Matched(replacement) => Some(PathRewriteSpecifier::PrefixRewrite(replacement)),
        PathChange::Regex(change) => Some(PathRewriteSpecifier::RegexRewrite(change)),
    };
    RedirectAction {
        host_redirect: redirect.host.clone().unwrap_or_default(),
        port_redirect: redirect.port.map(u32::from).unwrap_or_default(),
        response_code: code(redirect.code).into(),
        strip_query: redirect.strip_query,
        scheme_rewrite_specifier: redirect
            .scheme
            .clone()
            .map(SchemeRewriteSpecifier::SchemeRedirect),
        path_rewrite_specifier: whole.or(changed),
    }
}

fn code(code: Option<u16>) -> RedirectResponseCode {
    match code {
        Some(302) => RedirectResponseCode::Found,
        Some(303) => RedirectResponseCode::SeeOther,
        Some(307) => RedirectResponseCode::TemporaryRedirect,
        Some(308) => RedirectResponseCode::PermanentRedirect,
        _ => RedirectResponseCode::MovedPermanently,
    }
}

pub(super) fn respond(respond: &wire::Respond) -> DirectResponseAction {
    let body = Some(&respond.body).filter(|body| !body.is_empty());
    DirectResponseAction {
        status: respond.status.into(),
        body: body.map(|body| DataSource {
            specifier: Some(Specifier::InlineString(body.clone())),
            ..DataSource::default()
        }),
        ..DirectResponseAction::default()
    }
}

/// Says what the body is: Envoy would call it `text/plain`.
pub(super) fn content_type(respond: &wire::Respond, route: &mut Route) {
    if let Some(kind) = &respond.content_type {
        route.response_headers_to_add.push(set("content-type", kind.clone()));
    }
}
