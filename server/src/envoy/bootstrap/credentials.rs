//! How a node proves who it is, and how it knows us: files on the node.
//!
//! ```text
//! bootstrap ─ names ─▶ xds-certificate.yaml ─ names ─▶ certificate, private key ┐ watched: what is
//!           ─ names ─▶ xds-authorities.yaml ─ names ─▶ authorities              ├ moved there, the
//!           ─ names ─▶ xds-token.yaml       ─ names ─▶ token                    ┘ node uses
//! ```
//! Envoy reads a file again only if it knows it by a secret, and a secret only from a file of its
//! own (SDS by `path_config_source`). So nothing that is secret is in the bootstrap, nor in what
//! Envoy's admin interface shows of it, and no renewal needs a restart.

use envoy_types::util::pack_any;

use super::super::{
    node_file::NodeFile,
    proto::{
        config::core::v3::{
            ApiVersion, ConfigSource, DataSource, PathConfigSource, TransportSocket,
            TypedExtensionConfig, config_source::ConfigSourceSpecifier,
            transport_socket::ConfigType,
        },
        extensions::{
            filters::{
                http::{
                    credential_injector::v3::CredentialInjector, upstream_codec::v3::UpstreamCodec,
                },
                network::http_connection_manager::v3::{HttpFilter, http_filter},
            },
            http::injected_credentials::generic::v3::Generic,
            transport_sockets::tls::v3::{
                CertificateValidationContext, CommonTlsContext, GenericSecret, SdsSecretConfig,
                Secret, TlsCertificate, TlsParameters, UpstreamTlsContext,
                common_tls_context::{CombinedCertificateValidationContext, ValidationContextType},
                secret::Type,
                tls_parameters::TlsProtocol,
            },
        },
        service::discovery::v3::DiscoveryResponse,
    },
    upstream_tls::is_for,
};
use crate::gateway::service::Host;

const CERTIFICATE: &str = "xds-certificate";
const AUTHORITIES: &str = "xds-authorities";
const TOKEN: &str = "xds-token";

/// What the bootstrap says of credentials.
#[derive(Debug, Clone)]
pub struct NodeCredentials {
    /// The folder in which the files of [`Self::secrets`] are.
    pub folder: NodeFile,
    /// Without it the node speaks plain text, which is for our own machine only.
    pub tls: Option<NodeTls>,
    /// Holds the token that the node sends.
    pub token: Option<NodeFile>,
}

/// How a node comes by TLS.
#[derive(Debug, Clone)]
pub struct NodeTls {
    /// The authorities that the node trusts, as PEM.
    pub authorities: NodeFile,
    /// What the node shows, unless it sends a token only.
    pub own: Option<OwnCertificate>,
    /// The name that our certificate is for, if it is not the host of the address.
    pub server_name: Option<String>,
}

/// A node's certificate and its private key, as PEM.
#[derive(Debug, Clone)]
pub struct OwnCertificate {
    pub chain: NodeFile,
    pub key: NodeFile,
}

impl NodeCredentials {
    /// Returns the files that the bootstrap names: how each is called, and what is in it.
    pub fn secrets(&self) -> Vec<(String, DiscoveryResponse)> {
        let tls = self.tls.as_ref();
        let own = tls.and_then(|tls| tls.own.as_ref()).map(|own| {
            let certificate = TlsCertificate {
                certificate_chain: Some(own.chain.source()),
                private_key: Some(own.key.source()),
                watched_directory: Some(own.chain.watched()),
                ..TlsCertificate::default()
            };
            (CERTIFICATE, Type::TlsCertificate(certificate))
        });
        let authorities = tls.map(|tls| {
            let context = CertificateValidationContext {
                trusted_ca: Some(tls.authorities.source()),
                watched_directory: Some(tls.authorities.watched()),
                ..CertificateValidationContext::default()
            };
            (AUTHORITIES, Type::ValidationContext(context))
        });
        let token = self.token.as_ref().map(|token| {
            let source = DataSource { watched_directory: Some(token.watched()), ..token.source() };
            let secret = GenericSecret { secret: Some(source), ..GenericSecret::default() };
            (TOKEN, Type::GenericSecret(secret))
        });
        let secrets = own.into_iter().chain(authorities).chain(token);
        secrets.map(|(name, kind)| (file_name(name), response(name, kind))).collect()
    }

