//! Tokens of an issuer (RFC 7519).

use app::api::policy::{ClaimHeader, Jwt, RequiredClaim, TokenFrom};

use super::jwks;
use crate::gateway::{
    matching::read::header_name,
    policy::headers,
    read::{Reader, check_text, list_of},
    service::Service,
};

/// Most audiences of a mapping.
const AUDIENCES_MAX: usize = 20;

/// Longest issuer, audience or value of a claim in bytes.
const VALUE_MAX_BYTES: usize = 256;

/// Longest URL in bytes: what Envoy fetches from is no longer.
const URL_MAX_BYTES: usize = 512;

/// How long fetched keys are used unless the mapping says so, in seconds.
pub const CACHE_S: u32 = 300;

/// Longest time for which fetched keys are used, in seconds: a day. A key that its issuer has taken
/// back is good for so long.
const CACHE_MAX_S: u32 = 24 * 60 * 60;

/// Longest name of a parameter or cookie in bytes.
const NAME_MAX_BYTES: usize = 64;

/// Longest name of a claim in bytes; some are URLs.
const CLAIM_MAX_BYTES: usize = 128;

/// Most claims that become headers, and that are required.
const CLAIMS_MAX: usize = 20;

/// Most values of which a claim must have one.
const VALUES_MAX: usize = 20;

/// Where tokens stand unless the mapping says so (RFC 6750, section 2.1).
const HEADER: &str = "authorization";

pub(super) fn read(reader: &Reader<'_>) -> Option<Jwt> {
    reader.object("jwt", |reader| {
        let from = reader.object("from", from).unwrap_or_default();
        let holder = from
            .header
            .clone()
            .or_else(|| (from == TokenFrom::default()).then(|| HEADER.to_owned()));
        let jwt = Jwt {
            issuer: reader.required("issuer", "what the claim `iss` is", value).unwrap_or_default(),
            audiences: sorted(reader.texts("audiences", AUDIENCES_MAX, value)),
            jwks_url: reader.parsed("jwks_url", "a URL such as `https://host/jwks`", jwks_url),
            jwks: jwks::read(reader),
            cache_s: reader
                .number("cache_s", 1..=CACHE_MAX_S, "seconds")
                .filter(|seconds| *seconds != CACHE_S),
            forward: reader.flag("forward"),
            claims_to_headers: claims_to_headers(reader, holder.as_deref()),
            required_claims: reader.objects("required_claims", CLAIMS_MAX, required_claim),
            from,
        };
        match (reader.has("jwks_url"), reader.has("jwks")) {
            (false, false) => reader.wrong_here(
                "must have `jwks_url` or `jwks`: tokens are checked with the issuer's keys",
            ),
            (true, true) => drop(reader.wrong::<()>("jwks", "must be absent with `jwks_url`")),
            (false, true) if reader.has("cache_s") => {
                reader.wrong::<()>("cache_s", "has no effect without `jwks_url`");
            }
            _ => {}
        }
        if jwt.forward && jwt.from.cookie.is_some() {
            reader.wrong::<()>("forward", "has no effect: the service sees all cookies");
        }
        jwt
    })
}

fn from(reader: &Reader<'_>) -> TokenFrom {
    let places = ["header", "query", "cookie"];
    let from = TokenFrom {
        header: reader
            .parsed("header", "the name of a header", holder)
            .filter(|header| header != HEADER),
        query: reader.parsed("query", "the name of a parameter", token),
        cookie: reader.parsed("cookie", "the name of a cookie", token),
    };
    if places.into_iter().filter(|place| reader.has(place)).count() > 1 {
        reader.wrong_here(format!("must have only one of {}", list_of(places)));
    }
    from
}

/// Checks the name of a header that may hold nothing but a token, or a claim.
fn header(text: &str) -> Result<String, String> {
    let name = headers::name(text)?;
    match name.as_str() {
        "cookie" | "set-cookie" => Err(format!("has the name `{name}`, which holds cookies")),
        _ => Ok(name),
    }
}

