//! Receives what nodes push: Envoy's MetricsService, into reports for the hub.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use tracing::debug;

use super::{Flush, Report, latency::Buckets};
use crate::{
    envoy::{
        prometheus::Histogram,
        proto::service::metrics::v3::{
            StreamMetricsMessage, StreamMetricsResponse, metrics_service_server::MetricsService,
            stream_metrics_message::Identifier,
        },
        stat_names::{self, Statistic},
    },
    xds::{gate::Identity, node::NodeId},
};

/// Longest message that a node may push. A node sends everything it counts at once; 10,000 busy
/// mappings take about 8 MiB, half of it histograms, and 4 MiB is the default that this replaces.
pub const MESSAGE_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Serves MetricsService.
#[derive(Debug, Clone)]
pub struct Ingest {
    reports: mpsc::Sender<Report>,
    stop: CancellationToken,
}

impl Ingest {
    pub fn new(reports: mpsc::Sender<Report>, stop: CancellationToken) -> Self {
        Self { reports, stop }
    }
}

#[tonic::async_trait]
impl MetricsService for Ingest {
    async fn stream_metrics(
        &self,
        request: Request<Streaming<StreamMetricsMessage>>,
    ) -> Result<Response<StreamMetricsResponse>, Status> {
        let identity = Identity::of(&request)?;
        let received = receive(request.into_inner(), &identity, &self.reports);
        let received = self.stop.run_until_cancelled(received);
        received.await.unwrap_or(Ok(()))?;
        Ok(Response::new(StreamMetricsResponse {}))
    }
}

async fn receive(
    mut messages: Streaming<StreamMetricsMessage>,
    identity: &Identity,
    reports: &mpsc::Sender<Report>,
) -> Result<(), Status> {
    // only the first message of a stream says whose it is
    let mut node = None;
    while let Some(message) = messages.message().await? {
        if let Some(Identifier { node: Some(named) }) = &message.identifier {
            node = Some(identity.admit(&named.id)?);
        }
        let node = node
            .clone()
            .ok_or_else(|| Status::invalid_argument("the first message must name its node"))?;
        let flush = read(node, &message);
        debug!(node.id = %flush.node, counters = flush.counts.len(), "received a flush");
        if reports.send(Report::Flush(flush)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Reads the statistics that are ours; anything else is passed over.
fn read(node: NodeId, message: &StreamMetricsMessage) -> Flush {
    let mut flush = Flush::of(node);
    for family in &message.envoy_metrics {
        let statistic = family.name.as_deref().and_then(stat_names::parse);
        let (Some(statistic), Some(metric)) = (statistic, family.metric.first()) else { continue };
        flush.sent_at_ms = flush.sent_at_ms.max(metric.timestamp_ms.unwrap_or_default());
        let counter = metric.counter.as_ref().and_then(|counter| counter.value);
        let gauge = metric.gauge.as_ref().and_then(|gauge| gauge.value);
        let value = whole(counter.or(gauge).unwrap_or_default());
        match statistic {
            Statistic::Requests(source, class) => {
                flush.counts.entry(source).or_default().add_class(class, value);
            }
            Statistic::Latency(mapping, side) => {
                // one that was ever used is pushed for ever, mostly empty
                let buckets = metric.histogram.as_ref().map(buckets).unwrap_or_default();
                if buckets.samples() > 0 {
                    // a mapping may stand in several virtual hosts
                    flush.latency.entry((mapping, side)).or_default().add(&buckets);
                }
            }
            Statistic::HealthyMembers(upstream) => {
                flush.members.entry(upstream).or_default().healthy_members = saturated(value);
            }
            Statistic::TotalMembers(upstream) => {
                flush.members.entry(upstream).or_default().total_members = saturated(value);
            }
        }
    }
    flush
}

fn buckets(histogram: &Histogram) -> Buckets {
    let bounds = histogram.bucket.iter();
    let cumulative = bounds.map(|bucket| {
        (bucket.upper_bound.unwrap_or(f64::INFINITY), bucket.cumulative_count.unwrap_or_default())
    });
    Buckets::read(cumulative, histogram.sample_count.unwrap_or_default())
}

/// Converts a number that travelled as floating point: whole up to 2⁵³, never negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and Envoy's counters are whole numbers"
)]
fn whole(value: f64) -> u64 {
    value as u64
}

fn saturated(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
