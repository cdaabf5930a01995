//! Starts everything in the order in which it depends on each other, and stops it again.

mod oidc;
mod sockets;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs},
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{Router, serve::ListenerExt};
use chrono::{DateTime, Utc};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

use self::sockets::{free_address, listen, listen_for_replicas, local};
use crate::{
    auth::{
        oidc::OidcSettings,
        settings::{AccessSettings, SignIn},
    },
    clock::Clock,
    discovery::{
        Directory,
        dns::{Dns, Resolver},
        fixed::{Fixed, FixedService},
        guard::Guard,
        inspect::Inspector,
        kubernetes::{Kubernetes, KubernetesError, KubernetesSettings, Surroundings},
        way::Ways,
    },
    envoy::{cluster::Readiness, listener::Addresses, upstream_tls::NodeCaFile},
    fleet::{self, Ends, FleetError, Links},
    http::{
        self,
        state::{AppState, Desk, Identity, places_for_viewers},
    },
    publisher::{FEEDBACK_QUEUE, Publisher, UPDATE_QUEUE, compiler::Compiler},
    secret_key::{self, SecretKeyError},
    stats::{
        REPORT_QUEUE,
        hub::{self, Hub},
        ingest::Ingest,
        query::History,
        tick::Tick,
    },
    store::{DatabaseUrl, Hold, Rules, Store, StoreError},
    xds::{
        gate::{CredentialFiles, Gate, GateError},
        listener,
        node::Nodes,
        stream::Ads,
    },
};

/// How long open requests and streams get to end after a stop was asked for.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Portal, REST and websocket.
    pub http: SocketAddr,
    /// xDS and metrics.
    pub xds: SocketAddr,
    /// By what nodes and we know each other; none on loopback only.
    pub xds_credentials: CredentialFiles,
    /// Where the other replicas reach this one, if there are several.
    pub fleet: Option<SocketAddr>,
    /// Where the nodes listen for the gateway's clients.
    pub gateway_http: SocketAddr,
    /// Where the nodes listen for clients that come by TLS, once there is a certificate.
    pub gateway_https: SocketAddr,
    /// Where the nodes have the authorities that their system trusts.
    pub node_ca_file: NodeCaFile,
    pub database: DatabaseUrl,
    /// Where the key is by which private keys are sealed; absent: beside the database.
    pub secret_key_file: Option<PathBuf>,
    pub access: AccessSettings,
    /// What time it is, for sessions, grants and the audit.
    pub clock: Clock,
    /// Services whose endpoints are written down.
    pub services: Vec<FixedService>,
    /// Whose Services are followed; absent: names are looked up in DNS alone.
    pub kubernetes: Option<KubernetesSettings>,
    /// Addresses to which no mapping may lead, besides our own.
    pub forbidden: Vec<SocketAddr>,
    /// Where people sign in besides here.
    pub oidc: Option<OidcSettings>,
}

