//! Where nodes connect: TCP, the handshake where there is TLS, and the services behind the door.
//!
//! ```text
//! TCP ─▶ handshake (at most 10 s, 1,024 at once) ─▶ Connection with its Peer ─▶ door ─▶ services
//! ```

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::{either::Either, sync::CancellationToken};
use tonic::transport::{Server, server::Connected};
use tracing::{debug, error, warn};

use super::{
    gate::{Door, Gate, Peer, Reason},
    stream::Ads,
};
use crate::{
    envoy::proto::service::{
        discovery::v3::aggregated_discovery_service_server::AggregatedDiscoveryServiceServer,
        metrics::v3::metrics_service_server::MetricsServiceServer,
    },
    stats::ingest::{Ingest, MESSAGE_MAX_BYTES},
};

/// How long a handshake may take: it is three short messages.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Handshakes at once: more than a fleet that comes back together needs. Whoever comes then waits.
const HANDSHAKES_MAX: usize = 1024;

/// Serves nodes until `stop` is cancelled.
pub async fn serve(
    listener: TcpListener,
    gate: Gate,
    ads: Ads,
    ingest: Ingest,
    stop: CancellationToken,
) {
    let metrics = MetricsServiceServer::new(ingest).max_decoding_message_size(MESSAGE_MAX_BYTES);
    // a node that reconnects lists everything it has: 100,000 names and versions
    let discovery =
        AggregatedDiscoveryServiceServer::new(ads).max_decoding_message_size(MESSAGE_MAX_BYTES);
    let served = Server::builder()
        .layer(Door::new(gate.clone()))
        .add_service(discovery)
        .add_service(metrics)
        .serve_with_incoming_shutdown(connections(listener, gate), stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        error!("xDS failed: {error}");
    }
}

fn connections(listener: TcpListener, gate: Gate) -> impl Stream<Item = io::Result<Connection>> {
    TcpListenerStream::new(listener)
        .map(move |accepted| {
            let gate = gate.clone();
            async move {
                match accepted {
                    Ok(socket) => greet(socket, &gate).await.map(Ok),
                    Err(error) => Some(Err(error)),
                }
            }
        })
        .buffer_unordered(HANDSHAKES_MAX)
        .filter_map(std::future::ready)
}

/// Makes a connection of a socket; `None` when the other end is gone or is refused.
async fn greet(socket: TcpStream, gate: &Gate) -> Option<Connection> {
    let address = socket.peer_addr().ok()?;
    if let Err(error) = socket.set_nodelay(true) {
        warn!("can't set TCP_NODELAY: {error}");
    }
    let Some(config) = gate.tls() else {
        return Some(Connection { io: Either::Left(socket), peer: Peer::new(address, None) });
    };
    let accepted = TlsAcceptor::from(config).accept(socket);
    let refusal = match tokio::time::timeout(HANDSHAKE_TIMEOUT, accepted).await {
        Ok(Ok(stream)) => return Some(encrypted(address, stream)),
        Ok(Err(error)) => error.to_string(),
        Err(_elapsed) => format!("it took more than {} s", HANDSHAKE_TIMEOUT.as_secs()),
    };
    gate.refused().count(Reason::Handshake);
    // at `debug`: whoever reaches the port could fill the log
    debug!(peer = %address, "a handshake failed: {refusal}");
    None
}

fn encrypted(address: SocketAddr, stream: TlsStream<TcpStream>) -> Connection {
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates().and_then(<[_]>::first);
    let peer = Peer::new(address, certificate);
    Connection { io: Either::Right(Box::new(stream)), peer }
}

/// A connection that has got through its handshake.
#[derive(Debug)]
struct Connection {
    io: Either<TcpStream, Box<TlsStream<TcpStream>>>,
    peer: Peer,
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
