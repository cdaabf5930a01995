//! The headers that keep browsers safe, on every answer: pages, files, the API, refusals, and what
//! a panic leaves.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Request, header},
    middleware::Next,
    response::Response,
};

use crate::auth::settings::AccessSettings;

/// For pages: nothing from elsewhere, and no inline script. WebAssembly must be compiled, which
/// `wasm-unsafe-eval` allows, and nothing else.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// For what is no page: should a browser ever show it as one, it can do nothing.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// What pages never use, in names that browsers know: they complain of others. Writing to the
/// clipboard is not in it: the pages copy on a click.
const PERMISSIONS: &str = "accelerometer=(), camera=(), clipboard-read=(), display-capture=(), \
    geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=()";

/// A year, the shortest that browsers' own lists take. Not for subdomains, which may be others'.
const HTTPS_ONLY: &str = "max-age=31536000";

/// The same for all answers.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// Adds the headers to the answer.
pub(super) async fn secure(
    State(settings): State<Arc<AccessSettings>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    complete(&settings, response.headers_mut());
    response
}

fn complete(settings: &AccessSettings, headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if settings.is_secure() {
        let value = HeaderValue::from_static(HTTPS_ONLY);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    let kind = headers.get(header::CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let policy = if is_page { PAGE_POLICY } else { DATA_POLICY };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    // what may be kept says so itself: files that are named by their content, and the document
    headers.entry(header::CACHE_CONTROL).or_insert_with(|| HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn completed(settings: &AccessSettings, before: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers: HeaderMap = before
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        complete(settings, &mut headers);
        headers
    }

    #[rstest]
    #[case("text/html; charset=utf-8", PAGE_POLICY)]
    #[case("application/json", DATA_POLICY)]
    #[case("application/problem+json", DATA_POLICY)]
    #[case("text/plain", DATA_POLICY)]
    #[case("text/javascript; charset=utf-8", DATA_POLICY)]
    fn only_a_page_may_load_anything(#[case] kind: &'static str, #[case] policy: &str) {
        let headers = completed(&AccessSettings::default(), &[(header::CONTENT_TYPE, kind)]);

        assert_eq!(headers["content-security-policy"], policy);
    }

    #[rstest]
    #[case(None, None)]
    #[case(Some("http://chancery.example.com"), None)]
    #[case(Some("https://chancery.example.com"), Some("max-age=31536000"))]
    fn browsers_are_told_to_come_by_tls_only_where_there_is_tls(
        #[case] public_url: Option<&str>,
        #[case] expected: Option<&str>,
    ) {
        let public_url = public_url.map(|url| url.parse().unwrap());
        let settings = AccessSettings { public_url, ..AccessSettings::default() };

        let headers = completed(&settings, &[]);

        let found = headers.get("strict-transport-security").map(|value| value.to_str().unwrap());
        assert_eq!(found, expected);
    }

    #[rstest]
    #[case(&[], "no-store")]
    #[case(&[(header::CACHE_CONTROL, "public, max-age=31536000, immutable")], "public, max-age=31536000, immutable")]
    #[case(&[(header::CACHE_CONTROL, "no-cache")], "no-cache")]
    fn nothing_is_kept_that_does_not_say_so(
        #[case] before: &[(HeaderName, &'static str)],
        #[case] expected: &str,
    ) {
        assert_eq!(completed(&AccessSettings::default(), before)["cache-control"], expected);
    }
}
