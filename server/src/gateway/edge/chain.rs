//! Certificates as they are pushed: the chain and its private key, checked before they are stored.
//!
//! ```text
//! fullchain.pem ─▶ blocks ─▶ leaf ◀─ issued ─ intermediate ◀─ issued ─ … ─▶ Checked
//! privkey.pem ───▶ block ──▶ the leaf's? ─────────────────────────────────────┘
//! ```
//! What a client or Envoy would refuse is refused here, with words for whoever pushed it.

use app::api::{certificate::CertificateFacts, problem::FieldError};
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    EdgeName,
    facts::{KeyKind, Parsed},
    pem::{self, Block},
    private_key,
};
use crate::auth::secret::Secret;

/// Certificates of a chain at the most: public ones have two or three.
pub const CHAIN_MAX: usize = 16;

/// Longest chain in bytes.
pub const CHAIN_MAX_BYTES: usize = 64 * 1024;

/// Names of one certificate at the most: what the largest public authority allows.
pub const NAMES_MAX: usize = 100;

/// The sizes of RSA keys in bits that Envoy takes and we can check.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// How far ahead a certificate may begin to be valid: clocks differ.
const AHEAD_MAX: TimeDelta = TimeDelta::days(1);

/// A certificate that may be served.
#[derive(Debug)]
pub struct Checked {
    /// The chain alone, as PEM.
    pub chain_pem: String,
    /// The private key alone, as PEM.
    pub key: Secret,
    pub facts: CertificateFacts,
}

/// Checks a chain and its private key at the time `now`.
///
/// # Errors
/// Returns what is wrong with the fields `chain` and `private_key`, and how to mend it.
pub fn check(chain: &str, key: &str, now: DateTime<Utc>) -> Result<Checked, Vec<FieldError>> {
    let of_chain = |message: String| FieldError::new("chain", message);
    let of_key = |message: String| FieldError::new("private_key", message);
    let blocks = match blocks(chain, "chain", CHAIN_MAX, CHAIN_MAX_BYTES) {
        Ok(blocks) => blocks,
        Err(message) => {
            let mut errors = vec![of_chain(message)];
            errors
                .extend(private_key::check_alone(key).err().map(|error| of_key(error.to_string())));
            return Err(errors);
        }
    };
    let links = parsed(&blocks).map_err(|message| vec![of_chain(message)])?;
    let [leaf, above @ ..] = links.as_slice() else {
        return Err(vec![of_chain("has no certificate".to_owned())]);
    };
    let sound = of_links(&links, key, now).and_then(|()| names(leaf));
    let (dns_names, ip_addresses) = sound.map_err(|message| vec![of_chain(message)])?;
    let key = private_key::check(key, leaf).map_err(|error| vec![of_key(error.to_string())])?;
    let facts = CertificateFacts {
        dns_names,
        ip_addresses,
        leaf: leaf.facts.clone(),
        intermediates: above.iter().map(|link| link.facts.clone()).collect(),
    };
    let chain_pem = links.iter().map(|link| pem::write("CERTIFICATE", link.der)).collect();
    Ok(Checked { chain_pem, key, facts })
}

/// Returns what a certificate is called unless somebody says it: its first host.
///
/// # Errors
/// Says why it has no name that could be used.
pub fn default_name(chain: &str) -> Result<EdgeName, String> {
    let blocks = blocks(chain, "chain", CHAIN_MAX, CHAIN_MAX_BYTES)?;
    let links = parsed(&blocks)?;
    let host = links.first().and_then(Parsed::first_host);
    let host = host.ok_or_else(|| "is for no DNS name".to_owned())?;
    let name = match host.strip_prefix("*.") {
        Some(domain) => format!("wildcard.{domain}"),
        None => host,
    };
    EdgeName::parse(&name).map_err(|error| format!("is for `{name}`, which {error}"))
}

/// Reads blocks that must all be certificates.
pub(super) fn blocks(
    text: &str,
    what: &str,
    max: usize,
    max_bytes: usize,
) -> Result<Vec<Block>, String> {
    if text.trim().is_empty() {
        return Err("is missing; it must hold certificates as PEM".to_owned());
    }
    if text.len() > max_bytes {
        return Err(format!("is {} bytes long; at most {max_bytes} are allowed", text.len()));
    }
    let blocks = pem::read(text).map_err(|error| error.to_string())?;
    if let Some(other) = blocks.iter().find(|block| block.label != "CERTIFICATE") {
        let hint = match other.label.ends_with("PRIVATE KEY") {
            true => "; a private key belongs into a field of its own",
            false => "",
        };
        return Err(format!(
            "has a block `{}`, and only certificates belong here{hint}",
            other.label
        ));
    }
    if blocks.len() > max {
        return Err(format!("has {} certificates; a {what} has at most {max}", blocks.len()));
    }
    Ok(blocks)
}

/// Reads the certificates in blocks.
pub(super) fn parsed(blocks: &[Block]) -> Result<Vec<Parsed<'_>>, String> {
    let read = |(block, place)| {
        let block: &Block = block;
        Parsed::read(&block.der).ok_or_else(|| {
            format!("has something that is no X.509 certificate in its {} block", nth(place))
        })
    };
    blocks.iter().zip(1..).map(read).collect()
}

