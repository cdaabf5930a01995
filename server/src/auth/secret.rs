//! Secrets that we make: session ids, API tokens and tokens of nodes. Only their hashes are kept.
//!
//! They have 256 random bits, so that a plain SHA-256 is enough at rest: there is nothing to guess.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use sha2::{Digest, Sha256};

/// What an API token begins with, so that scanners of code and logs can recognize one.
pub const TOKEN_PREFIX: &str = "chy_";

/// What the token of a node begins with: it opens xDS, and not the API.
pub const NODE_TOKEN_PREFIX: &str = "chn_";

/// Hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;

/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;

/// A secret in the clear, on its way to the one who is to have it; never printed by accident.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Makes a new one, with `prefix` in front of its 43 characters.
    pub fn random(prefix: &str) -> Self {
        let bytes: [u8; SECRET_BYTES] = rand::random();
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Takes one that somebody else has made.
    pub fn of(secret: String) -> Self {
        Self(secret)
    }

    /// Returns the secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns what is kept of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The SHA-256 of a secret as hexadecimal digits. Looked up in a map by its value: whoever could
/// time that would learn about the hash, from which no secret follows.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecretHash(String);

impl SecretHash {
    /// Hashes what a caller presents.
    pub fn of(secret: &str) -> Self {
        let hash = Sha256::digest(secret);
        Self(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Reads what [`Self::as_str`] has written; `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_hash = text.len() == HASH_DIGITS && text.bytes().all(is_digit);
        is_hash.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

/// Seals what browsers keep for us until they come back. Kept in the clear, since every start and
/// every replica needs it; printed nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey([u8; SECRET_BYTES]);

impl SealKey {
    /// Makes a new one.
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// Returns the key itself.
    pub fn reveal(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

impl Serialize for SealKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for SealKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // errors repeat nothing of it: they are logged
        let refused = || D::Error::custom("it is no key");
        let text = String::deserialize(deserializer).map_err(|_other| refused())?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_other| refused())?;
        bytes.try_into().map(Self).map_err(|_length| refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_256_bits_and_a_hash_that_is_always_the_same() {
        let secret = Secret::random(TOKEN_PREFIX);

        let bits = secret.reveal().strip_prefix(TOKEN_PREFIX).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(bits).unwrap().len(), 32);
        assert_eq!(secret.hash(), SecretHash::of(secret.reveal()));
        assert_ne!(secret.hash(), Secret::random(TOKEN_PREFIX).hash());
        assert_eq!(SecretHash::read(secret.hash().as_str()), Some(secret.hash()));
        assert_eq!(SecretHash::read(&"G".repeat(64)), None);
    }

    #[test]
    fn printing_a_secret_or_its_hash_shows_nothing_of_it() {
        let secret = Secret::random("");

        assert_eq!(format!("{secret:?} {:?}", secret.hash()), "Secret SecretHash");
    }

    #[test]
    fn a_key_is_read_as_it_was_kept_and_shows_nothing_of_itself() {
        let key = SealKey::random();

        let kept = serde_json::to_value(&key).unwrap();

        assert_eq!(serde_json::from_value::<SealKey>(kept).unwrap(), key);
        assert_eq!(format!("{key:?}"), "SealKey");
        let refused = serde_json::from_value::<SealKey>("canary-5b1f".into()).unwrap_err();
        assert_eq!(refused.to_string(), "it is no key");
    }
}
