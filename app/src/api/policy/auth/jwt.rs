//! Tokens of an issuer (RFC 7519): what is asked of them, and what is told of them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::policy::is_default;

/// Lets in whoever has a token that the issuer has signed, that has not expired, and that has the
/// claims that are required.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Jwt {
    /// What the claim `iss` must be.
    #[schema(example = "https://login.example.com/")]
    pub issuer: String,
    /// The claim `aud` must have one of them; none: any will do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["accounts"]))]
    pub audiences: Vec<String>,
    /// Where the issuer's keys are fetched from; instead of `jwks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://login.example.com/.well-known/jwks.json")]
    pub jwks_url: Option<String>,
    /// The issuer's public keys (RFC 7517); instead of `jwks_url`. Also taken as a text of JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Jwks>,
    /// How long fetched keys are used, in seconds; absent means 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 300)]
    pub cache_s: Option<u32>,
    /// Where the token stands; absent: `Authorization: Bearer TOKEN`.
    #[serde(skip_serializing_if = "is_default")]
    pub from: TokenFrom,
    /// Lets the service see the token.
    #[serde(skip_serializing_if = "is_default")]
    pub forward: bool,
    /// Tells the service claims in headers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims_to_headers: Vec<ClaimHeader>,
    /// What a token must have besides, all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_claims: Vec<RequiredClaim>,
}

/// A set of public keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Jwks {
    #[schema(value_type = Vec<Object>)]
    pub keys: Vec<Map<String, Value>>,
}

/// Where a token stands: in one place at the most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenFrom {
    /// In a header of this name, which holds nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "x-token")]
    pub header: Option<String>,
    /// In a parameter of the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// In a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie: Option<String>,
}

/// A claim, and the header in which the service sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimHeader {
    /// Its name; `a.b` is `b` inside of `a`, unless the name is a URL.
    #[schema(example = "sub")]
    pub claim: String,
    #[schema(example = "x-user")]
    pub header: String,
}

/// A claim that must be, or contain, one of some values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredClaim {
    /// Its name; `a.b` is `b` inside of `a`, unless the name is a URL.
    #[schema(example = "scope")]
    pub claim: String,
    #[schema(example = json!(["accounts:read"]))]
    pub values: Vec<String>,
}
