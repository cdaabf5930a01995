//! How services with the scheme `https` prove who they are, and the gateway to them.

use serde::{Deserialize, Serialize};

use super::is_default;

/// What holds for every service of a mapping that begins with `https://`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpstreamTls {
    /// Whether the service's certificate is verified; absent means that it is.
    #[serde(skip_serializing_if = "is_default")]
    pub verify: Verification,
    /// The trust bundle with the authorities that may have signed it; absent means those that the
    /// nodes' system trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "internal-ca")]
    pub trust_bundle: Option<String>,
    /// The name that the service is asked for (SNI) and that its certificate must be for; absent
    /// means the service's host.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "images.internal")]
    pub server_name: Option<String>,
    /// The certificate by which the gateway says who it is, if the service asks; absent means
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "gateway-client")]
    pub client_certificate: Option<String>,
}

/// What is verified of a service's certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// Who has signed it, until when it is valid, and which name it is for.
    #[default]
    Full,
    /// Nothing: whoever is between the gateway and the service can pass for it.
    Off,
}
