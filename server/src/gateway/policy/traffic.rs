//! Timeouts and retries of a mapping's requests.

use app::api::policy::{Mirror, Retries, Timeouts};

use crate::gateway::{
    read::{Reader, list_of},
    service::Service,
};

/// Longest time that a mapping can ask for in milliseconds: an hour. What takes longer is better
/// asked for and fetched later.
pub const TIMEOUT_MAX_MS: u32 = 60 * 60 * 1000;

/// Longest time that connecting to an endpoint may take in milliseconds: a network that needs more
/// is out of order.
const CONNECT_MAX_MS: u32 = 60_000;

/// Most services that get a copy of a mapping's requests.
const MIRRORS_MAX: usize = 4;

/// Most retries of a request.
pub const ATTEMPTS_MAX: u32 = 10;

/// Longest wait before the first retry in milliseconds.
const BACKOFF_MAX_MS: u32 = 60_000;

/// Most retries that may be under way however few requests are.
pub const BUDGET_MIN_MAX: u32 = 1_000;

/// What says how requests are tried again.
const PARTS: [&str; 5] =
    ["attempts", "per_try_timeout_ms", "backoff_ms", "budget_percent", "budget_min"];

/// Most conditions of a mapping.
const CONDITIONS_MAX: usize = 20;

/// Envoy's conditions (router filter, `x-envoy-retry-on` and `x-envoy-retry-grpc-on`), but for
/// those that name a header or another option of their own.
pub const CONDITIONS: [&str; 12] = [
    "5xx",
    "gateway-error",
    "connect-failure",
    "refused-stream",
    "reset",
    "reset-before-request",
    "retriable-4xx",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

pub(super) fn timeouts(reader: &Reader<'_>) -> Timeouts {
    let timeouts = reader.object("timeouts", |reader| Timeouts {
        request_ms: milliseconds(reader, "request_ms"),
        idle_ms: milliseconds(reader, "idle_ms"),
        connect_ms: reader.number("connect_ms", 1..=CONNECT_MAX_MS, "milliseconds"),
    });
    timeouts.unwrap_or_default()
}

pub(super) fn mirror(reader: &Reader<'_>) -> Vec<Mirror> {
    reader.objects("mirror", MIRRORS_MAX, |reader| {
        let wanted = "a text such as `usersvc`, `usersvc:8080` or `https://host`";
        let service = reader.required("service", wanted, Service::parse);
        let percent = reader.number("percent", 1..=100, "percent");
        Some(Mirror { service: service?.text.as_ref().to_owned(), percent })
    })
}

fn milliseconds(reader: &Reader<'_>, key: &'static str) -> Option<u32> {
    reader.number(key, 1..=TIMEOUT_MAX_MS, "milliseconds")
}

pub(super) fn retries(reader: &Reader<'_>) -> Retries {
    let request_ms = reader.value("timeouts").and_then(|timeouts| timeouts.get("request_ms"));
    let request_ms = request_ms.and_then(serde_json::Value::as_u64);
    let retries = reader.object("retries", |reader| {
        let mut on = reader.texts("on", CONDITIONS_MAX, condition);
        on.sort_unstable();
        on.dedup();
        let retries = Retries {
            on,
            attempts: reader.number("attempts", 1..=ATTEMPTS_MAX, ""),
            per_try_timeout_ms: milliseconds(reader, "per_try_timeout_ms"),
            backoff_ms: reader.number("backoff_ms", 1..=BACKOFF_MAX_MS, "milliseconds"),
            budget_percent: reader.number("budget_percent", 1..=100, "percent"),
            budget_min: reader.number("budget_min", 0..=BUDGET_MIN_MAX, ""),
        };
        let is_empty = reader.value("on").and_then(|on| on.as_array()).is_none_or(Vec::is_empty);
        for key in PARTS {
            if is_empty && reader.has(key) {
                reader.wrong::<()>(key, "has no effect without `on`");
            }
        }
        if let Some((per_try, request)) = retries.per_try_timeout_ms.zip(request_ms)
            && u64::from(per_try) > request
        {
            let message = format!("must be at most `timeouts.request_ms`, which is {request}");
            reader.wrong::<()>("per_try_timeout_ms", message);
        }
        retries
    });
    retries.unwrap_or_default()
}

fn condition(text: &str) -> Result<String, String> {
    let is_code = text.len() == 3
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse().is_ok_and(|code: u16| (400..=599).contains(&code));
    if is_code || CONDITIONS.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "is `{text}`; {} and status codes from 400 to 599 are allowed",
        list_of(CONDITIONS)
    ))
}
