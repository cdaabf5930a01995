//! Consumers: who calls what the gateway leads to, by keys and passwords that are shown once.
//!
//! No type here has a secret but those that answer the call by which it is made.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::plan::{Action, FieldChange};
use super::session::Hidden;

/// A consumer as its team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Consumer {
    /// What mappings name, and services are told in `x-chancery-consumer`.
    pub name: String,
    /// The team that looks after it; `null`: the installation's admins.
    pub team: Option<String>,
    pub description: String,
    /// Its API keys, the oldest first; `null` for who is not in its team.
    pub keys: Option<Vec<ConsumerKey>>,
    /// Whether it has a password; `null` without one, and for who is not in its team.
    pub password: Option<ConsumerPassword>,
    /// The mappings that let it in, as far as the caller sees them.
    pub used_by: Vec<String>,
    /// How many more mappings let it in.
    pub used_by_others: u64,
    /// Its `ETag`: one more at each write.
    pub revision: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
    /// Whether the caller may change and delete it.
    pub may_decide: bool,
}

/// An API key, without its secret, which nobody can see again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsumerKey {
    pub id: u64,
    /// What it is for; may be empty.
    pub label: String,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    /// When the gateway stops to let it in; `null`: when it is removed.
    pub expires_at: Option<DateTime<Utc>>,
    pub is_expired: bool,
}

/// A password, without itself, which nobody can see again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsumerPassword {
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

/// A consumer in the list of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsumerSummary {
    pub name: String,
    /// The team that looks after it; `null`: the installation's admins.
    pub team: Option<String>,
    pub description: String,
    /// Its keys that have not expired; `null` for who is not in its team.
    pub keys: Option<u64>,
    /// `null` for who is not in its team.
    pub has_password: Option<bool>,
    pub revision: u64,
    pub updated_at: DateTime<Utc>,
}

/// Answers `GET /api/v1/consumers`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsumerList {
    /// By name.
    pub items: Vec<ConsumerSummary>,
}

/// Asks for a consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsumerDraft {
    /// The team that is to look after it; absent: as it is, and for a new one the installation's
    /// admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Absent: as it is. At most 300 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Says what writing a consumer would do; nothing has been stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsumerPlan {
    pub action: Action,
    pub name: String,
    /// Revision that it has now; `null` when there is none.
    pub revision: Option<u64>,
    /// What the audit would say.
    pub diff: Vec<FieldChange>,
}

/// What a key is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsumerKeyDraft {
    /// What it is for: at most 80 bytes.
    #[serde(default)]
    #[schema(nullable)]
    pub label: String,
    /// 1 to 3660; absent or `null`: it does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u32>,
}

/// A key that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewConsumerKey {
    /// What clients send; it is in this answer and nowhere else.
    #[schema(value_type = String)]
    pub secret: Hidden,
    pub key: ConsumerKey,
}

/// A password that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewConsumerPassword {
    /// The user that goes with it: the consumer's name.
    pub user: String,
    /// The password; it is in this answer and nowhere else.
    #[schema(value_type = String)]
    pub secret: Hidden,
}
