//! Which pages of other origins may call a mapping from a browser.

use app::api::policy::Cors;

use crate::gateway::{
    matching::{
        host::{HostError, HostPattern},
        read::header_name,
    },
    read::{Reader, check_text},
};

/// Most origins of a mapping.
const ORIGINS_MAX: usize = 50;

/// Longest origin in bytes: a scheme, a host and a port.
const ORIGIN_MAX_BYTES: usize = 300;

/// Most methods, and most headers of either kind.
const NAMES_MAX: usize = 50;

/// Longest name of a header in bytes.
const NAME_MAX_BYTES: usize = 128;

/// Longest name of a method in bytes.
const METHOD_MAX_BYTES: usize = 32;

/// What no browser exceeds: a day.
const MAX_AGE_MAX_S: u32 = 24 * 60 * 60;

/// Methods that the Fetch standard lets no page use.
const FORBIDDEN_METHODS: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];

/// Stands for everything.
const ALL: &str = "*";

pub(super) fn read(reader: &Reader<'_>) -> Option<Cors> {
    reader.object("cors", |reader| {
        let cors = Cors {
            origins: sorted(reader.texts("origins", ORIGINS_MAX, origin)),
            methods: sorted(reader.texts("methods", NAMES_MAX, method)),
            headers: sorted(reader.texts("headers", NAMES_MAX, name)),
            expose: sorted(reader.texts("expose", NAMES_MAX, name)),
            credentials: reader.flag("credentials"),
            max_age_s: reader.number("max_age_s", 0..=MAX_AGE_MAX_S, "seconds"),
        };
        check(&cors, reader);
        cors
    })
}

/// Checks what does not go together.
fn check(cors: &Cors, reader: &Reader<'_>) {
    let named = |key| reader.value(key).and_then(|list| list.as_array()).map_or(0, Vec::len);
    if named("origins") == 0 {
        let message = "is missing; it must be a list of origins such as `https://www.example.com`";
        reader.wrong::<()>("origins", message);
    }
    let lists = [
        ("origins", &cors.origins),
        ("methods", &cors.methods),
        ("headers", &cors.headers),
        ("expose", &cors.expose),
    ];
    for (key, list) in lists {
        if !list.iter().any(|entry| entry == ALL) {
            continue;
        }
        if list.len() > 1 {
            reader.wrong::<()>(key, "must have `*` alone, which stands for all others");
        } else if cors.credentials && key == "origins" {
            let message = "must not be `*` with `credentials`: any page could act as whoever \
                           visits it";
            reader.wrong::<()>(key, message);
        } else if cors.credentials {
            let message = "must not be `*` with `credentials`: browsers take it as a name then";
            reader.wrong::<()>(key, message);
        }
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// Reads an origin as browsers send it: a scheme, a host and, unless it is the scheme's own, a port.
fn origin(text: &str) -> Result<String, String> {
    check_text(text, &(1..=ORIGIN_MAX_BYTES))?;
    if text == ALL {
        return Ok(text.to_owned());
    }
    let wanted = || {
        let like = "a scheme and a host, such as `https://www.example.com`, \
                    `https://*.example.com` or `http://localhost:3000`, or `*` is meant";
        format!("is `{text}`; {like}")
    };
    if text == "null" {
        return Err("must not be `null`, which any page can be in a frame".to_owned());
    }
    let (scheme, authority) = text.split_once("://").ok_or_else(wanted)?;
    let scheme = scheme.to_ascii_lowercase();
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme {
        return Err(wanted());
    }
    if authority.contains('/') {
        return Err(format!("is `{text}`; an origin ends with its host or port, without a slash"));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let host = host_of(host).map_err(|_no_host| wanted())?;
    let Some(port) = port else { return Ok(format!("{scheme}://{host}")) };
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    let port: u16 = port.parse().ok().filter(|_| is_port).ok_or_else(wanted)?;
    if matches!((scheme.as_str(), port), ("https", 443) | ("http", 80)) {
        return Err(format!(
            "is `{text}`; browsers leave the port {port} out: write `{scheme}://{host}`"
        ));
    }
    Ok(format!("{scheme}://{host}:{port}"))
}

fn host_of(text: &str) -> Result<String, HostError> {
    if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let address: std::net::Ipv6Addr = address.parse().map_err(|_no_address| HostError)?;
        return Ok(format!("[{address}]"));
    }
    match HostPattern::parse(text)? {
        HostPattern::Any => Err(HostError),
        pattern => Ok(pattern.to_string()),
    }
}

fn method(text: &str) -> Result<String, String> {
    check_text(text, &(1..=METHOD_MAX_BYTES))?;
    if text == ALL {
        return Ok(text.to_owned());
    }
    if FORBIDDEN_METHODS.contains(&text) {
        return Err(format!("is `{text}`, which browsers let no page use"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("is `{text}`; capital letters, such as `PUT`, or `*` are meant"));
    }
    Ok(text.to_owned())
}

fn name(text: &str) -> Result<String, String> {
    check_text(text, &(1..=NAME_MAX_BYTES))?;
    if text == ALL {
        return Ok(text.to_owned());
    }
    let name = header_name(&text.to_ascii_lowercase())?;
    Ok(name.to_string())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://www.example.com", "https://www.example.com")]
    #[case("HTTPS://WWW.Example.com", "https://www.example.com")]
    #[case("https://*.example.com", "https://*.example.com")]
    #[case("http://localhost:3000", "http://localhost:3000")]
    #[case("http://[::1]:3000", "http://[::1]:3000")]
    #[case("http://[::1]", "http://[::1]")]
    #[case("https://*.example.com:8443", "https://*.example.com:8443")]
    #[case("capacitor://localhost", "capacitor://localhost")]
    #[case("*", "*")]
    fn an_origin_is_spelled_as_browsers_send_it(#[case] text: &str, #[case] spelled: &str) {
        assert_eq!(origin(text).as_deref(), Ok(spelled));
    }

    #[rstest]
    #[case("www.example.com", "a scheme and a host")]
    #[case("https://www.example.com/", "without a slash")]
    #[case("https://www.example.com:443", "write `https://www.example.com`")]
    #[case("http://a:80", "write `http://a`")]
    #[case("https://*", "a scheme and a host")]
    #[case("https://a.*.com", "a scheme and a host")]
    #[case("https://a:x", "a scheme and a host")]
    #[case("https://a:+1", "a scheme and a host")]
    #[case("https://", "a scheme and a host")]
    #[case("null", "any page can be in a frame")]
    #[case("https://a b", "a scheme and a host")]
    fn what_no_browser_sends_is_refused(#[case] text: &str, #[case] said: &str) {
        let error = origin(text).unwrap_err();

        assert!(error.contains(said), "{error}");
    }
}
