//! The names of the statistics that Envoy is told to keep and that `stats` reads back.
//!
//! Written and read in this one place, so that the two can't drift apart.

use crate::gateway::{mapping::MappingName, service::ServiceName};

/// Name of the one virtual host; part of every route's statistics.
pub const VIRTUAL_HOST: &str = "gateway";

/// The only statistics that a node makes, as regular expressions (RE2): what we do not show
/// is not made. At 10,000 clusters this is 30 instead of a million statistics.
pub const KEPT: [&str; 2] = [
    r"vhost\.gateway\.route\..+\.upstream_rq_([1-5]xx|time)",
    r"cluster\.[^.]+\.(upstream_rq_[1-5]xx|membership_(healthy|total))",
];

/// Where the buckets of the latency histograms end, in milliseconds.
///
/// From 2 ms to 5 s a percentile is off by at most two thirds of itself; Envoy's own bounds (10, 25, 50, 100, 250, …) are half as
/// many there, and go on to an hour. A bucket costs 13 bytes of each push for each mapping.
pub const LATENCY_BOUNDS_MS: [u32; 26] = [
    1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000,
    3_000, 5_000, 10_000, 30_000, 60_000, 300_000,
];

/// How the name of a latency histogram ends.
pub const LATENCY_SUFFIX: &str = ".upstream_rq_time";

/// What one statistic is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statistic {
    /// Requests of a mapping that were answered with this class of status (1 to 5).
    MappingRequests(MappingName, u8),
    /// How long a mapping's requests took: a histogram, of what came since the last push.
    MappingLatency(MappingName),
    /// Requests to a service that were answered with this class of status (1 to 5).
    ServiceRequests(ServiceName, u8),
    /// Endpoints of a service that pass their health check.
    HealthyMembers(ServiceName),
    /// Endpoints of a service.
    TotalMembers(ServiceName),
}

/// Returns the name under which Envoy keeps the statistics of a service's cluster.
///
/// Envoy replaces `:` in names of statistics by `_`, which would make `a:1` and `a_1` one, and
/// counts internal requests to `x` under `x.internal`, which may be another service. No service
/// name has a `|` or a `~`, so this can be undone.
pub fn cluster_stat_name(service: &ServiceName) -> String {
    service.to_string().replace(':', "|").replace('.', "~")
}

/// Returns the name of the virtual host of a host or pattern, such as `*.example.com`.
///
/// It has no dot: in the name of a statistic, one ends it.
pub fn virtual_host(host: &str) -> String {
    host.replace(':', "|").replace('.', "~")
}

/// Reads a statistic's name; `None` for any that is not one of ours.
pub fn parse(name: &str) -> Option<Statistic> {
    if let Some(rest) = name.strip_prefix("vhost.gateway.route.") {
        if let Some(mapping) = rest.strip_suffix(LATENCY_SUFFIX) {
            return Some(Statistic::MappingLatency(MappingName::parse(mapping).ok()?));
        }
        let (mapping, class) = request_class(rest)?;
        return Some(Statistic::MappingRequests(MappingName::parse(mapping).ok()?, class));
    }
    let rest = name.strip_prefix("cluster.")?;
    if let Some(cluster) = rest.strip_suffix(".membership_healthy") {
        return service(cluster).map(Statistic::HealthyMembers);
    }
    if let Some(cluster) = rest.strip_suffix(".membership_total") {
        return service(cluster).map(Statistic::TotalMembers);
    }
    let (cluster, class) = request_class(rest)?;
    Some(Statistic::ServiceRequests(service(cluster)?, class))
}

fn request_class(rest: &str) -> Option<(&str, u8)> {
    let (owner, class) = rest.strip_suffix("xx")?.rsplit_once(".upstream_rq_")?;
    Some((owner, class.parse().ok()?))
}

fn service(stat_name: &str) -> Option<ServiceName> {
    // with a dot it is a part of a cluster's statistics that we do not read
    let is_whole = !stat_name.contains('.');
    is_whole.then(|| ServiceName::parse(&stat_name.replace('|', ":").replace('~', ".")).ok())?
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("usersvc")]
    #[case("a_1")]
    #[case("usersvc.external")]
    #[case("10.1.2.3:8080")]
    #[case("a:1")]
    #[case("https://images.shop")]
    #[case("[::1]:9000")]
    fn a_services_statistics_lead_back_to_it(#[case] text: &str) {
        let service = ServiceName::parse(text).unwrap();

        let name = format!("cluster.{}.membership_total", cluster_stat_name(&service));

        assert_eq!(parse(&name), Some(Statistic::TotalMembers(service)));
    }

    #[test]
    fn a_mapping_with_dots_in_its_name_is_read_back_whole() {
        let name = MappingName::parse("a.b.upstream_rq_5xx").unwrap();

        let statistic = parse("vhost.gateway.route.a.b.upstream_rq_5xx.upstream_rq_2xx");

        assert_eq!(statistic, Some(Statistic::MappingRequests(name, 2)));
    }

    #[test]
    fn a_mapping_that_is_named_like_a_statistic_is_no_other_statistic() {
        let name = MappingName::parse("a.upstream_rq_time").unwrap();

        let requests = parse("vhost.gateway.route.a.upstream_rq_time.upstream_rq_2xx");
        let latency = parse("vhost.gateway.route.a.upstream_rq_time.upstream_rq_time");

        assert_eq!(requests, Some(Statistic::MappingRequests(name.clone(), 2)));
        assert_eq!(latency, Some(Statistic::MappingLatency(name)));
    }

    #[rstest]
    #[case("cluster.usersvc.upstream_cx_total")]
    #[case("cluster.usersvc.upstream_rq_time")]
    #[case("cluster.usersvc.external.upstream_rq_2xx")]
    #[case("vhost.other.route.a.upstream_rq_2xx")]
    #[case("server.live")]
    #[case("")]
    fn a_foreign_statistic_is_none_of_ours(#[case] name: &str) {
        assert_eq!(parse(name), None);
    }
}
