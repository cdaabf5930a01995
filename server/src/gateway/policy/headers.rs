//! Which headers a mapping may change, and to what.
//!
//! A team's mapping must not be able to speak for the gateway: what frames a message, what names
//! the client and the request, and what steers Envoy is not theirs. A value can't reach Envoy's
//! formatters, but for the variables that are listed here.

use app::api::policy::HeaderChanges;

use crate::gateway::{
    edge::consumer,
    matching::read::header_name,
    read::{Reader, check_text, list_of},
};

/// Most headers that are set, added and removed, each.
const HEADERS_MAX: usize = 20;

/// Longest name in bytes.
const NAME_MAX_BYTES: usize = 64;

/// Longest name of a header that is only looked at, in bytes.
const LOOKED_AT_MAX_BYTES: usize = 128;

/// Longest value in bytes.
const VALUE_MAX_BYTES: usize = 1024;

/// Frames of messages and connections (RFC 9110, section 7.6.1), and what the gateway itself says.
const OURS: [&str; 14] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "forwarded",
    "x-request-id",
    "server",
];

/// What begins so steers Envoy, or is what services believe of the client.
const OUR_PREFIXES: [&str; 3] = ["x-envoy-", "x-chancery-", "x-forwarded-"];

/// Says where the service is mapped, which the owner knows best.
const THEIRS: &str = "x-forwarded-prefix";

/// Reads the name of a header that the gateway looks at once it has let a request in, as lower case:
/// of its own ones, that of who has called.
pub(super) fn looked_at(text: &str) -> Result<String, String> {
    if !(1..=LOOKED_AT_MAX_BYTES).contains(&text.len()) {
        return Err(format!("must be 1 to {LOOKED_AT_MAX_BYTES} bytes long"));
    }
    let name = text.to_ascii_lowercase();
    if name == consumer::HEADER {
        return Ok(name);
    }
    header_name(&name).map(|_name| name)
}

/// A word in braces that stands for something of the request, and what Envoy calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    pub name: &'static str,
    pub operator: &'static str,
}

/// All that values may have; Envoy's names from its access log documentation.
pub const VARIABLES: [Variable; 6] = [
    Variable { name: "client_address", operator: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" },
    Variable { name: "request_id", operator: "%REQ(X-REQUEST-ID)%" },
    Variable { name: "host", operator: "%REQ(:AUTHORITY)%" },
    Variable { name: "path", operator: "%PATH(NQ:ORIG_OR_PATH)%" },
    Variable { name: "method", operator: "%REQ(:METHOD)%" },
    Variable { name: "scheme", operator: "%REQ(:SCHEME)%" },
];

pub(super) fn read(reader: &Reader<'_>, key: &'static str) -> HeaderChanges {
    let changes = reader.object(key, |reader| {
        let changes = HeaderChanges {
            set: reader.texts_by_name("set", HEADERS_MAX, header),
            add: reader.texts_by_name("add", HEADERS_MAX, header),
            remove: sorted(reader.texts("remove", HEADERS_MAX, name)),
        };
        for name in changes.set.keys().filter(|name| changes.add.contains_key(*name)) {
            reader.wrong::<()>("add", format!("must not have `{name}`, which is in `set`"));
        }
        for name in changes.remove.iter().filter(|name| changes.set.contains_key(*name)) {
            reader.wrong::<()>("remove", format!("must not have `{name}`, which is in `set`"));
        }
        changes
    });
    changes.unwrap_or_default()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}

fn header(name: &str, value: &str) -> Result<(String, String), String> {
    let name = self::name(name)?;
    check_text(value, &(1..=VALUE_MAX_BYTES))?;
    if !value.is_ascii() {
        return Err("must be ASCII".to_owned());
    }
    if value.trim() != value {
        return Err("must not begin or end with a space".to_owned());
    }
    pieces(value)?;
    Ok((name, value.to_owned()))
}

/// Reads the name of a header that is not the gateway's own, as lower case.
pub(super) fn name(text: &str) -> Result<String, String> {
    check_text(text, &(1..=NAME_MAX_BYTES)).map_err(|error| format!("has a name that {error}"))?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !text.chars().all(is_token) {
        return Err(format!("has the name `{text}`; letters, digits and `-` are allowed"));
    }
    let name = text.to_ascii_lowercase();
    let is_ours = OURS.contains(&name.as_str())
        || OUR_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && name != THEIRS;
    if is_ours {
        return Err(format!("has the name `{name}`, which is the gateway's own"));
    }
    Ok(name)
}

/// A part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Variable(Variable),
}

/// Cuts a value at its variables; a brace that begins no word is a brace.
///
/// # Errors
/// Names the variables that there are, where a word in braces is none of them.
fn pieces(value: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('{') {
        let word = after.split_once('}').filter(|(word, _)| is_word(word));
        let Some((word, behind)) = word else {
            let end = before.len() + 1;
            let (text, behind) = rest.split_at(end);
            pieces.push(Piece::Text(text));
            rest = behind;
            continue;
        };
        let Some(variable) = VARIABLES.iter().find(|variable| variable.name == word) else {
            let known = list_of(VARIABLES.iter().map(|variable| variable.name));
            return Err(format!("has the variable `{word}`; {known} are known"));
        };
        pieces.push(Piece::Text(before));
        pieces.push(Piece::Variable(*variable));
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    Ok(pieces)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// Writes a value as Envoy's formatter reads it: our variables in its words, all else as it is.
pub fn formatted(value: &str) -> String {
    let mut formatted = String::new();
    for piece in pieces(value).unwrap_or_default() {
        match piece {
            Piece::Text(text) => formatted.push_str(&text.replace('%', "%%")),
            Piece::Variable(variable) => formatted.push_str(variable.operator),
        }
    }
    formatted
}
