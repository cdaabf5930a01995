//! TLS between clients and the gateway: secrets, and what listeners say of them. What clusters say
//! of them is in `upstream_tls`.
//!
//! ```text
//! certificate ─▶ secret `certificate/NAME` ◀─ named by ─ filter chain of its DNS names
//! trust bundle ─▶ secret `trust/NAME`      ◀─ named by ─ every chain that asks for certificates
//! ```
//! A listener only names its secrets, so that a renewed certificate changes one secret and no
//! listener: connections that are open stay, new ones get the new certificate.

use envoy_types::util::pack_any;

use super::{
    config::{ads, yes},
    proto::{
        config::core::v3::{
            DataSource, TransportSocket, data_source::Specifier, transport_socket::ConfigType,
        },
        extensions::transport_sockets::{
            quic::v3::QuicDownstreamTransport,
            tls::v3::{
                CertificateValidationContext, CommonTlsContext, DownstreamTlsContext,
                SdsSecretConfig, Secret, TlsCertificate, TlsParameters,
                common_tls_context::ValidationContextType, secret::Type,
                tls_parameters::TlsProtocol,
            },
        },
    },
};
use crate::gateway::edge::{
    EdgeName, OpenCertificate, TlsSettings, TrustBundle,
    settings::{CIPHERS, ClientCertificates, TlsVersion},
};

/// Which protocol the connections of a context carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// HTTP/1.1 and HTTP/2 over TCP.
    Tcp,
    /// HTTP/3 over QUIC.
    Quic,
}

/// Returns the name of the secret with a certificate.
pub fn certificate_secret(name: &str) -> String {
    format!("certificate/{name}")
}

/// Returns the name of the secret with a trust bundle.
pub fn trust_secret(name: &str) -> String {
    format!("trust/{name}")
}

/// Returns the secret of a certificate, its private key in the clear.
pub fn certificate(open: &OpenCertificate) -> Secret {
    let certificate = TlsCertificate {
        certificate_chain: Some(inline(&open.certificate.chain_pem)),
        private_key: Some(inline(open.key.reveal())),
        ..TlsCertificate::default()
    };
    Secret {
        name: certificate_secret(open.certificate.name.as_str()),
        r#type: Some(Type::TlsCertificate(certificate)),
    }
}

/// Returns the secret of a trust bundle.
pub fn trust(bundle: &TrustBundle) -> Secret {
    let context = CertificateValidationContext {
        trusted_ca: Some(inline(&bundle.pem)),
        ..CertificateValidationContext::default()
    };
    Secret {
        name: trust_secret(bundle.name.as_str()),
        r#type: Some(Type::ValidationContext(context)),
    }
}

/// Returns the transport socket of connections that are shown the certificate `name`.
pub(super) fn transport_socket(
    settings: &TlsSettings,
    name: &EdgeName,
    transport: Transport,
) -> TransportSocket {
    let context = context(settings, name, transport);
    let (name, config) = match transport {
        Transport::Tcp => ("envoy.transport_sockets.tls", pack_any(context)),
        Transport::Quic => {
            let quic = QuicDownstreamTransport {
                downstream_tls_context: Some(context),
                ..QuicDownstreamTransport::default()
            };
            ("envoy.transport_sockets.quic", pack_any(quic))
        }
    };
    TransportSocket { name: name.to_owned(), config_type: Some(ConfigType::TypedConfig(config)) }
}

fn context(settings: &TlsSettings, name: &EdgeName, transport: Transport) -> DownstreamTlsContext {
    let asks = settings.client_certificates != ClientCertificates::Off;
    let authorities = settings.client_trust_bundle.as_ref().filter(|_| asks);
    let alpn: &[&str] = match transport {
        Transport::Tcp => &["h2", "http/1.1"],
        // Envoy speaks h3 there, whatever is said
        Transport::Quic => &[],
    };
    DownstreamTlsContext {
        common_tls_context: Some(CommonTlsContext {
            tls_params: Some(parameters(settings)),
            tls_certificate_sds_secret_configs: vec![by_sds(certificate_secret(name.as_str()))],
            validation_context_type: authorities.map(|name| {
                ValidationContextType::ValidationContextSdsSecretConfig(by_sds(trust_secret(name)))
            }),
            alpn_protocols: alpn.iter().map(|&protocol| protocol.to_owned()).collect(),
            ..CommonTlsContext::default()
        }),
        require_client_certificate: authorities
            .filter(|_| settings.client_certificates == ClientCertificates::Required)
            .and_then(|_| yes()),
        ..DownstreamTlsContext::default()
    }
}

fn parameters(settings: &TlsSettings) -> TlsParameters {
    let oldest = match settings.minimum_version {
        TlsVersion::V1_2 => TlsProtocol::TlSv12,
        TlsVersion::V1_3 => TlsProtocol::TlSv13,
    };
    let chosen = &settings.ciphers;
    let cipher_suites = match chosen.is_empty() {
        true => CIPHERS.iter().map(|&cipher| cipher.to_owned()).collect(),
        false => chosen.clone(),
    };
    TlsParameters {
        tls_minimum_protocol_version: oldest.into(),
        tls_maximum_protocol_version: TlsProtocol::TlSv13.into(),
        cipher_suites,
        ..TlsParameters::default()
    }
}

pub(super) fn by_sds(name: String) -> SdsSecretConfig {
    SdsSecretConfig { name, sds_config: Some(ads()) }
}

pub(super) fn inline(text: &str) -> DataSource {
    DataSource {
        specifier: Some(Specifier::InlineString(text.to_owned())),
        ..DataSource::default()
    }
}
