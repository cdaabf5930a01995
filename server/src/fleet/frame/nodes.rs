//! Nodes' streams, as replicas send them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use prost::Message;

use crate::{
    gateway::mapping::Revision,
    xds::{
        node::{self, NodeId, NodeStatus, StreamTold, StreamsTold},
        resource::{Kind, ResourceKey},
    },
};

#[derive(Clone, PartialEq, Message)]
pub(in crate::fleet) struct Streams {
    /// All that are open.
    #[prost(uint64, repeated, tag = "1")]
    open: Vec<u64>,
    #[prost(message, repeated, tag = "2")]
    changed: Vec<Stream>,
}

#[derive(Clone, PartialEq, Message)]
struct Stream {
    #[prost(uint64, tag = "1")]
    stream: u64,
    #[prost(string, tag = "2")]
    node: String,
    #[prost(string, optional, tag = "3")]
    version: Option<String>,
    #[prost(int64, tag = "4")]
    connected_at_us: i64,
    #[prost(uint64, tag = "5")]
    revision: u64,
    #[prost(message, optional, tag = "6")]
    last_ack: Option<Answer>,
    #[prost(message, optional, tag = "7")]
    last_nack: Option<Answer>,
    #[prost(message, repeated, tag = "8")]
    reached: Vec<Reached>,
}

#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(int64, tag = "1")]
    at_us: i64,
    /// The word for it.
    #[prost(string, tag = "2")]
    kind: String,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(string, optional, tag = "4")]
    reason: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Reached {
    #[prost(uint64, tag = "1")]
    revision: u64,
    #[prost(int64, tag = "2")]
    at_us: i64,
}

impl Streams {
    pub(super) fn of(told: &StreamsTold) -> Self {
        Self { open: told.open.clone(), changed: told.changed.iter().map(Stream::of).collect() }
    }

    pub(super) fn read(self) -> StreamsTold {
        let changed = self.changed.into_iter().filter_map(Stream::read);
        StreamsTold { open: self.open, changed: changed.collect() }
    }
}

impl Stream {
    fn of(StreamTold { stream, status, reached }: &StreamTold) -> Self {
        let reached = reached
            .iter()
            .map(|(revision, at)| Reached { revision: revision.0, at_us: at.timestamp_micros() });
        Self {
            stream: *stream,
            node: status.id.to_string(),
            version: status.version.clone(),
            connected_at_us: status.connected_at.timestamp_micros(),
            revision: status.revision.0,
            last_ack: status.last_ack.as_ref().map(Answer::of),
            last_nack: status.last_nack.as_ref().map(Answer::of),
            reached: reached.collect(),
        }
    }

    fn read(self) -> Option<StreamTold> {
        let reached = self.reached.into_iter();
        Some(StreamTold {
            stream: self.stream,
            status: NodeStatus {
                id: NodeId::from(self.node),
                version: self.version,
                replica: None,
                connected_at: time(self.connected_at_us)?,
                revision: Revision(self.revision),
                last_ack: self.last_ack.and_then(Answer::read),
                last_nack: self.last_nack.and_then(Answer::read),
            },
            reached: reached
                .filter_map(|reached| Some((Revision(reached.revision), time(reached.at_us)?)))
                .collect(),
        })
    }
}

impl Answer {
    fn of(answer: &node::Answer) -> Self {
        Self {
            at_us: answer.at.timestamp_micros(),
            kind: answer.resource.kind.word().to_owned(),
            name: answer.resource.name.as_ref().to_owned(),
            reason: answer.reason.as_deref().map(str::to_owned),
        }
    }

    fn read(self) -> Option<node::Answer> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == self.kind)?;
        Some(node::Answer {
            at: time(self.at_us)?,
            resource: ResourceKey { kind, name: self.name.into() },
            reason: self.reason.map(Arc::from),
        })
    }
}

fn time(us: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(us)
}
