//! Keeps other websites out: without a sign-in, whatever a browser sends here would be obeyed.
//!
//! * A request that changes something, or opens a websocket, must come from our own pages or from
//!   no page at all (curl, pipelines).
//! * The host must be one of this machine's own names, so that a foreign name that resolves to
//!   us (DNS rebinding) reaches nothing.

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;

/// Lets a request through or refuses it with 403.
pub(super) async fn guard(request: Request<Body>, next: Next) -> Response {
    let headers = request.headers();
    let host = host(headers, request.uri());
    if !host.as_deref().is_none_or(is_own_name) {
        return refuse(
            "unknown-host",
            "this server is reached as localhost or by a loopback address",
        );
    }
    let is_websocket = headers.contains_key(header::SEC_WEBSOCKET_KEY);
    let changes = !request.method().is_safe();
    if (changes || is_websocket) && is_foreign(headers, host.as_deref()) {
        return refuse("foreign-origin", "another website may not use this server");
    }
    next.run(request).await
}

fn refuse(code: &'static str, detail: &str) -> Response {
    ApiError::new(StatusCode::FORBIDDEN, code, detail).into_response()
}

/// Tells whether a browser says that another website has made the request.
fn is_foreign(headers: &HeaderMap, host: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    text("origin").is_some_and(|origin| {
        let authority = origin.split_once("://").map(|(_scheme, authority)| authority);
        authority.is_none() || authority != host
    })
}

fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let header = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default().to_owned());
    header.or_else(|| uri.authority().map(ToString::to_string))
}

fn is_own_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("localhost:8888", true)]
    #[case("127.0.0.1:8888", true)]
    #[case("127.0.0.1", true)]
    #[case("[::1]:8888", true)]
    #[case("evil.example:8888", false)]
    #[case("10.0.0.7:8888", false)]
    #[case("", false)]
    fn only_this_machines_own_names_are_answered(#[case] host: &str, #[case] own: bool) {
        assert_eq!(is_own_name(host), own);
    }

    #[rstest]
    #[case(&[], false)]
    #[case(&[("origin", "http://localhost:8888")], false)]
    #[case(&[("sec-fetch-site", "same-origin")], false)]
    #[case(&[("origin", "http://evil.example")], true)]
    #[case(&[("origin", "http://localhost:9999")], true)]
    #[case(&[("origin", "null")], true)]
    #[case(&[("sec-fetch-site", "cross-site")], true)]
    #[case(&[("sec-fetch-site", "same-site")], true)]
    fn a_request_made_by_another_website_is_told_apart(
        #[case] headers: &[(&'static str, &'static str)],
        #[case] foreign: bool,
    ) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();

        assert_eq!(is_foreign(&headers, Some("localhost:8888")), foreign);
    }
}
