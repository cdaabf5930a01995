//! Follows DNS names: looks again when an answer's time to live ends.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use hickory_resolver::{TokioResolver, config::LookupIpStrategy};
use tokio::{
    sync::{Semaphore, mpsc},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use super::{Update, guard::Guard};
use crate::gateway::{endpoints::Endpoints, service::ServiceName};

/// An answer is believed at least and at most this long, whatever its time to live says: less
/// would hammer the resolver, more would keep dead endpoints.
const TTL_MIN: Duration = Duration::from_secs(5);
const TTL_MAX: Duration = Duration::from_secs(60);

/// A name that does not resolve is asked for again after this long, doubling up to [`TTL_MAX`].
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// A lookup that takes longer has failed: a mapping must not wait longer to show its warning.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(3);

/// Lookups under way at once, so that 10,000 names do not flood the resolver.
const LOOKUPS_AT_ONCE: usize = 64;

/// Asks DNS; a clone shares the bound on what is under way.
#[derive(Debug, Clone)]
pub struct Resolver {
    /// The resolver, or why the system's resolver configuration can't be used.
    inner: Result<TokioResolver, Arc<str>>,
    lookups: Arc<Semaphore>,
}

impl Resolver {
    /// Uses the system's resolver configuration.
    pub fn of_system() -> Self {
        let inner = TokioResolver::builder_tokio()
            .and_then(|mut builder| {
                // IPv6 only for a name without IPv4: with both, a service on one of them, such as
                // `localhost:8080`, would be half dead
                builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4thenIpv6;
                builder.build()
            })
            .map_err(|error| format!("the system's resolver can't be used: {error}").into());
        Self { inner, lookups: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)) }
    }

    /// Returns the addresses of `name`, each with `port`, and how long they may be believed.
    ///
    /// # Errors
    /// Returns why there are none, in words for the owner of a mapping.
    pub async fn lookup(&self, name: &str, port: u16) -> Result<(Endpoints, Duration), Arc<str>> {
        let resolver = self.inner.as_ref().map_err(Arc::clone)?;
        let _turn = self.lookups.acquire().await;
        let answer = tokio::time::timeout(LOOKUP_TIMEOUT, resolver.lookup_ip(name))
            .await
            .map_err(|_elapsed| format!("DNS gave no answer for `{name}` within 3 s"))?
            .map_err(|error| match error {
                error if error.is_nx_domain() => format!("there is no name `{name}` in DNS"),
                error if error.is_no_records_found() => {
                    format!("`{name}` has no address in DNS")
                }
                error => format!("`{name}` can't be looked up in DNS: {error}"),
            })?;
        let ttl = answer.valid_until().saturating_duration_since(Instant::now().into_std());
        let addresses = answer.iter().map(|ip| SocketAddr::new(ip, port));
        Ok((Endpoints::known(addresses), ttl.clamp(TTL_MIN, TTL_MAX)))
    }
}

/// Follows names, one task each.
#[derive(Debug)]
pub struct Dns {
    resolver: Resolver,
    updates: mpsc::Sender<Update>,
    followed: HashMap<ServiceName, CancellationToken>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Dns {
    /// Sends what it learns to `updates`.
    pub fn new(
        resolver: Resolver,
        updates: mpsc::Sender<Update>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        Self { resolver, updates, followed: HashMap::new(), tasks, stop }
    }

    /// Begins to follow `service`, which is `name` at `port`; the first answer comes as an update.
    pub fn follow(&mut self, service: ServiceName, name: &Arc<str>, port: u16, guard: &Guard) {
        let stop = self.stop.child_token();
        let follower = Follower {
            resolver: self.resolver.clone(),
            updates: self.updates.clone(),
            name: Arc::clone(name),
            port,
            service: service.clone(),
            guard: guard.clone(),
        };
        if let Some(before) = self.followed.insert(service, stop.clone()) {
            before.cancel();
        }
        self.tasks.spawn(async move {
            let _ended = stop.run_until_cancelled(follower.run()).await;
        });
    }

    /// Stops following `service`.
    pub fn forget(&mut self, service: &ServiceName) {
        if let Some(stop) = self.followed.remove(service) {
            stop.cancel();
        }
    }
}

struct Follower {
    resolver: Resolver,
    updates: mpsc::Sender<Update>,
    service: ServiceName,
    name: Arc<str>,
    port: u16,
    guard: Guard,
}

impl Follower {
    async fn run(self) {
        let mut retry = RETRY_FIRST;
        let mut last = None;
        let mut failing = false;
        loop {
            let (endpoints, wait) = match self.resolver.lookup(&self.name, self.port).await {
                Ok((endpoints, ttl)) => {
                    retry = RETRY_FIRST;
                    (self.guard.admit(endpoints), ttl)
                }
                Err(reason) => {
                    let wait = retry;
                    retry = (retry * 2).min(TTL_MAX);
                    (Endpoints::Unresolved { reason }, wait)
                }
            };
            // a resolver that fails for a while must not take known endpoints away
            let keep = matches!(
                (&endpoints, &last),
                (Endpoints::Unresolved { .. }, Some(Endpoints::Known { .. }))
            );
            if let (true, false, Endpoints::Unresolved { reason }) = (keep, failing, &endpoints) {
                warn!(service = %self.service, "going on with the last addresses: {reason}");
            }
            failing = keep;
            if !keep && last.as_ref() != Some(&endpoints) {
                last = Some(endpoints.clone());
                let update = Update { service: self.service.clone(), endpoints };
                if self.updates.send(update).await.is_err() {
                    return;
                }
            }
            tokio::time::sleep(wait).await;
        }
    }
}
