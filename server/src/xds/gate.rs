//! Who may talk to us: which nodes get the configuration, and whose counters are taken.
//!
//! ```text
//! certificate, at the handshake ──┐
//!                                 ├─▶ Identity ─▶ admit(node id) ─▶ NodeId, or PERMISSION_DENIED
//! `authorization: Bearer TOKEN` ──┤
//!                                 └─▶ neither: UNAUTHENTICATED, whatever the method
//! files ─▶ keeper, once a second ─▶ watch<Arc<Credentials>>, by which both are judged
//! ```
//! Where there are no credentials, everyone is let in, and only loopback is listened on.

mod credentials;
mod door;
mod identity;
mod pattern;
mod refused;
mod tls;
pub mod tokens;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, header::AUTHORIZATION};
use tokio::sync::watch;
use tokio_rustls::rustls::{ServerConfig, pki_types::CertificateDer};
use tonic::Status;
use tracing::debug;

use self::{credentials::Credentials, identity::Shown};
pub use self::{
    credentials::{CredentialFiles, CredentialsError, FILE_MAX_BYTES, Keeper, TlsFiles, text_of},
    door::Door,
    identity::Identity,
    pattern::{NodePattern, PatternError},
    refused::{Reason, Refused},
};
use crate::{auth::secret::SecretHash, clock::Clock};

/// What comes before a token in its header (RFC 6750, section 2.1); any case.
const SCHEME: &str = "bearer";

/// Says why xDS can't be served like this.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error(
        "--xds {address} is not a loopback address, and without credentials whoever reaches it could read the whole configuration: add --xds-tls-cert and --xds-tls-key, and --xds-client-ca (nodes show certificates) or --xds-tokens (nodes send tokens), or listen on 127.0.0.1"
    )]
    Exposed { address: SocketAddr },
    #[error(
        "--xds {address} is not a loopback address, and tokens could be read on their way: add --xds-tls-cert and --xds-tls-key, or listen on 127.0.0.1"
    )]
    PlainText { address: SocketAddr },
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

/// Knows who may come in; a clone is the same gate.
#[derive(Debug, Clone)]
pub struct Gate {
    credentials: watch::Receiver<Arc<Credentials>>,
    is_stale: Arc<AtomicBool>,
    refused: Refused,
}

/// Somebody who may come in.
struct Admission {
    identity: Identity,
    /// Ends when the token that was shown, if one was, holds no more.
    revoked: Option<BoxFuture<'static, ()>>,
}

impl Gate {
    /// Reads the credentials; what comes back keeps them current.
    ///
    /// # Errors
    /// Refuses an `address` that others reach while nobody is asked who they are, or while tokens
    /// would travel in the clear; says which file can't be used.
    pub fn open(
        files: CredentialFiles,
        address: SocketAddr,
        clock: Clock,
    ) -> Result<(Self, Keeper), GateError> {
        if !address.ip().is_loopback() {
            if !files.ask_who_it_is() {
                return Err(GateError::Exposed { address });
            }
            if files.tls.is_none() {
                return Err(GateError::PlainText { address });
            }
        }
        let keeper = Keeper::open(files, clock)?;
        let gate = Self {
            credentials: keeper.credentials(),
            is_stale: keeper.is_stale(),
            refused: Refused::default(),
        };
        Ok((gate, keeper))
    }

    /// Returns how many were not let in.
    pub fn refused(&self) -> &Refused {
        &self.refused
    }

    /// Tells whether the files can't be used as they are now, so that older contents are in use.
    pub fn is_stale(&self) -> bool {
        self.is_stale.load(Ordering::Relaxed)
    }

    /// Returns when our own certificate expires; `None` without TLS.
    pub fn not_after(&self) -> Option<DateTime<Utc>> {
        self.credentials.borrow().not_after()
    }

    /// Returns how a connection begins; `None` for plain text.
    pub(super) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.credentials.borrow().tls()
    }

    /// Asks who a request comes from.
    fn ask<B>(&self, request: &Request<B>) -> Result<Admission, Status> {
        let credentials = Arc::clone(&self.credentials.borrow());
        let mut shown = Vec::new();
        let mut revoked = None;
        if credentials.ask_who_it_is {
            let peer = request.extensions().get::<Peer>();
            shown.extend(peer.and_then(|peer| peer.nodes.clone()).map(Shown::Certificate));
            let token = bearer(request.headers()).zip(credentials.tokens.as_ref());
            if let Some((token, tokens)) = token {
                let hash = SecretHash::of(token);
                let Some(nodes) = tokens.nodes_of(&hash) else {
                    return Err(self.refuse(peer, "this token is not known, or was revoked"));
                };
                shown.push(Shown::Token(nodes.clone()));
                revoked = Some(self.revocation(hash, nodes.clone()));
            }
            if shown.is_empty() {
                return Err(self.refuse(
                    peer,
                    "show a certificate of an authority that is trusted here, or send a token: `chancery bootstrap --help` says how",
                ));
            }
        }
        let identity = Identity::new(shown, self.refused.clone());
        Ok(Admission { identity, revoked })
    }

    fn refuse(&self, peer: Option<&Peer>, why: &str) -> Status {
        self.refused.count(Reason::Credentials);
        // at `debug`: whoever reaches the port could fill the log
        debug!(peer = ?peer.map(|peer| peer.address), "refused a request: {why}");
        Status::unauthenticated(why)
    }

    /// Returns what ends once a token is not for these nodes any more.
    fn revocation(&self, hash: SecretHash, nodes: NodePattern) -> BoxFuture<'static, ()> {
        let mut credentials = self.credentials.clone();
        Box::pin(async move {
            let ends = |now: &Arc<Credentials>| {
                now.tokens.as_ref().and_then(|tokens| tokens.nodes_of(&hash)) != Some(&nodes)
            };
            if credentials.wait_for(ends).await.is_err() {
                // the server stops, which ends everything by itself
                std::future::pending::<()>().await;
            }
        })
    }
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    address: SocketAddr,
    /// Which nodes the certificate that it has shown, if any, is for.
    nodes: Option<Arc<[NodePattern]>>,
}

impl Peer {
    /// Takes what was learned by the handshake; `certificate` has been verified.
    pub(super) fn new(address: SocketAddr, certificate: Option<&CertificateDer<'_>>) -> Self {
        Self { address, nodes: certificate.map(tls::nodes_of) }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(token.trim())
}
