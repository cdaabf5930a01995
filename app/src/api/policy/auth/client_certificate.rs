//! Certificates of clients.

use serde::{Deserialize, Serialize};

use crate::api::policy::is_default;

/// Lets clients in by their certificate, which the gateway has checked against its trust bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClientCertificate {
    /// Any certificate will do; instead of `names`.
    #[serde(skip_serializing_if = "is_default")]
    pub any: bool,
    /// DNS names, `*.` and a DNS name, or URIs, one of which the certificate must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["billing.example.com", "spiffe://example.com/billing"]))]
    pub names: Vec<String>,
}
