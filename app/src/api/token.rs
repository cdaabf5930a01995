//! API tokens: secrets by which programs call.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::session::Hidden;

/// What an API token may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// As a viewer.
    #[default]
    Read,
    /// As an editor.
    Write,
}

/// A token, without its secret, which nobody can see again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Token {
    pub id: u64,
    /// What it is for.
    pub name: String,
    /// The team it acts for; `null` for a token of the installation, which acts for all.
    pub team: Option<String>,
    pub scope: Scope,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    /// `null`: until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute; `null`: never.
    pub used_at: Option<DateTime<Utc>>,
    pub is_expired: bool,
}

/// The tokens of a team, or of the installation, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TokenList {
    pub items: Vec<Token>,
}

/// What a token is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TokenDraft {
    /// What it is for.
    pub name: String,
    /// The team it acts for; absent or `null`: the installation.
    #[serde(default)]
    pub team: Option<String>,
    pub scope: Scope,
    /// 1 to 366; absent: 90; `null`: it does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u32>,
}

/// A token that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NewToken {
    /// What goes into `Authorization: Bearer …`; it is in this answer and nowhere else.
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub secret: Hidden,
    pub token: Token,
}
