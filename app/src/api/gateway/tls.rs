//! How the gateway speaks TLS with its clients.

use serde::{Deserialize, Serialize};

/// How the gateway speaks TLS with its clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TlsSettings {
    /// Name of the certificate for clients that ask for a host that no certificate names, or for
    /// none; absent: their handshake fails.
    pub default_certificate: Option<String>,
    pub minimum_version: TlsVersion,
    /// Ciphers of TLS 1.2, by OpenSSL's names; empty: all of the six that have forward secrecy
    /// and AEAD. TLS 1.3 has ciphers of its own.
    pub ciphers: Vec<String>,
    /// Whether HTTP/3 is spoken, too, and offered by `alt-svc`.
    pub http3: bool,
    /// Whether requests by HTTP are sent on to HTTPS, and by which status.
    pub redirect_http: RedirectHttp,
    /// The port by which clients reach HTTPS; absent: the one that nodes listen on.
    pub public_port: Option<u16>,
    /// What browsers are told of TLS on every response over it; absent: nothing.
    pub hsts: Option<Hsts>,
    /// Name of the trust bundle that certificates of clients are checked against.
    pub client_trust_bundle: Option<String>,
    /// Whether clients are asked for a certificate.
    pub client_certificates: ClientCertificates,
}

/// The oldest version of TLS that is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum TlsVersion {
    #[default]
    #[serde(rename = "1.2")]
    V1_2,
    #[serde(rename = "1.3")]
    V1_3,
}

/// Whether requests by HTTP are sent on to HTTPS: `off`, or by which status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum RedirectHttp {
    #[default]
    #[serde(rename = "off")]
    Off,
    /// A client may turn a POST into a GET.
    #[serde(rename = "301")]
    Moved,
    /// A client keeps the method and the body.
    #[serde(rename = "308")]
    Permanent,
}

/// `Strict-Transport-Security` (RFC 6797).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Hsts {
    /// Seconds for which a browser only comes by HTTPS.
    pub max_age_s: u32,
    #[serde(default)]
    pub include_subdomains: bool,
    /// Whether browsers may have the host built in.
    #[serde(default)]
    pub preload: bool,
}

/// Whether clients are asked for a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificates {
    #[default]
    Off,
    /// A client may come without; one that is shown must be good.
    Optional,
    /// A client without a good one is refused in the handshake.
    Required,
}
