//! Counters, as replicas send them.

use std::{sync::Arc, time::Duration};

use app::api::live::Members;
use prost::Message;

use crate::{
    envoy::source::Source,
    gateway::upstream::Upstream,
    stats::{
        self, counters,
        latency::Buckets,
        told::{self, Process, Run, Told},
    },
    xds::node::NodeId,
};

#[derive(Clone, PartialEq, Message)]
pub(in crate::fleet) struct Started {
    #[prost(string, tag = "1")]
    node: String,
    #[prost(uint64, tag = "2")]
    run: u64,
    #[prost(uint64, tag = "3")]
    age_ms: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::fleet) struct Flush {
    #[prost(string, tag = "1")]
    node: String,
    #[prost(uint64, tag = "2")]
    run: u64,
    #[prost(int64, tag = "3")]
    sent_at_ms: i64,
    #[prost(message, repeated, tag = "4")]
    counts: Vec<Counts>,
    #[prost(message, repeated, tag = "5")]
    members: Vec<Seen>,
    #[prost(message, repeated, tag = "6")]
    latency: Vec<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::fleet) struct Counted {
    #[prost(string, tag = "1")]
    node: String,
    #[prost(uint64, tag = "2")]
    run: u64,
    #[prost(int64, tag = "3")]
    sent_at_ms: i64,
    #[prost(message, repeated, tag = "4")]
    counts: Vec<Counts>,
    #[prost(uint64, optional, tag = "5")]
    age_ms: Option<u64>,
    #[prost(uint64, optional, tag = "6")]
    heard_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::fleet) struct Totals {
    #[prost(message, repeated, tag = "1")]
    totals: Vec<Counts>,
}

/// The requests of a source or a target, which is its text.
#[derive(Clone, PartialEq, Message)]
struct Counts {
    #[prost(string, tag = "1")]
    of: String,
    #[prost(uint64, tag = "2")]
    ok: u64,
    #[prost(uint64, tag = "3")]
    c4xx: u64,
    #[prost(uint64, tag = "4")]
    bad: u64,
}

/// The endpoints of a cluster, as a node sees them.
#[derive(Clone, PartialEq, Message)]
struct Seen {
    #[prost(string, tag = "1")]
    cluster: String,
    #[prost(uint32, tag = "2")]
    healthy: u32,
    #[prost(uint32, tag = "3")]
    total: u32,
}

/// How long the requests of a side of a mapping took since the flush before.
#[derive(Clone, PartialEq, Message)]
struct Histogram {
    /// The text of its source, of all hosts.
    #[prost(string, tag = "1")]
    of: String,
    #[prost(uint32, repeated, tag = "2")]
    buckets: Vec<u32>,
}

impl Started {
    pub(super) fn of(node: &NodeId, run: Run, age: Duration) -> Self {
        Self { node: node.to_string(), run: run.0, age_ms: milliseconds(age) }
    }

    pub(super) fn read(self) -> Told {
        let age = Duration::from_millis(self.age_ms);
        Told::Started { node: NodeId::from(self.node), run: Run(self.run), age }
    }
}

impl Flush {
    pub(super) fn of(run: Run, flush: &stats::Flush) -> Self {
        let members = flush.members.iter().map(|(upstream, members)| Seen {
            cluster: upstream.to_string(),
            healthy: members.healthy_members,
            total: members.total_members,
        });
        let latency = flush.latency.iter().map(|((mapping, side), buckets)| {
            let of = Source::Route { mapping: mapping.clone(), side: *side, host: None };
            Histogram { of: of.to_string(), buckets: buckets.counts().to_vec() }
        });
        Self {
            node: flush.node.to_string(),
            run: run.0,
            sent_at_ms: flush.sent_at_ms,
            counts: flush
                .counts
                .iter()
                .map(|(source, counts)| Counts::of(source, *counts))
                .collect(),
            members: members.collect(),
            latency: latency.collect(),
        }
    }

    pub(super) fn read(self) -> Told {
        let members = self.members.into_iter().filter_map(|seen| {
            let members = Members { healthy_members: seen.healthy, total_members: seen.total };
            Some((Upstream::parse(&seen.cluster).ok()?, members))
        });
        let latency = self.latency.into_iter().filter_map(|histogram| {
            let Source::Route { mapping, side, .. } = histogram.of.parse().ok()? else {
                return None;
            };
            Some(((mapping, side), Buckets::of_counts(&histogram.buckets)?))
        });
        let flush = stats::Flush {
            node: NodeId::from(self.node),
            sent_at_ms: self.sent_at_ms,
            counts: read(self.counts),
            members: members.collect(),
            latency: latency.collect(),
        };
        Told::Flush { run: Run(self.run), flush: Arc::new(flush) }
    }
}

impl Counted {
    pub(super) fn of(counted: &told::Counted) -> Self {
        let counts = counted.counts.iter().map(|(source, counts)| Counts::of(source, *counts));
        Self {
            node: counted.node.to_string(),
            run: counted.process.run.0,
            sent_at_ms: counted.process.sent_at_ms,
            counts: counts.collect(),
            age_ms: counted.age.map(milliseconds),
            heard_ms: counted.heard.map(milliseconds),
        }
    }

    pub(super) fn read(self) -> Told {
        Told::Counted(told::Counted {
            node: NodeId::from(self.node),
            process: Process { run: Run(self.run), sent_at_ms: self.sent_at_ms },
            age: self.age_ms.map(Duration::from_millis),
            heard: self.heard_ms.map(Duration::from_millis),
            counts: read(self.counts),
        })
    }
}

impl Totals {
    pub(super) fn of(totals: &[(counters::Target, counters::Counts)]) -> Self {
        let totals = totals.iter().map(|(target, counts)| Counts::of(target, *counts));
        Self { totals: totals.collect() }
    }

    pub(super) fn read(self) -> Told {
        Told::Totals(read(self.totals))
    }
}

impl Counts {
    fn of(of: &impl ToString, counts: counters::Counts) -> Self {
        let counters::Counts { ok, c4xx, bad } = counts;
        Self { of: of.to_string(), ok, c4xx, bad }
    }
}

fn read<T: std::str::FromStr, All: FromIterator<(T, counters::Counts)>>(
    counts: Vec<Counts>,
) -> All {
    let read = |counts: Counts| {
        let Counts { of, ok, c4xx, bad } = counts;
        Some((of.parse().ok()?, counters::Counts { ok, c4xx, bad }))
    };
    counts.into_iter().filter_map(read).collect()
}

fn milliseconds(age: Duration) -> u64 {
    u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
}