    /// Returns how the node speaks to us; `None` for plain text.
    pub(super) fn transport_socket(&self, host: &Host) -> Option<TransportSocket> {
        let tls = self.tls.as_ref()?;
        let name = tls.server_name.as_deref().or(match host {
            Host::Name(name) => Some(&**name),
            // an address is no server name (RFC 6066, section 3)
            Host::Ip(_) => None,
        });
        let own = tls.own.as_ref().map(|_files| self.by_file(CERTIFICATE));
        let verified = CertificateValidationContext {
            match_typed_subject_alt_names: vec![is_for(host, name)],
            ..CertificateValidationContext::default()
        };
        let authorities = CombinedCertificateValidationContext {
            default_validation_context: Some(verified),
            validation_context_sds_secret_config: Some(self.by_file(AUTHORITIES)),
            ..CombinedCertificateValidationContext::default()
        };
        let context = UpstreamTlsContext {
            sni: name.unwrap_or_default().to_owned(),
            common_tls_context: Some(CommonTlsContext {
                tls_params: Some(TlsParameters {
                    tls_minimum_protocol_version: TlsProtocol::TlSv13.into(),
                    tls_maximum_protocol_version: TlsProtocol::TlSv13.into(),
                    ..TlsParameters::default()
                }),
                alpn_protocols: vec!["h2".to_owned()],
                tls_certificate_sds_secret_configs: own.into_iter().collect(),
                validation_context_type: Some(ValidationContextType::CombinedValidationContext(
                    authorities,
                )),
                ..CommonTlsContext::default()
            }),
            ..UpstreamTlsContext::default()
        };
        Some(TransportSocket {
            name: "envoy.transport_sockets.tls".to_owned(),
            config_type: Some(ConfigType::TypedConfig(pack_any(context))),
        })
    }

    /// Returns the filters of requests to us: one puts the token in.
    pub(super) fn filters(&self) -> Vec<HttpFilter> {
        if self.token.is_none() {
            return Vec::new();
        }
        let generic = Generic {
            credential: Some(self.by_file(TOKEN)),
            header_value_prefix: "Bearer ".to_owned(),
            ..Generic::default()
        };
        let injector = CredentialInjector {
            overwrite: true,
            credential: Some(TypedExtensionConfig {
                name: "envoy.http.injected_credentials.generic".to_owned(),
                typed_config: Some(pack_any(generic)),
            }),
            ..CredentialInjector::default()
        };
        let filter = |name: &str, config| HttpFilter {
            name: name.to_owned(),
            config_type: Some(http_filter::ConfigType::TypedConfig(config)),
            ..HttpFilter::default()
        };
        vec![
            filter("envoy.filters.http.credential_injector", pack_any(injector)),
            filter("envoy.filters.http.upstream_codec", pack_any(UpstreamCodec {})),
        ]
    }

    fn by_file(&self, name: &str) -> SdsSecretConfig {
        let source = PathConfigSource {
            path: self.folder.join(&file_name(name)).to_string(),
            ..PathConfigSource::default()
        };
        SdsSecretConfig {
            name: name.to_owned(),
            sds_config: Some(ConfigSource {
                resource_api_version: ApiVersion::V3.into(),
                config_source_specifier: Some(ConfigSourceSpecifier::PathConfigSource(source)),
                ..ConfigSource::default()
            }),
        }
    }
}

/// Envoy knows by the ending how a file is written.
fn file_name(secret: &str) -> String {
    format!("{secret}.yaml")
}

fn response(name: &str, kind: Type) -> DiscoveryResponse {
    let secret = Secret { name: name.to_owned(), r#type: Some(kind) };
    DiscoveryResponse { resources: vec![pack_any(secret)], ..DiscoveryResponse::default() }
}
