//! Tests that replicas understand each other.

use std::time::Duration;

use app::api::live::Members;

use super::*;
use crate::{
    envoy::source::Source,
    gateway::{backends::Side, mapping::Revision, upstream::Upstream},
    stats::{
        Flush,
        counters::{Counts, Target},
        latency::Buckets,
        told::{Counted, Process, Run},
    },
    xds::{
        node::{Answer, NodeId, NodeStatus, StreamTold},
        resource::{Kind, ResourceKey},
    },
};

/// Sends a frame, and reads it at the other end.
fn over(frame: Frame) -> Said {
    Frame::decode(frame.encode_to_vec().as_slice()).unwrap().read()
}

fn counts(ok: u64) -> Counts {
    Counts { ok, c4xx: 2, bad: 3 }
}

#[test]
fn what_is_told_of_counters_arrives_as_it_was() {
    let name = MappingName::parse("user").unwrap();
    let source: Source = "mapping/user@2/api~example~com".parse().unwrap();
    let flush = Flush {
        node: NodeId::reported("one"),
        sent_at_ms: 1_700_000_000_123,
        counts: [(source, counts(1))].into(),
        members: [(
            Upstream::parse("https://images.shop").unwrap(),
            Members { healthy_members: 1, total_members: 2 },
        )]
        .into(),
        latency: [((name, Side::at(1)), Buckets::read([(5.0, 3)], 4))].into(),
    };
    let counted = Counted {
        node: NodeId::reported("two"),
        process: Process { run: Run(7), sent_at_ms: 8 },
        age: Some(Duration::from_secs(9)),
        heard: Some(Duration::from_millis(10)),
        counts: flush.counts.clone(),
    };
    let target: Target = "side/user/2".parse().unwrap();
    for told in [
        Told::Started { node: NodeId::reported("one"), run: Run(5), age: Duration::from_millis(6) },
        Told::Flush { run: Run(5), flush: Arc::new(flush) },
        Told::Counted(counted),
        Told::Totals(vec![(target, counts(4))]),
    ] {
        let Said::Told(arrived) = over(Frame::from(&told)) else { panic!("{told:?}") };

        assert_eq!(format!("{arrived:?}"), format!("{told:?}"));
    }
}

#[test]
fn what_is_told_of_nodes_and_refusals_arrives_as_it_was() {
    let at = chrono::DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
    let resource = ResourceKey { kind: Kind::Routes, name: "segment/user".into() };
    let status = NodeStatus {
        id: NodeId::reported("one"),
        version: Some("1.40.0".to_owned()),
        replica: None,
        connected_at: at,
        revision: Revision(4),
        last_ack: Some(Answer { at, resource: resource.clone(), reason: None }),
        last_nack: Some(Answer { at, resource, reason: Some("no".into()) }),
    };
    let reached = vec![(Revision(3), at), (Revision(4), at)];
    let streams =
        StreamsTold { open: vec![1, 2], changed: vec![StreamTold { stream: 2, status, reached }] };
    let refusals = vec![Refusal {
        mapping: MappingName::parse("user").unwrap(),
        revision: Revision(4),
        reason: "no".into(),
    }];

    let Said::Streams(nodes) = over(Frame::from(&streams)) else { panic!("no streams") };
    let Said::Refused(refused) = over(Frame::refused(&refusals)) else { panic!("no refusals") };

    assert_eq!(format!("{nodes:?}"), format!("{streams:?}"));
    assert_eq!(refused, refusals);
}

#[test]
fn what_a_later_version_says_besides_is_passed_over() {
    // field 99 beside a hello, and a kind of frame that there is not
    let beside = [&Frame::hello().encode_to_vec()[..], &[0x9a, 0x06, 0x01, 0x00]].concat();
    let unknown = [0x9a, 0x06, 0x01, 0x00];

    let Said::Hello(hello) = Frame::decode(beside.as_slice()).unwrap().read() else {
        panic!("no hello")
    };
    assert_eq!(hello.version, VERSION);
    assert!(matches!(Frame::decode(unknown.as_slice()).unwrap().read(), Said::Nothing));
}

#[test]
fn a_counter_of_a_kind_that_is_not_known_leaves_the_others() {
    let known: Target = "mapping/user".parse().unwrap();
    let told = Told::Totals(vec![(known.clone(), counts(1))]);
    let bytes = Frame::from(&told).encode_to_vec();
    let text = |bytes: &[u8]| bytes.windows(12).position(|window| window == b"mapping/user");
    let place = text(&bytes).unwrap();
    let mut other = bytes.clone();
    other[place..place + 7].copy_from_slice(b"MAPPING");

    let Said::Told(Told::Totals(read)) = Frame::decode(other.as_slice()).unwrap().read() else {
        panic!("no totals")
    };
    assert!(read.is_empty(), "{read:?}");
}
