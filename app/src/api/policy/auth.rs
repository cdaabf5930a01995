//! Who may call: how a client says who it is, and whom the mapping lets in.

mod client_certificate;
mod external;
mod jwt;

use serde::{Deserialize, Serialize};

pub use self::client_certificate::ClientCertificate;
pub use self::external::{External, ExternalBody, ExternalProtocol, OnFailure};
pub use self::jwt::{ClaimHeader, Jwks, Jwt, RequiredClaim, TokenFrom};
use super::is_default;

/// How clients prove who they are; one way at the most. None: everyone may call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// Says on purpose that everyone may call.
    #[serde(skip_serializing_if = "is_default")]
    pub none: bool,
    /// By a token of an issuer (RFC 7519).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<Jwt>,
    /// By a key in a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<ApiKey>,
    /// By a password (RFC 7617).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic: Option<Basic>,
    /// By a certificate in the TLS handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<ClientCertificate>,
    /// Asks another service about each request, beside whatever way there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
}

/// Lets consumers in by their keys. The service sees who called in `x-chancery-consumer`, and not
/// the key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApiKey {
    /// The header that holds the key; absent: `x-api-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "x-api-key")]
    pub header: Option<String>,
    /// Names of consumers, of any team.
    #[schema(example = json!(["acme"]))]
    pub consumers: Vec<String>,
}

/// Lets consumers in by name and password. The service sees who called in `x-chancery-consumer`,
/// and not the password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Basic {
    /// Names of consumers, of any team.
    #[schema(example = json!(["acme"]))]
    pub consumers: Vec<String>,
    /// What a browser shows when it asks for the password; absent: the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Reports")]
    pub realm: Option<String>,
}
