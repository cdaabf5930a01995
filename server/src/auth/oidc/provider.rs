//! The provider: where its endpoints are, by which keys it signs, and what one asks it.
//!
//! Both are looked up when a sign-in needs them and kept for a while, so that the server starts,
//! and local users sign in, while the provider is away.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdTokenFields, JsonWebKeySet, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse, UserInfoError,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod,
        CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJsonWebKeySet,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
        CoreTokenType,
    },
    url::Url,
};
use tokio::sync::Mutex;

use super::{
    claims::{OtherClaims, Token, UserInfo},
    error::{Failure, OidcError},
    fetch::{Fetch, FetchError},
    settings::OidcSettings,
};
use crate::quoted::{causes, quoted};

/// Endpoints hardly ever change, and new keys are looked up at once when a token has one; a key
/// that the provider has withdrawn is believed no longer than this.
const KNOWN_MINUTES: i64 = 60;

/// Who is sent to a provider that is away sees an error of their browser, which says nothing of
/// what else they can do. So a sign-in only begins when the provider has answered so recently.
const ALIVE_SECONDS: i64 = 10;

/// While the provider is away, it is asked this often, however many people try to sign in.
const RETRY_SECONDS: i64 = 2;

type Answered = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Client = openidconnect::Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answered,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Finds the provider; what it finds is shared.
#[derive(Debug)]
pub(super) struct Finder {
    settings: Arc<OidcSettings>,
    redirect: RedirectUrl,
    fetch: Arc<Fetch>,
    /// Held while the provider is asked: many sign-ins ask once.
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
enum Found {
    #[default]
    Nothing,
    Provider(Arc<Provider>),
    Failure(Failure),
}

impl Finder {
    pub(super) fn new(
        settings: Arc<OidcSettings>,
        redirect: RedirectUrl,
    ) -> Result<Self, reqwest::Error> {
        let fetch = Arc::new(Fetch::new(&settings.issuer)?);
        Ok(Self { settings, redirect, fetch, found: Mutex::default() })
    }

    /// Returns the provider as it was a moment ago, for who is to be sent to it.
    pub(super) async fn alive(&self, now: DateTime<Utc>) -> Result<Arc<Provider>, OidcError> {
        self.found_within(ALIVE_SECONDS, now).await
    }

    /// Returns the provider as it was at most an hour ago, for who comes from it.
    pub(super) async fn known(&self, now: DateTime<Utc>) -> Result<Arc<Provider>, OidcError> {
        self.found_within(KNOWN_MINUTES * 60, now).await
    }

    async fn found_within(
        &self,
        seconds: i64,
        now: DateTime<Utc>,
    ) -> Result<Arc<Provider>, OidcError> {
        let mut found = self.found.lock().await;
        match &*found {
            Found::Provider(known) if is_within(known.at, seconds, now) => {
                return Ok(Arc::clone(known));
            }
            Found::Failure(failure) if is_within(failure.at, RETRY_SECONDS, now) => {
                return Err(failure.error.clone());
            }
            _ => {}
        }
        let discovered = self.discover(now).await.map(Arc::new);
        *found = match &discovered {
            Ok(provider) => Found::Provider(Arc::clone(provider)),
            Err(error) => Found::Failure(Failure { at: now, error: error.clone() }),
        };
        discovered
    }

    async fn discover(&self, now: DateTime<Utc>) -> Result<Provider, OidcError> {
        let issuer = self.settings.issuer.name().clone();
        let metadata = CoreProviderMetadata::discover_async(issuer, &*self.fetch)
            .await
            .map_err(|error| OidcError::Away(causes(&error)))?;
        self.build(metadata, now)
    }

    /// Returns the provider with its newest keys, after a token was signed by one that `before`
    /// does not have. Each sign-in asks at most once, and only with a code that was good.
    pub(super) async fn with_new_keys(
        &self,
        before: &Arc<Provider>,
    ) -> Result<Arc<Provider>, OidcError> {
        let mut found = self.found.lock().await;
        if let Found::Provider(known) = &*found
            && !Arc::ptr_eq(known, before)
        {
            return Ok(Arc::clone(known));
        }
        let keys = JsonWebKeySet::fetch_async(before.metadata.jwks_uri(), &*self.fetch)
            .await
            .map_err(|error| OidcError::Away(causes(&error)))?;
        let renewed = Arc::new(self.build(before.metadata.clone().set_jwks(keys), before.at)?);
        *found = Found::Provider(Arc::clone(&renewed));
        Ok(renewed)
    }

    fn build(
        &self,
        metadata: CoreProviderMetadata,
        at: DateTime<Utc>,
    ) -> Result<Provider, OidcError> {
        self.check(&metadata)?;
        let OidcSettings { client_id, client_secret, .. } = &*self.settings;
        let client = Client::from_provider_metadata(
            metadata.clone(),
            client_id.clone(),
            client_secret.clone(),
        );
        let client = client
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(auth_type(metadata.token_endpoint_auth_methods_supported()));
        Ok(Provider { metadata, client, fetch: Arc::clone(&self.fetch), at })
    }

