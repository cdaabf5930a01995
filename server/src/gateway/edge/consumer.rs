//! Consumers: who calls what the gateway leads to, and by what they prove it.
//!
//! ```text
//! key      base64("acme.12:SECRET") ─┐
//! password acme, SECRET ─────────────┴─▶ SHA-1 of SECRET ─▶ Envoy compares
//! ```
//! Envoy takes no other hash in a list of users. It serves here: each secret is made by us, of 256
//! random bits, and nobody can search through so many, whatever the hash costs.

use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use chrono::{DateTime, Utc};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde::{Deserialize, Serialize};

use super::{EdgeName, EdgeNameError};
use crate::auth::{entity::Id, names::TeamName, secret::Secret};

/// Keys of one consumer at the most: two are enough to change them, one more for each place that
/// has its own.
pub const KEYS_MAX: usize = 5;

/// Tells a service who has called, once a key or a password was right. What a client says in it
/// never passes.
pub const HEADER: &str = "x-chancery-consumer";

/// Stands between a consumer and the id of a key.
const SEPARATOR: char = '.';

/// A program, or an organization, that calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    pub name: EdgeName,
    /// The team that looks after it; absent: the installation's admins.
    #[serde(default)]
    pub team: Option<TeamName>,
    #[serde(default)]
    pub description: String,
    /// The oldest first.
    #[serde(default)]
    pub keys: Vec<Key>,
    #[serde(default)]
    pub password: Option<Password>,
    /// One more at each write.
    pub revision: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub id: Id,
    /// What it is for; may be empty.
    #[serde(default)]
    pub label: String,
    pub hash: CredentialHash,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    /// Absent: it is valid until it is removed.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl Key {
    /// Tells whether it has expired by `now`.
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }
}

/// A password; the consumer's name goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    pub hash: CredentialHash,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

/// What Envoy compares a secret with: `{SHA}` and its SHA-1. Printed nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialHash(String);

impl CredentialHash {
    /// Hashes a secret of 256 random bits.
    pub fn of(secret: &Secret) -> Self {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, secret.reveal().as_bytes());
        Self(format!("{{SHA}}{}", STANDARD.encode(hash)))
    }

    /// Returns it as Envoy reads it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CredentialHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialHash")
    }
}

/// Says why a text can't name a consumer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsumerNameError {
    #[error(transparent)]
    Name(#[from] EdgeNameError),
    #[error("has `.`; lower-case letters, digits, `-` and `_` are allowed")]
    Separator,
}

/// Parses the name of a consumer: as of a certificate, but without a dot, which stands before the
/// id of a key.
///
/// # Errors
/// Returns the first rule that `text` breaks.
pub fn parse_name(text: &str) -> Result<EdgeName, ConsumerNameError> {
    match text.contains(SEPARATOR) {
        true => Err(ConsumerNameError::Separator),
        false => Ok(EdgeName::parse(text)?),
    }
}

/// Returns as whom a client comes that has a key.
pub fn key_user(consumer: &EdgeName, id: Id) -> String {
    format!("{consumer}{SEPARATOR}{id}")
}

/// Returns the key that a client sends.
pub fn key_text(consumer: &EdgeName, id: Id, secret: &Secret) -> Secret {
    let pair = format!("{}:{}", key_user(consumer, id), secret.reveal());
    Secret::of(STANDARD_NO_PAD.encode(pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_envoy_reads_and_shows_nothing_of_itself() {
        // as `htpasswd -nbs` writes it
        let hash = CredentialHash::of(&Secret::of("test".to_owned()));

        assert_eq!(hash.reveal(), "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=");
        assert_eq!(format!("{hash:?}"), "CredentialHash");
        let kept = serde_json::to_value(&hash).unwrap();
        assert_eq!(serde_json::from_value::<CredentialHash>(kept).unwrap(), hash);
    }

    #[test]
    fn a_key_says_whose_it_is() {
        let name = parse_name("acme").unwrap();
        let key = key_text(&name, Id(12), &Secret::of("s3cret".to_owned()));

        assert_eq!(key.reveal(), "YWNtZS4xMjpzM2NyZXQ");
        assert_eq!(parse_name("acme.12"), Err(ConsumerNameError::Separator));
        assert!(parse_name("Acme").is_err());
    }
}
