//! Private keys: which PEM holds one, and whether it belongs to a certificate.
//!
//! Nothing of a key is in a message.

use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
        RsaKeyPair,
    },
};
use x509_parser::{
    asn1_rs::{FromDer, Oid},
    oid_registry::{OID_KEY_TYPE_EC_PUBLIC_KEY, OID_PKCS1_RSAENCRYPTION},
};

use super::{
    facts::{KeyKind, Parsed},
    pem::{self, Block, PemError},
};
use crate::auth::secret::Secret;

/// Longest text of a private key in bytes: one of RSA 4096 has 3,300.
pub(super) const KEY_MAX_BYTES: usize = 64 * 1024;

/// Says why a text is not the private key of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    #[error("is missing; it must be the private key of the certificate, as PEM")]
    Missing,
    #[error("is {0} bytes long; at most {KEY_MAX_BYTES} are allowed")]
    TooLong(usize),
    #[error("{0}")]
    Pem(PemError),
    #[error("is encrypted with a passphrase; decrypt it first: `openssl pkey -in FILE`")]
    Encrypted,
    #[error("has {0} private keys; it must be one")]
    Several(usize),
    #[error("has a block `{0}`, and no private key")]
    NoKey(String),
    #[error("holds no private key that can be read")]
    Unreadable,
    #[error("is {found} key, and the certificate is for {wanted}")]
    OtherKind { found: &'static str, wanted: String },
    #[error("does not belong to the certificate `{0}`: that was made with another key")]
    Foreign(String),
}

/// A private key as it is written in PEM, before it is known whose it is.
struct Read {
    label: String,
    der: Vec<u8>,
    inner: Inner,
}

enum Inner {
    /// PKCS#1 (RFC 8017, appendix A.1.2).
    Rsa(Vec<u8>),
    /// The scalar of an elliptic curve's key (RFC 5915).
    Curve(Vec<u8>),
}

/// Checks that `text` is the private key of `leaf`, and returns it alone, as PEM.
pub(super) fn check(text: &str, leaf: &Parsed<'_>) -> Result<Secret, KeyError> {
    let read = read(text)?;
    let foreign = || KeyError::Foreign(leaf.facts.subject.clone());
    let other = |found| KeyError::OtherKind { found, wanted: leaf.facts.algorithm.clone() };
    let public = &leaf.x509.public_key().subject_public_key.data;
    match (&read.inner, leaf.key_kind()) {
        (Inner::Rsa(der), KeyKind::Rsa(_)) => {
            let pair = RsaKeyPair::from_der(der).map_err(|_rejected| KeyError::Unreadable)?;
            if pair.public_key().as_ref() != &public[..] {
                return Err(foreign());
            }
        }
        (Inner::Rsa(_), _) => return Err(other("an RSA")),
        (Inner::Curve(_), KeyKind::Rsa(_)) => return Err(other("an ECDSA")),
        (Inner::Curve(scalar), kind) => {
            let (algorithm, bytes) = match kind {
                KeyKind::P384 => (&ECDSA_P384_SHA384_ASN1_SIGNING, 48),
                _ => (&ECDSA_P256_SHA256_ASN1_SIGNING, 32),
            };
            let scalar = padded(scalar, bytes).ok_or_else(foreign)?;
            // it checks that the two belong together
            let random = SystemRandom::new();
            EcdsaKeyPair::from_private_key_and_public_key(algorithm, &scalar, public, &random)
                .map_err(|_rejected| foreign())?;
        }
    }
    Ok(Secret::of(pem::write(&read.label, &read.der)))
}

/// Checks that `text` is a private key at all, where there is no certificate to compare with.
pub(super) fn check_alone(text: &str) -> Result<(), KeyError> {
    read(text).map(drop)
}

fn read(text: &str) -> Result<Read, KeyError> {
    if text.trim().is_empty() {
        return Err(KeyError::Missing);
    }
    if text.len() > KEY_MAX_BYTES {
        return Err(KeyError::TooLong(text.len()));
    }
    let mut blocks = pem::read(text).map_err(KeyError::Pem)?;
    // `openssl ecparam -genkey` writes the curve before the key
    blocks.retain(|block| block.label != "EC PARAMETERS");
    let is_encrypted = |block: &Block| block.is_encrypted || block.label.starts_with("ENCRYPTED ");
    if blocks.iter().any(is_encrypted) {
        return Err(KeyError::Encrypted);
    }
    if let Some(other) = blocks.iter().find(|block| !block.label.ends_with("PRIVATE KEY")) {
        return Err(KeyError::NoKey(other.label.clone()));
    }
    let count = blocks.len();
    let Ok([Block { label, der, .. }]) = <[Block; 1]>::try_from(blocks) else {
        return Err(KeyError::Several(count));
    };
    let inner = match label.as_str() {
        "PRIVATE KEY" => of_pkcs8(&der),
        "RSA PRIVATE KEY" => Some(Inner::Rsa(der.clone())),
        "EC PRIVATE KEY" => scalar(&der).map(Inner::Curve),
        _ => None,
    };
    let inner = inner.ok_or(KeyError::Unreadable)?;
    Ok(Read { label, der, inner })
}

/// Reads the key in a `PrivateKeyInfo` (RFC 5208, section 5).
fn of_pkcs8(der: &[u8]) -> Option<Inner> {
    let (_, content) = element(der, SEQUENCE)?;
    let (rest, _version) = element(content, INTEGER)?;
    let (rest, algorithm) = element(rest, SEQUENCE)?;
    let (_, key) = element(rest, OCTET_STRING)?;
    let (_, algorithm) = Oid::from_der(algorithm).ok()?;
    if algorithm == OID_PKCS1_RSAENCRYPTION {
        return Some(Inner::Rsa(key.to_vec()));
    }
    if algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
        return scalar(key).map(Inner::Curve);
    }
    None
}

/// Reads the scalar of an `ECPrivateKey` (RFC 5915, section 3).
fn scalar(der: &[u8]) -> Option<Vec<u8>> {
    let (_, content) = element(der, SEQUENCE)?;
    let (rest, _version) = element(content, INTEGER)?;
    let (_, scalar) = element(rest, OCTET_STRING)?;
    Some(scalar.to_vec())
}

/// Fills a number up to `length` bytes: some programs leave zeros out.
fn padded(scalar: &[u8], length: usize) -> Option<Vec<u8>> {
    let missing = length.checked_sub(scalar.len())?;
    let mut padded = vec![0; missing];
    padded.extend_from_slice(scalar);
    Some(padded)
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// Reads an element of DER with this tag; returns what follows it, and its content.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let mut length = usize::from(*first);
    if length > 0x7f {
        let count = length & 0x7f;
        if !(1..=2).contains(&count) {
            return None;
        }
        let (bytes, after) = rest.split_at_checked(count)?;
        length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        rest = after;
    }
    if *found != tag {
        return None;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((rest, content))
}
