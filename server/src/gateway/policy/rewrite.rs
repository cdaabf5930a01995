//! What becomes of the path and the host of a request on its way to the service.

use app::api::policy::RegexRewrite;
use regex::bytes::{NoExpand, Regex, RegexBuilder};

use crate::gateway::{
    matching::pattern::Pattern,
    read::{Reader, check_text},
    service::{Port, ServiceName},
};

/// Longest substitution in bytes, as of patterns.
const SUBSTITUTION_MAX_BYTES: usize = 256;

/// Groups of a pattern that a substitution can name: `\1` to `\9`.
const GROUPS_MAX: usize = 9;

/// Longest host with its port in bytes: the longest name (RFC 1035, section 2.3.4), `:65535`.
const HOST_MAX_BYTES: usize = 259;

/// Stands for the service's own host.
pub const HOST_OF_SERVICE: &str = "service";

pub(super) fn regex_rewrite(reader: &Reader<'_>) -> Option<RegexRewrite> {
    let rewrite = reader.object("regex_rewrite", |reader| {
        let pattern = reader.required("pattern", "a regular expression (RE2)", pattern);
        let groups = pattern.as_deref().and_then(compiled).map_or(0, |regex| regex.captures_len());
        let substitution = reader.required("substitution", "a text", |text| {
            // what can't be counted has been refused
            let groups = if pattern.is_some() { groups.saturating_sub(1) } else { GROUPS_MAX };
            substitution(text, groups)
        });
        Some(RegexRewrite { pattern: pattern?, substitution: substitution? })
    });
    rewrite.flatten()
}

fn pattern(text: &str) -> Result<String, String> {
    let pattern = Pattern::parse(text, false).map_err(|error| error.to_string())?;
    // it would be found between any two characters, by rules that engines do not share
    if pattern.matches("") {
        return Err("must not match the empty text".to_owned());
    }
    Ok(text.to_owned())
}

/// Checks a substitution for a pattern with so many groups, as Envoy does (RE2's
/// `CheckRewriteString`).
fn substitution(text: &str, groups: usize) -> Result<String, String> {
    check_text(text, &(0..=SUBSTITUTION_MAX_BYTES))?;
    if let Some(wrong) = text.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '?' | '#')) {
        return Err(format!("must not have {wrong:?}; it becomes a part of the path"));
    }
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            continue;
        }
        match rest.next() {
            Some('\\') => {}
            Some(digit) if digit.is_ascii_digit() => {
                let group = digit.to_digit(10).and_then(|group| usize::try_from(group).ok());
                if group.is_none_or(|group| group > groups) {
                    return Err(format!(
                        "names the group `\\{digit}`; the pattern has {groups}, and `\\0` is all of it"
                    ));
                }
            }
            _ => return Err("has a `\\` that a digit or another `\\` must follow".to_owned()),
        }
    }
    Ok(text.to_owned())
}

fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

/// Carries a rewrite out on a path without its query, as Envoy does.
pub fn rewritten(rewrite: &RegexRewrite, path: &str) -> String {
    let Some(regex) = compiled(&rewrite.pattern) else { return path.to_owned() };
    let replaced = regex.replace_all(path.as_bytes(), |found: &regex::bytes::Captures<'_>| {
        let mut text = Vec::new();
        let mut rest = rewrite.substitution.bytes();
        while let Some(byte) = rest.next() {
            match (byte, rest.clone().next()) {
                (b'\\', Some(next)) => {
                    rest.next();
                    if next.is_ascii_digit() {
                        let group = found.get(usize::from(next - b'0'));
                        text.extend_from_slice(group.map_or(&[], |group| group.as_bytes()));
                    } else {
                        text.push(next);
                    }
                }
                (byte, _) => text.push(byte),
            }
        }
        NoExpand(&text).0.to_vec()
    });
    String::from_utf8_lossy(&replaced).into_owned()
}

pub(super) fn host_rewrite(reader: &Reader<'_>) -> Option<String> {
    reader.parsed("host_rewrite", "the name of a host, or `service`", |text| {
        check_text(text, &(1..=HOST_MAX_BYTES))?;
        if text.contains("://") {
            return Err(format!("has a scheme: `{text}`; a host and at most a port are allowed"));
        }
        let host = ServiceName::parse(text).map_err(|error| error.to_string())?;
        match host.port {
            Port::Number(_) => Ok(text.to_ascii_lowercase()),
            Port::Name(name) => Err(format!("has the port `{name}`; a number is allowed")),
        }
    })
}

/// Returns the host that a service sees where it shall see its own; a port that has but a name is
/// left out, as the default one is.
pub fn host_of_service(service: &ServiceName) -> String {
    match service.port.number().filter(|number| *number != service.scheme.default_port()) {
        Some(number) => format!("{}:{number}", service.host),
        None => service.host.to_string(),
    }
}
