//! The service that counts requests for all nodes together.

use app::api::{
    gateway::{OnFailure, RateLimitService},
    policy::Protocol,
};

use crate::gateway::{
    cluster_policy::{ClusterPolicy, ClusterSpec},
    read::{Reader, check_text},
    service::Service,
};

/// Longest time in milliseconds for which each request may wait for it.
const TIMEOUT_MAX_MS: u32 = 10_000;

/// Longest domain in bytes.
const DOMAIN_MAX_BYTES: usize = 128;

/// Reads the group `rate_limit_service`.
pub(super) fn read(reader: &Reader<'_>) -> Option<RateLimitService> {
    let wanted = "a service such as `ratelimit:8081`, which speaks gRPC";
    let service = reader.required("service", wanted, Service::parse);
    let defaults = RateLimitService::default();
    let failures = [("open", OnFailure::Open), ("closed", OnFailure::Closed)];
    let domain = reader.parsed("domain", "a text", domain);
    let timeout_ms = reader.number("timeout_ms", 1..=TIMEOUT_MAX_MS, "milliseconds");
    let fail = reader.choice("fail", &failures).unwrap_or_default();
    Some(RateLimitService {
        service: service?.text.as_ref().to_owned(),
        domain: domain.unwrap_or(defaults.domain),
        timeout_ms: timeout_ms.unwrap_or(defaults.timeout_ms),
        fail,
    })
}

fn domain(text: &str) -> Result<String, String> {
    check_text(text, &(1..=DOMAIN_MAX_BYTES))?;
    match text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("must have printable ASCII characters without spaces only".to_owned()),
    }
}

/// Returns the cluster by which nodes reach it.
pub fn cluster(service: &RateLimitService) -> Option<ClusterSpec> {
    let policy = ClusterPolicy { protocol: Protocol::Http2, ..ClusterPolicy::default() };
    Service::parse(&service.service).ok().map(|service| ClusterSpec::new(service, policy))
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
        let service = json!({
            "service": "ratelimit:8081", "domain": "gateway", "timeout_ms": 50, "fail": "closed",
        });

        is_read_back(&json!({ "rate_limit_service": service, "fault_injection": true }));
    }

    #[rstest]
    #[case(json!({ "rate_limit_service": {} }), "/rate_limit_service/service")]
    #[case(json!({ "rate_limit_service": { "service": "a b" } }), "/rate_limit_service/service")]
    #[case(json!({ "rate_limit_service": { "service": "a", "domain": "a b" } }), "/rate_limit_service/domain")]
    #[case(json!({ "rate_limit_service": { "service": "a", "timeout_ms": 0 } }), "/rate_limit_service/timeout_ms")]
    #[case(json!({ "rate_limit_service": { "service": "a", "fail": "ajar" } }), "/rate_limit_service/fail")]
    #[case(json!({ "fault_injection": "yes" }), "/fault_injection")]
    fn what_can_not_be_set_is_named(#[case] body: Value, #[case] pointer: &str) {
        let wrong = wrong(&body);

        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].0, pointer);
    }

    #[test]
    fn the_service_is_spoken_to_by_http2() {
        let service =
            RateLimitService { service: "ratelimit:8081".to_owned(), ..Default::default() };

        let cluster = cluster(&service).unwrap();

        assert_eq!(cluster.policy.protocol, Protocol::Http2);
        assert!(cluster.upstream().to_string().starts_with("ratelimit:8081+"));
    }
}
