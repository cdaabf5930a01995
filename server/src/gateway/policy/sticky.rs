//! Which endpoint a client stays with.

use app::api::{policy::StickySession, problem::FieldError};

use super::streams::is_token;
use crate::gateway::{
    path::Prefix,
    read::{Reader, check_text},
};

/// Longest name of a cookie in bytes.
const COOKIE_MAX_BYTES: usize = 64;

/// Longest path of a cookie in bytes.
const PATH_MAX_BYTES: usize = 256;

/// Longest session in seconds: a year.
const TTL_MAX_S: u32 = 365 * 24 * 60 * 60;

pub(super) fn read(reader: &Reader<'_>) -> Option<StickySession> {
    let session = reader.object("sticky_session", |reader| {
        let cookie = reader.required("cookie", "the name of a cookie", cookie);
        let path = reader.parsed("path", "a text that begins with `/`", path);
        let ttl_s = reader.number("ttl_s", 0..=TTL_MAX_S, "seconds");
        StickySession {
            cookie: cookie.unwrap_or_default(),
            path: path.filter(|path| path != "/"),
            ttl_s: ttl_s.filter(|seconds| *seconds > 0),
        }
    })?;
    let backends = reader.value("backends").and_then(|backends| backends.as_array());
    if backends.is_some_and(|backends| backends.len() > 1) {
        let message = "must be absent where there are several `backends`: each request is drawn \
                       among them anew, whatever endpoint the client had before";
        reader.wrong::<()>("sticky_session", message);
    }
    Some(session)
}

/// Refuses a session that no request of the mapping would belong to.
pub(super) fn check_place(session: Option<&StickySession>, prefix: &Prefix, reader: &Reader<'_>) {
    let Some(path) = session.and_then(|session| session.path.as_deref()) else { return };
    let prefix = prefix.as_str();
    let (above, below) = (path.to_ascii_lowercase(), prefix.to_ascii_lowercase());
    if !below.starts_with(&above) && !above.starts_with(&below) {
        let pointer = "/sticky_session/path".to_owned();
        let message = format!("has no request of the mapping, which is at `{prefix}`");
        reader.take_in(vec![FieldError { pointer, message }]);
    }
}

fn cookie(text: &str) -> Result<String, String> {
    check_text(text, &(1..=COOKIE_MAX_BYTES))?;
    if !is_token(text) {
        return Err(format!("is `{text}`; letters, digits, `-`, `_` and `.` are allowed"));
    }
    let lower = text.to_ascii_lowercase();
    if ["__host-", "__secure-"].iter().any(|start| lower.starts_with(start)) {
        return Err(format!(
            "is `{text}`; browsers take such a cookie only with `Secure`, which it does not have"
        ));
    }
    Ok(text.to_owned())
}

/// Checks the path of a cookie (RFC 6265, section 4.1.1).
fn path(text: &str) -> Result<String, String> {
    check_text(text, &(1..=PATH_MAX_BYTES))?;
    if !text.starts_with('/') {
        return Err(format!("is `{text}`; it must begin with `/`"));
    }
    let is_wrong = |c: &char| !c.is_ascii_graphic() || ";,\"\\?#".contains(*c);
    match text.chars().find(is_wrong) {
        Some(wrong) => Err(format!("must not have {wrong:?}")),
        None => Ok(text.to_owned()),
    }
}
