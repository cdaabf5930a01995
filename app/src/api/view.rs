//! What a user keeps of the list of mappings: favourites, and views of it under names.

use serde::{Deserialize, Serialize};

/// Answers `GET /api/v1/favourites`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FavouriteList {
    /// Names of the mappings that the user has marked and still sees.
    pub items: Vec<String>,
}

/// The list of mappings in one state of its address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SavedView {
    #[cfg_attr(feature = "ssr", schema(example = "failing payments"))]
    pub name: String,
    /// The query of the page `/mappings`, without `?`.
    #[cfg_attr(feature = "ssr", schema(example = "q=pay&health=failing"))]
    pub query: String,
}

/// What a view is saved by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ViewContent {
    /// The query of the page `/mappings`, without `?`; what the page can't read is left out.
    #[cfg_attr(feature = "ssr", schema(example = "q=pay&health=failing"))]
    pub query: String,
}

/// Answers `GET /api/v1/views`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ViewList {
    /// Sorted by name.
    pub items: Vec<SavedView>,
}
