//! Claims: which team owns which part of the URL space, and who may use it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::mapping::Mapping;

/// A part of the URL space that a team owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Claim {
    pub id: u64,
    pub team: String,
    /// The host that requests name; `*` is every host.
    pub host: String,
    /// All at or below this path: `/user/` is `/user` and `/user/42`, not `/users`.
    pub prefix: String,
    /// What the team has noted; only who is in the team, or in one with a grant, sees it.
    #[serde(default)]
    pub note: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    /// Who else may use parts of it; the team sees all, another team its own.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Mappings of other teams in it, for who is an owner of the team.
    #[serde(default)]
    pub foreign: Vec<Foreign>,
    /// Whether the caller may grant it, give it up, and so on.
    pub may_decide: bool,
}

impl Claim {
    /// Writes where it is: the path, after the host where it is one host's.
    pub fn place(&self) -> String {
        if self.host == "*" { self.prefix.clone() } else { format!("{}{}", self.host, self.prefix) }
    }
}

/// Lets another team use a part of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Grant {
    pub id: u64,
    pub team: String,
    pub prefix: String,
    /// When it ends; `null`: when it is taken back.
    pub until: Option<DateTime<Utc>>,
    /// Whether it holds now.
    pub is_in_force: bool,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

/// A mapping of another team in a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Foreign {
    pub mapping: String,
    pub prefix: String,
    pub team: String,
    /// Whether a grant in force covers it; if not, it can be taken over.
    pub is_granted: bool,
}

/// Asks for a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClaimDraft {
    pub team: String,
    pub prefix: String,
    /// The host that requests name; absent: every host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Changes what is noted about a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClaimPatch {
    /// `null` takes it away.
    #[cfg_attr(feature = "ssr", schema(nullable))]
    pub note: String,
}

/// Asks for a grant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct GrantDraft {
    pub team: String,
    /// The part of the claim; absent: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// When it ends; absent: when it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// Names the mapping that is taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TakeOver {
    pub mapping: String,
}

/// Answers `GET /api/v1/claims`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClaimPage {
    /// By path, then by host.
    pub items: Vec<Claim>,
    /// How many were asked for, on all pages.
    pub matched: u32,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// Answers `GET /api/v1/owner`: to whom a URL belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UrlOwner {
    /// The host that the URL names; `*` when it names none.
    pub host: String,
    /// The path as the gateway compares it.
    pub path: String,
    /// Whose it is; `null`: nobody's.
    pub owner: Option<Owner>,
    /// The teams that may use the place besides.
    pub granted: Vec<Granted>,
    /// Who must agree to changes there; `null`: nobody.
    pub protection: Option<Protected>,
    /// Whether the gateway serves it.
    pub is_served: bool,
    /// The mapping that serves it, if the caller sees that.
    pub mapping: Option<Box<Mapping>>,
}

/// The team that owns a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Owner {
    pub team: String,
    pub title: String,
    /// How to reach the team.
    pub contact: String,
    pub claim: u64,
    pub host: String,
    pub prefix: String,
    pub note: String,
}

/// A team that may use a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Granted {
    pub team: String,
    pub prefix: String,
    pub until: Option<DateTime<Utc>>,
}

/// Who must agree to changes in a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Protected {
    pub prefix: String,
    pub approvers: String,
    pub needed: u32,
}