/// Checks that each certificate is what it should be at its place.
fn of_links(links: &[Parsed<'_>], key: &str, now: DateTime<Utc>) -> Result<(), String> {
    let [leaf, above @ ..] = links else { return Ok(()) };
    if leaf.is_authority() {
        return Err(of_authority(links, key));
    }
    if let Some((link, place)) = above.iter().zip(2..).find(|(link, _)| !link.is_authority()) {
        return Err(match private_key::check(key, link).is_ok() {
            true => begins_with_another(leaf, link, place),
            false => format!(
                "has `{}` as its {} certificate, which is no authority’s and can have signed no other",
                link.facts.subject,
                nth(place),
            ),
        });
    }
    in_order(links)?;
    for (link, place) in links.iter().zip(1..) {
        in_time(link, place, now)?;
    }
    match leaf.key_kind() {
        KeyKind::Rsa(bits) if !RSA_BITS.contains(&bits) => Err(format!(
            "is for a key of RSA {bits}; RSA {} to {}, and ECDSA P-256 and P-384 are allowed",
            RSA_BITS.start(),
            RSA_BITS.end(),
        )),
        KeyKind::Other => Err(format!(
            "is for a key of {}, which clients or Envoy do not take; ECDSA P-256 and P-384, and RSA {} to {} are allowed",
            leaf.facts.algorithm,
            RSA_BITS.start(),
            RSA_BITS.end(),
        )),
        _ => Ok(()),
    }
}

/// Says what is wrong with a chain that begins with an authority's certificate.
fn of_authority(links: &[Parsed<'_>], key: &str) -> String {
    let found = links.iter().zip(1..).skip(1).find(|(link, _)| !link.is_authority());
    match (links, found) {
        ([first, ..], Some((leaf, place))) if private_key::check(key, leaf).is_ok() => {
            begins_with_another(first, leaf, place)
        }
        ([first, ..], Some((leaf, place))) => format!(
            "must begin with the certificate of the host: `{}` is an authority’s, and the {} is `{}`",
            first.facts.subject,
            nth(place),
            leaf.facts.subject,
        ),
        ([first, ..], None) => format!(
            "begins with `{}`, the certificate of an authority (CA:TRUE), and a host’s must come first; `openssl req -x509` makes one for a host with `-addext basicConstraints=critical,CA:FALSE`",
            first.facts.subject,
        ),
        ([], _) => "has no certificate".to_owned(),
    }
}

fn begins_with_another(first: &Parsed<'_>, leaf: &Parsed<'_>, place: usize) -> String {
    format!(
        "begins with `{}`; the certificate of the private key is the {}, `{}`, and must be the first",
        first.facts.subject,
        nth(place),
        leaf.facts.subject,
    )
}

/// Checks that each certificate was issued by the next.
fn in_order(links: &[Parsed<'_>]) -> Result<(), String> {
    for (pair, place) in links.windows(2).zip(1..) {
        let [link, next] = pair else { continue };
        if link.is_signed_by(next) {
            continue;
        }
        let (subject, issuer) = (&link.facts.subject, &link.facts.issuer);
        let found = links.iter().zip(1..).find(|(other, _)| link.is_signed_by(other));
        let hint = match found {
            Some((_, at)) if at == place => {
                "it signed itself, so nothing belongs after it".to_owned()
            }
            Some((_, at)) => format!("that one is the {} here", nth(at)),
            None => "that one is not here".to_owned(),
        };
        return Err(format!(
            "is out of order: the {} certificate, `{subject}`, was issued by `{issuer}`, but the {} is `{}`; {hint}",
            nth(place),
            nth(place + 1),
            next.facts.subject,
        ));
    }
    Ok(())
}

fn in_time(link: &Parsed<'_>, place: usize, now: DateTime<Utc>) -> Result<(), String> {
    let facts = &link.facts;
    let which = match place {
        1 => String::new(),
        _ => format!(" in its {} certificate, `{}`,", nth(place), facts.subject),
    };
    let written = |at: DateTime<Utc>| at.format("%F %H:%M UTC");
    if facts.not_after <= now {
        return Err(format!("has{which} expired on {}", written(facts.not_after)));
    }
    if facts.not_before > now + AHEAD_MAX {
        return Err(format!("is{which} not valid before {}", written(facts.not_before)));
    }
    Ok(())
}

/// Returns the names of a certificate, each of which Envoy can choose it by.
fn names(leaf: &Parsed<'_>) -> Result<(Vec<String>, Vec<String>), String> {
    let (dns, addresses) = leaf.names();
    if dns.is_empty() && addresses.is_empty() {
        return Err("is for no DNS name and no address (subject alternative names); its common \
            name is not enough for clients"
            .to_owned());
    }
    if dns.len() + addresses.len() > NAMES_MAX {
        return Err(format!("is for {} names; at most {NAMES_MAX} are allowed", dns.len()));
    }
    match dns.iter().find(|name| !is_host(name)) {
        Some(odd) => Err(format!(
            "is for `{}`, which is no host name; a `*` must be its whole first label",
            odd.escape_default(),
        )),
        None => Ok((dns, addresses)),
    }
}

/// Tells whether a name is a host's, or `*.` and a host's.
fn is_host(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let host = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 253 && host.split('.').all(is_label)
}

/// Writes a place: `1st`, `2nd`.
pub(super) fn nth(place: usize) -> String {
    let ending = match (place % 10, place % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{place}{ending}")
}

#[cfg(test)]
pub(crate) mod tests;
