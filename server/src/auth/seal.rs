//! Sealing: what is kept here, or by a browser, so that only who has the key can read or make it.
//!
//! ```text
//! plain ── key, what it is for ──▶ nonce ‖ ciphertext ‖ tag
//! ```
//! What is sealed for one purpose can't be opened for another, so that nothing can be put into the
//! place of something else.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use ring::aead::{self, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, UnboundKey};
use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// Keeps private keys apart from whatever else might be sealed with the same key; what follows is
/// the name of the certificate.
const PRIVATE_KEY: &str = "chancery private key, version 1: ";

/// Seals and opens with one key.
pub struct Sealer(LessSafeKey);

/// Says that something can't be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("it can't be sealed")]
    Seal,
    #[error("it was sealed with another key, or has been touched since")]
    Open,
}

/// A private key as it is kept: readable only with the installation's key, and printed nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedKey(String);

impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedKey")
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// Takes a key.
    ///
    /// # Errors
    /// None in practice: a key of this algorithm has 32 bytes.
    pub fn new(key: &[u8; KEY_BYTES]) -> Result<Self, SealError> {
        let key =
            UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_unspecified| SealError::Seal)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals `plain` for `purpose`, differently each time.
    ///
    /// # Errors
    /// None in practice: it fails for a text of gigabytes.
    pub fn seal(&self, purpose: &[u8], mut plain: Vec<u8>) -> Result<Vec<u8>, SealError> {
        // 96 random bits: the same twice is unlikely before some 2^32 texts with one key
        let nonce: [u8; NONCE_LEN] = rand::random();
        let unique = aead::Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(unique, Aad::from(purpose), &mut plain)
            .map_err(|_unspecified| SealError::Seal)?;
        Ok([&nonce[..], &plain].concat())
    }

    /// Opens what [`Self::seal`] has returned for the same purpose.
    ///
    /// # Errors
    /// Returns [`SealError::Open`] for anything else.
    pub fn open(&self, purpose: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Open)?;
        let mut sealed = sealed.to_vec();
        let nonce = aead::Nonce::assume_unique_for_key(*nonce);
        let plain = self.0.open_in_place(nonce, Aad::from(purpose), &mut sealed);
        plain.map(|plain| plain.to_vec()).map_err(|_unspecified| SealError::Open)
    }

    /// Seals the private key of the certificate `name`.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn seal_key(&self, name: &str, key_pem: &Secret) -> Result<SealedKey, SealError> {
        let purpose = format!("{PRIVATE_KEY}{name}");
        let sealed = self.seal(purpose.as_bytes(), key_pem.reveal().as_bytes().to_vec())?;
        Ok(SealedKey(STANDARD_NO_PAD.encode(sealed)))
    }

    /// Returns the private key of the certificate `name`, as PEM.
    ///
    /// # Errors
    /// Returns [`SealError::Open`] when it was sealed with another key or for another certificate.
    pub fn open_key(&self, name: &str, key: &SealedKey) -> Result<Secret, SealError> {
        let purpose = format!("{PRIVATE_KEY}{name}");
        let sealed = STANDARD_NO_PAD.decode(&key.0).map_err(|_other| SealError::Open)?;
        let plain = self.open(purpose.as_bytes(), &sealed)?;
        String::from_utf8(plain).map(Secret::of).map_err(|_other| SealError::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_opened_with_its_key_and_for_its_certificate_only() {
        let [ours, other] = [[7; 32], [8; 32]].map(|key| Sealer::new(&key).unwrap());
        let secret = Secret::of("canary-5b1f".to_owned());

        let sealed = ours.seal_key("example.com", &secret).unwrap();

        assert_eq!(ours.open_key("example.com", &sealed).unwrap().reveal(), "canary-5b1f");
        assert_eq!(ours.open_key("example.org", &sealed).unwrap_err(), SealError::Open);
        assert_eq!(other.open_key("example.com", &sealed).unwrap_err(), SealError::Open);
        assert_ne!(sealed, ours.seal_key("example.com", &secret).unwrap());
    }

    #[test]
    fn what_was_touched_can_not_be_opened() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let mut sealed = sealer.seal(b"test", b"canary".to_vec()).unwrap();
        sealed[NONCE_LEN] ^= 1;

        assert!(sealer.open(b"test", &sealed).is_err());
        assert!(sealer.open(b"test", b"short").is_err());
    }

    #[test]
    fn a_sealed_key_shows_nothing_of_itself() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let sealed = sealer.seal_key("a", &Secret::of("canary-5b1f".to_owned())).unwrap();

        assert_eq!(format!("{sealed:?} {sealer:?}"), "SealedKey Sealer");
        let kept = serde_json::to_string(&sealed).unwrap();
        assert!(!kept.contains("canary"));
        assert_eq!(serde_json::from_str::<SealedKey>(&kept).unwrap(), sealed);
    }
}
