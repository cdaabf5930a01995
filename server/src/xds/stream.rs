//! Drives sessions over gRPC: the aggregated discovery service.
//!
//! Only delta ADS is served; every other method says so instead of pretending.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::Utc;
use futures_util::Stream;
use prost::Message;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Request, Response, Status, Streaming};
use tracing::{info, warn};

use super::{
    gate::Identity,
    node::{Answer, NodeStatus, Nodes},
    session::{Event, Session},
};
use crate::{
    envoy::proto::{
        config::core::v3::{Node, node::UserAgentVersionType},
        service::discovery::v3::{
            DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
            aggregated_discovery_service_server::AggregatedDiscoveryService,
        },
    },
    gateway::mapping::Revision,
    publisher::{Feedback, Freshness, Published},
    stats::Report,
};

/// Responses between a session and its socket. Small: what waits here can no longer be
/// replaced by something newer.
const OUTBOX_RESPONSES: usize = 16;

/// Serves delta ADS.
#[derive(Debug, Clone)]
pub struct Ads {
    published: watch::Receiver<Arc<Published>>,
    feedback: mpsc::Sender<Feedback>,
    reports: mpsc::Sender<Report>,
    nodes: Nodes,
    freshness: Freshness,
    tasks: TaskTracker,
    stop: CancellationToken,
    streams: Arc<AtomicU64>,
}

impl Ads {
    pub fn new(
        published: watch::Receiver<Arc<Published>>,
        feedback: mpsc::Sender<Feedback>,
        reports: mpsc::Sender<Report>,
        nodes: Nodes,
        freshness: Freshness,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let streams = Arc::default();
        Self { published, feedback, reports, nodes, freshness, tasks, stop, streams }
    }
}

type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl AggregatedDiscoveryService for Ads {
    type StreamAggregatedResourcesStream = Responses<DiscoveryResponse>;
    type DeltaAggregatedResourcesStream = Responses<DeltaDiscoveryResponse>;

    async fn stream_aggregated_resources(
        &self,
        _request: Request<Streaming<DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        Err(Status::unimplemented(
            "only delta xDS is served; use the bootstrap that `chancery bootstrap` prints",
        ))
    }

    async fn delta_aggregated_resources(
        &self,
        request: Request<Streaming<DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        let identity = Identity::of(&request)?;
        let (outbox, responses) = mpsc::channel(OUTBOX_RESPONSES);
        let conversation = Conversation {
            identity,
            id: self.streams.fetch_add(1, Ordering::Relaxed),
            ads: self.clone(),
            requests: request.into_inner(),
            outbox,
        };
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let _ended = stop.run_until_cancelled(conversation.run()).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(responses))))
    }
}

/// One node's stream.
struct Conversation {
    /// As whom the node may speak.
    identity: Identity,
    id: u64,
    ads: Ads,
    requests: Streaming<DeltaDiscoveryRequest>,
    outbox: mpsc::Sender<Result<DeltaDiscoveryResponse, Status>>,
}

impl Conversation {
    async fn run(mut self) {
        let first = tokio::select! {
            () = self.outbox.closed() => return,
            first = next_request(&mut self.requests) => first,
        };
        let Some(first) = first else { return };
        let node = first.node.clone().unwrap_or_default();
        let id = match self.identity.admit(&node.id) {
            Ok(id) => id,
            Err(refusal) => {
                warn!("refused a node: {}", refusal.message());
                // whoever has gone away need not be told
                let _gone = self.outbox.send(Err(refusal)).await;
                return;
            }
        };
        let version = envoy_version(&node);
        info!(node.id = %id, "node `{id}` connected (Envoy {})", version.as_deref().unwrap_or("?"));
        if first.initial_resource_versions.is_empty() {
            // it has nothing of ours: the process is new, and counts from zero
            let _gone = self.ads.reports.send(Report::NodeStarted(id.clone())).await;
        }
        let status = NodeStatus {
            id: id.clone(),
            version,
            replica: None,
            connected_at: Utc::now(),
            revision: Revision::default(),
            last_ack: None,
            last_nack: None,
        };
        // removes the node however this ends
        let _registration = Registration::new(self.ads.nodes.clone(), self.id, status);
        self.converse(first).await;
        info!(node.id = %id, "node `{id}` disconnected");
    }

