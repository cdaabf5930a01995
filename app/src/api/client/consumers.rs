//! Reads consumers. What changes them are the portal's plain forms (the server's
//! `http::portal::actions`).

use super::{Client, ClientError, encode_segment};
use crate::api::consumer::{Consumer, ConsumerList};

impl Client {
    pub async fn consumers(&self) -> Result<ConsumerList, ClientError> {
        self.get("/api/v1/consumers").await
    }

    pub async fn consumer(&self, name: &str) -> Result<Consumer, ClientError> {
        self.get(&format!("/api/v1/consumers/{}", encode_segment(name))).await
    }
}
