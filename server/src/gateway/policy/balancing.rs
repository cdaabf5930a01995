//! Which endpoint of a service gets a request.

use app::api::policy::{BalancingPolicy, HashCookie, HashOn, LoadBalancing};

use super::headers;
use crate::gateway::{
    path::described,
    read::{Reader, check_text},
};

/// Longest name of a cookie in bytes.
const COOKIE_MAX_BYTES: usize = 64;

/// Longest path of a cookie in bytes.
const PATH_MAX_BYTES: usize = 256;

/// Longest life of a cookie in seconds: a year, after which browsers forget it anyway.
pub const TTL_MAX_S: u32 = 365 * 24 * 60 * 60;

const POLICIES: [(&str, BalancingPolicy); 5] = [
    ("round_robin", BalancingPolicy::RoundRobin),
    ("least_request", BalancingPolicy::LeastRequest),
    ("random", BalancingPolicy::Random),
    ("ring_hash", BalancingPolicy::RingHash),
    ("maglev", BalancingPolicy::Maglev),
];

/// What can be hashed; one of them.
const HASHED: [&str; 3] = ["cookie", "header", "source_address"];

pub(super) fn read(reader: &Reader<'_>) -> LoadBalancing {
    let balancing = reader.object("load_balancing", |reader| {
        let policy = reader.choice("policy", &POLICIES).unwrap_or_default();
        let hash_on = reader.object("hash_on", hash_on).unwrap_or_default();
        let hashes = matches!(policy, BalancingPolicy::RingHash | BalancingPolicy::Maglev);
        let is_given = hash_on != HashOn::default();
        if is_given && !hashes {
            let message = "has no effect unless `policy` is `ring_hash` or `maglev`";
            reader.wrong::<()>("hash_on", message);
        }
        if hashes && !reader.has("hash_on") {
            let message = "is missing; it must have one of `cookie`, `header` and `source_address`";
            reader.wrong::<()>("hash_on", message);
        }
        LoadBalancing { policy, hash_on }
    });
    balancing.unwrap_or_default()
}

fn hash_on(reader: &Reader<'_>) -> HashOn {
    let is_given = |key: &&'static str| reader.value(key).is_some_and(|value| *value != false);
    let mut given = HASHED.iter().copied().filter(is_given);
    match (given.next(), given.next()) {
        (Some(first), Some(second)) => {
            reader.wrong::<()>(second, format!("must be absent where there is `{first}`"));
        }
        (None, _) => {
            reader.wrong_here("must have one of `cookie`, `header` and `source_address`");
        }
        _ => {}
    }
    HashOn {
        cookie: reader.object("cookie", cookie).flatten(),
        header: reader.parsed("header", "a text such as `x-user`", headers::looked_at),
        source_address: reader.flag("source_address"),
    }
}

fn cookie(reader: &Reader<'_>) -> Option<HashCookie> {
    let name = reader.required("name", "a text such as `chosen`", cookie_name);
    let ttl_s = reader.number("ttl_s", 1..=TTL_MAX_S, "seconds");
    let path = reader.parsed("path", "a text such as `/`", cookie_path);
    Some(HashCookie { name: name?, ttl_s, path })
}

/// Reads a token (RFC 6265, section 4.1.1).
fn cookie_name(text: &str) -> Result<String, String> {
    check_text(text, &(1..=COOKIE_MAX_BYTES))?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    match text.chars().find(|c| !is_token(*c)) {
        Some(c) => Err(format!("must not have {}", described(c))),
        None => Ok(text.to_owned()),
    }
}

fn cookie_path(text: &str) -> Result<String, String> {
    check_text(text, &(1..=PATH_MAX_BYTES))?;
    if !text.starts_with('/') {
        return Err("must begin with `/`".to_owned());
    }
    let ends_it = |c: char| !c.is_ascii_graphic() || c == ';' || c == ',';
    match text.chars().find(|c| ends_it(*c)) {
        Some(c) => Err(format!("must not have {}", described(c))),
        None => Ok(text.to_owned()),
    }
}
