//! Where spans of requests are sent.

use app::api::{gateway::TracingSettings, policy::Protocol};

use crate::gateway::{
    cluster_policy::{ClusterPolicy, ClusterSpec},
    read::Reader,
    service::Service,
};

/// Longest name in bytes.
const NAME_MAX_BYTES: usize = 128;

/// Reads the group `tracing`.
pub(super) fn read(reader: &Reader<'_>) -> TracingSettings {
    let default = TracingSettings::default();
    let wanted = "a service such as `otel-collector:4317`, which takes OTLP by gRPC";
    let service = reader.parsed("service", wanted, Service::parse);
    TracingSettings {
        service: service.map(|service| service.text.as_ref().to_owned()),
        sampled_percent: reader
            .number("sampled_percent", 0..=100, "")
            .unwrap_or(default.sampled_percent),
        service_name: reader
            .text("service_name", 1..=NAME_MAX_BYTES)
            .map_or(default.service_name, str::to_owned),
    }
}

/// Returns the cluster by which nodes reach the collector.
pub fn cluster(settings: &TracingSettings) -> Option<ClusterSpec> {
    let policy = ClusterPolicy { protocol: Protocol::Http2, ..ClusterPolicy::default() };
    let service = Service::parse(settings.service.as_deref()?).ok()?;
    Some(ClusterSpec::new(service, policy))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::{
        super::tests::{is_read_back, wrong},
        *,
    };

    #[test]
    fn what_was_written_is_read_back() {
        is_read_back(&json!({ "tracing": {
            "service": "otel-collector:4317", "sampled_percent": 0, "service_name": "edge",
        }}));
    }

    #[rstest]
    #[case(json!({ "service": "a b" }), "/tracing/service")]
    #[case(json!({ "sampled_percent": 101 }), "/tracing/sampled_percent")]
    #[case(json!({ "service_name": "" }), "/tracing/service_name")]
    fn what_can_not_be_set_is_named(#[case] group: Value, #[case] pointer: &str) {
        let wrong = wrong(&json!({ "tracing": group }));

        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].0, pointer);
    }

    #[test]
    fn the_collector_is_spoken_to_by_http2_and_has_no_cluster_while_there_is_none() {
        let settings =
            TracingSettings { service: Some("otel:4317".to_owned()), ..Default::default() };

        assert_eq!(cluster(&settings).unwrap().policy.protocol, Protocol::Http2);
        assert_eq!(cluster(&TracingSettings::default()), None);
    }
}
