//! Reads who calls, sessions, users, teams and tokens. What changes them are the portal's plain
//! forms, each of which is one call of its own (the server's `http::portal::actions`).

use super::{Client, ClientError, encode_segment};
use crate::api::session::{Me, SessionList};
use crate::api::team::{Team, TeamList};
use crate::api::token::TokenList;
use crate::api::user::{User, UserPage};

impl Client {
    /// Asks who calls.
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get("/api/v1/session").await
    }

    /// Gets the caller's own sessions.
    pub async fn sessions(&self) -> Result<SessionList, ClientError> {
        self.get("/api/v1/sessions").await
    }

    /// Gets the users whose name, display name or address contains `q`.
    pub async fn users(
        &self,
        q: &str,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<UserPage, ClientError> {
        let cursor = cursor.map(|c| format!("&cursor={}", encode_segment(c))).unwrap_or_default();
        self.get(&format!("/api/v1/users?q={}&limit={limit}{cursor}", encode_segment(q))).await
    }

    pub async fn user(&self, name: &str) -> Result<User, ClientError> {
        self.get(&format!("/api/v1/users/{}", encode_segment(name))).await
    }

    pub async fn teams(&self) -> Result<TeamList, ClientError> {
        self.get("/api/v1/teams").await
    }

    pub async fn team(&self, name: &str) -> Result<Team, ClientError> {
        self.get(&format!("/api/v1/teams/{}", encode_segment(name))).await
    }

    /// Gets the tokens of a team; of the installation without one.
    pub async fn tokens(&self, team: Option<&str>) -> Result<TokenList, ClientError> {
        let team = team.map(|team| format!("?team={}", encode_segment(team))).unwrap_or_default();
        self.get(&format!("/api/v1/tokens{team}")).await
    }
}
