//! Teams and their members.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What someone may do with what belongs to a team; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees mappings and their numbers.
    Viewer,
    /// Creates, changes and deletes mappings.
    Editor,
    /// Decides on members, tokens, claims and requests.
    Owner,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Owner];

    /// Returns its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }
}

/// A team as everyone who has signed in may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TeamSummary {
    pub name: String,
    pub title: String,
    /// How to reach the team.
    pub contact: String,
    /// What the caller is in it, by membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How many members it has, for who sees the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// How many mappings it has, for who sees the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mappings: Option<u32>,
}

/// All teams, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TeamList {
    pub items: Vec<TeamSummary>,
}

/// A team as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Team {
    pub name: String,
    pub title: String,
    /// How to reach the team: what "who owns this URL?" tells everyone.
    pub contact: String,
    /// What the caller is in it, by membership or in all teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The owners first, then by name.
    pub members: Vec<Member>,
    pub mappings: u32,
    pub created_at: DateTime<Utc>,
}

/// Someone in a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Member {
    pub user: String,
    pub display_name: String,
    /// The higher of both that follow.
    pub role: Role,
    /// Given here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Role>,
    /// Given by the OIDC provider's groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_group: Option<Role>,
}

/// What a team is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TeamDraft {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The user who is its first owner; absent: it has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// What is to change of a team; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TeamPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// What a member of a team is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MemberRole {
    pub role: Role,
}
