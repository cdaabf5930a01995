//! Who may call: how a client says who it is, and whom the mapping lets in.

use serde::{Deserialize, Serialize};

/// How clients prove who they are; one way at the most. None: everyone may call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// By a key in a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<ApiKey>,
    /// By a password (RFC 7617).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic: Option<Basic>,
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
