//! What is kept, each thing as one row: its kind, its key and its JSON.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    auth::{
        entity::{Claim, Id, Protection, Request, Session, Team, Token, User},
        secret::SealKey,
    },
    gateway::edge::{Certificate, Consumer, GatewaySettings, TrustBundle},
};

/// Something that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entity {
    User(Arc<User>),
    Team(Arc<Team>),
    Session(Arc<Session>),
    Token(Arc<Token>),
    Claim(Arc<Claim>),
    Protection(Arc<Protection>),
    Request(Arc<Request>),
    Certificate(Arc<Certificate>),
    TrustBundle(Arc<TrustBundle>),
    Consumer(Arc<Consumer>),
    /// The settings of the gateway; there is one.
    Gateway(Arc<GatewaySettings>),
    /// The newest id that was given.
    LastId(Id),
    /// By which sign-ins elsewhere are sealed while they are under way; there is one.
    SealKey(SealKey),
}

/// What an [`Entity`] is; its word is kept with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    User,
    Team,
    Session,
    Token,
    Claim,
    Protection,
    Request,
    Certificate,
    TrustBundle,
    Consumer,
    Gateway,
    LastId,
    SealKey,
}

impl Kind {
    const ALL: [Self; 13] = [
        Self::User,
        Self::Team,
        Self::Session,
        Self::Token,
        Self::Claim,
        Self::Protection,
        Self::Request,
        Self::Certificate,
        Self::TrustBundle,
        Self::Consumer,
        Self::Gateway,
        Self::LastId,
        Self::SealKey,
    ];

    /// Returns what a word means, if this version knows it.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Returns its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Team => "team",
            Self::Session => "session",
            Self::Token => "token",
            Self::Claim => "claim",
            Self::Protection => "protection",
            Self::Request => "request",
            Self::Certificate => "certificate",
            Self::TrustBundle => "trust_bundle",
            Self::Consumer => "consumer",
            Self::Gateway => "gateway",
            Self::LastId => "last_id",
            Self::SealKey => "seal_key",
        }
    }
}

impl Entity {
    pub fn kind(&self) -> Kind {
        match self {
            Self::User(_) => Kind::User,
            Self::Team(_) => Kind::Team,
            Self::Session(_) => Kind::Session,
            Self::Token(_) => Kind::Token,
            Self::Claim(_) => Kind::Claim,
            Self::Protection(_) => Kind::Protection,
            Self::Request(_) => Kind::Request,
            Self::Certificate(_) => Kind::Certificate,
            Self::TrustBundle(_) => Kind::TrustBundle,
            Self::Consumer(_) => Kind::Consumer,
            Self::Gateway(_) => Kind::Gateway,
            Self::LastId(_) => Kind::LastId,
            Self::SealKey(_) => Kind::SealKey,
        }
    }

    /// Returns what names it among its kind.
    pub fn key(&self) -> String {
        match self {
            Self::User(user) => user.name.to_string(),
            Self::Team(team) => team.name.to_string(),
            Self::Session(session) => session.hash.as_str().to_owned(),
            Self::Token(token) => token.id.to_string(),
            Self::Claim(claim) => claim.id.to_string(),
            Self::Protection(protection) => protection.id.to_string(),
            Self::Request(request) => request.id.to_string(),
            Self::Certificate(certificate) => certificate.name.to_string(),
            Self::TrustBundle(bundle) => bundle.name.to_string(),
            Self::Consumer(consumer) => consumer.name.to_string(),
            Self::Gateway(_) => "gateway".to_owned(),
            Self::LastId(_) => "last".to_owned(),
            Self::SealKey(_) => "oidc".to_owned(),
        }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// Never for these types; the error is serde's.
    pub fn to_json(&self) -> serde_json::Result<Value> {
        match self {
            Self::User(user) => serde_json::to_value(&**user),
            Self::Team(team) => serde_json::to_value(&**team),
            Self::Session(session) => serde_json::to_value(&**session),
            Self::Token(token) => serde_json::to_value(&**token),
            Self::Claim(claim) => serde_json::to_value(&**claim),
            Self::Protection(protection) => serde_json::to_value(&**protection),
            Self::Request(request) => serde_json::to_value(&**request),
            Self::Certificate(certificate) => serde_json::to_value(&**certificate),
            Self::TrustBundle(bundle) => serde_json::to_value(&**bundle),
            Self::Consumer(consumer) => serde_json::to_value(&**consumer),
            Self::Gateway(settings) => serde_json::to_value(&**settings),
            Self::LastId(id) => serde_json::to_value(id),
            Self::SealKey(key) => serde_json::to_value(key),
        }
    }

    /// Reads what [`Self::to_json`] has written.
    ///
    /// # Errors
    /// Says what this version can't read.
    pub fn of_json(kind: &str, value: Value) -> Result<Self, String> {
        let kind =
            Kind::of_word(kind).ok_or_else(|| format!("`{kind}` is not known to this version"))?;
        let read = match kind {
            Kind::User => serde_json::from_value(value).map(|it| Self::User(Arc::new(it))),
            Kind::Team => serde_json::from_value(value).map(|it| Self::Team(Arc::new(it))),
            Kind::Session => serde_json::from_value(value).map(|it| Self::Session(Arc::new(it))),
            Kind::Token => serde_json::from_value(value).map(|it| Self::Token(Arc::new(it))),
            Kind::Claim => serde_json::from_value(value).map(|it| Self::Claim(Arc::new(it))),
            Kind::Protection => {
                serde_json::from_value(value).map(|it| Self::Protection(Arc::new(it)))
            }
            Kind::Request => serde_json::from_value(value).map(|it| Self::Request(Arc::new(it))),
            Kind::Certificate => {
                serde_json::from_value(value).map(|it| Self::Certificate(Arc::new(it)))
            }
            Kind::TrustBundle => {
                serde_json::from_value(value).map(|it| Self::TrustBundle(Arc::new(it)))
            }
            Kind::Consumer => serde_json::from_value(value).map(|it| Self::Consumer(Arc::new(it))),
            Kind::Gateway => serde_json::from_value(value).map(|it| Self::Gateway(Arc::new(it))),
            Kind::LastId => serde_json::from_value(value).map(Self::LastId),
            Kind::SealKey => serde_json::from_value(value).map(Self::SealKey),
        };
        read.map_err(|error| error.to_string())
    }
}
