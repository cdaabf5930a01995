//! Reads the headers that make a request conditional, or make it happen once (RFC 9110, section
//! 13; `Idempotency-Key`).

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::error::ApiError;
use crate::{
    auth::principal::Author,
    gateway::mapping::Revision,
    store::{Condition, Once},
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest key in bytes: a UUID and what a pipeline likes to put in front of it.
pub(super) const KEY_MAX_BYTES: usize = 200;

/// Returns the entity tag of a revision: the content changes exactly when the revision does.
pub(super) fn tag(revision: u64) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{revision}\"")).ok()
}

/// Tells whether the caller has the content with this tag already.
pub(super) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    tags(headers, &header::IF_NONE_MATCH)
        .map(|known| known.trim_start_matches("W/"))
        .any(|known| known == "*" || known.as_bytes() == tag.as_bytes())
}

/// Reads what a write depends on.
///
/// # Errors
/// 400 for an `If-None-Match` other than `*`, which no write here understands.
pub(super) fn of_write(headers: &HeaderMap) -> Result<Condition, ApiError> {
    if headers.contains_key(header::IF_NONE_MATCH) {
        if headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == "*") {
            return Ok(Condition::Absent);
        }
        let detail = "a write understands only `If-None-Match: *`";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "malformed-request", detail));
    }
    if !headers.contains_key(header::IF_MATCH) {
        return Ok(Condition::Any);
    }
    let tags: Vec<_> = tags(headers, &header::IF_MATCH).collect();
    if tags.contains(&"*") {
        return Ok(Condition::Present);
    }
    // a tag that is none of ours, or weak, is that of no revision
    let revision = |tag: &str| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok();
    Ok(Condition::Revision(tags.into_iter().filter_map(revision).map(Revision).collect()))
}

/// Reads the key under which a creation of `author` happens once; `what` and `body` are what it creates.
///
/// # Errors
/// 400 for a key that is empty, too long or not printable.
pub(super) fn once(
    headers: &HeaderMap,
    author: &Author,
    what: &str,
    body: &Map<String, Value>,
) -> Result<Option<Once>, ApiError> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let is_printable = |key: &&str| key.bytes().all(|byte| byte.is_ascii_graphic());
    match key.to_str().ok().filter(is_printable) {
        Some(key) if (1..=KEY_MAX_BYTES).contains(&key.len()) => {
            // keys of a JSON object are sorted here, however they were written
            let content = serde_json::to_string(body).unwrap_or_default();
            Ok(Some(Once::new(&format!("{} {key}", author.who), &format!("{what}\n{content}"))))
        }
        _ => {
            let detail = format!(
                "`Idempotency-Key` must be 1 to {KEY_MAX_BYTES} printable ASCII characters without spaces"
            );
            Err(ApiError::new(StatusCode::BAD_REQUEST, "malformed-request", detail))
        }
    }
}

fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::auth::principal::Who;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        [(name, HeaderValue::from_static(value))].into_iter().collect()
    }

    #[rstest]
    #[case("\"a\"", true)]
    #[case("W/\"a\"", true)]
    #[case("\"b\", \"a\"", true)]
    #[case("*", true)]
    #[case("\"b\"", false)]
    #[case("a", false)]
    fn what_the_caller_has_is_not_sent_again(#[case] asked: &'static str, #[case] known: bool) {
        let headers = headers(header::IF_NONE_MATCH, asked);

        assert_eq!(is_known(&headers, &HeaderValue::from_static("\"a\"")), known);
    }

    #[rstest]
    #[case("*", Condition::Present)]
    #[case("\"7\"", Condition::Revision(vec![Revision(7)]))]
    #[case("\"7\", \"8\"", Condition::Revision(vec![Revision(7), Revision(8)]))]
    #[case("W/\"7\"", Condition::Revision(vec![]))]
    #[case("7", Condition::Revision(vec![]))]
    #[case("", Condition::Revision(vec![]))]
    fn a_write_depends_on_the_revisions_that_it_names(
        #[case] asked: &'static str,
        #[case] expected: Condition,
    ) {
        assert_eq!(of_write(&headers(header::IF_MATCH, asked)).unwrap(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("a b")]
    fn a_key_that_is_no_key_is_refused(#[case] key: &'static str) {
        assert!(
            once(&headers(IDEMPOTENCY_KEY, key), &Author::of(Who::Open), "create", &Map::new())
                .is_err()
        );
    }
}
