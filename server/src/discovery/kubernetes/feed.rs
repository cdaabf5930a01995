//! Lists one kind of objects, then watches it for changes, for as long as the server runs.
//!
//! ```text
//!   ┌─▶ list, in pages ─▶ watch from there ─┬─▶ 410 Gone, or refused ─▶ list anew
//!   └── wait, longer each time ◀────────────┴─▶ broken, silent ─▶ watch on from the last version
//! ```
//! Not `kube-runtime`'s watcher: that resumes without saying so, and people should be told when the
//! API server is away and when it is back.

use std::{fmt::Debug, pin::pin, time::Duration};

use futures_util::TryStreamExt;
use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{ListParams, WatchEvent, WatchParams},
    core::{NamespaceResourceScope, Status},
};
use serde::de::DeserializeOwned;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{
    facts::{self, Fact},
    index::{News, Source},
    refusal::{Verb, words},
};

/// Objects of one page of a list; as many as `kubectl` asks for. A page of slices is at most
/// 500 × 1,000 endpoints, and usually a hundredth of that.
const PAGE: u32 = 500;

/// A page that takes longer has failed.
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// The API server ends a watch after so many seconds, so that a connection that has silently died
/// is noticed soon.
const WATCH_SECONDS: u32 = 30;

/// A watch from which nothing has come for so long, not even its end, is dead.
const SILENCE_MAX: Duration = Duration::from_secs(35);

/// A watch that ends sooner than this has failed, whatever the reason.
const WATCH_LEAST: Duration = Duration::from_secs(1);

/// Waits between attempts begin and end with this. Half of each is left to chance, so that many
/// replicas do not come back at the same moment.
const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// What a feed reports.
#[derive(Debug)]
pub(super) enum Report {
    /// The API server answers.
    Connected,
    News(News),
    /// It does not, or does not let us; what was reported before may be out of date.
    Failed(String),
}

/// An object of which facts are kept.
pub(super) trait Kept:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + Debug
    + DeserializeOwned
    + Send
    + 'static
{
    fn fact(self) -> Option<Fact>;
}

impl Kept for Service {
    fn fact(self) -> Option<Fact> {
        facts::service(self)
    }
}

impl Kept for EndpointSlice {
    fn fact(self) -> Option<Fact> {
        facts::slice(self)
    }
}

/// How a list or a watch ended.
enum Ended {
    /// All is known up to this version.
    Listed(String),
    /// The watch can go on from this version.
    At(String),
    /// The version is too old, or is not taken for another reason: everything must be listed.
    Lost,
}

/// Why a list or a watch did not work, and where to go on.
struct Failed {
    reason: String,
    version: Option<String>,
}

/// Follows one source.
#[derive(Debug)]
pub(super) struct Feed<K> {
    source: Source,
    api: Api<K>,
    reports: mpsc::Sender<(Source, Report)>,
}

