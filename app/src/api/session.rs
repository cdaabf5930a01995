//! Who calls, and the sessions by which people have signed in.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::team::Role;

/// Says who calls and what they may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Me {
    pub who: Who,
    /// Whether the server wants people to sign in; where not, everyone on its machine is its admin.
    pub sign_in_required: bool,
    /// The user who has signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How the user, or the token, is called.
    #[serde(default)]
    pub display_name: String,
    /// Whether they are an admin of the installation.
    pub is_admin: bool,
    /// Their role in every team, as a token of the installation has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation: Option<Role>,
    /// Their teams, by name.
    #[serde(default)]
    pub teams: Vec<TeamRole>,
    /// When the session, or the token, ends at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether the user can sign in by a password.
    #[serde(default)]
    pub has_password: bool,
    /// What the OIDC provider is called at which one can sign in, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Users whose passwords are no secret: those of a demo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
}

/// A user of a demo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Sample {
    pub user: String,
    pub password: String,
    /// What one can try as them.
    pub says: String,
}

impl Me {
    /// Tells whether they have at least `role` in `team`, by membership or in all teams.
    pub fn may(&self, role: Role, team: &str) -> bool {
        let own = self.teams.iter().find(|own| own.team == team).map(|own| own.role);
        own.max(self.installation) >= Some(role)
    }

    /// Tells whether they have at least `role` in some team, or in all.
    pub fn may_somewhere(&self, role: Role) -> bool {
        self.installation >= Some(role) || self.teams.iter().any(|own| own.role >= role)
    }
}

/// What the caller is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Nobody has signed in.
    #[default]
    Anonymous,
    /// Someone on the machine of a server that wants no sign-in.
    Open,
    User,
    Token,
}

/// What someone is in a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TeamRole {
    pub team: String,
    pub role: Role,
}

/// A secret on its way: printed nowhere by accident.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}

/// What one signs in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Credentials {
    pub user: String,
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub password: Hidden,
}

/// What the first admin is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SetUp {
    /// The end of the link that the server's log names.
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub secret: Hidden,
    pub user: String,
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub password: Hidden,
}

/// What a password is changed by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PasswordChange {
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub current: Hidden,
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub new: Hidden,
}

/// A sign-in that is going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Session {
    pub id: u64,
    pub created_at: DateTime<Utc>,
    /// When it was used last, to the minute.
    pub seen_at: DateTime<Utc>,
    /// When it ends at the latest; without a request it ends earlier.
    pub expires_at: DateTime<Utc>,
    /// The address where it began.
    pub address: String,
    /// What the browser has said of itself.
    pub user_agent: String,
    /// Whether the request belongs to it.
    pub is_current: bool,
}

/// The caller's sessions, the last used first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SessionList {
    pub items: Vec<Session>,
}
