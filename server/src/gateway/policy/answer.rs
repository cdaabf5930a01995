//! Answers that need no service: redirects, and texts of the gateway's own.

use app::api::policy::{Redirect, Respond};

use crate::gateway::{
    matching::Match,
    path::{Prefix, Rewrite},
    read::{Reader, check_text},
    rule::rules,
    service::host_of,
};

/// Longest body of an answer in bytes: Envoy's own limit
/// (`RouteConfiguration.max_direct_response_body_size_bytes`).
const BODY_MAX_BYTES: usize = 4096;

/// Longest media type in bytes; the longest registered ones are half of that.
const CONTENT_TYPE_MAX_BYTES: usize = 128;

/// Longest host in bytes (RFC 1035, section 2.3.4).
const HOST_MAX_BYTES: usize = 253;

/// Status codes that Envoy can redirect with.
const CODES: [u16; 5] = [301, 302, 303, 307, 308];

/// Status codes whose answers have no body (RFC 9110, section 6.4.1).
const WITHOUT_BODY: [u16; 3] = [204, 205, 304];

pub(super) fn redirect(reader: &Reader<'_>) -> Option<Redirect> {
    reader.object("redirect", |reader| {
        let whole = path(reader, "path");
        let prefix = path(reader, "prefix");
        if reader.has("path") && reader.has("prefix") {
            reader.wrong::<()>("prefix", "must be absent where there is `path`");
        }
        let changes = ["scheme", "host", "port", "path", "prefix"];
        let redirect = Redirect {
            scheme: reader
                .choice("scheme", &[("http", "http"), ("https", "https")])
                .map(str::to_owned),
            host: reader.parsed("host", "the name of a host", host),
            port: reader.number("port", 1..=u16::MAX, ""),
            path: whole,
            prefix,
            code: code(reader),
            strip_query: reader.flag("strip_query"),
        };
        if !changes.iter().any(|change| reader.has(change)) {
            reader.wrong_here(
                "must have at least one of `scheme`, `host`, `port`, `path` and `prefix`: else \
                 clients come back again and again",
            );
        }
        redirect
    })
}

fn path(reader: &Reader<'_>, key: &'static str) -> Option<String> {
    let parse = |text: &str| match text {
        "" => Err("is empty; it must begin with `/`".to_owned()),
        text => Rewrite::parse(text).map_err(|error| error.to_string()),
    };
    let path = reader.parsed(key, "a text that begins with `/`", parse)?;
    Some(path.as_str().to_owned())
}

/// Refuses a redirect that leads back to the mapping itself.
pub(super) fn check_place(redirect: Option<&Redirect>, prefix: &Prefix, reader: &Reader<'_>) {
    let Some(redirect) = redirect else { return };
    let is_elsewhere =
        redirect.scheme.is_some() || redirect.host.is_some() || redirect.port.is_some();
    let target = redirect.path.as_deref().or(redirect.prefix.as_deref());
    let place = rules(prefix, &Match::default(), &Rewrite::unchanged());
    if let Some(target) = target
        && !is_elsewhere
        && place.iter().any(|rule| rule.apply(target).is_some())
    {
        let message = format!(
            "leads back to `{prefix}`, which is redirected: clients would go round in circles"
        );
        reader.wrong::<()>("redirect", message);
    }
}

fn host(text: &str) -> Result<String, String> {
    check_text(text, &(1..=HOST_MAX_BYTES))?;
    host_of(text).map(|_| text.to_ascii_lowercase()).map_err(|error| error.to_string())
}

fn code(reader: &Reader<'_>) -> Option<u16> {
    let code = reader.number("code", 301..=308_u16, "")?;
    if !CODES.contains(&code) {
        return reader.wrong("code", "must be 301, 302, 303, 307 or 308");
    }
    // 301 is what it is anyway
    Some(code).filter(|code| *code != 301)
}

pub(super) fn respond(reader: &Reader<'_>) -> Option<Respond> {
    reader.object("respond", |reader| {
        let status = reader.number("status", 200..=599_u16, "");
        if !reader.has("status") {
            reader.wrong::<()>("status", "is missing; it must be a number from 200 to 599");
        }
        let body = reader.parsed("body", "a text", body).unwrap_or_default();
        if let Some(status) = status.filter(|status| WITHOUT_BODY.contains(status))
            && !body.is_empty()
        {
            reader.wrong::<()>("body", format!("must be absent: {status} has no body"));
        }
        let content_type = reader.parsed("content_type", "a media type", content_type);
        if content_type.is_some() && body.is_empty() {
            reader.wrong::<()>("content_type", "has no effect without `body`");
        }
        Respond { status: status.unwrap_or_default(), body, content_type }
    })
}

fn body(text: &str) -> Result<String, String> {
    if text.len() > BODY_MAX_BYTES {
        return Err(format!("is {} bytes long; at most {BODY_MAX_BYTES} are allowed", text.len()));
    }
    // a form sends the ends of lines in its own way
    let text = text.replace("\r\n", "\n");
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Some(_) => Err("must not have a control character but ends of lines and tabs".to_owned()),
        None => Ok(text),
    }
}

/// Checks `type/subtype` with parameters (RFC 9110, section 8.3.1), as far as a header needs it.
fn content_type(text: &str) -> Result<String, String> {
    check_text(text, &(1..=CONTENT_TYPE_MAX_BYTES))?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$&^_.+-".contains(c);
    let kind = text.split(';').next().unwrap_or_default().trim_end();
    let is_kind = kind.split_once('/').is_some_and(|(of, sub)| {
        !of.is_empty() && !sub.is_empty() && of.chars().chain(sub.chars()).all(is_token)
    });
    if !is_kind || !text.is_ascii() {
        return Err(format!("is `{text}`; a media type such as `text/html` is allowed"));
    }
    Ok(text.to_owned())
}
