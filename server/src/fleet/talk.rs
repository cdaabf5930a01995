//! Tells another replica what our nodes say: where to begin, then everything that comes.

use std::{io, sync::Arc, time::Duration};

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, info, warn};

use super::{
    BEAT_EVERY, Ends, Frames, Presence, STEP_TIMEOUT, decoded, encoded,
    frame::{Frame, Said},
    frames,
    replica::{Fingerprint, Replica},
};
use crate::xds::node::StreamsKnown;

/// Connections at once whose other end is not known yet; more wait. Each costs a handshake.
const STRANGERS_MAX: usize = 16;

/// Time between two tellings of nodes that change: a first load of thousands of resources is as many
/// changes.
const NODES_EVERY: Duration = Duration::from_millis(20);

/// Takes connections of other replicas.
#[derive(Clone)]
pub(super) struct Talking {
    acceptor: TlsAcceptor,
    presence: Presence,
    ends: Ends,
    strangers: Arc<Semaphore>,
}

impl Talking {
    pub(super) fn new(acceptor: TlsAcceptor, presence: Presence, ends: Ends) -> Self {
        Self { acceptor, presence, ends, strangers: Arc::new(Semaphore::new(STRANGERS_MAX)) }
    }

    /// Takes connections until `stop`.
    pub(super) async fn run(
        self,
        listener: TcpListener,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) {
        loop {
            let Ok(place) = Arc::clone(&self.strangers).acquire_owned().await else { return };
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let (socket, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    warn!("can't take a connection of another replica: {error}");
                    tokio::time::sleep(BEAT_EVERY).await;
                    continue;
                }
            };
            let (talking, stop) = (self.clone(), stop.clone());
            tasks.spawn(async move {
                let talk = async {
                    let known = timeout(STEP_TIMEOUT, talking.meet(socket)).await;
                    drop(place);
                    match known {
                        Ok(Ok((replica, frames))) => talking.talk(&replica, frames).await,
                        Ok(Err(reason)) => {
                            warn!("refused {from} on the port of the fleet: {reason}");
                        }
                        Err(_elapsed) => warn!("refused {from} on the port of the fleet: silence"),
                    }
                };
                let _stopped = stop.run_until_cancelled(talk).await;
            });
        }
    }

    /// Finds out who is at the other end; whoever is no replica is told nothing.
    async fn meet(
        &self,
        socket: TcpStream,
    ) -> Result<(Replica, Frames<TlsStream<TcpStream>>), String> {
        socket.set_nodelay(true).map_err(|error| error.to_string())?;
        let stream = self.acceptor.accept(socket).await.map_err(|error| error.to_string())?;
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        let fingerprint =
            certificate.map(|it| Fingerprint::of(it)).ok_or("it has no certificate")?;
        let replica = self.presence.find(fingerprint).await.ok_or("it is no replica of ours")?;
        let mut frames = frames(stream);
        let first = frames.next().await.ok_or("it has said nothing")?;
        let first = first.map_err(|error| error.to_string())?;
        match decoded(&first).map_err(|error| error.to_string())?.read() {
            Said::Hello(hello) => debug!(replica = %replica.id, version = hello.version, "met"),
            _ => return Err("it does not say hello".to_owned()),
        }
        Ok((replica, frames))
    }

    async fn talk(&self, replica: &Replica, frames: Frames<TlsStream<TcpStream>>) {
        let to = replica.contact.address;
        info!("telling the replica at {to} of the nodes here");
        match self.tell(frames).await {
            Ok(()) => info!("the replica at {to} is not told any more"),
            Err(error) => info!("the replica at {to} is not told any more: {error}"),
        }
    }

    /// Tells everything until the other end closes, or falls behind.
    async fn tell(&self, mut frames: Frames<TlsStream<TcpStream>>) -> io::Result<()> {
        let Some((beginning, mut told)) = self.ends.subscriptions.subscribe().await else {
            return Ok(());
        };
        let mut changes = self.ends.nodes.changes();
        let mut published = self.ends.published.clone();
        let (mut known, mut refused) = (StreamsKnown::default(), None);
        send(&mut frames, &Frame::hello()).await?;
        changes.mark_changed();
        published.mark_changed();
        for told in &beginning {
            send(&mut frames, &told.into()).await?;
        }
        drop(beginning);
        loop {
            tokio::select! {
                next = told.recv() => match next {
                    Some(next) => send(&mut frames, &(&next).into()).await?,
                    None => return Err(io::Error::other("it has fallen behind")),
                },
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    tokio::time::sleep(NODES_EVERY).await;
                    changes.borrow_and_update();
                    send(&mut frames, &(&self.ends.nodes.tell(&mut known)).into()).await?;
                }
                changed = published.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let refusals = published.borrow_and_update().refusals();
                    if refusals.is_some() && refusals != refused {
                        refused = refusals;
                        let refused = refused.as_deref().unwrap_or_default();
                        send(&mut frames, &Frame::refused(refused)).await?;
                    }
                }
                () = tokio::time::sleep(BEAT_EVERY) => send(&mut frames, &Frame::beat()).await?,
                end = frames.next() => return ended(end),
            }
        }
    }
}

async fn send(frames: &mut Frames<TlsStream<TcpStream>>, frame: &Frame) -> io::Result<()> {
    timeout(STEP_TIMEOUT, frames.send(encoded(frame))).await?
}

/// The other end has nothing to say.
fn ended(end: Option<io::Result<BytesMut>>) -> io::Result<()> {
    match end {
        None => Ok(()),
        Some(Ok(_)) => Err(io::Error::other("it has said something after its hello")),
        Some(Err(error)) => Err(error),
    }
}
