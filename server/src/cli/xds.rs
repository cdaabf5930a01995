//! The options by which nodes and the server know each other.

use std::path::PathBuf;

use clap::Args;

use crate::xds::gate::{CredentialFiles, TlsFiles};

/// Above these options in `--help`.
const HEADING: &str = "xDS between machines";

/// Credentials for xDS; without them it is on loopback only, in plain text, and for everyone.
#[derive(Debug, Args)]
pub(super) struct XdsArgs {
    /// The certificate that xDS shows, with its intermediates, as PEM; nodes must come by TLS then.
    /// This file and those below are read again when they change.
    #[arg(
        long = "xds-tls-cert",
        help_heading = HEADING,
        env = "CHANCERY_XDS_TLS_CERT",
        value_name = "FILE",
        requires = "key"
    )]
    chain: Option<PathBuf>,
    /// Its private key, as PEM.
    #[arg(
        long = "xds-tls-key",
        help_heading = HEADING,
        env = "CHANCERY_XDS_TLS_KEY",
        value_name = "FILE",
        requires = "chain"
    )]
    key: Option<PathBuf>,
    /// Authorities, as PEM, whose certificates prove who a node is. A certificate is for the nodes
    /// whose ids are its DNS names or URIs (or its common name, if it has neither).
    #[arg(
        long = "xds-client-ca",
        help_heading = HEADING,
        env = "CHANCERY_XDS_CLIENT_CA",
        value_name = "FILE",
        requires = "chain"
    )]
    client_ca: Option<PathBuf>,
    /// Tokens that prove who a node is, as `chancery node-token` keeps them. With --xds-client-ca,
    /// too, a node needs one of the two; what it shows must be for it.
    #[arg(
        long = "xds-tokens",
        help_heading = HEADING,
        env = "CHANCERY_XDS_TOKENS",
        value_name = "FILE"
    )]
    tokens: Option<PathBuf>,
}

impl XdsArgs {
    pub(super) fn files(self) -> CredentialFiles {
        let tls = self.chain.zip(self.key);
        CredentialFiles {
            tls: tls.map(|(chain, key)| TlsFiles { chain, key, client_ca: self.client_ca }),
            tokens: self.tokens,
        }
    }
}
