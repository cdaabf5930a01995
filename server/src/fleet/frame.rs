//! What replicas send each other: the messages, and the way from and to our own types. Pure.
//!
//! Two versions must understand each other while replicas are upgraded one by one: fields and kinds
//! that one does not know are passed over, and so is a value that it can't read. A number is never
//! given another meaning.

mod nodes;
mod told;

use std::sync::Arc;

use prost::{Message, Oneof};

use crate::{
    gateway::mapping::MappingName, publisher::Refusal, stats::told::Told, xds::node::StreamsTold,
};

/// The version of the protocol that this program speaks. It goes up when one side could not do
/// without what is new.
pub(super) const VERSION: u32 = 1;

/// Longest frame: as long as what a node may push.
pub(super) const FRAME_MAX_BYTES: usize = crate::stats::ingest::MESSAGE_MAX_BYTES;

/// One frame.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Frame {
    #[prost(oneof = "Body", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    pub(super) body: Option<Body>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Body {
    /// The first of each side.
    #[prost(message, tag = "1")]
    Hello(Hello),
    /// Nothing else was to be said for a while.
    #[prost(message, tag = "2")]
    Beat(Beat),
    #[prost(message, tag = "3")]
    Started(told::Started),
    #[prost(message, tag = "4")]
    Flush(told::Flush),
    #[prost(message, tag = "5")]
    Counted(told::Counted),
    #[prost(message, tag = "6")]
    Totals(told::Totals),
    #[prost(message, tag = "7")]
    Streams(nodes::Streams),
    #[prost(message, tag = "8")]
    Refused(Refused),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Hello {
    #[prost(uint32, tag = "1")]
    pub(super) version: u32,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Beat {}

/// All mappings that Envoys have refused.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Refused {
    #[prost(message, repeated, tag = "1")]
    mappings: Vec<RefusedMapping>,
}

#[derive(Clone, PartialEq, Message)]
struct RefusedMapping {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint64, tag = "2")]
    revision: u64,
    #[prost(string, tag = "3")]
    reason: String,
}

/// What a frame says.
#[derive(Debug)]
pub(super) enum Said {
    Hello(Hello),
    Told(Told),
    Streams(StreamsTold),
    Refused(Vec<Refusal>),
    /// Nothing, or what this version does not know.
    Nothing,
}

impl Frame {
    pub(super) fn hello() -> Self {
        Body::Hello(Hello { version: VERSION }).into()
    }

    pub(super) fn beat() -> Self {
        Body::Beat(Beat {}).into()
    }

    pub(super) fn refused(refusals: &[Refusal]) -> Self {
        let mappings = refusals.iter().map(|refusal| RefusedMapping {
            name: refusal.mapping.to_string(),
            revision: refusal.revision.0,
            reason: refusal.reason.as_ref().to_owned(),
        });
        Body::Refused(Refused { mappings: mappings.collect() }).into()
    }

    /// Reads what the frame says.
    pub(super) fn read(self) -> Said {
        let told = match self.body {
            Some(Body::Hello(hello)) => return Said::Hello(hello),
            Some(Body::Streams(streams)) => return Said::Streams(streams.read()),
            Some(Body::Refused(refused)) => return Said::Refused(refused.read()),
            Some(Body::Started(started)) => Some(started.read()),
            Some(Body::Flush(flush)) => Some(flush.read()),
            Some(Body::Counted(counted)) => Some(counted.read()),
            Some(Body::Totals(totals)) => Some(totals.read()),
            Some(Body::Beat(_)) | None => None,
        };
        told.map_or(Said::Nothing, Said::Told)
    }
}

impl Refused {
    fn read(self) -> Vec<Refusal> {
        let read = |refused: RefusedMapping| {
            Some(Refusal {
                mapping: MappingName::parse(&refused.name).ok()?,
                revision: crate::gateway::mapping::Revision(refused.revision),
                reason: Arc::from(refused.reason),
            })
        };
        self.mappings.into_iter().filter_map(read).collect()
    }
}

impl From<Body> for Frame {
    fn from(body: Body) -> Self {
        Self { body: Some(body) }
    }
}

impl From<&Told> for Frame {
    fn from(told: &Told) -> Self {
        match told {
            Told::Started { node, run, age } => Body::Started(told::Started::of(node, *run, *age)),
            Told::Flush { run, flush } => Body::Flush(told::Flush::of(*run, flush)),
            Told::Counted(counted) => Body::Counted(told::Counted::of(counted)),
            Told::Totals(totals) => Body::Totals(told::Totals::of(totals)),
        }
        .into()
    }
}

impl From<&StreamsTold> for Frame {
    fn from(streams: &StreamsTold) -> Self {
        Body::Streams(nodes::Streams::of(streams)).into()
    }
}

#[cfg(test)]
mod tests;
