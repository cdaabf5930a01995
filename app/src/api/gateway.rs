//! The gateway as a whole: its settings, and where its listeners are.

mod access_log;
mod clients;
mod error_pages;
mod limits;
mod rate_limits;
mod request_id;
mod tls;
mod tracing;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::access_log::{AccessLogFormat, AccessLogSettings, AccessLogTo};
pub use self::clients::{ClientSettings, ProxyProtocol};
pub use self::error_pages::{ErrorPage, PageFormat};
pub use self::limits::LimitSettings;
pub use self::rate_limits::{OnFailure, RateLimitService};
pub use self::request_id::RequestIdSettings;
pub use self::tls::{ClientCertificates, Hsts, RedirectHttp, TlsSettings, TlsVersion};
pub use self::tracing::TracingSettings;

/// Answers `GET /api/v1/gateway`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
// the live state has a `Gateway`, too
#[cfg_attr(feature = "ssr", schema(as = GatewaySettings))]
pub struct Gateway {
    pub tls: TlsSettings,
    pub clients: ClientSettings,
    pub limits: LimitSettings,
    pub access_log: AccessLogSettings,
    pub request_id: RequestIdSettings,
    /// By what they are for: `4xx`, `5xx`, or one of the statuses 401, 403, 404, 429, 502, 503 and
    /// 504, which goes before its class.
    pub error_pages: BTreeMap<String, ErrorPage>,
    /// Whether mappings may have faults on purpose; those that have some lose them without it.
    pub fault_injection: bool,
    /// Whether a mapping to a service must say who may call it, be it `none`.
    pub require_authentication: bool,
    /// The service that counts requests for all nodes together; absent: there is none, and no
    /// mapping can have `global_rate_limit`.
    pub rate_limit_service: Option<RateLimitService>,
    pub tracing: TracingSettings,
    /// What an admin should know: what Envoy has refused of them.
    pub warnings: Vec<super::mapping::Warning>,
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
    pub clients: ClientSettings,
    pub limits: LimitSettings,
    pub access_log: AccessLogSettings,
    pub request_id: RequestIdSettings,
    /// By what they are for: `4xx`, `5xx`, or one of the statuses 401, 403, 404, 429, 502, 503 and
    /// 504, which goes before its class.
    pub error_pages: BTreeMap<String, ErrorPage>,
    /// Whether mappings may have faults on purpose; those that have some lose them without it.
    pub fault_injection: bool,
    /// Whether a mapping to a service must say who may call it, be it `none`.
    pub require_authentication: bool,
    /// The service that counts requests for all nodes together; absent: there is none, and no
    /// mapping can have `global_rate_limit`.
    pub rate_limit_service: Option<RateLimitService>,
    pub tracing: TracingSettings,
}

/// Says what writing settings would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SettingsPlan {
    /// The revision that they would replace.
    pub revision: u64,
    /// Field by field; empty: nothing.
    pub diff: Vec<super::plan::FieldChange>,
    /// What an admin should know of it.
    pub warnings: Vec<super::mapping::Warning>,
}
