//! What an X.509 certificate says (RFC 5280), read once when it is stored.

use std::net::IpAddr;

use app::api::certificate::AuthorityFacts;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use x509_parser::{
    asn1_rs::Oid,
    certificate::X509Certificate,
    extensions::GeneralName,
    oid_registry::{
        OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
        OID_PKCS1_RSAENCRYPTION, OID_SIG_ED25519, OidRegistry,
    },
    parse_x509_certificate,
    public_key::PublicKey,
    time::ASN1Time,
    x509::{AttributeTypeAndValue, SubjectPublicKeyInfo, X509Name},
};

/// Longest name of an issuer or a subject that is kept, in bytes.
const NAME_MAX_BYTES: usize = 1000;

/// A certificate and the bytes that it was read from.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) der: &'a [u8],
    pub(super) x509: X509Certificate<'a>,
    pub(super) facts: AuthorityFacts,
}

/// What kind of key a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// With its size in bits.
    Rsa(usize),
    P256,
    P384,
    Other,
}

impl<'a> Parsed<'a> {
    /// Reads one certificate; `None` for what is none.
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let (rest, x509) = parse_x509_certificate(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let validity = x509.validity();
        let facts = AuthorityFacts {
            subject: distinguished_name(x509.subject()),
            issuer: distinguished_name(x509.issuer()),
            serial: hexadecimal(x509.raw_serial()),
            not_before: moment(validity.not_before)?,
            not_after: moment(validity.not_after)?,
            algorithm: algorithm(x509.public_key()),
            fingerprint: hexadecimal(&Sha256::digest(der)),
        };
        Some(Self { der, x509, facts })
    }

    pub(super) fn key_kind(&self) -> KeyKind {
        key_kind(self.x509.public_key())
    }

    /// Tells whether it is an authority's.
    pub(super) fn is_authority(&self) -> bool {
        self.x509.basic_constraints().ok().flatten().is_some_and(|basic| basic.value.ca)
    }

    /// Returns the DNS names and the addresses that it is for.
    pub(super) fn names(&self) -> (Vec<String>, Vec<String>) {
        let (mut dns, mut addresses) = (Vec::new(), Vec::new());
        let names = self.x509.subject_alternative_name().ok().flatten();
        for name in names.iter().flat_map(|names| &names.value.general_names) {
            match name {
                GeneralName::DNSName(name) => dns.push(name.to_ascii_lowercase()),
                GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
                _ => {}
            }
        }
        for names in [&mut dns, &mut addresses] {
            names.sort();
            names.dedup();
        }
        (dns, addresses)
    }

    /// Returns the DNS name that it has first.
    pub(super) fn first_host(&self) -> Option<String> {
        let names = self.x509.subject_alternative_name().ok().flatten()?;
        names.value.general_names.iter().find_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
    }

    /// Tells whether `issuer` has signed it.
    pub(super) fn is_signed_by(&self, issuer: &Parsed<'_>) -> bool {
        use x509_parser::error::X509Error;

        if self.x509.issuer().as_raw() != issuer.x509.subject().as_raw() {
            return false;
        }
        match self.x509.verify_signature(Some(issuer.x509.public_key())) {
            // by an algorithm that can't be checked here: clients will
            Ok(()) | Err(X509Error::SignatureUnsupportedAlgorithm) => true,
            Err(_) => false,
        }
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    let address = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    Some(address.to_string())
}

fn moment(time: ASN1Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.timestamp(), 0)
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key_kind(key: &SubjectPublicKeyInfo<'_>) -> KeyKind {
    let algorithm = &key.algorithm.algorithm;
    if *algorithm == OID_PKCS1_RSAENCRYPTION {
        return match key.parsed() {
            Ok(PublicKey::RSA(rsa)) => KeyKind::Rsa(rsa.key_size()),
            _ => KeyKind::Other,
        };
    }
    match curve(key) {
        Some(curve) if curve == OID_EC_P256 => KeyKind::P256,
        Some(curve) if curve == OID_NIST_EC_P384 => KeyKind::P384,
        _ => KeyKind::Other,
    }
}

fn curve<'a>(key: &'a SubjectPublicKeyInfo<'_>) -> Option<Oid<'a>> {
    if key.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY {
        return None;
    }
    key.algorithm.parameters.as_ref()?.as_oid().ok()
}

/// Names the kind of a key: `ECDSA P-256`, `RSA 2048`.
fn algorithm(key: &SubjectPublicKeyInfo<'_>) -> String {
    match key_kind(key) {
        KeyKind::Rsa(bits) => return format!("RSA {bits}"),
        KeyKind::P256 => return "ECDSA P-256".to_owned(),
        KeyKind::P384 => return "ECDSA P-384".to_owned(),
        KeyKind::Other => {}
    }
    match curve(key) {
        Some(curve) if curve == OID_NIST_EC_P521 => "ECDSA P-521".to_owned(),
        Some(curve) => format!("ECDSA on the curve {curve}"),
        None if key.algorithm.algorithm == OID_SIG_ED25519 => "Ed25519".to_owned(),
        None => format!("an unknown kind ({})", key.algorithm.algorithm),
    }
}

/// Writes a name as RFC 4514 does: the most specific part first.
fn distinguished_name(name: &X509Name<'_>) -> String {
    let parts: Vec<_> = name
        .iter_rdn()
        .map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+"))
        .collect();
    let mut text = parts.into_iter().rev().collect::<Vec<_>>().join(", ");
    if text.len() > NAME_MAX_BYTES {
        text = text.chars().take(NAME_MAX_BYTES / 4).collect();
        text.push('…');
    }
    text
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let registry = OidRegistry::default().with_x509();
    let known = registry.get(attribute.attr_type());
    let kind = match known.map(|entry| entry.sn()) {
        Some("commonName") => "CN".to_owned(),
        Some("organizationName") => "O".to_owned(),
        Some("organizationalUnit" | "organizationalUnitName") => "OU".to_owned(),
        Some("countryName") => "C".to_owned(),
        Some("stateOrProvinceName") => "ST".to_owned(),
        Some("localityName") => "L".to_owned(),
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => attribute.attr_type().to_string(),
    };
    let value = match attribute.as_str() {
        Ok(text) => escaped(text),
        Err(_) => format!("#{}", hexadecimal(attribute.as_slice())),
    };
    format!("{kind}={value}")
}

/// Escapes what would end a value, and what no name should hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
