//! The list of mappings: what is asked for, and a page of the answer.

use serde::{Deserialize, Serialize};

use super::live::LiveMapping;

/// Rows of a page unless another number is asked for.
pub const LIMIT_DEFAULT: u32 = 50;

/// Most rows of a page.
pub const LIMIT_MAX: u32 = 200;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins: `next_cursor` or `previous_cursor` of another page of this query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
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

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Asc,
    Desc,
}

/// Answers `GET /api/v1/mappings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MappingPage {
    pub items: Vec<LiveMapping>,
    /// All mappings, whatever was asked for.
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
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Facet {
    pub value: String,
    pub count: u32,
}