    async fn converse(&mut self, first: DeltaDiscoveryRequest) {
        if !first.initial_resource_versions.is_empty() {
            // it may have from another replica what was committed a moment ago
            tokio::select! {
                () = self.ads.freshness.reached() => {}
                () = self.outbox.closed() => return,
            }
        }
        let mut published = self.ads.published.clone();
        let ready =
            published.wait_for(|published| published.is_ready).await.map(|at| Arc::clone(&at));
        let Ok(mut at) = ready else { return };
        let mut session = Session::new(at.resources.clone(), at.table.revision().0);
        let mut request = Some(first);
        loop {
            if let Some(request) = request.take() {
                self.report(session.on_request(request), at.on_trial).await;
            }
            while let Some(response) = session.poll() {
                self.ads.nodes.count_sent(response.encoded_len());
                if self.outbox.send(Ok(response)).await.is_err() {
                    return;
                }
            }
            if session.is_settled() {
                self.ads.nodes.reached(self.id, at.table.revision(), Utc::now());
            }
            tokio::select! {
                // the token was revoked, or the node has gone away
                () = self.outbox.closed() => return,
                next = next_request(&mut self.requests) => match next {
                    Some(next) => request = Some(next),
                    None => return,
                },
                changed = published.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let now = Arc::clone(&published.borrow_and_update());
                    let touched = now.touched_since(at.generation);
                    let revision = now.table.revision().0;
                    session.retarget(now.resources.clone(), revision, touched.as_deref());
                    at = now;
                }
            }
        }
    }

    async fn report(&self, events: Vec<Event>, on_trial: bool) {
        for event in events {
            self.ads.nodes.answered(self.id, answer(&event));
            let feedback = match event {
                Event::Rejected { resource, reason, kept } => {
                    Feedback::Rejected { resource, reason, kept }
                }
                Event::Acked(resource) if on_trial => Feedback::Acked(resource),
                Event::Acked(_) => continue,
            };
            if self.ads.feedback.send(feedback).await.is_err() {
                return;
            }
        }
    }
}

async fn next_request(
    requests: &mut Streaming<DeltaDiscoveryRequest>,
) -> Option<DeltaDiscoveryRequest> {
    match requests.message().await {
        Ok(request) => request,
        Err(status) => {
            // a node that goes away breaks its stream; anything else deserves a look
            if status.code() != tonic::Code::Cancelled && status.code() != tonic::Code::Unknown {
                warn!("a node's stream ended: {status}");
            }
            None
        }
    }
}

fn answer(event: &Event) -> Answer {
    let (resource, reason) = match event {
        Event::Acked(resource) => (resource, None),
        Event::Rejected { resource, reason, .. } => (resource, Some(Arc::clone(reason))),
    };
    Answer { at: Utc::now(), resource: resource.key.clone(), reason }
}

struct Registration {
    nodes: Nodes,
    stream: u64,
}

impl Registration {
    fn new(nodes: Nodes, stream: u64, status: NodeStatus) -> Self {
        nodes.connected(stream, status);
        Self { nodes, stream }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.nodes.disconnected(self.stream);
    }
}

fn envoy_version(node: &Node) -> Option<String> {
    match node.user_agent_version_type.as_ref()? {
        UserAgentVersionType::UserAgentVersion(version) => Some(version.clone()),
        UserAgentVersionType::UserAgentBuildVersion(build) => {
            let version = build.version.as_ref()?;
            Some(format!("{}.{}.{}", version.major_number, version.minor_number, version.patch))
        }
    }
}
