//! Requests that become something else: connections that are upgraded, calls by gRPC-Web.

use crate::gateway::read::{Reader, check_text};

/// Most protocols of a mapping.
const UPGRADES_MAX: usize = 8;

/// Longest name of a protocol in bytes.
const UPGRADE_MAX_BYTES: usize = 32;

pub(super) fn upgrades(reader: &Reader<'_>) -> Vec<String> {
    let mut upgrades = reader.texts("upgrades", UPGRADES_MAX, upgrade);
    if !upgrades.is_empty() && is_http2(reader) {
        reader.wrong::<()>("upgrades", "must be absent with HTTP/2 as `protocol`, which has none");
    }
    upgrades.sort_unstable();
    upgrades.dedup();
    upgrades
}

/// Checks the name of a protocol, which Envoy compares without case.
fn upgrade(text: &str) -> Result<String, String> {
    check_text(text, &(1..=UPGRADE_MAX_BYTES))?;
    // with a version after it, or without (RFC 9110, section 7.8)
    if !text.splitn(2, '/').all(is_token) {
        return Err(format!("is `{text}`; a protocol such as `websocket` is allowed"));
    }
    let name = text.to_ascii_lowercase();
    match name.as_str() {
        "connect" | "connect-udp" => Err(format!(
            "is `{name}`, which is a tunnel to wherever the client wants; a mapping leads to its \
             service alone"
        )),
        "h2c" => Err("is `h2c`, which the gateway never passes on".to_owned()),
        _ => Ok(name),
    }
}

/// Tells whether a text is a token (RFC 9110, section 5.6.2).
pub(super) fn is_token(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

pub(super) fn grpc_web(reader: &Reader<'_>) -> bool {
    let is_asked = reader.flag("grpc_web");
    if is_asked && !is_http2(reader) {
        let message = "needs `http2` as `protocol`: without it no answer would ever end";
        reader.wrong::<()>("grpc_web", message);
    }
    is_asked
}

fn is_http2(reader: &Reader<'_>) -> bool {
    reader.value("protocol").is_some_and(|protocol| protocol == "http2")
}

/// Says that a mapping whose connections are upgraded can't have a field, and why.
pub(super) fn refuse_beside_upgrades(reader: &Reader<'_>, key: &'static str, why: &str) {
    let upgrades = reader.value("upgrades").and_then(|upgrades| upgrades.as_array());
    if upgrades.is_some_and(|upgrades| !upgrades.is_empty()) {
        let message = format!("must be absent where there are `upgrades`: {why}");
        reader.wrong::<()>(key, message);
    }
}

#[cfg(test)]
mod tests;
