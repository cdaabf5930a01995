//! Certificates and trust bundles: what the gateway shows to its clients, and whom it trusts.
//!
//! A private key is only ever sent to the server: no type that it answers with has one.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::plan::{Action, FieldChange};

/// A certificate that is to expire within so many days should be renewed.
pub const EXPIRING_DAYS: i64 = 30;

/// What one certificate of a chain, or of a trust bundle, says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuthorityFacts {
    /// The distinguished name, as in RFC 4514: `CN=R11, O=Let's Encrypt, C=US`.
    pub subject: String,
    pub issuer: String,
    /// Hexadecimal digits.
    pub serial: String,
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    /// Of its key: `ECDSA P-256`, `RSA 2048`.
    pub algorithm: String,
    /// SHA-256 of the certificate: 64 hexadecimal digits.
    pub fingerprint: String,
}

/// What a certificate says, read once when it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CertificateFacts {
    /// The hosts that it is for, in lower case: `example.com`, `*.example.com`.
    pub dns_names: Vec<String>,
    /// The addresses that it is for.
    pub ip_addresses: Vec<String>,
    /// The certificate itself.
    pub leaf: AuthorityFacts,
    /// The certificates that lead from it to an authority, in order.
    pub intermediates: Vec<AuthorityFacts>,
}

/// How a certificate stands with the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Validity {
    Expired,
    /// Expires in less than 30 days.
    Expiring,
    NotYetValid,
    Valid,
}

impl Validity {
    /// Judges a time at `now`.
    pub fn of(not_before: DateTime<Utc>, not_after: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        if not_after <= now {
            Self::Expired
        } else if not_before > now {
            Self::NotYetValid
        } else if not_after - now < TimeDelta::days(EXPIRING_DAYS) {
            Self::Expiring
        } else {
            Self::Valid
        }
    }
}

impl AuthorityFacts {
    /// Judges it at `now`.
    pub fn validity(&self, now: DateTime<Utc>) -> Validity {
        Validity::of(self.not_before, self.not_after, now)
    }
}

/// A certificate of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Certificate {
    pub name: String,
    /// The team that looks after it; `null`: the installation's admins.
    pub team: Option<String>,
    #[serde(flatten)]
    pub facts: CertificateFacts,
    pub validity: Validity,
    /// Whole days until it expires, rounded down; negative once it has.
    pub days_left: i64,
    /// What uses it besides the hosts that it names, such as `gateway settings (default
    /// certificate)`.
    pub used_by: Vec<String>,
    /// The certificate and its intermediates as PEM.
    pub chain: String,
    /// Its `ETag`: one more at each write.
    pub revision: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
    /// Whether the caller may replace and delete it.
    pub may_decide: bool,
}

/// Asks for a certificate.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CertificateDraft {
    /// PEM: the certificate, then its intermediates in order.
    pub chain: String,
    /// PEM; write-only.
    #[cfg_attr(feature = "ssr", schema(write_only))]
    pub private_key: String,
    /// The team that is to look after it; absent: as it is, and for a new one the installation's
    /// admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
}

impl fmt::Debug for CertificateDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateDraft")
            .field("chain", &self.chain)
            .field("team", &self.team)
            .finish_non_exhaustive()
    }
}

/// Answers `GET /api/v1/certificates`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CertificateList {
    /// By name.
    pub items: Vec<Certificate>,
}

/// Says what writing a certificate or a trust bundle would do; nothing has been stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CertificatePlan {
    pub action: Action,
    pub name: String,
    /// Revision that it has now; `null` when there is none.
    pub revision: Option<u64>,
    /// What the audit would say: names, fingerprint, expiry, team.
    pub diff: Vec<FieldChange>,
    /// What is allowed and deserves a look.
    pub warnings: Vec<String>,
}

/// Authorities that are trusted where the bundle is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TrustBundle {
    pub name: String,
    /// The team that looks after it; `null`: the installation's admins.
    pub team: Option<String>,
    pub authorities: Vec<AuthorityFacts>,
    /// How the one stands that expires first.
    pub validity: Validity,
    /// Where it is used.
    pub used_by: Vec<String>,
    /// The authorities' certificates as PEM.
    pub pem: String,
    /// Its `ETag`: one more at each write.
    pub revision: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
    /// Whether the caller may replace and delete it.
    pub may_decide: bool,
}

/// Asks for a trust bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TrustBundleDraft {
    /// PEM: 1 to 200 certificates of authorities.
    pub pem: String,
    /// The team that is to look after it; absent: as it is, and for a new one the installation's
    /// admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
}

/// Answers `GET /api/v1/trust-bundles`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TrustBundleList {
    /// By name.
    pub items: Vec<TrustBundle>,
}
