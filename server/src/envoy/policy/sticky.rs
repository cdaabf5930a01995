//! Sessions that stay with an endpoint.

use std::time::Duration;

use app::api::policy::{Policy, StickySession};
use envoy_types::util::pack_any;

use super::{
    super::{
        config::duration,
        filters::{Piece, Step},
        proto::{
            config::core::v3::TypedExtensionConfig,
            extensions::{
                filters::http::stateful_session::v3::StatefulSession,
                http::stateful_session::cookie::v3::CookieBasedSessionState,
            },
            r#type::http::v3::Cookie,
        },
    },
    piece,
};

/// Envoy finds this extension by its name alone.
const COOKIE: &str = "envoy.http.stateful_session.cookie";

pub(super) fn pieces(policy: &Policy) -> Option<Piece> {
    let session = policy.sticky_session.as_ref()?;
    let state = CookieBasedSessionState { cookie: Some(cookie(session)) };
    let filter = StatefulSession {
        session_state: Some(TypedExtensionConfig {
            name: COOKIE.to_owned(),
            typed_config: Some(pack_any(state)),
        }),
        ..StatefulSession::default()
    };
    Some(piece(Step::StickySession, "envoy.filters.http.stateful_session", filter))
}

fn cookie(session: &StickySession) -> Cookie {
    Cookie {
        name: session.cookie.clone(),
        path: session.path.clone().unwrap_or_else(|| "/".to_owned()),
        // zero: until the browser is closed
        ttl: Some(duration(Duration::from_secs(session.ttl_s.unwrap_or_default().into()))),
        ..Cookie::default()
    }
}
