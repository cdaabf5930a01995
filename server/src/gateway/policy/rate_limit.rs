//! How often a mapping's requests may come.

use std::fmt;

use app::api::policy::{Per, RateLimit};

use super::headers;
use crate::gateway::read::Reader;

/// Most requests in a time, and most at once.
pub const REQUESTS_MAX: u32 = 1_000_000;

/// Most keys that a node counts apart for a mapping; the one that came least recently makes room.
pub const KEYS_MAX: u32 = 1_000;

const HEADER: &str = "header:";
const CLIENT_ADDRESS: &str = "client_address";

/// By what requests are counted apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    ClientAddress,
    /// The values of this header, in lower case; requests without it are counted together.
    Header(String),
}

impl Key {
    /// Parses `client_address`, or `header:` and a name.
    ///
    /// # Errors
    /// Says what is meant, or what is wrong with the name.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == CLIENT_ADDRESS {
            return Ok(Self::ClientAddress);
        }
        let Some(name) = text.strip_prefix(HEADER) else {
            return Err(format!(
                "is `{text}`; `none`, `client_address`, or `header:` and a header's name are allowed"
            ));
        };
        let name = headers::looked_at(name);
        name.map(Self::Header).map_err(|error| format!("names a header that {error}"))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientAddress => f.write_str(CLIENT_ADDRESS),
            Self::Header(name) => write!(f, "{HEADER}{name}"),
        }
    }
}

pub(super) fn read(reader: &Reader<'_>) -> Option<RateLimit> {
    let limit = reader.object("rate_limit", |reader| {
        let times = [
            ("second", Per::Second),
            ("minute", Per::Minute),
            ("hour", Per::Hour),
            ("day", Per::Day),
        ];
        if !reader.has("requests") {
            let message = format!("is missing; it must be a whole number from 1 to {REQUESTS_MAX}");
            reader.wrong::<()>("requests", message);
        }
        let requests = reader.number("requests", 1..=REQUESTS_MAX, "");
        let per = reader.choice("per", &times).unwrap_or_default();
        let burst = reader.number("burst", 1..=REQUESTS_MAX, "");
        let key = reader.parsed("key", "`none`, `client_address` or `header:` and a name", key);
        let headers = reader.flag("headers");
        let requests = requests?;
        // what is so anyway is left out
        let burst = burst.filter(|burst| *burst != requests);
        Some(RateLimit { requests, per, burst, key: key.flatten(), headers })
    });
    limit.flatten()
}

fn key(text: &str) -> Result<Option<String>, String> {
    match text {
        "none" => Ok(None),
        text => Key::parse(text).map(|key| Some(key.to_string())),
    }
}
