//! How often a mapping's requests may come, counted for all nodes together.
//!
//! ```text
//! "generic_key:accounts client_address" ─▶ [("generic_key", "accounts"), ("remote_address", …)]
//! ```

use std::fmt;

use app::api::{gateway::Settings, policy::GlobalRateLimit, problem::FieldError};

use super::headers;
use crate::gateway::read::{Reader, check_text};

/// Most descriptors of a mapping.
const DESCRIPTORS_MAX: usize = 10;

/// Most entries of a descriptor.
const ENTRIES_MAX: usize = 10;

/// Longest text in bytes.
const TEXT_MAX_BYTES: usize = 128;

/// Longest descriptor in bytes.
const DESCRIPTOR_MAX_BYTES: usize = 1024;

/// What a service that counts is told of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    ClientAddress,
    Method,
    /// With the query, as it was sent.
    Path,
    /// The value of this header, in lower case; without it the whole descriptor is left out.
    Header(String),
    /// A text that is always the same.
    Text(String),
}

impl Entry {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "client_address" => Ok(Self::ClientAddress),
            None if text == "method" => Ok(Self::Method),
            None if text == "path" => Ok(Self::Path),
            Some(("header", name)) => {
                let name = headers::looked_at(name);
                name.map(Self::Header).map_err(|error| format!("names a header that {error}"))
            }
            Some(("generic_key", text))
                if (1..=TEXT_MAX_BYTES).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Self::Text(text.to_owned()))
            }
            _ => Err(format!(
                "has `{text}`; `client_address`, `method`, `path`, `header:` and a name, or \
                 `generic_key:` and a text are allowed, separated by spaces"
            )),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientAddress => f.write_str("client_address"),
            Self::Method => f.write_str("method"),
            Self::Path => f.write_str("path"),
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Text(text) => write!(f, "generic_key:{text}"),
        }
    }
}

/// Reads the entries of a descriptor.
///
/// # Errors
/// Names the entry that is none.
pub fn entries(descriptor: &str) -> Result<Vec<Entry>, String> {
    descriptor.split(' ').filter(|entry| !entry.is_empty()).map(Entry::parse).collect()
}

pub(super) fn read(reader: &Reader<'_>) -> Option<GlobalRateLimit> {
    reader.object("global_rate_limit", |reader| {
        let limit = GlobalRateLimit {
            descriptors: reader.texts("descriptors", DESCRIPTORS_MAX, descriptor),
            headers: reader.flag("headers"),
        };
        let named = reader.value("descriptors").and_then(|list| list.as_array());
        if named.is_none_or(Vec::is_empty) {
            let message = "is missing; it must be a list of descriptors such as `client_address`";
            reader.wrong::<()>("descriptors", message);
        }
        limit
    })
}

fn descriptor(text: &str) -> Result<String, String> {
    check_text(text, &(1..=DESCRIPTOR_MAX_BYTES))?;
    let entries = entries(text)?;
    match entries.len() {
        1..=ENTRIES_MAX => {}
        count => return Err(format!("has {count} entries; 1 to {ENTRIES_MAX} are allowed")),
    }
    let entries: Vec<_> = entries.iter().map(ToString::to_string).collect();
    Ok(entries.join(" "))
}

/// Says why a mapping may not have such a limit.
pub(super) fn refusal(limit: Option<&GlobalRateLimit>, settings: &Settings) -> Option<FieldError> {
    let is_allowed = limit.is_none() || settings.rate_limit_service.is_some();
    let message = "needs the gateway's setting `rate_limit_service`, which is not set; an admin \
                   can set it";
    (!is_allowed).then(|| FieldError::new("global_rate_limit", message))
}
