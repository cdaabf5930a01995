//! Refuses secrets in a URL: they would stand in logs, in the browser's history and in `Referer`.
//!
//! The refusal repeats nothing of the URL, and stands before everything that could write it down.

use axum::{
    body::Body,
    http::{Request, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;
use crate::auth::secret::TOKEN_PREFIX;

/// Parameters by which other servers take tokens; none of ours has such a name.
const NAMES: [&str; 6] = ["token", "access_token", "auth_token", "api_key", "api-key", "apikey"];

/// Lets a request through, or refuses it with 400.
pub(super) async fn refuse(request: Request<Body>, next: Next) -> Response {
    if request.uri().query().is_some_and(has_secret) {
        let detail = "a token must not be in a URL, which logs and browsers keep: send it as \
            `Authorization: Bearer …`, and revoke this one";
        return ApiError::new(StatusCode::BAD_REQUEST, "token-in-url", detail).into_response();
    }
    next.run(request).await
}

/// Tells whether a query has a parameter that is, or should be, a secret.
fn has_secret(query: &str) -> bool {
    // what can't be read as pairs has no parameter for anyone, and no handler takes it
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    pairs.iter().any(|(name, value)| {
        NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
            || has_token(name)
            || has_token(value)
    })
}

/// Tells whether a text begins as one of our tokens, or has one after a mark, such as a space.
fn has_token(text: &str) -> bool {
    text.match_indices(TOKEN_PREFIX).any(|(start, _)| {
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-')
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("token=x")]
    #[case("q=a&access_token=")]
    #[case("Token=x")]
    #[case("API_KEY=x")]
    #[case("apikey")]
    #[case("%74oken=x")]
    #[case("q=chy_x")]
    #[case("q=%63hy_x")]
    #[case("q=%63%68%79%5Fx")]
    #[case("authorization=Bearer+chy_x")]
    #[case("return_to=%2Fmappings%3Fq%3Dchy_x")]
    #[case("chy_x")]
    #[case("a=b;c&&=&q=chy_x")]
    #[case("bad=%ff%zz&q=chy_x")]
    fn a_secret_is_found_however_it_is_written(#[case] query: &str) {
        assert!(has_secret(query));
    }

    #[rstest]
    #[case("")]
    #[case("q=token")]
    #[case("q=tokens&sort=name")]
    #[case("next_page_token=7")]
    #[case("q=archy_tecture")]
    #[case("q=chy")]
    #[case("prefix=/access_token/")]
    #[case("code=4%2F0Adeu5B&state=AAAA-B_c&iss=https%3A%2F%2Fid.example.com&session_state=7")]
    fn what_only_looks_alike_is_let_through(#[case] query: &str) {
        assert!(!has_secret(query));
    }
}
