//! Follows Services of Kubernetes: their ready endpoints, as the API server tells of them.
//!
//! ```text
//! API server ══ list, watch ══▶ Feed ── Report ──▶ Keeper ── Update ──▶ publisher
//!               (one task a source, bounded)        │  ▲
//!                                                   ▼  │ follow, forget, find
//!                                      Board (Index) ◀─┴── Kubernetes (the handle)
//! ```
//! Objects become facts as soon as they are read (`facts`); the index has all of them, so that a
//! service that is mapped is answered for at once. While the API server is away, what is known stays
//! in use.

mod board;
mod choice;
mod client;
mod facts;
mod feed;
mod index;
mod keeper;
mod key;
#[cfg(test)]
mod made;
mod refusal;

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    board::Board,
    feed::Feed,
    index::{Index, What},
    keeper::{EXTERNAL_QUEUE, Keeper, REPORT_QUEUE, Shared},
};
pub use self::{
    index::{Answer, Namespaces},
    key::{ServiceKey, namespace},
};
use super::{
    Update,
    dns::{Dns, Resolver},
    guard::Guard,
    link::Link,
};
use crate::{
    clock::Clock,
    gateway::{
        endpoints::Endpoints,
        service::{Host, Port, Scheme, ServiceName},
    },
};

/// How to reach the API server, and what to look at.
#[derive(Debug, Clone, Default)]
pub struct KubernetesSettings {
    /// Absent: `KUBECONFIG`, `~/.kube/config`, or the service account of the pod.
    pub kubeconfig: Option<PathBuf>,
    pub namespaces: Namespaces,
    /// Where Services without a namespace are; absent: that of the kubeconfig or of the pod.
    pub default_namespace: Option<Arc<str>>,
}

/// Says why Kubernetes can't even be asked.
#[derive(Debug, thiserror::Error)]
pub enum KubernetesError {
    #[error("the kubeconfig `{path}` can't be used: {reason}")]
    Kubeconfig { path: PathBuf, reason: String },
    #[error(
        "there is no way to the Kubernetes API server: {reason}. Name a kubeconfig with `--kubeconfig`, or run in a pod with a service account"
    )]
    NoConfig { reason: String },
    #[error("the client of the Kubernetes API server can't be made: {reason}")]
    Client { reason: String },
}

/// A handle on what is known of the cluster; a clone is cheap.
#[derive(Debug, Clone)]
pub struct Kubernetes {
    shared: Arc<Shared>,
    link: watch::Receiver<Link>,
    guard: Guard,
    default_namespace: Arc<str>,
}

/// What following needs of the rest of the server.
#[derive(Debug)]
pub struct Surroundings {
    pub updates: mpsc::Sender<Update>,
    pub resolver: Resolver,
    pub guard: Guard,
    pub clock: Clock,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
}

impl Kubernetes {
    /// Begins to list and watch; that the API server can't be reached is no error.
    ///
    /// # Errors
    /// Returns [`KubernetesError`] when there is nothing by which to reach it.
    pub async fn start(
        settings: KubernetesSettings,
        around: Surroundings,
    ) -> Result<Self, KubernetesError> {
        let Surroundings { updates, resolver, guard, clock, tasks, stop } = around;
        let (client, own_namespace) = client::connect(settings.kubeconfig).await?;
        let index = Index::new(settings.namespaces);
        let sources = index.sources();
        let board = Board::new(index, clock.now());
        let (link, link_seen) = watch::channel(board.link());
        let shared = Arc::new(Shared::new(board));
        let (reports, from_feeds) = mpsc::channel(REPORT_QUEUE);
        for source in sources {
            let (client, reports) = (client.clone(), reports.clone());
            let stop = stop.clone();
            match source.what {
                What::Services => {
                    let feed = Feed::<Service>::new(source, client, reports);
                    tasks.spawn(async move { stop.run_until_cancelled(feed.run()).await });
                }
                What::Slices => {
                    let feed = Feed::<EndpointSlice>::new(source, client, reports);
                    tasks.spawn(async move { stop.run_until_cancelled(feed.run()).await });
                }
            }
        }
        let (to_keeper, from_dns) = mpsc::channel(EXTERNAL_QUEUE);
        let keeper = Keeper {
            shared: Arc::clone(&shared),
            reports: from_feeds,
            updates,
            link,
            guard: guard.clone(),
            clock,
            dns: Dns::new(resolver, to_keeper, tasks.clone(), stop.clone()),
            from_dns,
            external: HashMap::new(),
        };
        tasks.spawn(keeper.run(stop));
        Ok(Self {
            shared,
            link: link_seen,
            guard,
            default_namespace: settings.default_namespace.unwrap_or(own_namespace),
        })
    }

    /// Returns the Service that a host means, if it is one.
    pub fn key(&self, host: &str) -> Option<ServiceKey> {
        ServiceKey::of_host(host, &self.default_namespace)
    }

    /// Begins to follow a service; returns its endpoints if they are known already.
    pub fn follow(&self, service: &ServiceName, key: ServiceKey) -> Option<Endpoints> {
        let answer = self.shared.board().follow(service, key);
        self.shared.followed.notify_one();
        match answer? {
            Answer::Endpoints(endpoints) => Some(self.guard.admit(endpoints)),
            Answer::External { .. } => None,
        }
    }

    /// Stops following `service`.
    pub fn forget(&self, service: &ServiceName) {
        if self.shared.board().forget(service) {
            self.shared.followed.notify_one();
        }
    }

    /// Returns what is known of a Service now; `None` before it was listed.
    pub fn find(&self, key: &ServiceKey, port: &Port) -> Option<Answer> {
        self.shared.board().answer(key, port)
    }

    /// Returns every Service with each of its ports, as mappings would write them.
    pub fn services(&self) -> Vec<ServiceName> {
        let board = self.shared.board();
        let names = board.index().services().flat_map(|(key, service)| {
            let host: Arc<str> = key.host(&self.default_namespace).into();
            let port = |port: u16| ServiceName {
                scheme: Scheme::Http,
                host: Host::Name(Arc::clone(&host)),
                port: Port::Number(port),
            };
            // one without ports is headless or external, and takes any
            let any = service.ports.is_empty().then(|| Scheme::Http.default_port());
            let ports = service.ports.iter().map(|port| port.number);
            ports.chain(any).map(port).collect::<Vec<_>>()
        });
        names.collect()
    }

    /// Returns how the connection to the API server is.
    pub fn link(&self) -> Link {
        self.link.borrow().clone()
    }

    /// Returns how many Services and EndpointSlices are known.
    pub fn size(&self) -> (usize, usize) {
        self.shared.board().index().size()
    }
}
