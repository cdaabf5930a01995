//! Requests: what others must agree to before it is done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::plan::{FieldChange, Plan};

/// Something that others must agree to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Request {
    pub id: u64,
    pub kind: RequestKind,
    /// For which team it was made.
    pub team: String,
    pub author: String,
    pub created_at: DateTime<Utc>,
    #[serde(default)]
    pub note: String,
    pub state: RequestState,
    /// The team whose owners decide; admins do, too.
    pub approvers: String,
    /// How many of them must agree.
    pub needed: u32,
    pub approvals: Vec<Approval>,
    pub closed_at: Option<DateTime<Utc>>,
    /// Who refused or withdrew it, or why it could not be carried out.
    #[serde(default)]
    pub closed_because: String,
    /// The mapping that is to be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// What would differ, against what is now; of a closed request, against what was then.
    #[serde(default)]
    pub diff: Vec<FieldChange>,
    /// The claim that is to be handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<RequestedClaim>,
    /// Whether the caller may agree or refuse.
    pub may_decide: bool,
    /// Whether the caller may take it back.
    pub may_withdraw: bool,
    /// What it would do, where a single open request was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Box<Plan>>,
    /// Why it could not be carried out as things are now, where a single open request was asked
    /// for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<String>,
}

impl Request {
    /// Says in a few words what is asked for.
    pub fn subject(&self) -> String {
        match (&self.mapping, &self.claim) {
            (Some(mapping), _) => {
                let is_gone = |change: &FieldChange| change.field == "name";
                let name = self.diff.iter().find(|change| is_gone(change));
                match name {
                    Some(name) if name.after.is_none() => format!("Delete {mapping}"),
                    Some(_) => format!("Create {mapping}"),
                    None => format!("Change {mapping}"),
                }
            }
            (None, Some(claim)) if claim.host == "*" => format!("Hand over {}", claim.prefix),
            (None, Some(claim)) => format!("Hand over {}{}", claim.host, claim.prefix),
            (None, None) => "Hand over a claim that is gone".to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// To write or delete a mapping in a protected place.
    Change,
    /// To hand a claim, with the team's mappings in it, to the asking team.
    Transfer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    Open,
    /// Agreed to, and carried out.
    Approved,
    Refused,
    Withdrawn,
    /// Agreed to, but it could not be carried out any more.
    Stale,
}

impl RequestState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Approved, Self::Refused, Self::Withdrawn, Self::Stale];

    /// Returns its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Stale => "stale",
        }
    }
}

/// Someone who has agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Approval {
    pub by: String,
    pub at: DateTime<Utc>,
}

/// A claim that a request is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RequestedClaim {
    pub id: u64,
    /// The team that has it.
    pub team: String,
    pub host: String,
    pub prefix: String,
}

/// Asks another team to hand over a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RequestDraft {
    /// `transfer`: a change is asked for by writing the mapping.
    pub kind: RequestKind,
    /// The id of the claim.
    pub claim: u64,
    /// The team that is to have it.
    pub team: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Says why a request is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RequestRefusal {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Answers `GET /api/v1/requests`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RequestPage {
    /// Newest first.
    pub items: Vec<Request>,
    /// How many were asked for, on all pages.
    pub matched: u32,
    /// Open ones on which the caller may decide.
    pub waiting: u32,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}
