//! How the gateway finds out which endpoints live.

use app::api::policy::{HealthCheck, HealthCheckKind, Protocol};

use crate::gateway::{
    path::described,
    read::{Reader, check_text, list_of},
};

/// Shortest time between two checks in milliseconds: each node makes them at each endpoint.
pub const INTERVAL_MIN_MS: u32 = 100;

/// Longest time between two checks in milliseconds.
pub const INTERVAL_MAX_MS: u32 = 300_000;

/// Longest time that an answer may take in milliseconds. Envoy does not use a new cluster before its
/// first check has ended.
pub const ANSWER_MAX_MS: u32 = 10_000;

/// Most checks in a row that can be asked for.
pub const THRESHOLD_MAX: u32 = 100;

/// Longest path in bytes.
const PATH_MAX_BYTES: usize = 1024;

/// Longest host, and name of a gRPC service, in bytes.
const NAME_MAX_BYTES: usize = 255;

/// Most statuses and ranges of them.
const STATUSES_MAX: usize = 20;

const KINDS: [(&str, HealthCheckKind); 4] = [
    ("tcp", HealthCheckKind::Tcp),
    ("http", HealthCheckKind::Http),
    ("grpc", HealthCheckKind::Grpc),
    ("off", HealthCheckKind::Off),
];

/// All that a check can have, and the kinds that have it.
const PARTS: [(&str, &[&str]); 8] = [
    ("path", &["http"]),
    ("host", &["http", "grpc"]),
    ("expected_statuses", &["http"]),
    ("grpc_service", &["grpc"]),
    ("interval_ms", ASKING),
    ("timeout_ms", ASKING),
    ("healthy_threshold", ASKING),
    ("unhealthy_threshold", ASKING),
];

const ASKING: &[&str] = &["tcp", "http", "grpc"];

pub(super) fn read(reader: &Reader<'_>, protocol: Protocol) -> HealthCheck {
    let check = reader.object("health_check", |reader| {
        let kind = reader.choice("kind", &KINDS).unwrap_or_default();
        check_parts(reader, kind, protocol);
        let threshold = |key| reader.number(key, 1..=THRESHOLD_MAX, "");
        let mut expected_statuses = reader.texts("expected_statuses", STATUSES_MAX, checked_range);
        expected_statuses.sort_unstable();
        expected_statuses.dedup();
        HealthCheck {
            kind,
            path: reader.parsed("path", "a text such as `/health`", path),
            host: reader.parsed("host", "a text such as `users.internal`", host),
            expected_statuses,
            grpc_service: reader.parsed("grpc_service", "a text such as `shop.Users`", name),
            interval_ms: reader.number(
                "interval_ms",
                INTERVAL_MIN_MS..=INTERVAL_MAX_MS,
                "milliseconds",
            ),
            timeout_ms: reader.number("timeout_ms", 1..=ANSWER_MAX_MS, "milliseconds"),
            healthy_threshold: threshold("healthy_threshold"),
            unhealthy_threshold: threshold("unhealthy_threshold"),
        }
    });
    check.unwrap_or_default()
}

/// Checks what a kind needs, and what means nothing to it.
fn check_parts(reader: &Reader<'_>, kind: HealthCheckKind, protocol: Protocol) {
    let word = KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(word, _)| *word);
    for (key, kinds) in PARTS {
        if reader.has(key) && !kinds.contains(&word) {
            let (have, kinds) =
                (if kinds.len() == 1 { "has" } else { "have" }, list_of(kinds.iter().copied()));
            let message = format!("has no effect where `kind` is `{word}`; {kinds} {have} it");
            reader.wrong::<()>(key, message);
        }
    }
    if kind == HealthCheckKind::Http && !reader.has("path") {
        reader.wrong::<()>("path", "is missing; it must be a text such as `/health`");
    }
    if kind == HealthCheckKind::Grpc && protocol != Protocol::Http2 {
        reader.wrong::<()>("kind", "must not be `grpc` unless `protocol` is `http2`");
    }
}

fn path(text: &str) -> Result<String, String> {
    check_text(text, &(1..=PATH_MAX_BYTES))?;
    if !text.starts_with('/') {
        return Err("must begin with `/`".to_owned());
    }
    let is_sent_so = |c: char| c.is_ascii_graphic() && c != '#';
    match text.chars().find(|c| !is_sent_so(*c)) {
        Some(c) => Err(format!("must not have {}", described(c))),
        None => Ok(text.to_owned()),
    }
}

fn host(text: &str) -> Result<String, String> {
    check_text(text, &(1..=NAME_MAX_BYTES))?;
    let is_of_host = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    match text.chars().find(|c| !is_of_host(*c)) {
        Some(c) => Err(format!("must not have {}", described(c))),
        None => Ok(text.to_ascii_lowercase()),
    }
}

fn name(text: &str) -> Result<String, String> {
    check_text(text, &(1..=NAME_MAX_BYTES))?;
    match text.chars().find(|c| !c.is_ascii_graphic()) {
        Some(c) => Err(format!("must not have {}", described(c))),
        None => Ok(text.to_owned()),
    }
}

fn checked_range(text: &str) -> Result<String, String> {
    let range = statuses(text);
    let message = || format!("is `{text}`; `200`, `200-299` and the like, up to 599, are allowed");
    range.map(|_| text.to_owned()).ok_or_else(message)
}

/// Reads a status, or the first and the last of a range.
pub fn statuses(text: &str) -> Option<(u16, u16)> {
    let status = |text: &str| {
        let is_written_so = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        let status: u16 = is_written_so.then(|| text.parse().ok())??;
        (100..=599).contains(&status).then_some(status)
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (status(first)?, status(last)?);
    (first <= last).then_some((first, last))
}
