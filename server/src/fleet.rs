//! The replicas among themselves: each tells each other what its nodes say, so that all of them know
//! of all nodes.
//!
//! ```text
//! database ── who is there ──▶ presence ──▶ one link to each other replica
//!                                               │ TLS 1.3, known by fingerprint
//! another's hub, nodes, refusals ── talk ───────┴── listen ──▶ our hub, nodes, publisher
//! ```
//! Nothing that was acknowledged depends on it: writes and configuration go by the database alone.
//! While two replicas can't reach each other, each shows what it knows.

mod certificate;
mod frame;
mod listen;
mod presence;
pub mod replica;
mod talk;

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use prost::Message;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{mpsc, watch},
};
use tokio_util::{
    codec::{Framed, LengthDelimitedCodec},
    sync::CancellationToken,
    task::TaskTracker,
};

use self::{
    certificate::Identity,
    frame::Frame,
    listen::Listening,
    replica::{Contact, ReplicaId},
    talk::Talking,
};
pub use self::{certificate::IdentityError, presence::Presence};
use crate::{
    publisher::{Feedback, Published},
    stats::{Report, told::Subscriptions},
    store::{Store, StoreError},
    xds::node::Nodes,
};

/// How long a step of a handshake or one frame may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// Time after which something is said when there was nothing to say, so that the other side can tell
/// silence from an end.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// Says why the replicas can't be reached.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What of this replica the others are told, and where it goes what they tell.
#[derive(Debug, Clone)]
pub struct Ends {
    pub subscriptions: Subscriptions,
    pub published: watch::Receiver<Arc<Published>>,
    pub nodes: Nodes,
    pub reports: mpsc::Sender<Report>,
    pub feedback: mpsc::Sender<Feedback>,
}

/// The replicas that are listened to; a clone shows the same ones.
#[derive(Debug, Clone, Default)]
pub struct Links(Arc<watch::Sender<HashSet<ReplicaId>>>);

impl Links {
    /// Returns how many replicas are listened to.
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    fn begin(&self, replica: &ReplicaId) {
        self.0.send_if_modified(|links| links.insert(replica.clone()));
    }

    fn end(&self, replica: &ReplicaId) {
        self.0.send_if_modified(|links| links.remove(replica));
    }
}

/// Announces this replica, which can be reached at `listener` if there is one, and follows the others
/// until `stop`.
///
/// # Errors
/// Returns [`FleetError`] when the database can't be written, or no key can be made.
pub async fn start(
    listener: Option<(TcpListener, SocketAddr)>,
    store: Store,
    ends: Ends,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(Presence, Links), FleetError> {
    let links = Links::default();
    let Some((listener, address)) = listener else {
        let presence = Presence::begin(store, None).await?;
        tasks.spawn(presence.clone().run(stop.clone()));
        return Ok((presence, links));
    };
    let identity = Arc::new(Identity::new()?);
    let contact = Contact { address, fingerprint: identity.fingerprint() };
    let presence = Presence::begin(store, Some(contact)).await?;
    tasks.spawn(presence.clone().run(stop.clone()));
    let talking = Talking::new(identity.acceptor()?, presence.clone(), ends.clone());
    tasks.spawn(talking.run(listener, tasks.clone(), stop.clone()));
    let listening = Listening::new(identity, presence.others(), ends, links.clone());
    tasks.spawn(follow_all(listening, tasks.clone(), stop.clone()));
    Ok((presence, links))
}

/// Listens to each replica that there is, by a task of its own.
async fn follow_all(listening: Listening, tasks: TaskTracker, stop: CancellationToken) {
    let mut others = listening.others();
    let followed: Arc<Mutex<HashSet<ReplicaId>>> = Arc::default();
    loop {
        let now = Arc::clone(&others.borrow_and_update());
        for (id, contact) in now.iter() {
            if !held(&followed).insert(id.clone()) {
                continue;
            }
            let (listening, id, contact) = (listening.clone(), id.clone(), *contact);
            let (followed, stop) = (Arc::clone(&followed), stop.clone());
            tasks.spawn(async move {
                let _stopped = stop.run_until_cancelled(listening.follow(&id, contact)).await;
                held(&followed).remove(&id);
            });
        }
        tokio::select! {
            () = stop.cancelled() => return,
            // one that had gone may have come back before its task had ended
            () = tokio::time::sleep(STEP_TIMEOUT) => {}
            changed = others.changed() => if changed.is_err() { return },
        }
    }
}

/// What the lock guards is whole between any two statements.
fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

type Frames<S> = Framed<S, LengthDelimitedCodec>;

/// Cuts a connection into frames.
fn frames<S: AsyncRead + AsyncWrite>(connection: S) -> Frames<S> {
    let codec =
        LengthDelimitedCodec::builder().max_frame_length(frame::FRAME_MAX_BYTES).new_codec();
    Framed::new(connection, codec)
}

fn encoded(frame: &Frame) -> Bytes {
    frame.encode_to_vec().into()
}

fn decoded(bytes: &BytesMut) -> Result<Frame, prost::DecodeError> {
    Frame::decode(bytes.as_ref())
}
