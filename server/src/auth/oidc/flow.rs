//! One sign-in under way, between the browser's leaving for the provider and its coming back.
//!
//! It is kept by the browser, sealed in a cookie: there is no table that strangers could fill, a
//! restart loses nothing, and every replica that has the key can finish what another has begun.
//! The cookie ties the sign-in to the browser, so that nobody can be signed in as somebody else
//! by a link. What a server would remember, that it was used, the provider does: a code is good
//! once, and only with the verifier that the cookie seals.

use std::fmt::Display;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{AuthorizationCode, CsrfToken, IssuerUrl, Nonce, PkceCodeVerifier};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::error::OidcError;
use crate::{
    auth::seal::{KEY_BYTES, Sealer},
    quoted::quoted,
};

/// Time for a person to type a password and find the second factor.
pub const FLOW_MINUTES: i64 = 10;

/// A longer address to come back to is forgotten: a cookie has at most 4096 bytes.
const RETURN_TO_MAX_BYTES: usize = 1024;

/// Keeps what is sealed here apart from whatever else might be sealed with the same key.
const PURPOSE: &[u8] = b"chancery OIDC sign-in, version 1";

/// Random bytes of state and nonce.
const RANDOM_BYTES: u32 = 32;

/// A sign-in under way. Whoever finishes it consumes it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Flow {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    return_to: String,
    begun_at: DateTime<Utc>,
}

/// What the provider sends back by the browser: the query of the callback.
#[derive(Debug, Default, Deserialize)]
pub struct Answer {
    state: Option<CsrfToken>,
    code: Option<AuthorizationCode>,
    /// RFC 9207.
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Flow {
    pub(super) fn begin(verifier: PkceCodeVerifier, return_to: &str, now: DateTime<Utc>) -> Self {
        Self {
            state: CsrfToken::new_random_len(RANDOM_BYTES),
            nonce: Nonce::new_random_len(RANDOM_BYTES),
            verifier,
            return_to: local_path(return_to).to_owned(),
            begun_at: now,
        }
    }

    pub(super) fn state(&self) -> &CsrfToken {
        &self.state
    }

    pub(super) fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    pub(super) fn into_secrets(self) -> (Nonce, PkceCodeVerifier) {
        (self.nonce, self.verifier)
    }

    /// Returns the page to show afterwards: a path of this portal.
    pub fn return_to(&self) -> &str {
        local_path(&self.return_to)
    }

    /// Judges whether `answer` belongs to this sign-in, and returns its code.
    pub(super) fn admit(
        &self,
        answer: Answer,
        issuer: &IssuerUrl,
        now: DateTime<Utc>,
    ) -> Result<AuthorizationCode, OidcError> {
        let state = answer.state.as_ref().map_or("", |state| state.secret());
        if !bool::from(state.as_bytes().ct_eq(self.state.secret().as_bytes())) {
            return Err(OidcError::Ended("the state is not the one that was sent".to_owned()));
        }
        let age = now - self.begun_at;
        if age > TimeDelta::minutes(FLOW_MINUTES) || age < -super::LEEWAY {
            return Err(OidcError::Ended(format!("it was begun {} s ago", age.num_seconds())));
        }
        if let Some(other) = answer.iss.filter(|iss| iss != issuer.as_str()) {
            return Err(OidcError::Untrusted(format!("it comes from `{}`", quoted(&other))));
        }
        if let Some(error) = answer.error {
            let more = answer.error_description.unwrap_or_default();
            return Err(OidcError::Declined(quoted(&format!("`{error}` {more}"))));
        }
        answer.code.ok_or_else(|| OidcError::Ended("it has neither a code nor an error".to_owned()))
    }
}

/// Seals flows.
#[derive(Debug)]
pub struct FlowKey(Sealer);

impl FlowKey {
    /// Takes a key that all replicas know.
    ///
    /// # Errors
    /// None in practice: a key of this algorithm has 32 bytes.
    pub fn new(key: &[u8; KEY_BYTES]) -> Result<Self, OidcError> {
        let key = Sealer::new(key)
            .map_err(|_unusable| OidcError::Setup("the key can't be used".to_owned()))?;
        Ok(Self(key))
    }

