//! What of a request is hashed, so that requests that are alike go to the same endpoint.

use app::api::policy::{HashCookie, LoadBalancing};

use super::super::{
    proto::config::route::v3::{
        RouteAction,
        route_action::{
            HashPolicy,
            hash_policy::{ConnectionProperties, Cookie, CookieAttribute, Header, PolicySpecifier},
        },
    },
    protobuf,
};

pub(super) fn apply(balancing: &LoadBalancing, action: &mut RouteAction) {
    let on = &balancing.hash_on;
    let header = on.header.as_ref().map(|name| {
        PolicySpecifier::Header(Header { header_name: name.clone(), ..Header::default() })
    });
    let cookie = on.cookie.as_ref().map(|asked| PolicySpecifier::Cookie(cookie(asked)));
    let address = on
        .source_address
        .then_some(PolicySpecifier::ConnectionProperties(ConnectionProperties { source_ip: true }));
    let policies = [header, cookie, address].into_iter().flatten();
    let policy = |specifier| HashPolicy { policy_specifier: Some(specifier), terminal: false };
    action.hash_policy = policies.map(policy).collect();
}

fn cookie(asked: &HashCookie) -> Cookie {
    Cookie {
        name: asked.name.clone(),
        // without one Envoy would not set the cookie; none at all is until the browser is closed
        ttl: Some(protobuf::Duration { seconds: asked.ttl_s.unwrap_or_default().into(), nanos: 0 }),
        path: asked.path.clone().unwrap_or_else(|| "/".to_owned()),
        // Envoy adds `HttpOnly`
        attributes: vec![CookieAttribute { name: "SameSite".to_owned(), value: "Lax".to_owned() }],
    }
}
