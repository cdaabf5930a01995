//! Settings of the gateway as a whole. What is absent has its safe default.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::EdgeName;

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewaySettings {
    pub tls: TlsSettings,
    /// One more at each write; 0: nobody has written them yet.
    pub revision: u64,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

/// How the gateway speaks TLS with its clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsSettings {
    /// What a client gets whose SNI no certificate names; absent: its handshake fails.
    pub default_certificate: Option<EdgeName>,
    pub minimum_version: TlsVersion,
    /// For TLS 1.2, by OpenSSL's names; empty: ours.
    pub ciphers: Vec<String>,
    pub http3: bool,
    pub redirect_http: RedirectHttp,
    pub hsts: Option<Hsts>,
    /// The authorities that client certificates are checked against.
    pub client_trust_bundle: Option<EdgeName>,
    pub client_certificates: ClientCertificates,
}

/// The oldest version of TLS that is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsVersion {
    #[default]
    #[serde(rename = "1.2")]
    V1_2,
    #[serde(rename = "1.3")]
    V1_3,
}

/// Whether requests by HTTP are sent on to HTTPS, and by which status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedirectHttp {
    #[default]
    #[serde(rename = "off")]
    Off,
    #[serde(rename = "301")]
    Moved,
    #[serde(rename = "308")]
    Permanent,
}

/// `Strict-Transport-Security` (RFC 6797).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hsts {
    pub max_age_s: u64,
    #[serde(default)]
    pub include_subdomains: bool,
    #[serde(default)]
    pub preload: bool,
}

/// Whether clients are asked for a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificates {
    #[default]
    Off,
    /// One that is shown must be good.
    Optional,
    Required,
}
