//! The handshake: our certificate, and what is asked of a node's.
//!
//! TLS 1.3 only, since Envoy and we speak it. No session is resumed, so that every connection is
//! verified by the authorities that are trusted when it is made.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    version::TLS13,
};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

use super::pattern::NodePattern;
use crate::gateway::edge::{
    authorities,
    chain::{self, NAMES_MAX},
};

/// What is negotiated (ALPN): gRPC is HTTP/2.
const PROTOCOL: &[u8] = b"h2";

/// Texts of the files that TLS is made of.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) chain: &'a str,
    pub(super) key: &'a str,
    pub(super) client_ca: Option<&'a str>,
    /// Whether a node may also prove who it is by a token.
    pub(super) takes_tokens: bool,
}

/// Which of the files is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Chain,
    Key,
    ClientCa,
}

/// What a connection begins with.
pub(super) struct Handshake {
    pub(super) config: Arc<ServerConfig>,
    /// When our own certificate expires.
    pub(super) not_after: DateTime<Utc>,
}

/// Checks the files at the time `now`, and returns what connections begin with.
///
/// # Errors
/// Says what is wrong with which file.
pub(super) fn handshake(texts: Texts<'_>, now: DateTime<Utc>) -> Result<Handshake, (Part, String)> {
    let own = chain::check(texts.chain, texts.key, now).map_err(|errors| {
        let first = errors.into_iter().next();
        let part = match &first {
            Some(error) if error.pointer == "/private_key" => Part::Key,
            _ => Part::Chain,
        };
        (part, first.map(|error| error.message).unwrap_or_default())
    })?;
    let of_chain = |reason: &dyn std::fmt::Display| (Part::Chain, format!("is refused: {reason}"));
    let of_key = |reason: &dyn std::fmt::Display| (Part::Key, format!("is refused: {reason}"));
    let links: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(own.chain_pem.as_bytes()).collect();
    let links = links.map_err(|error| of_chain(&error))?;
    let key = PrivateKeyDer::from_pem_slice(own.key.reveal().as_bytes())
        .map_err(|error| of_key(&error))?;
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| of_chain(&error))?;
    let builder = match texts.client_ca {
        None => builder.with_no_client_auth(),
        Some(text) => {
            let roots = Arc::new(roots(text)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
            let verifier = match texts.takes_tokens {
                true => verifier.allow_unauthenticated(),
                false => verifier,
            };
            let verifier = verifier.build().map_err(|error| of_client_ca(&error))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(links, key).map_err(|error| of_key(&error))?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Handshake { config: Arc::new(config), not_after: own.facts.leaf.not_after })
}

fn roots(text: &str) -> Result<RootCertStore, (Part, String)> {
    let checked = authorities::check(text).map_err(|errors| {
        let message = errors.into_iter().next().map(|error| error.message);
        (Part::ClientCa, message.unwrap_or_default())
    })?;
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(checked.pem.as_bytes()) {
        let authority = authority.map_err(|error| of_client_ca(&error))?;
        roots.add(authority).map_err(|error| of_client_ca(&error))?;
    }
    Ok(roots)
}

fn of_client_ca(reason: &dyn std::fmt::Display) -> (Part, String) {
    (Part::ClientCa, format!("is refused: {reason}"))
}

/// Returns which nodes a certificate is for: its DNS names and its URIs, or its common name if it
/// has neither. Names that no node id can be, such as `*.example.com`, are passed over.
pub(super) fn nodes_of(certificate: &CertificateDer<'_>) -> Arc<[NodePattern]> {
    let Ok((_, certificate)) = parse_x509_certificate(certificate) else { return Arc::default() };
    let names = certificate.subject_alternative_name().ok().flatten();
    let alternative = names.iter().flat_map(|names| &names.value.general_names);
    let alternative: Vec<_> = alternative
        .filter_map(|name| match name {
            GeneralName::DNSName(name) | GeneralName::URI(name) => Some(*name),
            _ => None,
        })
        .take(NAMES_MAX)
        .collect();
    let common = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    let names = match alternative.is_empty() {
        true => common.take(1).collect(),
        false => alternative,
    };
    names.into_iter().filter_map(|name| NodePattern::parse(name).ok()).collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};
    use rstest::rstest;

    use super::*;
    use crate::gateway::edge::chain::tests::made::{Authority, host};

    fn names(common: &str, dns: &[&str], uris: &[&str]) -> Vec<String> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, common);
        let dns = dns.iter().map(|name| SanType::DnsName((*name).try_into().unwrap()));
        let uris = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap()));
        params.subject_alt_names = dns.chain(uris).collect();
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        nodes_of(certificate.der()).iter().map(ToString::to_string).collect()
    }

    #[rstest]
    #[case("edge-9", &["edge-1", "edge-2"], &[], &["edge-1", "edge-2"])]
    #[case("edge-9", &[], &["spiffe://a/edge"], &["spiffe://a/edge"])]
    #[case("edge-9", &[], &[], &["edge-9"])]
    #[case("edge-9", &["*.example.com"], &[], &[])]
    #[case("edge-9", &["edge-*"], &[], &["edge-*"])]
    #[case("two words", &[], &[], &[])]
    fn a_certificate_is_for_its_names_and_for_its_common_name_as_a_last_resort(
        #[case] common: &str,
        #[case] dns: &[&str],
        #[case] uris: &[&str],
        #[case] expected: &[&str],
    ) {
        assert_eq!(names(common, dns, uris), expected);
    }

    #[test]
    fn a_fault_is_blamed_on_its_file() {
        let root = Authority::root("Root");
        let (own, other) = (root.issues(&host(&["xds"])), root.issues(&host(&["xds"])));
        let root = root.pem();
        let sound =
            Texts { chain: &own.pem, key: &own.key, client_ca: Some(&root), takes_tokens: false };
        let blamed = |texts| handshake(texts, Utc::now()).map(|_sound| ()).unwrap_err().0;

        assert!(handshake(sound, Utc::now()).is_ok());
        assert_eq!(blamed(Texts { chain: "", ..sound }), Part::Chain);
        assert_eq!(blamed(Texts { key: &other.key, ..sound }), Part::Key);
        assert_eq!(blamed(Texts { client_ca: Some(&own.pem), ..sound }), Part::ClientCa);
    }
}
