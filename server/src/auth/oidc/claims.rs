//! What the provider's ID token says, once it holds. Pure.
//!
//! Verified as `OpenID Connect Core 1.0`, section 3.1.3.7 asks: issuer, audience, signature by one
//! of the provider's keys, expiry, nonce, and the hash of the access token where there is one.

use chrono::{DateTime, Utc};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClaimsVerificationError, ClientId, EndUserName,
    IdToken, IdTokenClaims, IdTokenVerifier, IssuerUrl, LocalizedClaim, Nonce,
    SignatureVerificationError, StandardClaims, UserInfoClaims,
    core::{
        CoreGenderClaim, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{LEEWAY, error::OidcError};
use crate::quoted::quoted;

/// By which a token may be signed: those with a public key. A token without a signature, or one
/// that whoever knows the client's secret could have made, proves nothing.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Claims that are in no standard, groups among them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct OtherClaims(Map<String, Value>);

impl AdditionalClaims for OtherClaims {}

pub(super) type Token = IdToken<
    OtherClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type TokenClaims = IdTokenClaims<OtherClaims, CoreGenderClaim>;
pub(super) type UserInfo = UserInfoClaims<OtherClaims, CoreGenderClaim>;

/// What a token must agree with.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a IssuerUrl,
    pub(super) client_id: &'a ClientId,
    pub(super) nonce: &'a Nonce,
    pub(super) access_token: &'a AccessToken,
    pub(super) now: DateTime<Utc>,
}

/// Says why a token does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It is signed by a key that we don't know: maybe a new one.
    UnknownKey,
    Refused(String),
}

impl From<Doubt> for OidcError {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::UnknownKey => {
                Self::Untrusted("the signing key is not among its keys".to_owned())
            }
            Doubt::Refused(reason) => Self::Untrusted(quoted(&reason)),
        }
    }
}

impl From<ClaimsVerificationError> for Doubt {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(error) => error.into(),
            error => Self::Refused(error.to_string()),
        }
    }
}

impl From<SignatureVerificationError> for Doubt {
    fn from(error: SignatureVerificationError) -> Self {
        match error {
            SignatureVerificationError::NoMatchingKey => Self::UnknownKey,
            error => Self::Refused(error.to_string()),
        }
    }
}

/// Verifies `token` and returns who it says they are.
pub(super) fn verify(
    token: &Token,
    keys: &CoreJsonWebKeySet,
    expected: &Expected<'_>,
) -> Result<Told, Doubt> {
    let Expected { issuer, client_id, nonce, access_token, now } = *expected;
    let latest = now + LEEWAY;
    let verifier =
        IdTokenVerifier::new_public_client(client_id.clone(), issuer.clone(), keys.clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now - LEEWAY)
            .set_issue_time_verifier_fn(move |issued| {
                let is_past = issued <= latest;
                is_past.then_some(()).ok_or_else(|| format!("issued in the future, at {issued}"))
            });
    let claims = token.claims(&verifier, nonce)?;
    if let Some(hash) = claims.access_token_hash() {
        let key = token.signing_key(&verifier)?;
        let ours = AccessTokenHash::from_token(access_token, token.signing_alg()?, key);
        if ours.ok().as_ref() != Some(hash) {
            return Err(Doubt::Refused("it was made for another access token".to_owned()));
        }
    }
    Ok(Told::by_token(claims))
}

/// Who someone is, as far as one answer of the provider says.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) subject: String,
    pub(super) username: Option<String>,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) is_email_verified: bool,
    others: OtherClaims,
}

impl Told {
    fn by_token(claims: &TokenClaims) -> Self {
        Self {
            subject: claims.subject().to_string(),
            username: claims.preferred_username().map(|name| name.to_string()),
            name: plain(claims.name()),
            email: claims.email().map(|email| email.to_string()),
            is_email_verified: claims.email_verified().unwrap_or_default(),
            others: claims.additional_claims().clone(),
        }
    }

    pub(super) fn by_user_info(info: &UserInfo) -> Self {
        let claims: &StandardClaims<CoreGenderClaim> = info.standard_claims();
        Self {
            subject: claims.subject().to_string(),
            username: claims.preferred_username().map(|name| name.to_string()),
            name: plain(claims.name()),
            email: claims.email().map(|email| email.to_string()),
            is_email_verified: claims.email_verified().unwrap_or_default(),
            others: info.additional_claims().clone(),
        }
    }

    /// Fills in what is missing here from what `more` says.
    pub(super) fn or(self, more: Self) -> Self {
        let (email, is_email_verified) = match self.email {
            Some(email) => (Some(email), self.is_email_verified),
            None => (more.email, more.is_email_verified),
        };
        let mut others = more.others;
        others.0.extend(self.others.0);
        Self {
            subject: self.subject,
            username: self.username.or(more.username),
            name: self.name.or(more.name),
            email,
            is_email_verified,
            others,
        }
    }

    /// Returns the groups by `claim`, a name or, beginning with `/`, a JSON pointer; `None` when
    /// there is no such claim.
    ///
    /// # Errors
    /// Returns an error when the provider has left the groups out because they are too many: as if
    /// there were none, all roles would be gone.
    pub(super) fn groups(&self, claim: &str) -> Result<Option<Vec<String>>, OidcError> {
        let OtherClaims(claims) = &self.others;
        let found = if claim.starts_with('/') {
            Value::Object(claims.clone()).pointer(claim).cloned()
        } else {
            claims.get(claim).cloned()
        };
        match found {
            Some(Value::Array(values)) => {
                let names = values.iter().filter_map(Value::as_str);
                Ok(Some(names.map(str::to_owned).collect()))
            }
            Some(Value::String(group)) => Ok(Some(vec![group])),
            Some(_) => Err(OidcError::Groups(format!("`{claim}` is no list of texts"))),
            None if self.has_too_many(claim) => Err(OidcError::Groups(format!(
                "they are too many for a token; let it tell those of this application only, as `{claim}`"
            ))),
            None => Ok(None),
        }
    }

    /// Tells whether the claim is left out for its length, as Entra ID says it: by a reference
    /// (`OpenID Connect Core 1.0`, section 5.6.2) or by `hasgroups`.
    fn has_too_many(&self, claim: &str) -> bool {
        let OtherClaims(claims) = &self.others;
        let elsewhere = claims.get("_claim_names").and_then(|names| names.get(claim));
        elsewhere.is_some() || claims.get("hasgroups") == Some(&Value::Bool(true))
    }
}

fn plain(name: Option<&LocalizedClaim<EndUserName>>) -> Option<String> {
    name.and_then(|name| name.get(None)).map(|name| name.to_string())
}

#[cfg(test)]
mod tests;
