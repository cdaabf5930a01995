//! Reads who owns what, what others must agree to, and where. What changes them are the portal's
//! plain forms (the server's `http::portal::actions`).

use super::{Client, ClientError, encode_segment};
use crate::api::claim::{Claim, ClaimPage, UrlOwner};
use crate::api::protection::ProtectionList;
use crate::api::request::{Request, RequestPage};

impl Client {
    /// Asks to whom a URL belongs.
    pub async fn owner(&self, url: &str) -> Result<UrlOwner, ClientError> {
        self.get(&format!("/api/v1/owner?url={}", encode_segment(url))).await
    }

    /// Gets the claims of a team, or of all, whose place or team contains `q`.
    pub async fn claims(
        &self,
        team: Option<&str>,
        q: &str,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<ClaimPage, ClientError> {
        let part = |name: &str, value: Option<&str>| {
            value.map(|value| format!("&{name}={}", encode_segment(value))).unwrap_or_default()
        };
        let (team, cursor) = (part("team", team), part("cursor", cursor));
        self.get(&format!("/api/v1/claims?q={}&limit={limit}{team}{cursor}", encode_segment(q)))
            .await
    }

    pub async fn claim(&self, id: &str) -> Result<Claim, ClientError> {
        self.get(&format!("/api/v1/claims/{}", encode_segment(id))).await
    }

    /// Gets requests; `filter` is the query of the address, without cursor and limit.
    pub async fn requests(
        &self,
        filter: &str,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<RequestPage, ClientError> {
        let cursor = cursor.map(|c| format!("&cursor={}", encode_segment(c))).unwrap_or_default();
        self.get(&format!("/api/v1/requests?limit={limit}{cursor}{filter}")).await
    }

    pub async fn request(&self, id: &str) -> Result<Request, ClientError> {
        self.get(&format!("/api/v1/requests/{}", encode_segment(id))).await
    }

    pub async fn protections(&self) -> Result<ProtectionList, ClientError> {
        self.get("/api/v1/protections").await
    }
}
