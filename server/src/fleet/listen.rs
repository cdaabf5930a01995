//! Listens to another replica, and passes on what it tells to the hub, the register of nodes and the
//! publisher.

use std::{io, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, sync::watch, time::timeout};
use tokio_rustls::client::TlsStream;
use tracing::{debug, info, warn};

use super::{
    Ends, Frames, Links, STEP_TIMEOUT,
    certificate::Identity,
    decoded, encoded,
    frame::{Frame, Said, VERSION},
    frames,
    presence::Others,
    replica::{Contact, ReplicaId},
};
use crate::{publisher::Feedback, stats::Report};

/// How long to wait before connecting again.
const RECONNECT_AFTER: Duration = Duration::from_millis(250);

/// Follows other replicas; a clone follows with the same certificate.
#[derive(Debug, Clone)]
pub(super) struct Listening {
    identity: Arc<Identity>,
    others: watch::Receiver<Others>,
    ends: Ends,
    links: Links,
}

impl Listening {
    pub(super) fn new(
        identity: Arc<Identity>,
        others: watch::Receiver<Others>,
        ends: Ends,
        links: Links,
    ) -> Self {
        Self { identity, others, ends, links }
    }

    pub(super) fn others(&self) -> watch::Receiver<Others> {
        self.others.clone()
    }

    /// Listens to a replica for as long as it is one of the others, or can be heard.
    pub(super) async fn follow(&self, replica: &ReplicaId, contact: Contact) {
        let mut is_silent = false;
        while self.others.borrow().contains_key(replica) {
            let heard = self.listen(replica, contact).await;
            match heard {
                Ok(()) => is_silent = false,
                Err(error) if is_silent => {
                    debug!("still no word from {}: {error}", contact.address);
                }
                Err(error) => {
                    is_silent = true;
                    warn!("can't listen to the replica at {}: {error}", contact.address);
                }
            }
            tokio::time::sleep(RECONNECT_AFTER).await;
        }
    }

    /// Connects, and listens until the connection ends.
    async fn listen(&self, replica: &ReplicaId, contact: Contact) -> io::Result<()> {
        let mut frames = timeout(STEP_TIMEOUT, self.connect(contact)).await??;
        let heard = Heard { replica, ends: &self.ends, links: &self.links };
        info!("listening to the replica at {}", contact.address);
        self.links.begin(replica);
        let begins = Report::Heard(replica.clone());
        if self.ends.reports.send(begins).await.is_err() {
            return Ok(());
        }
        loop {
            let frame = match timeout(STEP_TIMEOUT, frames.next()).await {
                Ok(Some(frame)) => frame?,
                Ok(None) => break,
                Err(_elapsed) => return Err(io::Error::other("it has fallen silent")),
            };
            let said = decoded(&frame).map_err(io::Error::other)?.read();
            if self.pass_on(replica, contact, said).await.is_none() {
                break;
            }
        }
        drop(heard);
        info!("the replica at {} has ended", contact.address);
        Ok(())
    }

    async fn connect(&self, contact: Contact) -> io::Result<Frames<TlsStream<TcpStream>>> {
        let connector = self.identity.connector(contact.fingerprint).map_err(io::Error::other)?;
        let socket = TcpStream::connect(contact.address).await?;
        socket.set_nodelay(true)?;
        let mut frames = frames(connector.connect(Identity::server_name(), socket).await?);
        frames.send(encoded(&Frame::hello())).await?;
        let first = frames.next().await.ok_or_else(|| io::Error::other("it refuses us"))??;
        match decoded(&first).map_err(io::Error::other)?.read() {
            Said::Hello(hello) => {
                debug!(version = hello.version, ours = VERSION, "met {}", contact.address);
                Ok(frames)
            }
            _ => Err(io::Error::other("it does not say hello")),
        }
    }

    /// Passes on what a replica has said; `None` when this one stops.
    async fn pass_on(&self, replica: &ReplicaId, contact: Contact, said: Said) -> Option<()> {
        match said {
            Said::Told(told) => {
                self.ends.reports.send(Report::Elsewhere(replica.clone(), told)).await.ok()
            }
            Said::Streams(mut streams) => {
                for stream in &mut streams.changed {
                    stream.status.replica = Some(contact.address);
                }
                self.ends.nodes.take_in(replica, streams);
                Some(())
            }
            Said::Refused(refusals) => {
                let elsewhere = Feedback::Elsewhere(replica.clone(), refusals);
                self.ends.feedback.send(elsewhere).await.ok()
            }
            Said::Hello(_) | Said::Nothing => Some(()),
        }
    }
}

/// Forgets the nodes of a replica when it is not heard any more, however that comes.
struct Heard<'a> {
    replica: &'a ReplicaId,
    ends: &'a Ends,
    links: &'a Links,
}

impl Drop for Heard<'_> {
    fn drop(&mut self) {
        self.ends.nodes.forget(self.replica);
        self.links.end(self.replica);
    }
}
