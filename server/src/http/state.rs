//! What handlers share.

use std::{net::SocketAddr, sync::Arc};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

pub use super::sign_in::Desk;
use crate::{
    auth::{access::Access, oidc::Oidc, seal::Sealer, settings::AccessSettings},
    clock::Clock,
    discovery::inspect::Inspector,
    envoy::{listener::Addresses, upstream_tls::NodeCaFile},
    fleet::Links,
    publisher::{Freshness, Published},
    stats::{query::History, tick::Tick},
    store::Store,
    xds::{gate::Gate, node::Nodes},
};

/// Viewers at once; each costs a socket, its buffers and one send a second.
const VIEWERS_MAX: usize = 5_000;

/// Handles on everything that a request may need; a clone is cheap.
#[derive(Debug, Clone)]
pub struct AppState {
    pub store: Store,
    /// Seals private keys.
    pub sealer: Arc<Sealer>,
    pub settings: Arc<AccessSettings>,
    pub clock: Clock,
    /// Lets people in.
    pub desk: Arc<Desk>,
    /// Where people sign in besides here.
    pub oidc: Option<Arc<Oidc>>,
    /// Who may do what.
    pub access: watch::Receiver<Arc<Access>>,
    /// The newest state of the gateway; all reads are answered from it.
    pub published: watch::Receiver<Arc<Published>>,
    /// Looks whether another replica has committed more.
    pub freshness: Freshness,
    /// The newest state of the statistics.
    pub ticks: watch::Receiver<Arc<Tick>>,
    /// Answers what the statistics were before.
    pub history: History,
    pub nodes: Nodes,
    /// Who of them may come in.
    pub gate: Gate,
    /// Where the other replicas reach this one.
    pub fleet: Option<SocketAddr>,
    /// The replicas that are listened to.
    pub links: Links,
    /// Looks at services that are not mapped.
    pub inspector: Inspector,
    /// Where the nodes listen.
    pub addresses: Addresses,
    /// The authorities that the nodes' system trusts.
    pub node_ca_file: NodeCaFile,
    pub identity: Arc<Identity>,
    /// Places for viewers.
    pub viewers: Arc<Semaphore>,
    /// Ends websockets when the server stops.
    pub stop: CancellationToken,
}

/// Says which server answers: the envelope of the article's API.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    pub hostname: String,
    pub resolvedname: String,
}

/// Returns the places for viewers of a new server.
pub fn places_for_viewers() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(VIEWERS_MAX))
}

impl AppState {
    /// Returns how many viewers are connected.
    pub fn viewers_now(&self) -> usize {
        VIEWERS_MAX.saturating_sub(self.viewers.available_permits())
    }

    /// Returns who may do what by now.
    pub fn access(&self) -> Arc<Access> {
        Arc::clone(&self.access.borrow())
    }

    /// Returns the newest state of the gateway.
    pub fn gateway(&self) -> Arc<Published> {
        Arc::clone(&self.published.borrow())
    }
}