/// Says why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("can't listen on {address} for {purpose} ({option}): {reason}")]
    Listen { address: SocketAddr, purpose: &'static str, option: &'static str, reason: io::Error },
    #[error(
        "--http {address} is not a loopback address, and without a sign-in whoever reaches it could change the gateway: add `--sign-in required` (the log then says how to make the first admin), or listen on 127.0.0.1 and forward the port, for example with `ssh -L` or `kubectl port-forward`"
    )]
    Open { address: SocketAddr },
    #[error(
        "--oidc-issuer needs --public-url as long as --http {address} is not a loopback address: the provider only sends browsers back to an address that it knows, such as `https://chancery.example.com/auth/oidc/callback`"
    )]
    NoPublicUrl { address: SocketAddr },
    #[error(
        "--fleet {address} is where other replicas would reach this one, and with SQLite there are none: leave it out, or use --database postgres://…"
    )]
    FleetAlone { address: SocketAddr },
    #[error(
        "--fleet {address} is told to the other replicas as it is, and they can't reach that: name an address of this machine or pod"
    )]
    FleetNowhere { address: SocketAddr },
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error("can't sign people in by OIDC: {reason}")]
    Oidc { reason: String },
    #[error(transparent)]
    Gate(#[from] GateError),
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    #[error(transparent)]
    SecretKey(#[from] SecretKeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    pub http: SocketAddr,
    pub xds: SocketAddr,
    pub gateway_http: SocketAddr,
    pub gateway_https: SocketAddr,
    /// Where the other replicas reach this one.
    pub fleet: Option<SocketAddr>,
    /// The replicas that are listened to.
    pub links: Links,
    pub nodes: Nodes,
    pub ticks: watch::Receiver<Arc<Tick>>,
    pub history: History,
    pub store: Store,
    failure: Failure,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Dropped last: until then what is changed must be changed here.
    _hold: Hold,
}

/// What ended although nobody had asked it to, if anything did.
type Failure = Arc<OnceLock<&'static str>>;

/// Takes the process with it when a task ends by itself, also by a panic: half a server is worse
/// than none.
struct Vital {
    what: &'static str,
    stop: CancellationToken,
    failure: Failure,
}

impl Vital {
    async fn keep(self, task: impl Future<Output = ()>) {
        task.await;
        drop(self);
    }
}

impl Drop for Vital {
    fn drop(&mut self) {
        if !self.stop.is_cancelled() {
            error!("{} ended by itself", self.what);
            self.failure.get_or_init(|| self.what);
            self.stop.cancel();
        }
    }
}

impl Server {
    /// Binds, opens the database, and starts every task; ends when `stop` is cancelled.
    ///
    /// # Errors
    /// Returns [`StartError`] when an address or the database can't be used; nothing is left
    /// running then.
    pub async fn start(settings: Settings, stop: CancellationToken) -> Result<Self, StartError> {
        // large, and done once: whoever waits for this need not be so, too
        Box::pin(Self::assemble(settings, stop)).await
    }

    async fn assemble(settings: Settings, stop: CancellationToken) -> Result<Self, StartError> {
        let tasks = TaskTracker::new();
        let unless_started = stop.clone().drop_guard();
        if settings.access.sign_in == SignIn::Open && !settings.http.ip().is_loopback() {
            return Err(StartError::Open { address: settings.http });
        }
        let clock = settings.clock.clone();
        let (gate, keeper) = Gate::open(settings.xds_credentials, settings.xds, clock)?;
        let portal = listen(settings.http, "the portal", "--http").await?;
        let control = listen(settings.xds, "xDS", "--xds").await?;
        let fleet = listen_for_replicas(settings.fleet, &settings.database).await?;
        let gateway_http = free_address(settings.gateway_http).await?;
        let gateway_https = free_address(settings.gateway_https).await?;
        let addresses = Addresses { http: gateway_http, https: gateway_https };
        let (http, xds) = (local(&portal, settings.http), local(&control, settings.xds));

        let rules = Rules { policy: settings.access.policy, clock: settings.clock.clone() };
        let hold = settings.database.hold_shared()?;
        let store = Store::open(&settings.database, rules, &tasks).await?;
        let key_file = settings.secret_key_file.as_deref();
        let edge = store.access().borrow().edge().clone();
        let sealer = Arc::new(secret_key::open(key_file, &settings.database, &edge)?);
        let public_url = settings.access.public_url.as_ref();
        let oidc = oidc::client(settings.oidc, public_url, http, &store).await?;
        let (updates, from_discovery) = mpsc::channel(UPDATE_QUEUE);
        let (feedback, from_nodes) = mpsc::channel(FEEDBACK_QUEUE);
        let (reports, from_streams) = mpsc::channel(REPORT_QUEUE);
        let forbidden =
            settings.forbidden.iter().copied().chain([http, xds, gateway_http, gateway_https]);
        let forbidden = forbidden.chain(fleet.as_ref().map(|(_, address)| *address));
        let (fixed, guard) = (Fixed::new(settings.services), Guard::new(forbidden));
        let resolver = Resolver::of_system();
        let dns = Dns::new(resolver.clone(), updates.clone(), tasks.clone(), stop.clone());
        let kubernetes = match settings.kubernetes {
            None => None,
            Some(kubernetes) => {
                let around = Surroundings {
                    updates,
                    resolver: resolver.clone(),
                    guard: guard.clone(),
                    clock: settings.clock.clone(),
                    tasks: tasks.clone(),
                    stop: stop.clone(),
                };
                Some(Kubernetes::start(kubernetes, around).await?)
            }
        };
        let readiness = kubernetes.as_ref().map_or(Readiness::Checked, |_| Readiness::Told);
        let ways = Ways { fixed, kubernetes };
        let directory = Directory::new(ways.clone(), dns, guard.clone());
        let inspector = Inspector::new(ways, resolver, guard);
        let (publisher, published, freshness) = Publisher::start(
            Compiler::new(addresses)
                .with_ca_file(settings.node_ca_file.clone())
                .with_readiness(readiness),
            directory,
            store.clone(),
            Arc::clone(&sealer),
            settings.clock.clone(),
            from_discovery,
            from_nodes,
        )
        .await?;
        let nodes = Nodes::default();
        let hub::Started { hub, ticks, history, subscriptions } =
            Hub::start(from_streams, published.clone(), nodes.clone(), store.clone(), epoch())
                .await?;
        let fleet_address = fleet.as_ref().map(|(_, address)| *address);
        let ends = Ends {
            subscriptions,
            published: published.clone(),
            nodes: nodes.clone(),
            reports: reports.clone(),
            feedback: feedback.clone(),
        };
        let failure: Failure = Arc::default();
        let vital = |what| Vital { what, stop: stop.clone(), failure: Arc::clone(&failure) };
        tasks.spawn(vital("the publisher").keep(publisher.run(stop.clone())));
        let (presence, links) = match store.is_shared() {
            true => {
                let (presence, links) =
                    fleet::start(fleet, store.clone(), ends, &tasks, &stop).await?;
                (Some(presence), links)
            }
            false => (None, Links::default()),
        };
        let hub_stop = stop.clone();
        let counting = async move {
            hub.run(hub_stop).await;
            // another may write the checkpoints now
            if let Some(presence) = presence {
                presence.leave().await;
            }
        };
        tasks.spawn(vital("the hub of the statistics").keep(counting));

        let ads = Ads::new(
            published.clone(),
            feedback,
            reports.clone(),
            nodes.clone(),
            freshness.clone(),
            tasks.clone(),
            stop.clone(),
        );
        let ingest = Ingest::new(reports, stop.clone());
        tasks.spawn(vital("the keeper of xDS's credentials").keep(keeper.run(stop.clone())));
        let nodes_served = listener::serve(control, gate.clone(), ads, ingest, stop.clone());
        tasks.spawn(vital("xDS").keep(nodes_served));
        let desk = Arc::new(Desk::default());
        if settings.access.sign_in == SignIn::Required && !store.access().borrow().has_admin() {
            say_how_to_begin(&settings.access, settings.clock.now(), http, &desk);
        }
        let identity = tokio::task::spawn_blocking(identity).await.unwrap_or_default();
        let state = AppState {
            access: store.access(),
            store: store.clone(),
            sealer,
            settings: Arc::new(settings.access),
            clock: settings.clock,
            desk,
            oidc,
            published,
            freshness,
            ticks: ticks.clone(),
            history: history.clone(),
            nodes: nodes.clone(),
            gate,
            fleet: fleet_address,
            links: links.clone(),
            inspector,
            addresses,
            node_ca_file: settings.node_ca_file,
            identity: Arc::new(identity),
            viewers: places_for_viewers(),
            stop: stop.clone(),
        };
        let router = http::router(state);
        tasks.spawn(vital("the portal").keep(serve_people(portal, router, stop.clone())));
        tasks.close();
        info!("portal and REST on http://{http}");
        info!("xDS and metrics on {xds}");
        info!("gateway on http://{gateway_http}, as soon as a node connects");
        info!("gateway on https://{gateway_https}, as soon as there is a certificate");
        let _stays_running = unless_started.disarm();
        Ok(Self {
            http,
            xds,
            gateway_http,
            gateway_https,
            fleet: fleet_address,
            links,
            nodes,
            ticks,
            history,
            store,
            failure,
            stop,
            tasks,
            _hold: hold,
        })
    }

    /// Asks everything to stop, and waits until it has.
    ///
    /// Returns whether all ended in time.
    pub async fn stop(self) -> bool {
        let Self { stop, tasks, store, .. } = self;
        // the writer ends with the last handle
        drop(store);
        stop.cancel();
        let drained = tokio::time::timeout(DRAIN_TIMEOUT, tasks.wait()).await.is_ok();
        if !drained {
            warn!("not everything ended within {} s", DRAIN_TIMEOUT.as_secs());
        }
        drained
    }

    /// Returns what ended by itself, so that the process can fail for it.
    pub fn failure(&self) -> Option<&'static str> {
        self.failure.get().copied()
    }
}

/// Logs the link by which the first admin is made: the one secret that is logged, for who reads the
/// log is the operator. It holds for an hour, and once.
fn say_how_to_begin(access: &AccessSettings, now: DateTime<Utc>, http: SocketAddr, desk: &Desk) {
    let portal = match &access.public_url {
        Some(url) => url.to_string(),
        None => format!("http://{http}"),
    };
    let link = desk.make_link(now);
    let link = link.reveal();
    warn!(
        "there is no admin yet: make the first one at {portal}/setup/{link} within an hour, or with `chancery user create NAME --admin` while the server is stopped"
    );
}

async fn serve_people(listener: TcpListener, router: Router, stop: CancellationToken) {
    // a frame or an answer is whole when it is written: waiting for more only delays it
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            warn!("can't set TCP_NODELAY: {error}");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served =
        axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        error!("the portal failed: {error}");
    }
}

/// Returns a name for this run, by which viewers know that sequence numbers begin anew.
fn epoch() -> Arc<str> {
    format!("{:016x}", rand::random::<u64>()).into()
}

fn identity() -> Identity {
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned());
    let resolved = (hostname.as_str(), 0)
        .to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip());
    Identity { hostname, resolvedname: resolved.to_string() }
}
