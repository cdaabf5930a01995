//! TLS to services: what is verified of their certificates, and which one the gateway shows.

use std::collections::BTreeSet;

use app::api::policy::{UpstreamTls, Verification};

use crate::gateway::{
    edge::EdgeName,
    read::{Reader, list_of},
    references::ReferenceKind,
    service::{Host, Scheme, Service, host_of},
};

/// The group's key.
const GROUP: &str = "upstream_tls";

pub(super) fn read(reader: &Reader<'_>) -> UpstreamTls {
    let tls = reader.object(GROUP, |reader| {
        let name =
            |key, wanted| reader.parsed(key, wanted, EdgeName::parse).map(|name| name.to_string());
        let choices = [("full", Verification::Full), ("off", Verification::Off)];
        let tls = UpstreamTls {
            verify: reader.choice("verify", &choices).unwrap_or_default(),
            trust_bundle: name("trust_bundle", "the name of a trust bundle"),
            server_name: reader.parsed("server_name", "a DNS name", server_name),
            client_certificate: name("client_certificate", "the name of a certificate"),
        };
        if tls.verify == Verification::Off && reader.has("trust_bundle") {
            reader.wrong::<()>("trust_bundle", "has no effect where `verify` is `off`");
        }
        tls
    });
    tls.unwrap_or_default()
}

/// Returns what is named.
pub(super) fn references(tls: &UpstreamTls) -> impl Iterator<Item = (ReferenceKind, &str)> {
    let bundle = tls.trust_bundle.as_deref().map(|name| (ReferenceKind::TrustBundle, name));
    let certificate = tls.client_certificate.as_deref();
    bundle.into_iter().chain(certificate.map(|name| (ReferenceKind::Certificate, name)))
}

/// Checks that one of the services that get a mapping's requests, or copies, has a certificate.
pub(super) fn check_services<'s>(
    tls: &UpstreamTls,
    services: impl Iterator<Item = &'s Service>,
    reader: &Reader<'_>,
) {
    if *tls == UpstreamTls::default() {
        return;
    }
    let (mut plain, mut is_secure) = (BTreeSet::new(), false);
    for service in services {
        match service.name.scheme {
            Scheme::Http => drop(plain.insert(service.text.as_ref())),
            Scheme::Https => is_secure = true,
        }
    }
    if !is_secure && !plain.is_empty() {
        let names = list_of(plain);
        let message = format!(
            "has no effect: TLS is spoken to services that begin with `https://`, not to {names}; \
             services that `auth` names are verified by the system's authorities anyway"
        );
        reader.wrong::<()>(GROUP, message);
    }
}

/// An address is no server name (RFC 6066, section 3).
fn server_name(text: &str) -> Result<String, String> {
    match host_of(text).map_err(|error| error.to_string())? {
        Host::Name(name) => Ok(name.as_ref().to_owned()),
        Host::Ip(_) => {
            Err("is an address; a certificate is verified for the address of its service anyway"
                .to_owned())
        }
    }
}
