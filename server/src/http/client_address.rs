//! Where a request comes from: what lockout counts by, and what the audit writes down.
//!
//! ```text
//! client ─▶ proxy 2 ─▶ proxy 1 ─▶ us      --trusted-proxies 2
//!                      X-Forwarded-For: what the client claims, client, proxy 2
//!                                                               └─ 2nd from the right
//! ```
//! Each proxy adds the address that it was called from. What stands further left was written by
//! the client, and is not believed.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, FromRequestParts, State},
    http::{HeaderMap, HeaderName, Request, request::Parts},
    middleware::Next,
    response::Response,
};

use tracing::error;

use super::error::ApiError;
use crate::auth::settings::AccessSettings;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client: an extension of every request that came by the listener, and a
/// handler's argument. What calls the API in process must hand its own on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientAddress(pub(super) IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get().copied().ok_or_else(|| {
            error!("a request for `{}` came without its client's address", parts.uri.path());
            ApiError::internal()
        })
    }
}

/// Notes the address with the request.
pub(super) async fn note(
    State(settings): State<Arc<AccessSettings>>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let address = client_address(peer.ip(), request.headers(), settings.trusted_proxies);
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

/// Returns the entry of the outermost of our proxies, or the peer when it is none of them: when
/// there are fewer entries than proxies, or that entry is no address.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted_proxies: usize) -> IpAddr {
    let Some(before_last) = trusted_proxies.checked_sub(1) else { return peer.to_canonical() };
    // several headers are one list (RFC 9110, section 5.3)
    let entries: Vec<_> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .collect();
    let entry = entries.iter().rev().nth(before_last);
    entry.and_then(|entry| address(entry)).unwrap_or(peer).to_canonical()
}

/// Reads an address; some proxies add the port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::StatusCode, middleware, routing::get};
    use http_body_util::BodyExt;
    use proptest::prelude::*;
    use rstest::rstest;
    use tower::ServiceExt;

    use super::*;

    const PEER: &str = "10.0.0.1";

    fn found(lines: &[&str], trusted: usize) -> String {
        let lines = lines.iter().map(|line| (FORWARDED_FOR, line.parse().unwrap()));
        client_address(PEER.parse().unwrap(), &lines.collect(), trusted).to_string()
    }

    #[rstest]
    #[case(&[], 0, PEER)]
    #[case(&["192.0.2.7"], 0, PEER)]
    #[case(&["192.0.2.7"], 1, "192.0.2.7")]
    #[case(&["6.6.6.6, 192.0.2.7"], 1, "192.0.2.7")]
    #[case(&["6.6.6.6, 192.0.2.7, 10.0.0.2"], 2, "192.0.2.7")]
    #[case(&["6.6.6.6", "192.0.2.7,10.0.0.2"], 2, "192.0.2.7")]
    #[case(&["192.0.2.7:51000"], 1, "192.0.2.7")]
    #[case(&["2001:db8::1"], 1, "2001:db8::1")]
    #[case(&["[2001:db8::1]"], 1, "2001:db8::1")]
    #[case(&["[2001:db8::1]:51000"], 1, "2001:db8::1")]
    #[case(&["::ffff:192.0.2.7"], 1, "192.0.2.7")]
    fn the_entry_of_the_outermost_proxy_of_ours_counts(
        #[case] lines: &[&str],
        #[case] trusted: usize,
        #[case] expected: &str,
    ) {
        assert_eq!(found(lines, trusted), expected);
    }

    #[rstest]
    #[case(&[], 1)]
    #[case(&["192.0.2.7"], 2)]
    #[case(&["unknown"], 1)]
    #[case(&["192.0.2.7, "], 1)]
    #[case(&["192.0.2.7, _hidden"], 1)]
    fn without_such_an_entry_it_is_the_peer(#[case] lines: &[&str], #[case] trusted: usize) {
        assert_eq!(found(lines, trusted), PEER);
    }

    /// Asks a handler, behind one proxy of ours, from where the request came.
    async fn told(request: Request<Body>) -> (StatusCode, String) {
        let settings = Arc::new(AccessSettings { trusted_proxies: 1, ..AccessSettings::default() });
        let router: Router = Router::new()
            .route(
                "/",
                get(|ClientAddress(address): ClientAddress| async move { address.to_string() }),
            )
            .layer(middleware::from_fn_with_state(settings, note));
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_handler_is_told_the_address() {
        let peer: SocketAddr = "10.0.0.1:50000".parse().unwrap();
        let request = || Request::get("/").extension(ConnectInfo(peer));
        let direct = request().body(Body::empty()).unwrap();
        let proxied = request().header(FORWARDED_FOR, "192.0.2.7").body(Body::empty()).unwrap();
        let in_process = Request::get("/").body(Body::empty()).unwrap();

        assert_eq!(told(direct).await, (StatusCode::OK, "10.0.0.1".to_owned()));
        assert_eq!(told(proxied).await, (StatusCode::OK, "192.0.2.7".to_owned()));
        assert_eq!(told(in_process).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    }

    proptest! {
        /// What the client itself writes never matters.
        #[test]
        fn a_client_can_not_choose_its_address(claimed in "[ -~]{0,60}", trusted in 0..4_usize) {
            let ours = ["192.0.2.7", "10.0.0.3", "10.0.0.2"];
            let added = &ours[..trusted.min(3)];
            let line = [&[claimed.as_str()], added].concat().join(", ");

            let expected = added.first().copied().unwrap_or(PEER);
            prop_assert_eq!(found(&[&line], trusted), expected);
        }
    }
}