    /// Refuses a provider that can't do what we need, or that sends secrets in the clear.
    fn check(&self, metadata: &CoreProviderMetadata) -> Result<(), OidcError> {
        let Some(token_endpoint) = metadata.token_endpoint() else {
            return Err(OidcError::Setup("it has no `token_endpoint`".to_owned()));
        };
        let user_info = metadata.userinfo_endpoint().map(|url| ("userinfo_endpoint", url.url()));
        let endpoints = [
            ("authorization_endpoint", metadata.authorization_endpoint().url()),
            ("token_endpoint", token_endpoint.url()),
            ("jwks_uri", metadata.jwks_uri().url()),
        ];
        for (name, url) in endpoints.into_iter().chain(user_info) {
            if !self.settings.issuer.allows(url) {
                let url = quoted(url.as_str());
                return Err(OidcError::Setup(format!("its `{name}` is `{url}`, without TLS")));
            }
        }
        Ok(())
    }
}

fn is_within(at: DateTime<Utc>, seconds: i64, now: DateTime<Utc>) -> bool {
    (now - at).abs() < TimeDelta::seconds(seconds)
}

/// Returns how to send the client's secret: in the header, unless the provider wants it in the
/// body only. Basic is what OIDC assumes when nothing is said.
fn auth_type(supported: Option<&Vec<CoreClientAuthMethod>>) -> AuthType {
    let supports = |method| supported.is_none_or(|methods| methods.contains(&method));
    let is_body = !supports(CoreClientAuthMethod::ClientSecretBasic)
        && supports(CoreClientAuthMethod::ClientSecretPost);
    if is_body { AuthType::RequestBody } else { AuthType::BasicAuth }
}

/// The provider as it was found.
#[derive(Debug)]
pub(super) struct Provider {
    metadata: CoreProviderMetadata,
    client: Client,
    fetch: Arc<Fetch>,
    /// When its endpoints were looked up.
    at: DateTime<Utc>,
}

/// What the provider gives for a code.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) id_token: Token,
    pub(super) access_token: AccessToken,
}

impl Provider {
    pub(super) fn keys(&self) -> &CoreJsonWebKeySet {
        self.metadata.jwks()
    }

    /// Returns where the browser signs in.
    pub(super) fn authorization_url(
        &self,
        scopes: &[String],
        challenge: PkceCodeChallenge,
        state: &CsrfToken,
        nonce: &Nonce,
    ) -> Url {
        let (state, nonce) = (state.clone(), nonce.clone());
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = self.client.authorize_url(flow, || state, || nonce);
        let scopes = scopes.iter().map(|scope| Scope::new(scope.clone()));
        let (url, _state, _nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        url
    }

    /// Gives the code back for tokens.
    pub(super) async fn exchange(
        &self,
        code: AuthorizationCode,
        verifier: PkceCodeVerifier,
    ) -> Result<Tokens, OidcError> {
        let request = self.client.exchange_code(code);
        let request = request.map_err(|error| OidcError::Setup(causes(&error)))?;
        let answer: Answered = request
            .set_pkce_verifier(verifier)
            .request_async(&*self.fetch)
            .await
            .map_err(|error| refused(&error))?;
        let id_token = answer.id_token().cloned();
        let id_token = id_token
            .ok_or_else(|| OidcError::Untrusted("it has no `id_token` for the code".to_owned()))?;
        Ok(Tokens { id_token, access_token: answer.access_token().clone() })
    }

    /// Asks for what the ID token leaves out; `None` when the provider has no such endpoint.
    pub(super) async fn user_info(
        &self,
        access_token: AccessToken,
        subject: String,
    ) -> Result<Option<UserInfo>, OidcError> {
        if self.metadata.userinfo_endpoint().is_none() {
            return Ok(None);
        }
        // the client would panic on what can't stand in a header
        if !access_token.secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(OidcError::Untrusted("its access token fits into no header".to_owned()));
        }
        let subject = Some(SubjectIdentifier::new(subject));
        let request = self.client.user_info(access_token, subject);
        let request = request.map_err(|error| OidcError::Setup(causes(&error)))?;
        let info = request.request_async(&*self.fetch).await.map_err(|error| match error {
            UserInfoError::ClaimsVerification(error) => OidcError::Untrusted(causes(&error)),
            error => OidcError::Away(causes(&error)),
        })?;
        Ok(Some(info))
    }
}

/// Tells whose fault it is that there are no tokens for a code.
fn refused(
    error: &RequestTokenError<FetchError, StandardErrorResponse<CoreErrorResponseType>>,
) -> OidcError {
    match error {
        // the code is old, was used, or belongs to another client or another browser
        RequestTokenError::ServerResponse(response)
            if response.error() == &CoreErrorResponseType::InvalidGrant =>
        {
            OidcError::Ended(causes(error))
        }
        RequestTokenError::ServerResponse(_) => OidcError::Setup(causes(error)),
        // not what was read instead: it may be a part of a token
        RequestTokenError::Parse(error, _body) => {
            OidcError::Away(format!("its tokens can't be read, at `{}`", error.path()))
        }
        error => OidcError::Away(causes(error)),
    }
}
