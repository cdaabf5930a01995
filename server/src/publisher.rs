//! Turns committed changes into what the nodes should have: the single hand-over from the
//! control side to the data side.
//!
//! ```text
//! store ── newest revision ──▶┐
//! discovery ── Update ───────▶├─▶ Compiler (pure) ─▶ watch<Arc<Published>> ─▶ xds, stats, http
//! xds ── Feedback ───────────▶┘
//! ```
//! One task owns the compiler; everyone else reads the last [`Published`].

pub mod compiler;
mod consumers;
mod freshness;
mod placement;
pub mod view;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use imbl::{HashMap, Vector};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use self::freshness::Freshness;
use self::{
    compiler::{Compiler, Quarantine},
    consumers::{Consumers, Told},
};
use crate::{
    auth::seal::Sealer,
    clock::Clock,
    discovery::{Discovery, Update},
    envoy::shard::Layout,
    fleet::replica::ReplicaId,
    gateway::{
        edge::{Edge, GatewaySettings, OpenEdge},
        endpoints::Endpoints,
        mapping::{Mapping, MappingName, Revision},
        service::ServiceName,
        table::Table,
        upstream::Upstream,
    },
    store::{Store, StoreError},
    xds::resource::{Resource, ResourceKey, Resources},
};

/// Feedback that may wait for the publisher; when it is full, streams wait, and with them only
/// their own node.
pub const FEEDBACK_QUEUE: usize = 256;

/// Updates of discovery that may wait for the publisher; when it is full, lookups wait.
pub const UPDATE_QUEUE: usize = 1024;

/// Generations whose touched resources are remembered. A node that falls further behind is
/// compared with everything.
const REMEMBERED_GENERATIONS: usize = 512;

/// How long after a change of layout connections may still use the old one: Envoy's default
/// drain time (600 s) and a minute.
const LAYOUT_LINGER: Duration = Duration::from_secs(660);

/// How long a start waits for discovery at the most: a little longer than one lookup may take.
const READY_AFTER: Duration = Duration::from_secs(5);

/// How long a cluster that no mapping uses any more is kept: longer than a flush of
/// the counters, and than most requests that are under way.
const IDLE_CLUSTER_LINGER: Duration = Duration::from_secs(10);

/// How long to sleep towards the expiry of a key at the most: the clock may be set meanwhile.
const EXPIRY_CHECK: Duration = Duration::from_secs(60);

/// How long to wait before reading changes again after the database has failed.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The state of the gateway at one generation; immutable.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// Counts publications: also those that no change of a mapping has caused.
    pub generation: u64,
    pub table: Table,
    pub resources: Resources,
    /// What discovery knows; a service that is missing has not been answered for yet.
    pub endpoints: HashMap<ServiceName, Endpoints>,
    /// What the nodes are told; differs from the table while a service is looked up and where
    /// Envoy has refused a revision.
    pub shown: HashMap<MappingName, Arc<Mapping>>,
    pub quarantined: HashMap<MappingName, Arc<Quarantine>>,
    pub layout: Layout,
    /// Of the gateway as a whole.
    pub settings: Arc<GatewaySettings>,
    /// Envoy's words, if it has refused the service that is set to count requests.
    pub refused_counter: Option<Arc<str>>,
    /// Discovery has answered for every service once, or has had its time. Before, a node that
    /// reconnects must not be told that services are gone.
    pub is_ready: bool,
    /// Discovery has yet to answer for a service that is in use.
    pub awaits_discovery: bool,
    /// Refused mappings are being tried again one by one: acknowledgements are of interest.
    pub on_trial: bool,
    touched: Vector<Arc<[ResourceKey]>>,
}

impl Published {
    /// Returns what nodes have refused; `None` while some of that is in doubt.
    pub fn refusals(&self) -> Option<Vec<Refusal>> {
        if self.on_trial {
            return None;
        }
        let refusals = self.quarantined.iter().map(|(name, quarantine)| Refusal {
            mapping: name.clone(),
            revision: quarantine.revision,
            reason: Arc::clone(&quarantine.reason),
        });
        Some(refusals.collect())
    }

