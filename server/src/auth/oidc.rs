//! Signs people in at an OIDC provider: the authorization code flow with PKCE.
//!
//! ```text
//! browser ─ GET /auth/oidc/start ─▶ begin ─▶ (URL, Flow) ─ sealed in a cookie ─▶ browser
//!    │                                                                             │
//!    └──────────────── signs in at the provider, which sends it back ◀─────────────┘
//!    │
//! browser ─ GET /auth/oidc/callback?code&state + cookie ─▶ finish ─▶ Identity
//!                                                            │ state, age, issuer
//!                                                            │ code + verifier ─▶ tokens
//!                                                            │ claims::verify
//!                                                            └ user info, for what is missing
//! ```
//! It talks to the provider and to nobody else: what follows from an [`Identity`] is a command of
//! the store's, and the routes are in `http`. The time is handed in.

mod claims;
mod error;
mod fetch;
mod flow;
mod groups;
mod provider;
mod settings;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::PkceCodeChallenge;
use tracing::warn;

use self::{
    claims::{Doubt, Expected, Told, verify},
    provider::{Finder, Provider, Tokens},
    settings::redirect_url,
};
use crate::quoted::quoted;
pub use openidconnect::{ClientId, ClientSecret};

pub use self::{
    error::OidcError,
    flow::{Answer, FLOW_MINUTES, Flow, FlowKey},
    groups::{Gives, Granted, GroupRule},
    settings::{CALLBACK_PATH, DEFAULT_GROUPS_CLAIM, DEFAULT_SCOPES, Issuer, OidcSettings},
};

/// The clocks of the provider and of this machine may differ by so much.
const LEEWAY: TimeDelta = TimeDelta::minutes(1);

/// The longest subject (`OpenID Connect Core 1.0`, section 2).
const SUBJECT_MAX_BYTES: usize = 255;

/// Longer names and addresses are cut: they are shown, and decide nothing.
const TEXT_MAX_CHARS: usize = 200;

/// A person, as the provider vouches for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    /// Names them for good, among those of the issuer.
    pub subject: String,
    /// How they call themselves there: may change, and may be taken over by somebody else.
    pub username: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub is_email_verified: bool,
    /// Empty when the provider tells none.
    pub groups: Vec<String>,
}

/// A client of one provider.
#[derive(Debug)]
pub struct Oidc {
    settings: Arc<OidcSettings>,
    finder: Finder,
    key: FlowKey,
    /// Where browsers come back to, without a path.
    portal: String,
}

impl Oidc {
    /// Prepares a client to which browsers come back below `public_url`. The provider may be away.
    ///
    /// # Errors
    /// Returns what is wrong with the settings.
    pub fn new(settings: OidcSettings, public_url: &str, key: FlowKey) -> Result<Self, String> {
        let redirect = redirect_url(public_url)?;
        let settings = Arc::new(settings);
        let finder = Finder::new(Arc::clone(&settings), redirect)
            .map_err(|error| format!("can't prepare HTTPS to the OIDC provider: {error}"))?;
        let portal = public_url.trim_end_matches('/').to_owned();
        Ok(Self { settings, finder, key, portal })
    }

    pub fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Returns the portal's address to which browsers come back, without a path.
    pub fn portal(&self) -> &str {
        &self.portal
    }

    /// Returns what seals flows.
    pub fn key(&self) -> &FlowKey {
        &self.key
    }

    /// Begins a sign-in: returns where to send the browser, and what it must bring back.
    ///
    /// # Errors
    /// Returns an error when the provider is away.
    pub async fn begin(
        &self,
        return_to: &str,
        now: DateTime<Utc>,
    ) -> Result<(String, Flow), OidcError> {
        let provider = self.finder.alive(now).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = Flow::begin(verifier, return_to, now);
        let scopes = &self.settings.scopes;
        let url = provider.authorization_url(scopes, challenge, flow.state(), flow.nonce());
        Ok((url.into(), flow))
    }

    /// Finishes a sign-in: returns who they are, after everything about it held.
    ///
    /// # Errors
    /// Returns why nobody is to be signed in.
    pub async fn finish(
        &self,
        flow: Flow,
        answer: Answer,
        now: DateTime<Utc>,
    ) -> Result<Identity, OidcError> {
        let code = flow.admit(answer, self.settings.issuer.name(), now)?;
        let (nonce, verifier) = flow.into_secrets();
        let mut provider = self.finder.known(now).await?;
        let tokens = provider.exchange(code, verifier).await?;
        let expected = Expected {
            issuer: self.settings.issuer.name(),
            client_id: &self.settings.client_id,
            nonce: &nonce,
            access_token: &tokens.access_token,
            now,
        };
        let mut told = verify(&tokens.id_token, provider.keys(), &expected);
        if matches!(told, Err(Doubt::UnknownKey)) {
            provider = self.finder.with_new_keys(&provider).await?;
            told = verify(&tokens.id_token, provider.keys(), &expected);
        }
        self.identity(&provider, told?, tokens).await
    }

    /// Puts together who someone is.
    async fn identity(
        &self,
        provider: &Provider,
        mut told: Told,
        tokens: Tokens,
    ) -> Result<Identity, OidcError> {
        let claim = &self.settings.groups_claim;
        let wants_groups = !self.settings.groups.is_empty();
        let has_groups = told.groups(claim)?.is_some() || !wants_groups;
        if !has_groups || told.email.is_none() || told.name.is_none() {
            let subject = told.subject.clone();
            if let Some(info) = provider.user_info(tokens.access_token, subject).await? {
                told = told.or(Told::by_user_info(&info));
            }
        }
        let groups = told.groups(claim)?;
        if groups.is_none() && wants_groups {
            // some providers say so of who is in none; others need a scope or a mapper first
            warn!(%claim, subject = %quoted(&told.subject), "the OIDC provider told no groups");
        }
        if told.subject.is_empty() || told.subject.len() > SUBJECT_MAX_BYTES {
            return Err(OidcError::Untrusted("its `sub` is empty or too long".to_owned()));
        }
        Ok(Identity {
            issuer: self.settings.issuer.as_str().to_owned(),
            subject: told.subject,
            username: told.username.and_then(shown),
            name: told.name.and_then(shown),
            email: told.email.and_then(shown),
            is_email_verified: told.is_email_verified,
            groups: groups.unwrap_or_default(),
        })
    }
}

/// Returns a text as it can be shown: one line, not too long; `None` if nothing is left.
fn shown(text: String) -> Option<String> {
    let line: String = text.chars().filter(|c| !c.is_control()).take(TEXT_MAX_CHARS).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
