//! TLS between the gateway and services that begin with `https://`.
//!
//! ```text
//! trusted by: a file on the node │ secret `trust/NAME`        ┐ transport socket
//! verified:   the service's host │ `server_name`              ├ of a cluster
//! shown:      nothing            │ secret `certificate/NAME`  ┘
//! ```
//! A cluster only names its secrets, so that a bundle or a certificate that is renewed changes one
//! secret and no cluster.

use std::{fmt, str::FromStr, sync::Arc};

use app::api::policy::{UpstreamTls, Verification};
use envoy_types::util::pack_any;

use super::{
    node_file::NodeFile,
    proto::{
        config::core::v3::{TransportSocket, transport_socket::ConfigType},
        extensions::transport_sockets::tls::v3::{
            CertificateValidationContext, CommonTlsContext, SubjectAltNameMatcher, TlsParameters,
            UpstreamTlsContext,
            common_tls_context::{CombinedCertificateValidationContext, ValidationContextType},
            subject_alt_name_matcher::SanType,
            tls_parameters::TlsProtocol,
        },
        r#type::matcher::v3::{StringMatcher, string_matcher::MatchPattern},
    },
    tls::{by_sds, certificate_secret, inline, trust_secret},
};
use crate::gateway::{
    edge::TrustBundle,
    service::{Host, ServiceName},
};

/// The file on the nodes with the certificates of the authorities that their system trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeCaFile(NodeFile);

impl Default for NodeCaFile {
    /// Returns where Debian, Ubuntu, Alpine and Envoy's own images have it.
    fn default() -> Self {
        Self(NodeFile::fixed("/etc/ssl/certs/ca-certificates.crt"))
    }
}

impl FromStr for NodeCaFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

impl fmt::Display for NodeCaFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a cluster finds the authorities that it trusts.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    pub system: &'a NodeCaFile,
    /// Trust bundles that are written down, where there is nobody to ask for secrets.
    pub written: Option<&'a [Arc<TrustBundle>]>,
}

/// Returns the transport socket of connections to a service that begins with `https://`.
pub(super) fn transport_socket(
    service: &ServiceName,
    tls: &UpstreamTls,
    trust: Trust<'_>,
) -> TransportSocket {
    let own = match &service.host {
        Host::Name(name) => Some(name.as_ref()),
        // an address is no server name (RFC 6066, section 3)
        Host::Ip(_) => None,
    };
    let name = tls.server_name.as_deref().or(own);
    // a private key is written down nowhere
    let certificate = tls.client_certificate.as_deref().filter(|_| trust.written.is_none());
    let context = UpstreamTlsContext {
        sni: name.unwrap_or_default().to_owned(),
        common_tls_context: Some(CommonTlsContext {
            tls_params: Some(TlsParameters {
                tls_minimum_protocol_version: TlsProtocol::TlSv12.into(),
                // Envoy as a client stops at 1.2 by itself
                tls_maximum_protocol_version: TlsProtocol::TlSv13.into(),
                ..TlsParameters::default()
            }),
            tls_certificate_sds_secret_configs: certificate
                .map(|name| by_sds(certificate_secret(name)))
                .into_iter()
                .collect(),
            validation_context_type: match tls.verify {
                Verification::Full => Some(validation(tls, trust, is_for(&service.host, name))),
                Verification::Off => None,
            },
            ..CommonTlsContext::default()
        }),
        ..UpstreamTlsContext::default()
    };
    TransportSocket {
        name: "envoy.transport_sockets.tls".to_owned(),
        config_type: Some(ConfigType::TypedConfig(pack_any(context))),
    }
}

/// Returns the names of the secrets without which no connection can be made.
pub fn secrets(tls: &UpstreamTls) -> impl Iterator<Item = String> {
    let bundle = tls.trust_bundle.as_deref().map(trust_secret);
    bundle.into_iter().chain(tls.client_certificate.as_deref().map(certificate_secret))
}

fn validation(
    tls: &UpstreamTls,
    trust: Trust<'_>,
    matcher: SubjectAltNameMatcher,
) -> ValidationContextType {
    let context = |trusted_ca| CertificateValidationContext {
        trusted_ca,
        match_typed_subject_alt_names: vec![matcher],
        ..CertificateValidationContext::default()
    };
    let Some(name) = &tls.trust_bundle else {
        // `system_root_certs` would say it, but Envoy takes it and then verifies nothing
        return ValidationContextType::ValidationContext(context(Some(trust.system.0.source())));
    };
    let known = |bundles: &[Arc<TrustBundle>]| {
        bundles.iter().find(|bundle| bundle.name.as_str() == name).cloned()
    };
    match trust.written.and_then(known) {
        Some(bundle) => {
            ValidationContextType::ValidationContext(context(Some(inline(&bundle.pem))))
        }
        None => {
            ValidationContextType::CombinedValidationContext(CombinedCertificateValidationContext {
                default_validation_context: Some(context(None)),
                validation_context_sds_secret_config: Some(by_sds(trust_secret(name))),
                ..CombinedCertificateValidationContext::default()
            })
        }
    }
}