    /// Returns what the cookie holds.
    ///
    /// # Errors
    /// None in practice: it fails for a text of gigabytes.
    pub fn seal(&self, flow: &Flow) -> Result<String, OidcError> {
        let failed = |error: &dyn Display| OidcError::Setup(format!("can't seal a flow: {error}"));
        let plain = serde_json::to_vec(flow).map_err(|error| failed(&error))?;
        let sealed = self.0.seal(PURPOSE, plain).map_err(|error| failed(&error))?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what `seal` has returned; nothing else can be opened.
    ///
    /// # Errors
    /// Returns [`OidcError::Ended`].
    pub fn open(&self, cookie: &str) -> Result<Flow, OidcError> {
        self.opened(cookie).ok_or_else(|| {
            OidcError::Ended(
                "the browser has no cookie of it that this server could open".to_owned(),
            )
        })
    }

    fn opened(&self, cookie: &str) -> Option<Flow> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let plain = self.0.open(PURPOSE, &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

/// Returns `text` if it is a path of this portal, for which browsers take neither `//host` nor
/// `/\host`; the first page otherwise.
fn local_path(text: &str) -> &str {
    let is_local = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains('\\')
        && !text.contains(char::is_control)
        && text.len() <= RETURN_TO_MAX_BYTES;
    if is_local { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use openidconnect::PkceCodeChallenge;
    use rstest::rstest;

    use super::*;

    const ISSUER: &str = "https://id.example.com";

    fn flow(return_to: &str, now: DateTime<Utc>) -> Flow {
        let (_challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        Flow::begin(verifier, return_to, now)
    }

    /// Reads the query as the callback does.
    fn answer(query: &str) -> Answer {
        serde_urlencoded::from_str(query).unwrap()
    }

    fn admit(flow: &Flow, query: &str, now: DateTime<Utc>) -> Result<String, OidcError> {
        let issuer = IssuerUrl::new(ISSUER.into()).unwrap();
        flow.admit(answer(query), &issuer, now).map(|code| code.secret().clone())
    }

    #[test]
    fn the_answer_to_a_sign_in_is_admitted_within_ten_minutes() {
        let now = Utc::now();
        let flow = flow("/", now);
        let query = format!("code=abc&state={}&iss={ISSUER}", flow.state.secret());

        assert_eq!(admit(&flow, &query, now), Ok("abc".into()));
        assert_eq!(admit(&flow, &query, now + TimeDelta::minutes(10)), Ok("abc".into()));
        let late = admit(&flow, &query, now + TimeDelta::minutes(10) + TimeDelta::seconds(1));
        assert!(matches!(late, Err(OidcError::Ended(_))), "{late:?}");
    }

    #[rstest]
    #[case("code=abc")]
    #[case("code=abc&state=")]
    #[case("code=abc&state=wrong")]
    #[case("error=access_denied&state=wrong")]
    fn an_answer_with_another_state_is_refused(#[case] query: &str) {
        let now = Utc::now();

        let refused = admit(&flow("/", now), query, now);

        assert!(matches!(refused, Err(OidcError::Ended(_))), "{refused:?}");
    }

    #[test]
    fn an_answer_of_another_issuer_is_refused() {
        let now = Utc::now();
        let flow = flow("/", now);
        let query = format!("code=abc&state={}&iss=https://evil.example", flow.state.secret());

        let refused = admit(&flow, &query, now);

        assert!(matches!(refused, Err(OidcError::Untrusted(_))), "{refused:?}");
    }

    #[test]
    fn a_refusal_by_the_provider_is_told_on_one_line() {
        let now = Utc::now();
        let flow = flow("/", now);
        let query =
            format!("error=access_denied&error_description=no%0Away&state={}", flow.state.secret());

        let refused = admit(&flow, &query, now);

        assert_eq!(refused, Err(OidcError::Declined("`access_denied` no\\nway".into())));
    }

    #[test]
    fn a_sealed_flow_can_be_opened_with_its_key_only_and_shows_nothing() {
        let [ours, other] = [[7; 32], [8; 32]].map(|key| FlowKey::new(&key).unwrap());
        let flow = flow("/mappings?team=payments", Utc::now());

        let cookie = ours.seal(&flow).unwrap();

        let opened = ours.open(&cookie).unwrap();
        assert_eq!(opened.state.secret(), flow.state.secret());
        assert_eq!(opened.nonce.secret(), flow.nonce.secret());
        assert_eq!(opened.verifier.secret(), flow.verifier.secret());
        assert_eq!(opened.return_to(), "/mappings?team=payments");
        assert!(other.open(&cookie).is_err());
        let bytes = URL_SAFE_NO_PAD.decode(&cookie).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(flow.verifier.secret()));
        assert_ne!(cookie, ours.seal(&flow).unwrap());
    }

    #[test]
    fn a_cookie_that_was_touched_can_not_be_opened() {
        let key = FlowKey::new(&[7; 32]).unwrap();
        let cookie = key.seal(&flow("/", Utc::now())).unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(&cookie).unwrap();
        bytes[20] ^= 1;

        for touched in [URL_SAFE_NO_PAD.encode(bytes), format!("A{cookie}"), "".into(), "é".into()]
        {
            assert!(matches!(key.open(&touched), Err(OidcError::Ended(_))), "{touched}");
        }
    }

    #[rstest]
    #[case("/", "/")]
    #[case("/mappings/a?x=1", "/mappings/a?x=1")]
    #[case("", "/")]
    #[case("mappings", "/")]
    #[case("//evil.example", "/")]
    #[case("/\\evil.example", "/")]
    #[case("/a\r\nset-cookie: a=b", "/")]
    #[case("https://evil.example", "/")]
    #[case("javascript:alert(1)", "/")]
    fn nobody_is_sent_to_another_site_afterwards(#[case] return_to: &str, #[case] path: &str) {
        assert_eq!(flow(return_to, Utc::now()).return_to(), path);
    }

    #[test]
    fn a_flow_fits_into_a_cookie_and_prints_no_secret() {
        let flow = flow(&format!("/{}", "x".repeat(RETURN_TO_MAX_BYTES - 1)), Utc::now());

        assert!(FlowKey::new(&[7; 32]).unwrap().seal(&flow).unwrap().len() < 3_000);
        let printed = format!("{flow:?} {:?}", answer("code=canary-c&state=canary-s"));
        for secret in [flow.state.secret(), flow.nonce.secret(), flow.verifier.secret(), "canary"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}