/// Checks the name of a header that clients are to send.
fn holder(text: &str) -> Result<String, String> {
    let name = header(text)?;
    header_name(&name).map(|_sent| name)
}

fn token(text: &str) -> Result<String, String> {
    check_text(text, &(1..=NAME_MAX_BYTES))?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match text.chars().all(is_token) {
        true => Ok(text.to_owned()),
        false => Err(format!("is `{text}`; letters, digits, `-`, `_` and `.` are allowed")),
    }
}

/// Reads which claim becomes which header. `holder` has the token, and can't have a claim, too:
/// Envoy empties a claim's header before it looks for the token.
fn claims_to_headers(reader: &Reader<'_>, holder: Option<&str>) -> Vec<ClaimHeader> {
    let claims = reader.objects("claims_to_headers", CLAIMS_MAX, |reader| {
        let claim = reader.required("claim", "the name of a claim", claim);
        let header = reader.required("header", "the name of a header", header)?;
        if header == HEADER || Some(header.as_str()) == holder {
            let message = format!("is `{header}`, which is for tokens, not for a claim");
            return reader.wrong("header", message);
        }
        Some(ClaimHeader { claim: claim?, header })
    });
    let mut seen: Vec<&str> = Vec::new();
    for ClaimHeader { header, .. } in &claims {
        if seen.contains(&header.as_str()) {
            reader.wrong::<()>("claims_to_headers", format!("has the header `{header}` twice"));
        }
        seen.push(header);
    }
    claims
}

fn required_claim(reader: &Reader<'_>) -> Option<RequiredClaim> {
    let claim = reader.required("claim", "the name of a claim", claim);
    let values = sorted(reader.texts("values", VALUES_MAX, required_value));
    if reader.value("values").is_none_or(|it| it.as_array().is_some_and(Vec::is_empty)) {
        return reader.wrong("values", "is empty; it must have at least one value");
    }
    Some(RequiredClaim { claim: claim?, values })
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_unstable();
    texts.dedup();
    texts
}

fn value(text: &str) -> Result<String, String> {
    check_text(text, &(1..=VALUE_MAX_BYTES)).map(|()| text.to_owned())
}

fn required_value(text: &str) -> Result<String, String> {
    // the form has it between values
    if text.contains('|') {
        return Err("must not have `|`".to_owned());
    }
    if text.trim() != text {
        return Err("must not begin or end with a space".to_owned());
    }
    value(text)
}

fn claim(text: &str) -> Result<String, String> {
    check_text(text, &(1..=CLAIM_MAX_BYTES))?;
    if claim_path(text).any(str::is_empty) {
        return Err(format!("is `{text}`; there must be a name on both sides of a `.`"));
    }
    Ok(text.to_owned())
}

/// Returns the names by which a claim is found: of `a.b`, `a` and in it `b`. A URL is one name, as
/// those of claims that are nobody else's often are (RFC 7519, section 4.2).
pub fn claim_path(claim: &str) -> impl Iterator<Item = &str> {
    let is_url = claim.contains([':', '/']);
    claim.split(move |c| c == '.' && !is_url)
}

fn jwks_url(text: &str) -> Result<String, String> {
    check_text(text, &(1..=URL_MAX_BYTES))?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be printable ASCII".to_owned());
    }
    if text.contains('#') {
        return Err("must not have a fragment (`#`), which is never sent".to_owned());
    }
    let (origin, path) = split(text).ok_or("must begin with `https://` or `http://`")?;
    Service::parse(origin).map_err(|error| error.to_string())?;
    match path {
        "" => Err("must have a path; `/` at least".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

/// Returns the service that has the keys of `url`.
pub(in crate::gateway::policy) fn jwks_service(url: &str) -> Option<Service> {
    Service::parse(split(url)?.0).ok()
}

/// Splits a URL at the beginning of its path.
fn split(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.find(['/', '?']).unwrap_or(rest.len());
    url.split_at_checked(scheme.len() + "://".len() + host)
}
