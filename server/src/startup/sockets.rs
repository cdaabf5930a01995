//! Takes the addresses that a server listens at.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tracing::warn;

use super::StartError;
use crate::store::DatabaseUrl;

pub(super) async fn listen(
    address: SocketAddr,
    purpose: &'static str,
    option: &'static str,
) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|reason| StartError::Listen {
        address,
        purpose,
        option,
        reason,
    })
}

/// Listens for the other replicas, if there can be some.
pub(super) async fn listen_for_replicas(
    fleet: Option<SocketAddr>,
    database: &DatabaseUrl,
) -> Result<Option<(TcpListener, SocketAddr)>, StartError> {
    let is_shared = matches!(database, DatabaseUrl::Postgres(_));
    let Some(address) = fleet else {
        if is_shared {
            warn!(
                "without --fleet, statistics and nodes are those of this replica alone: name an address where the others reach it"
            );
        }
        return Ok(None);
    };
    if !is_shared {
        return Err(StartError::FleetAlone { address });
    }
    if address.ip().is_unspecified() {
        return Err(StartError::FleetNowhere { address });
    }
    let listener = listen(address, "other replicas", "--fleet").await?;
    let address = local(&listener, address);
    Ok(Some((listener, address)))
}

/// Chooses a free port where 0 is asked for: the nodes listen there, not we, and must be told.
pub(super) async fn free_address(address: SocketAddr) -> Result<SocketAddr, StartError> {
    if address.port() != 0 {
        return Ok(address);
    }
    let listener = TcpListener::bind(address).await.map_err(|reason| StartError::Listen {
        address,
        purpose: "the gateway",
        option: "--gateway-http",
        reason,
    })?;
    Ok(local(&listener, address))
}

pub(super) fn local(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}
