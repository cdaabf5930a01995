//! Reads the settings of the gateway. What changes them is a plain form (the server's
//! `http::portal::actions`).

use super::{Client, ClientError};
use crate::api::gateway::Gateway;

impl Client {
    pub async fn gateway_settings(&self) -> Result<Gateway, ClientError> {
        self.get("/api/v1/gateway").await
    }
}