    /// Returns the resources in which this generation may differ from `generation`, or `None`
    /// when that is too long ago to tell.
    pub fn touched_since(&self, generation: u64) -> Option<Vec<ResourceKey>> {
        let behind = usize::try_from(self.generation.checked_sub(generation)?).ok()?;
        let skip = self.touched.len().checked_sub(behind)?;
        Some(self.touched.iter().skip(skip).flat_map(|keys| keys.iter().cloned()).collect())
    }
}

/// What nodes have said of resources.
#[derive(Debug, Clone)]
pub enum Feedback {
    Acked(Arc<Resource>),
    Rejected {
        resource: Arc<Resource>,
        reason: Arc<str>,
        kept: Option<Arc<Resource>>,
    },
    /// All that the nodes of another replica have refused.
    Elsewhere(ReplicaId, Vec<Refusal>),
}

/// Says that Envoys have refused a revision of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub mapping: MappingName,
    pub revision: Revision,
    /// Envoy's words.
    pub reason: Arc<str>,
}

/// Owns the compiler and publishes what it makes.
#[derive(Debug)]
pub struct Publisher<D> {
    compiler: Compiler,
    discovery: D,
    store: Store,
    sealer: Arc<Sealer>,
    clock: Clock,
    /// What the compiler was told of last.
    edge: Edge,
    consumers: Consumers,
    updates: mpsc::Receiver<Update>,
    feedback: mpsc::Receiver<Feedback>,
    /// What the nodes of other replicas have refused, which may be newer than what is here.
    refused_elsewhere: HashMap<ReplicaId, Vec<Refusal>>,
    published: watch::Sender<Arc<Published>>,
    /// The newest look into the database of which all is published.
    looked: watch::Sender<u64>,
    linger_until: Option<Instant>,
    /// When to give up clusters that nobody uses, soonest first.
    idle: VecDeque<(Instant, Upstream)>,
}

impl<D: Discovery> Publisher<D> {
    /// Loads the table and publishes it for the first time.
    ///
    /// # Errors
    /// Returns [`StoreError::Unavailable`] when the database can't be read.
    pub async fn start(
        mut compiler: Compiler,
        discovery: D,
        store: Store,
        sealer: Arc<Sealer>,
        clock: Clock,
        updates: mpsc::Receiver<Update>,
        feedback: mpsc::Receiver<Feedback>,
    ) -> Result<(Self, watch::Receiver<Arc<Published>>, Freshness), StoreError> {
        let loaded = store.load().await?;
        for (name, reason) in &loaded.unreadable {
            error!(mapping.name = %name, "left out mapping `{name}`: {reason}");
        }
        info!(
            mappings = loaded.table.len(),
            revision = loaded.table.revision().0,
            "loaded {} mappings at revision {}",
            loaded.table.len(),
            loaded.table.revision()
        );
        compiler.load(loaded.table);
        let (published, receiver) = watch::channel(Arc::default());
        let (looked, freshness) = Freshness::new(store.clone(), receiver.clone());
        let mut publisher = Self {
            compiler,
            discovery,
            store,
            sealer,
            clock,
            edge: Edge::default(),
            consumers: Consumers::default(),
            updates,
            feedback,
            refused_elsewhere: HashMap::new(),
            published,
            looked,
            linger_until: None,
            idle: VecDeque::new(),
        };
        publisher.follow_edge();
        publisher.publish();
        Ok((publisher, receiver, freshness))
    }

