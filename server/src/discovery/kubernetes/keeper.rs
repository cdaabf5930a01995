//! The task that takes in what the feeds report, and tells the publisher what follows from it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc, watch},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    board::Board,
    feed::Report,
    index::{Answer, Source},
};
use crate::{
    clock::Clock,
    discovery::{Update, dns::Dns, guard::Guard, link::Link},
    gateway::service::ServiceName,
};

/// Reports that may wait for the keeper; when it is full, feeds wait, and with them the API server.
pub(super) const REPORT_QUEUE: usize = 1024;

/// Answers of DNS for `ExternalName` Services that may wait; when it is full, lookups wait.
pub(super) const EXTERNAL_QUEUE: usize = 64;

/// How long the first lists may take before services are told to be unknown: the publisher waits a
/// little longer.
const OVERDUE_AFTER: Duration = Duration::from_secs(4);

/// Time from one round of updates to the next at the least, so that a rollout of a thousand
/// endpoints becomes fifty updates a second at the most, and the first change waits for nothing.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(20);

/// What the keeper and those who ask share.
#[derive(Debug)]
pub(super) struct Shared {
    board: Mutex<Board>,
    /// Somebody has begun or ended to follow a service.
    pub(super) followed: Notify,
}

impl Shared {
    pub(super) fn new(board: Board) -> Self {
        Self { board: Mutex::new(board), followed: Notify::new() }
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Owns what follows from the board.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) shared: Arc<Shared>,
    pub(super) reports: mpsc::Receiver<(Source, Report)>,
    pub(super) updates: mpsc::Sender<Update>,
    pub(super) link: watch::Sender<Link>,
    pub(super) guard: Guard,
    pub(super) clock: Clock,
    /// Asked for `ExternalName` Services.
    pub(super) dns: Dns,
    pub(super) from_dns: mpsc::Receiver<Update>,
    /// What is asked of DNS for each service that is external now.
    pub(super) external: HashMap<ServiceName, (Arc<str>, u16)>,
}

impl Keeper {
    /// Keeps until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let _ended = stop.run_until_cancelled(self.keep()).await;
    }

    async fn keep(&mut self) {
        let mut overdue = std::pin::pin!(sleep(OVERDUE_AFTER));
        let mut waits = true;
        loop {
            tokio::select! {
                Some((source, report)) = self.reports.recv() => {
                    self.take_in(&source, report);
                    while let Ok((source, report)) = self.reports.try_recv() {
                        self.take_in(&source, report);
                    }
                }
                Some(update) = self.from_dns.recv() => self.pass_on(update).await,
                () = self.shared.followed.notified() => {}
                () = &mut overdue, if waits => {
                    waits = false;
                    self.shared.board().set_overdue();
                }
            }
            if self.tell().await {
                sleep(BETWEEN_ROUNDS).await;
            }
        }
    }

    fn take_in(&self, source: &Source, report: Report) {
        let mut board = self.shared.board();
        match report {
            Report::Connected => board.connected(source),
            Report::News(news) => board.take_in(source, news),
            Report::Failed(error) => board.failed(source, error, self.clock.now()),
        }
        let link = board.link();
        drop(board);
        self.link.send_if_modified(|known| {
            let differs = *known != link;
            if differs {
                match &link {
                    Link::Synced => info!("Kubernetes: {link}"),
                    link => warn!("Kubernetes: {link}"),
                }
                *known = link;
            }
            differs
        });
    }

    /// Tells what is new; returns whether there was anything.
    async fn tell(&mut self) -> bool {
        let told = self.shared.board().take_told();
        let is_any = !told.is_empty();
        for (service, answer) in told {
            match answer {
                Some(Answer::External { name, port }) => {
                    let asked = (name, port);
                    if self.external.get(&service) != Some(&asked) {
                        self.dns.follow(service.clone(), &asked.0, asked.1, &self.guard);
                        self.external.insert(service, asked);
                    }
                }
                Some(Answer::Endpoints(endpoints)) => {
                    self.leave_dns(&service);
                    let endpoints = self.guard.admit(endpoints);
                    self.send(Update { service, endpoints }).await;
                }
                None => self.leave_dns(&service),
            }
        }
        is_any
    }

    fn leave_dns(&mut self, service: &ServiceName) {
        if self.external.remove(service).is_some() {
            self.dns.forget(service);
        }
    }

    /// Passes on what DNS says of a service, unless it is not external any more.
    async fn pass_on(&self, update: Update) {
        if self.external.contains_key(&update.service) {
            self.send(update).await;
        }
    }

    async fn send(&self, update: Update) {
        // the publisher ends first when everything stops
        let _sent = self.updates.send(update).await;
    }
}