impl<K: Kept> Feed<K> {
    pub(super) fn new(
        source: Source,
        client: Client,
        reports: mpsc::Sender<(Source, Report)>,
    ) -> Self {
        let api = match &source.namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        };
        Self { source, api, reports }
    }

    /// Reports until nobody listens.
    pub(super) async fn run(self) {
        let mut version = None;
        let mut retry = RETRY_FIRST;
        while !self.reports.is_closed() {
            let begun = Instant::now();
            let went = match version.take() {
                None => self.list().await.map(Ended::Listed),
                Some(version) => self.watch(version).await,
            };
            if begun.elapsed() > RETRY_MAX {
                retry = RETRY_FIRST;
            }
            match went {
                // a list proves nothing of the watch that follows: the next wait is no shorter
                Ok(Ended::Listed(reached)) => {
                    version = Some(reached);
                    continue;
                }
                Ok(Ended::At(reached)) => {
                    version = Some(reached);
                    retry = RETRY_FIRST;
                    continue;
                }
                Ok(Ended::Lost) => {}
                Err(Failed { reason, version: from }) => {
                    version = from;
                    self.report(Report::Failed(reason)).await;
                }
            }
            sleep(retry / 2 + (retry / 2).mul_f64(rand::random())).await;
            retry = (retry * 2).min(RETRY_MAX);
        }
    }

    async fn report(&self, report: Report) {
        // when nobody listens any more, `run` ends
        let _sent = self.reports.send((self.source.clone(), report)).await;
    }

    fn failed(&self, verb: Verb, error: &kube::Error, version: Option<String>) -> Failed {
        // a server that answers with an error may be another one, with other versions
        let version = version.filter(|_| !matches!(error, kube::Error::Api(_)));
        Failed { reason: words(&self.source, verb, error), version }
    }

    /// Reports all objects; returns the version from which to watch.
    async fn list(&self) -> Result<String, Failed> {
        let mut parameters = ListParams::default().limit(PAGE);
        let mut listed = Vec::new();
        loop {
            let page = timeout(PAGE_TIMEOUT, self.api.list(&parameters)).await;
            let page = page.map_err(|_elapsed| self.silent(Verb::List, PAGE_TIMEOUT, None))?;
            let page = page.map_err(|error| self.failed(Verb::List, &error, None))?;
            listed.extend(page.items.into_iter().filter_map(Kept::fact));
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => parameters = parameters.continue_token(&token),
                None => {
                    self.report(Report::News(News::All(listed))).await;
                    return Ok(page.metadata.resource_version.unwrap_or_default());
                }
            }
        }
    }

    /// Reports what changes after `version`.
    async fn watch(&self, mut version: String) -> Result<Ended, Failed> {
        let begun = Instant::now();
        let parameters = WatchParams::default().timeout(WATCH_SECONDS);
        let opened = timeout(SILENCE_MAX, self.api.watch(&parameters, &version)).await;
        let opened = match opened {
            Err(_elapsed) => return Err(self.silent(Verb::Watch, SILENCE_MAX, Some(version))),
            Ok(Err(kube::Error::Api(status))) if is_gone(&status) => return Ok(Ended::Lost),
            Ok(Err(error)) => return Err(self.failed(Verb::Watch, &error, Some(version))),
            Ok(Ok(opened)) => opened,
        };
        self.report(Report::Connected).await;
        let mut events = pin!(opened);
        loop {
            let event = match timeout(SILENCE_MAX, events.try_next()).await {
                Err(_elapsed) => return Err(self.silent(Verb::Watch, SILENCE_MAX, Some(version))),
                Ok(Err(error)) => return Err(self.failed(Verb::Watch, &error, Some(version))),
                Ok(Ok(None)) if begun.elapsed() < WATCH_LEAST => {
                    let reason = format!("{} ended at once", Verb::Watch.of(&self.source));
                    return Err(Failed { reason, version: Some(version) });
                }
                Ok(Ok(None)) => return Ok(Ended::At(version)),
                Ok(Ok(Some(event))) => event,
            };
            let (object, is_deleted) = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => (object, false),
                WatchEvent::Deleted(object) => (object, true),
                WatchEvent::Bookmark(bookmark) => {
                    version = bookmark.metadata.resource_version;
                    continue;
                }
                WatchEvent::Error(status) if is_gone(&status) => return Ok(Ended::Lost),
                WatchEvent::Error(status) => {
                    return Err(self.failed(Verb::Watch, &kube::Error::Api(status), None));
                }
            };
            version = object.resource_version().unwrap_or(version);
            let fact = object.fact();
            if let Some(fact) = fact.map(|fact| if is_deleted { fact.ended() } else { fact }) {
                self.report(Report::News(News::One(fact))).await;
            }
        }
    }

    fn silent(&self, verb: Verb, waited: Duration, version: Option<String>) -> Failed {
        let reason = format!("{} has had no answer for {waited:?}", verb.of(&self.source));
        Failed { reason, version }
    }
}

fn is_gone(status: &Status) -> bool {
    status.code == 410
}
