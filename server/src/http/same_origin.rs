//! Keeps other websites out: a browser would send their requests here with its user's cookies, and
//! without a sign-in whatever it sends would be obeyed.
//!
//! * A request that changes something, or opens a websocket, must come from our own pages or from
//!   no page at all (curl, pipelines). A token instead of a cookie makes no exception.
//! * In open mode the host must be one of this machine's own names, so that a foreign name that
//!   resolves to us (DNS rebinding) reaches nothing. With a sign-in such a name reaches nothing but
//!   the sign-in: the browser keeps cookies by name. When the public URL is known, its host and
//!   this machine's names are all that is answered, except to who sends a token: no browser does
//!   that by itself, and whoever knows one may ask by a name inside a cluster, as Prometheus does.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Request, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{caller::bearer, error::ApiError};
use crate::auth::settings::{AccessSettings, PublicUrl, SignIn, is_same_authority};

/// Lets a request through or refuses it with 403.
pub(super) async fn guard(
    State(settings): State<Arc<AccessSettings>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let headers = request.headers();
    let host = host(headers, request.uri());
    // one that is not valid is refused right after
    let has_token = settings.sign_in == SignIn::Required && bearer(headers).is_some();
    if !has_token && !host.as_deref().is_none_or(|host| is_answered(&settings, host)) {
        return refuse("unknown-host", unknown_host(&settings));
    }
    let is_websocket = headers.contains_key(header::SEC_WEBSOCKET_KEY);
    let changes = !request.method().is_safe();
    if (changes || is_websocket) && is_foreign(&settings, headers, host.as_deref()) {
        return refuse("foreign-origin", "another website may not use this server");
    }
    next.run(request).await
}

fn refuse(code: &'static str, detail: impl Into<String>) -> Response {
    ApiError::new(StatusCode::FORBIDDEN, code, detail).into_response()
}

fn unknown_host(settings: &AccessSettings) -> String {
    let here = "this server is reached as localhost or by a loopback address";
    match &settings.public_url {
        Some(url) if settings.sign_in == SignIn::Required => {
            format!("this server is reached as {url}")
        }
        _ => here.to_owned(),
    }
}

/// Tells whether a browser says that another website has made the request.
fn is_foreign(settings: &AccessSettings, headers: &HeaderMap, host: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    text("origin").is_some_and(|origin| !is_own_origin(settings, origin, host))
}

/// Tells whether an origin is the host that the request asks for, or the public URL, which a proxy
/// may have replaced by a name of its own. The host's scheme is not known: a proxy may have
/// ended the TLS.
fn is_own_origin(settings: &AccessSettings, origin: &str, host: Option<&str>) -> bool {
    let is_host = origin.split_once("://").is_some_and(|(scheme, authority)| {
        host.is_some_and(|host| is_same_authority(scheme, authority, host))
    });
    is_host || settings.public_url.as_ref().is_some_and(|url| url.is_origin(origin))
}

fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let header = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default().to_owned());
    header.or_else(|| uri.authority().map(ToString::to_string))
}

fn is_answered(settings: &AccessSettings, host: &str) -> bool {
    let name = host_name(host);
    is_own_name(name)
        || settings.sign_in == SignIn::Required
            && settings.public_url.as_ref().map_or(!name.is_empty(), |url| is_host_of(url, name))
}

fn is_host_of(url: &PublicUrl, name: &str) -> bool {
    url.host().eq_ignore_ascii_case(name)
}

/// Returns a host without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

fn is_own_name(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn signed_in(public_url: Option<&str>) -> AccessSettings {
        let public_url = public_url.map(|url| url.parse().unwrap());
        AccessSettings { sign_in: SignIn::Required, public_url, ..AccessSettings::default() }
    }

    #[rstest]
    #[case("localhost:8888", true)]
    #[case("LOCALHOST", true)]
    #[case("127.0.0.1:8888", true)]
    #[case("127.0.0.1", true)]
    #[case("[::1]:8888", true)]
    #[case("[::1]", true)]
    #[case("evil.example:8888", false)]
    #[case("localhost.evil.example", false)]
    #[case("10.0.0.7:8888", false)]
    #[case("", false)]
    fn in_open_mode_only_this_machines_own_names_are_answered(
        #[case] host: &str,
        #[case] answered: bool,
    ) {
        assert_eq!(is_answered(&AccessSettings::default(), host), answered);
        let public_url = Some("https://evil.example".parse().unwrap());
        assert_eq!(
            is_answered(&AccessSettings { public_url, ..AccessSettings::default() }, host),
            answered
        );
    }

    #[rstest]
    #[case("localhost:8888", true, true)]
    #[case("[::1]:8888", true, true)]
    #[case("chancery.example.com", true, true)]
    #[case("Chancery.Example.com:443", true, true)]
    #[case("evil.example", true, false)]
    #[case("chancery.example.com.evil.example", true, false)]
    #[case("10.0.0.7:8888", true, false)]
    #[case("", false, false)]
    fn with_a_sign_in_any_name_is_answered_until_the_public_url_is_known(
        #[case] host: &str,
        #[case] unless_known: bool,
        #[case] if_known: bool,
    ) {
        assert_eq!(is_answered(&signed_in(None), host), unless_known);
        assert_eq!(is_answered(&signed_in(Some("https://chancery.example.com")), host), if_known);
    }

    fn foreign(
        settings: &AccessSettings,
        headers: &[(&'static str, &'static str)],
        host: &str,
    ) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        is_foreign(settings, &headers, Some(host))
    }

    #[rstest]
    #[case(&[], false)]
    #[case(&[("origin", "http://localhost:8888")], false)]
    #[case(&[("sec-fetch-site", "same-origin")], false)]
    #[case(&[("sec-fetch-site", "none")], false)]
    #[case(&[("origin", "http://evil.example")], true)]
    #[case(&[("origin", "http://localhost:9999")], true)]
    #[case(&[("origin", "http://localhost")], true)]
    #[case(&[("origin", "localhost:8888")], true)]
    #[case(&[("origin", "null")], true)]
    #[case(&[("origin", "")], true)]
    #[case(&[("sec-fetch-site", "cross-site")], true)]
    #[case(&[("sec-fetch-site", "same-site")], true)]
    #[case(&[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8888")], true)]
    #[case(&[("origin", "http://evil.example"), ("authorization", "Bearer x")], true)]
    fn a_request_made_by_another_website_is_told_apart(
        #[case] headers: &[(&'static str, &'static str)],
        #[case] expected: bool,
    ) {
        assert_eq!(foreign(&AccessSettings::default(), headers, "localhost:8888"), expected);
        assert_eq!(foreign(&signed_in(None), headers, "localhost:8888"), expected);
    }

    #[rstest]
    #[case("https://chancery.example.com", "chancery.example.com", false)]
    #[case("https://chancery.example.com", "chancery.example.com:443", false)]
    #[case("https://chancery.example.com", "10.0.0.7:8888", false)]
    #[case("http://chancery.example.com", "10.0.0.7:8888", true)]
    #[case("https://evil.example", "chancery.example.com", true)]
    #[case("https://chancery.example.com:8443", "chancery.example.com", true)]
    fn pages_of_the_public_url_are_ours_whatever_name_a_proxy_asks_for(
        #[case] origin: &'static str,
        #[case] host: &str,
        #[case] expected: bool,
    ) {
        let settings = signed_in(Some("https://chancery.example.com"));

        assert_eq!(foreign(&settings, &[("origin", origin)], host), expected);
    }
}
