//! Reads the audit, and what a user keeps of the list of mappings.

use super::{Client, ClientError, encode_segment};
use crate::api::audit::{AuditFilter, AuditPage};
use crate::api::view::{FavouriteList, ViewList};

impl Client {
    /// Gets a page of the audit; `cursor` is the page before's `next_cursor`.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<AuditPage, ClientError> {
        let cursor = cursor.map(|c| format!("&cursor={}", encode_segment(c))).unwrap_or_default();
        let filter = filter.to_query_string();
        self.get(&format!("/api/v1/audit?limit={limit}&{filter}{cursor}")).await
    }

    /// Gets the mappings that the user has marked.
    pub async fn favourites(&self) -> Result<FavouriteList, ClientError> {
        self.get("/api/v1/favourites").await
    }

    /// Gets the views of the list that the user has saved.
    pub async fn views(&self) -> Result<ViewList, ClientError> {
        self.get("/api/v1/views").await
    }
}
