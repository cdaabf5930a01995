//! The list of mappings: what is asked for, and a page of the answer.

use serde::{Deserialize, Serialize};

use super::client::encode_segment;
use super::live::LiveMapping;

/// Rows of a page unless another number is asked for.
pub const LIMIT_DEFAULT: u32 = 50;

/// Most rows of a page.
pub const LIMIT_MAX: u32 = 200;

/// Stands for all teams that the caller is a member of; no team has this name.
pub const MINE: &str = "mine";

/// Asks for a page of the list; each field is a parameter of the URL's query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// Text that the name, the prefix, the service or a label contains, in any case of letters;
    /// several words must all be found.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub q: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Only mappings of this health: a word of `Health`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// Only mappings in this state of configuration: `live`, `pending`, `rejected`, `no_nodes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Only mappings with this label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Only mappings to this service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Only mappings of this team, or of the caller's: [`MINE`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Only mappings that the user has marked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub favourite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins: `next_cursor` or `previous_cursor` of another page of this query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl ListQuery {
    /// Writes the query of the URL with its `?`; nothing where nothing is asked for.
    pub fn to_query_string(&self) -> String {
        let mut parts = Vec::new();
        let mut part = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                parts.push(format!("{name}={}", encode_segment(value)));
            }
        };
        part("q", Some(self.q.as_str()).filter(|q| !q.is_empty()));
        part("sort", self.sort.map(Sort::word));
        part("order", self.order.map(Order::word));
        part("health", self.health.as_deref());
        part("config", self.config.as_deref());
        part("label", self.label.as_deref());
        part("service", self.service.as_deref());
        part("team", self.team.as_deref());
        part("favourite", self.favourite.then_some("true"));
        part("limit", self.limit.map(|limit| limit.to_string()).as_deref());
        part("cursor", self.cursor.as_deref());
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }
}

/// What the list is sorted by; ties are in match order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    #[default]
    Prefix,
    Name,
    Service,
    /// Worst first when ascending.
    Health,
    Config,
    Rate,
    OkPercent,
    BadRate,
    P95,
    Members,
    Updated,
    /// The order in which the gateway tries them: the first that matches serves the request.
    Match,
}

impl Sort {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 12] = [
        Self::Prefix,
        Self::Name,
        Self::Service,
        Self::Health,
        Self::Config,
        Self::Rate,
        Self::OkPercent,
        Self::BadRate,
        Self::P95,
        Self::Members,
        Self::Updated,
        Self::Match,
    ];

    /// Returns its word in the URL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Name => "name",
            Self::Service => "service",
            Self::Health => "health",
            Self::Config => "config",
            Self::Rate => "rate",
            Self::OkPercent => "ok_percent",
            Self::BadRate => "bad_rate",
            Self::P95 => "p95",
            Self::Members => "members",
            Self::Updated => "updated",
            Self::Match => "match",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Asc,
    Desc,
}

impl Order {
    /// Returns its word in the URL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asc => "asc",
            Self::Desc => "desc",
        }
    }
}

/// Answers `GET /api/v1/mappings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MappingPage {
    pub items: Vec<LiveMapping>,
    /// All mappings that the caller sees, whatever was asked for.
    pub total: u32,
    /// Mappings that were asked for, on all pages.
    pub matched: u32,
    /// Place of the first item among the matched, from 1; 0 when there is none.
    pub first: u32,
    pub next_cursor: Option<String>,
    pub previous_cursor: Option<String>,
    pub facets: Facets,
    /// Number of the newest change that the list includes.
    pub revision: u64,
    /// Run of the server, and the tick that the live numbers are of: a viewer resumes from it.
    pub epoch: String,
    pub seq: u64,
}

/// How many of the mappings that the text finds have which property.
///
/// The counts of a facet leave out that facet's own choice, so that the others can be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Facets {
    pub health: Vec<Facet>,
    pub config: Vec<Facet>,
    /// The 20 most frequent.
    pub labels: Vec<Facet>,
    /// The 50 with the most mappings.
    #[serde(default)]
    pub teams: Vec<Facet>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Facet {
    pub value: String,
    pub count: u32,
}