/// Returns what one of the certificate's names must be.
pub(super) fn is_for(host: &Host, name: Option<&str>) -> SubjectAltNameMatcher {
    let (kind, text) = match (name, host) {
        (Some(name), _) => (SanType::Dns, name.to_owned()),
        (None, Host::Name(name)) => (SanType::Dns, name.as_ref().to_owned()),
        (None, Host::Ip(address)) => (SanType::IpAddress, address.to_string()),
    };
    SubjectAltNameMatcher {
        san_type: kind.into(),
        // of a DNS name, Envoy also takes a wildcard that covers it
        matcher: Some(StringMatcher {
            match_pattern: Some(MatchPattern::Exact(text)),
            ..StringMatcher::default()
        }),
        ..SubjectAltNameMatcher::default()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::envoy::json::to_json;

    /// Returns a cluster's socket as JSON, without what is always the same.
    fn socket(service: &str, tls: Value) -> Value {
        let system = NodeCaFile::default();
        let service = ServiceName::parse(service).unwrap();
        let tls = serde_json::from_value(tls).unwrap();
        let socket = transport_socket(&service, &tls, Trust { system: &system, written: None });
        let mut socket = to_json(&socket).unwrap();
        let config = socket["typed_config"].as_object_mut().unwrap();
        let mut common = config["common_tls_context"].take();
        let mut shown = json!({ "sni": config.get("sni") });
        for (key, value) in common.as_object_mut().unwrap() {
            if key != "tls_params" {
                shown[key] = value.take();
            }
        }
        shown
    }

    #[rstest]
    #[case("https://images.shop:8443", json!({}), json!("images.shop"), "DNS", "images.shop")]
    #[case("https://10.0.0.7", json!({}), Value::Null, "IP_ADDRESS", "10.0.0.7")]
    #[case("https://[2001:DB8::7]", json!({}), Value::Null, "IP_ADDRESS", "2001:db8::7")]
    #[case("https://10.0.0.7", json!({ "server_name": "a.b" }), json!("a.b"), "DNS", "a.b")]
    #[case("https://images.shop", json!({ "server_name": "a.b" }), json!("a.b"), "DNS", "a.b")]
    fn a_certificate_is_verified_for_what_was_asked_for(
        #[case] service: &str,
        #[case] tls: Value,
        #[case] sni: Value,
        #[case] kind: &str,
        #[case] name: &str,
    ) {
        let names = json!([{ "san_type": kind, "matcher": { "exact": name } }]);
        assert_eq!(
            socket(service, tls),
            json!({
                "sni": sni,
                "validation_context": {
                    "trusted_ca": { "filename": "/etc/ssl/certs/ca-certificates.crt" },
                    "match_typed_subject_alt_names": names,
                },
            })
        );
    }

    #[test]
    fn bundles_and_certificates_are_only_named() {
        let tls = json!({ "trust_bundle": "internal-ca", "client_certificate": "gateway" });

        let socket = socket("https://a", tls.clone());

        let by_sds = |name: &str| json!({ "name": name, "sds_config": { "ads": {}, "resource_api_version": "V3" } });
        assert_eq!(
            socket["combined_validation_context"]["validation_context_sds_secret_config"],
            by_sds("trust/internal-ca")
        );
        assert_eq!(
            socket["tls_certificate_sds_secret_configs"],
            json!([by_sds("certificate/gateway")])
        );
        let tls = serde_json::from_value(tls).unwrap();
        let secrets: Vec<_> = secrets(&tls).collect();
        assert_eq!(secrets, ["trust/internal-ca", "certificate/gateway"]);
    }

    #[test]
    fn nothing_is_verified_where_that_is_said() {
        let tls = json!({ "verify": "off", "server_name": "a.b" });

        assert_eq!(socket("https://a", tls), json!({ "sni": "a.b" }));
    }

    #[rstest]
    #[case("ca.crt")]
    #[case("")]
    #[case("/a\nb")]
    fn a_file_that_no_node_can_have_is_refused(#[case] text: &str) {
        NodeCaFile::from_str(text).unwrap_err();
    }
}