    /// Publishes until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut newest = self.store.newest();
        let mut access = self.store.access();
        let mut looks = self.store.looks();
        let mut retry_at = None;
        // what was found by this look is followed, or will be when the database can be read
        let mut looked = 0;
        let mut ready_at = Some(Instant::now() + READY_AFTER);
        loop {
            if ready_at.is_some() && !self.compiler.awaits_discovery() {
                ready_at = Some(Instant::now());
            }
            let expiry_check = self.expiry_check();
            tokio::select! {
                () = stop.cancelled() => return,
                () = at(ready_at) => {
                    ready_at = None;
                    self.compiler.set_ready();
                }
                changed = newest.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    // a mapping may use what came with it
                    self.follow_edge();
                    retry_at = self.catch_up().await;
                }
                () = at(retry_at) => retry_at = self.catch_up().await,
                changed = looks.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    looked = *looks.borrow();
                    self.follow_edge();
                    retry_at = self.catch_up().await;
                }
                changed = access.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.follow_edge();
                }
                Some(update) = self.updates.recv() => {
                    self.resolve(update);
                    while let Ok(update) = self.updates.try_recv() {
                        self.resolve(update);
                    }
                }
                Some(feedback) = self.feedback.recv() => self.take_in(feedback),
                () = at(self.idle.front().map(|(at, _)| *at)) => {
                    if let Some((_, upstream)) = self.idle.pop_front() {
                        self.compiler.drop_idle(&upstream);
                    }
                }
                () = at(expiry_check) => self.follow_expiries(),
                () = at(self.linger_until) => {
                    self.linger_until = None;
                    self.compiler.drop_inactive_layout();
                }
            }
            self.publish();
            if retry_at.is_none() && *self.looked.borrow() != looked {
                self.looked.send_replace(looked);
            }
        }
    }

    /// Tells the compiler of the edge, if that has changed: most changes of who may do what are
    /// none of it.
    fn follow_edge(&mut self) {
        let edge = self.store.access().borrow().edge().clone();
        let told = self.consumers.follow(&edge, self.clock.now());
        self.tell(told);
        self.follow_expiries();
        if edge.is_same(&self.edge) {
            return;
        }
        let (open, closed) = OpenEdge::of(&edge, &self.sealer);
        for (name, error) in closed {
            error!(certificate = %name, "left out certificate `{name}`: its private key can't be opened: {error}");
        }
        self.compiler.set_edge(open);
        self.edge = edge;
    }

    fn follow_expiries(&mut self) {
        let told = self.consumers.expire(self.clock.now());
        self.tell(told);
    }

    fn tell(&mut self, told: Vec<Told>) {
        for (consumer, valid) in told {
            self.compiler.set_credentials(&consumer, valid);
        }
    }

    /// Returns when to look at the clock for the next key that expires.
    fn expiry_check(&self) -> Option<Instant> {
        let left = (self.consumers.next_expiry()? - self.clock.now()).to_std().unwrap_or_default();
        Some(Instant::now() + left.min(EXPIRY_CHECK))
    }

    /// Applies all committed changes; returns when to try again if the database has failed.
    async fn catch_up(&mut self) -> Option<Instant> {
        loop {
            let changes = match self.store.changes_after(self.compiler.revision()).await {
                Ok(changes) => changes,
                Err(error) => {
                    error!("can't read changes, trying again in 1 s: {error}");
                    return Some(Instant::now() + RETRY_AFTER);
                }
            };
            if changes.is_empty() {
                return None;
            }
            for change in &changes {
                self.compiler.apply(change);
            }
            self.look_up();
        }
    }

    fn resolve(&mut self, update: Update) {
        if let Some(reason) = update.endpoints.trouble() {
            warn!(service = %update.service, "service `{}` has no endpoints: {reason}", update.service);
        }
        self.compiler.resolve(&update.service, update.endpoints);
    }

    fn take_in(&mut self, feedback: Feedback) {
        match feedback {
            Feedback::Acked(resource) => self.compiler.acked(&resource),
            Feedback::Rejected { resource, reason, kept } => {
                let key = &resource.key;
                error!(resource = %key.name, "a node refused {:?} `{}`: {reason}", key.kind, key.name);
                self.compiler.rejected(&resource, &reason, kept.as_deref());
            }
            Feedback::Elsewhere(replica, refusals) => {
                self.refused_elsewhere.insert(replica, refusals);
            }
        }
    }

    /// Tells discovery which services are in use now.
    fn look_up(&mut self) {
        for service in self.compiler.take_wanted() {
            if let Some(endpoints) = self.discovery.follow(&service) {
                self.compiler.resolve(&service, endpoints);
            }
        }
        for service in self.compiler.take_unwanted() {
            self.discovery.forget(&service);
        }
    }

    fn publish(&mut self) {
        for refusal in self.refused_elsewhere.values().flatten() {
            self.compiler.refused_elsewhere(refusal);
        }
        self.look_up();
        for upstream in self.compiler.take_newly_idle() {
            self.idle.retain(|(_, earlier)| *earlier != upstream);
            self.idle.push_back((Instant::now() + IDLE_CLUSTER_LINGER, upstream));
        }
        let layout = self.published.borrow().layout;
        let Some(published) = self.compiler.publish() else { return };
        if published.layout != layout && published.generation > 1 {
            self.linger_until = Some(Instant::now() + LAYOUT_LINGER);
        }
        self.published.send_replace(Arc::new(published));
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
