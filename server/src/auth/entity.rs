//! What is kept of people and of what belongs to them. Each is one row of the store.

use std::collections::{BTreeMap, BTreeSet};

use app::api::plan::FieldChange;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    claim::{HostPattern, Territory, spelled},
    names::{TeamName, UserName},
    role::Role,
    secret::SecretHash,
    settings::SessionLimits,
};

/// Names a token, claim, grant, protection or request: one sequence, never used twice.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Id(pub u64);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Someone who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: UserName,
    /// How people call them; may be empty.
    #[serde(default)]
    pub display_name: String,
    #[serde(default)]
    pub email: String,
    /// Argon2id, as a PHC string; absent for who signs in elsewhere only.
    #[serde(default)]
    pub password_hash: Option<PasswordHash>,
    /// Who they are for the OIDC provider.
    #[serde(default)]
    pub identity: Option<Subject>,
    /// Admin of the installation, made so here.
    #[serde(default)]
    pub is_admin: bool,
    /// Admin of the installation as long as the OIDC provider's groups say so.
    #[serde(default)]
    pub is_admin_by_group: bool,
    /// May not sign in, and has no sessions.
    #[serde(default)]
    pub is_disabled: bool,
    pub created_at: DateTime<Utc>,
    #[serde(default)]
    pub signed_in_at: Option<DateTime<Utc>>,
    /// Mappings that they have marked, by name.
    #[serde(default)]
    pub favourites: BTreeSet<String>,
    /// Queries of the list by the names that they have given them.
    #[serde(default)]
    pub views: BTreeMap<String, String>,
}

/// A hash that is printed nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// A person as an OIDC provider knows them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    pub issuer: String,
    pub subject: String,
}

/// A team: owns mappings and claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    pub name: TeamName,
    #[serde(default)]
    pub title: String,
    /// How to reach the team: what "who owns this URL?" tells everyone.
    #[serde(default)]
    pub contact: String,
    pub members: BTreeMap<UserName, Membership>,
    pub created_at: DateTime<Utc>,
}

/// What a user is in a team, and since which source says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Given here.
    #[serde(default)]
    pub role: Option<Role>,
    /// Given by the OIDC provider's groups; replaced at each sign-in.
    #[serde(default)]
    pub by_group: Option<Role>,
}

impl Membership {
    /// Returns the higher of both.
    pub fn effective(&self) -> Option<Role> {
        self.role.max(self.by_group)
    }
}

/// A sign-in that is going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The cookie's hash.
    pub hash: SecretHash,
    /// Names it for its user, who never sees the hash.
    pub id: Id,
    pub user: UserName,
    pub created_at: DateTime<Utc>,
    /// Noted at most once a minute.
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Where it began.
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub user_agent: String,
    /// How they signed in: `password` or `oidc`.
    pub how: String,
}

impl Session {
    /// Tells whether it goes on at `now`.
    pub fn is_on(&self, limits: &SessionLimits, now: DateTime<Utc>) -> bool {
        now < self.expires_at && now < self.seen_at + limits.idle
    }
}

/// What an API token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// As a viewer.
    Read,
    /// As an editor.
    Write,
}

impl Scope {
    /// Returns the role that the token has.
    pub fn role(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Write => Role::Editor,
        }
    }
}

/// A secret with which programs call the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: Id,
    pub name: String,
    pub hash: SecretHash,
    /// The team it acts for; absent for one of the installation.
    pub team: Option<TeamName>,
    pub scope: Scope,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    /// Noted at most once a minute.
    #[serde(default)]
    pub used_at: Option<DateTime<Utc>>,
}

impl Token {
    /// Tells whether it has expired by `now`.
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }
}

/// A part of the URL space that a team owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub id: Id,
    pub team: TeamName,
    pub host: HostPattern,
    pub territory: Territory,
    #[serde(default)]
    pub note: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    /// Parts that others may use for a time.
    #[serde(default)]
    pub grants: Vec<Grant>,
}

impl Claim {
    /// Writes where it is: the path, after the host where it is one host's.
    pub fn place(&self) -> String {
        spelled(&self.host, &self.territory)
    }
}

/// Lets another team use a part of a claim until a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub id: Id,
    pub team: TeamName,
    pub territory: Territory,
    /// Absent: until it is taken back.
    pub until: Option<DateTime<Utc>>,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

impl Grant {
    /// Tells whether it holds at `now`.
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A part of the URL space in which changes need approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    pub id: Id,
    pub territory: Territory,
    /// Whose owners approve; admins do, too.
    pub approvers: TeamName,
    /// Approvals that a change needs.
    pub needed: u32,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

/// Something that others must agree to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub id: Id,
    pub subject: RequestSubject,
    /// For which team it was made.
    pub team: TeamName,
    pub author: String,
    /// Who has made the author, when that is a token: they can't agree to what it asks either.
    #[serde(default)]
    pub author_made_by: Option<String>,
    pub created_at: DateTime<Utc>,
    #[serde(default)]
    pub note: String,
    pub state: RequestState,
    /// Who has agreed, and when.
    #[serde(default)]
    pub approvals: Vec<Approval>,
    /// How many must.
    pub needed: u32,
    /// The team whose owners decide.
    pub approvers: TeamName,
    #[serde(default)]
    pub closed_at: Option<DateTime<Utc>>,
    /// Who refused or withdrew it, or why it could not be carried out.
    #[serde(default)]
    pub closed_because: String,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RequestSubject {
    /// Write a mapping in a protected place.
    Change {
        mapping: String,
        /// The content as the API takes it, with the name; absent: delete it.
        content: Option<serde_json::Value>,
        /// The revision that the mapping had when it was asked; absent: none.
        base: Option<u64>,
        /// Where its requests lie, before and after.
        #[serde(default)]
        places: Vec<Territory>,
        /// What it would have changed when it was asked.
        #[serde(default)]
        diff: Vec<FieldChange>,
    },
    /// Hand a claim, with the mappings in it, to the asking team.
    Transfer { claim: Id },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    Open,
    /// Agreed to, and carried out.
    Approved,
    Refused,
    Withdrawn,
    /// Agreed to, but what it was made against has changed meanwhile.
    Stale,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub by: String,
    pub at: DateTime<Utc>,
}
