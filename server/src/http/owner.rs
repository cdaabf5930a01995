//! `/api/v1/owner`: to whom a URL belongs.

use app::api::claim::{Granted, Owner, Protected, UrlOwner};
use axum::{
    Json,
    extract::{RawQuery, State},
};

use super::{caller::Caller, error::ApiError, openapi::words::tag, query::Params, state::AppState};
use crate::{
    auth::{
        access::Access,
        claim::{HostPattern, Territory},
        entity::Claim,
    },
    gateway::{path::Prefix, request::Request, request_path::normalized},
};

/// Longest URL in bytes: longer than any that people paste.
const URL_MAX_BYTES: usize = 4096;

/// Tells to whom a URL belongs
///
/// For everyone who has signed in: the team, how to reach it, and who else may use the place. The
/// mapping that serves it is named to who may know it.
#[utoipa::path(
    get,
    path = "/api/v1/owner",
    operation_id = "getOwner",
    tag = tag::OWNERSHIP,
    params(("url" = String, Query, description = "A URL, with or without scheme and host, or a path", example = "https://api.example.com/user/42?x=1")),
    responses((status = OK, description = "Whose it is, or that it is nobody's", body = UrlOwner)),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<UrlOwner>, ApiError> {
    let params = Params::read(query.as_deref());
    let url = params.text("url", URL_MAX_BYTES);
    if url.is_none() {
        params.wrong::<()>("url", "is missing; it must be a URL or a path".to_owned());
    }
    let place = url.as_deref().map(place_of);
    let place = place.and_then(|(host, path)| {
        let host =
            HostPattern::parse(&host).map_err(|error| params.wrong::<()>("url", error.to_string()));
        let prefix = Prefix::parse(&path);
        let prefix = prefix.map_err(|error| params.wrong::<()>("url", error.to_string()));
        Some((host.ok()?, prefix.ok()?))
    });
    params.finish()?;
    let Some((host, prefix)) = place else { return Err(ApiError::internal()) };
    let territory = Territory::of(&prefix);
    let host_name = if host == HostPattern::Any { String::new() } else { host.to_string() };
    let query = url.as_deref().and_then(|url| url.split('#').next()?.split_once('?'));
    let query = query.map(|(_, query)| query.to_owned()).unwrap_or_default();
    let request = Request { host: host_name, query, ..Request::of_path(prefix.as_str()) };
    let access = state.access();
    let claim = access.owner_of(&host, &territory);
    let now = state.clock.now();
    let grants = claim.map(|claim| claim.grants.as_slice()).unwrap_or_default().iter();
    let grants = grants.filter(|grant| grant.territory.covers(&territory));
    let gateway = state.gateway();
    let served = gateway.table.explain(&request).map(|(mapping, _)| mapping);
    let seen = served.filter(|mapping| caller.sight().sees(&mapping.spec.team));
    Ok(Json(UrlOwner {
        host: host.to_string(),
        path: prefix.to_string(),
        owner: claim.map(|claim| owner(&access, claim)),
        granted: grants
            .filter(|grant| grant.is_in_force(now))
            .map(|grant| Granted {
                team: grant.team.to_string(),
                prefix: grant.territory.to_string(),
                until: grant.until,
            })
            .collect(),
        protection: access.protection_of(&territory).map(|protection| Protected {
            prefix: protection.territory.to_string(),
            approvers: protection.approvers.to_string(),
            needed: protection.needed,
        }),
        is_served: served.is_some(),
        mapping: seen.map(|mapping| Box::new(gateway.view(mapping))),
    }))
}

fn owner(access: &Access, claim: &Claim) -> Owner {
    let team = access.team(&claim.team);
    Owner {
        team: claim.team.to_string(),
        title: team.map(|team| team.title.clone()).unwrap_or_default(),
        contact: team.map(|team| team.contact.clone()).unwrap_or_default(),
        claim: claim.id.0,
        host: claim.host.to_string(),
        prefix: claim.territory.to_string(),
        note: claim.note.clone(),
    }
}

/// Splits what was pasted into a host and the path as the gateway compares it; `*` is every host.
///
/// What begins with a slash is a path; what has a scheme, or a dot or a port in its first part, has
/// a host.
fn place_of(url: &str) -> (String, String) {
    let url = url.trim();
    let after_scheme = url.split_once("://").map(|(_, rest)| rest);
    let rest = after_scheme.unwrap_or(url);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (first, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let is_host = after_scheme.is_some()
        || first == "*"
        || (!first.is_empty() && first.contains(['.', ':']) && !first.starts_with('.'));
    if !is_host {
        return ("*".to_owned(), normalized(rest));
    }
    let host = first.rsplit_once('@').map_or(first, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    // an IPv6 address can't be claimed: only claims for every host cover it
    let host = if host.is_empty() || host.contains([':', '[']) { "*" } else { host };
    (host.trim_end_matches('.').to_owned(), normalized(path))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://API.example.com:8443/user/42?x=1#a", "API.example.com", "/user/42")]
    #[case("http://gateway", "gateway", "/")]
    #[case("api.example.com/user//42", "api.example.com", "/user/42")]
    #[case("localhost:8080/a", "localhost", "/a")]
    #[case("/user/../admin", "*", "/admin")]
    #[case("user/42", "*", "/user/42")]
    #[case("http://[::1]:8080/a", "*", "/a")]
    #[case("http://me:secret@host.example/a", "host.example", "/a")]
    #[case("*/a", "*", "/a")]
    #[case(" https://a.example./x ", "a.example", "/x")]
    fn whatever_one_pastes_is_a_host_and_a_path(
        #[case] url: &str,
        #[case] host: &str,
        #[case] path: &str,
    ) {
        assert_eq!(place_of(url), (host.to_owned(), path.to_owned()));
    }
}
