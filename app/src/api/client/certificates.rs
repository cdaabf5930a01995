//! Reads certificates and trust bundles. What changes them are the portal's plain forms (the
//! server's `http::portal::actions`).

use super::{Client, ClientError, encode_segment};
use crate::api::certificate::{Certificate, CertificateList, TrustBundle, TrustBundleList};

impl Client {
    pub async fn certificates(&self) -> Result<CertificateList, ClientError> {
        self.get("/api/v1/certificates").await
    }

    pub async fn certificate(&self, name: &str) -> Result<Certificate, ClientError> {
        self.get(&format!("/api/v1/certificates/{}", encode_segment(name))).await
    }

    pub async fn trust_bundles(&self) -> Result<TrustBundleList, ClientError> {
        self.get("/api/v1/trust-bundles").await
    }

    pub async fn trust_bundle(&self, name: &str) -> Result<TrustBundle, ClientError> {
        self.get(&format!("/api/v1/trust-bundles/{}", encode_segment(name))).await
    }
}
