//! The gateway as a whole: its settings, and where its listeners are.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Answers `GET /api/v1/gateway`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
// the live state has a `Gateway`, too
#[cfg_attr(feature = "ssr", schema(as = GatewaySettings))]
pub struct Gateway {
    pub tls: TlsSettings,
    /// Whether mappings may have faults on purpose.
    pub fault_injection: bool,
    /// The service that counts requests for all nodes together; absent: there is none, and no
    /// mapping can have `global_rate_limit`.
    pub rate_limit_service: Option<RateLimitService>,
    pub listeners: Listeners,
    /// Its `ETag`: one more at each write; 0: nobody has written settings yet.
    pub revision: u64,
    /// Absent while nobody has written settings.
    pub updated_at: Option<DateTime<Utc>>,
    pub updated_by: Option<String>,
    /// Whether the caller may write them.
    pub may_decide: bool,
}

/// Where the nodes listen for the gateway's clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Listeners {
    #[cfg_attr(feature = "ssr", schema(example = "0.0.0.0:8080"))]
    pub http: String,
    /// Absent while there is no certificate.
    #[cfg_attr(feature = "ssr", schema(example = "0.0.0.0:8443"))]
    pub https: Option<String>,
    /// Absent unless `tls.http3` is on and there is a certificate.
    pub http3: Option<String>,
}

/// What can be set; what is absent has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Settings {
    pub tls: TlsSettings,
    /// Whether mappings may have faults on purpose; those that have some lose them without it.
    pub fault_injection: bool,
    /// The service that counts requests for all nodes together; absent: there is none, and no
    /// mapping can have `global_rate_limit`.
    pub rate_limit_service: Option<RateLimitService>,
}

/// A service that counts requests (`envoy.service.ratelimit.v3`), for the limits of all mappings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RateLimitService {
    /// Where it is: it is found as services of mappings are, and spoken to by gRPC.
    #[cfg_attr(feature = "ssr", schema(example = "ratelimit:8081"))]
    pub service: String,
    /// Under which of its sets of rules it looks.
    pub domain: String,
    /// How long a request may wait for it, in milliseconds.
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 10_000))]
    pub timeout_ms: u32,
    /// What becomes of a request when it does not answer.
    pub fail: OnFailure,
}

impl Default for RateLimitService {
    fn default() -> Self {
        Self {
            service: String::new(),
            domain: "chancery".to_owned(),
            timeout_ms: 100,
            fail: OnFailure::Open,
        }
    }
}

/// What becomes of a request when a service that decides about it does not answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It passes.
    #[default]
    Open,
    /// It is refused with 503.
    Closed,
}

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

/// Says what writing settings would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SettingsPlan {
    /// The revision that they would replace.
    pub revision: u64,
    /// Field by field; empty: nothing.
    pub diff: Vec<super::plan::FieldChange>,
}
