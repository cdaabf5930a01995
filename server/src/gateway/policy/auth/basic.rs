//! Names and passwords (RFC 7617).

use app::api::policy::Basic;

use super::named;
use crate::gateway::read::{Reader, check_text};

/// Longest realm in bytes: browsers show no more.
const REALM_MAX_BYTES: usize = 64;

pub(super) fn read(reader: &Reader<'_>) -> Option<Basic> {
    reader.object("basic", |reader| Basic {
        consumers: named(reader),
        realm: reader.parsed("realm", "a text", realm),
    })
}

/// Checks what stands in quotes in a header, and in an expression of Envoy's.
fn realm(text: &str) -> Result<String, String> {
    check_text(text, &(1..=REALM_MAX_BYTES))?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_.,:/".contains(c);
    match text.chars().find(|c| !is_plain(*c)) {
        None => Ok(text.to_owned()),
        Some(_) => {
            Err("has a character other than letters, digits, spaces and `-_.,:/`".to_owned())
        }
    }
}
