//! The names of the statistics that Envoy is told to keep and that `stats` reads back.
//!
//! Written and read in this one place, so that the two can't drift apart.

use std::sync::Arc;

use super::source::{Source, split_side};
use crate::gateway::{backends::Side, mapping::MappingName, upstream::Upstream};

/// Name of the virtual host of all hosts; part of every route's statistics.
pub const VIRTUAL_HOST: &str = "gateway";

/// The only statistics that a node makes, as regular expressions (RE2): what we do not show
/// is not made. At 10,000 clusters this is 30 instead of a million statistics.
pub const KEPT: [&str; 2] = [
    r"vhost\.[^.]+\.route\..+\.upstream_rq_([1-5]xx|time)",
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
    /// Requests of a mapping's side, or to a cluster, that were answered with this class of status
    /// (1 to 5).
    Requests(Source, u8),
    /// How long the requests of a mapping's side took: a histogram, of what came since the last
    /// push.
    Latency(MappingName, Side),
    /// Endpoints of a cluster that pass their health check.
    HealthyMembers(Upstream),
    /// Endpoints of a cluster.
    TotalMembers(Upstream),
}

/// Returns the name under which Envoy keeps the statistics of an upstream's cluster.
///
/// Envoy replaces `:` in names of statistics by `_`, which would make `a:1` and `a_1` one, and
/// counts internal requests to `x` under `x.internal`, which may be another service. No service
/// name has a `|` or a `~`, so this can be undone.
pub fn cluster_stat_name(upstream: &Upstream) -> String {
    upstream.to_string().replace(':', "|").replace('.', "~")
}

/// Returns the name of the virtual host of a host or pattern, such as `*.example.com`.
///
/// It has no dot: in the name of a statistic, one ends it. A host without any has a `|` before it,
/// or one named `gateway` would be the virtual host of all hosts.
pub fn virtual_host(host: &str) -> String {
    let name = host.replace(':', "|").replace('.', "~");
    if name.contains('~') { name } else { format!("|{name}") }
}

/// Returns the name under which Envoy keeps the statistics of a mapping's side.
pub fn route_stat_prefix(mapping: &MappingName, side: Side) -> String {
    match side {
        Side::FIRST => mapping.to_string(),
        later => format!("{mapping}@{later}"),
    }
}

/// Reads a statistic's name; `None` for any that is not one of ours.
pub fn parse(name: &str) -> Option<Statistic> {
    if let Some(rest) = name.strip_prefix("vhost.") {
        return route(rest);
    }
    let rest = name.strip_prefix("cluster.")?;
    if let Some(cluster) = rest.strip_suffix(".membership_healthy") {
        return upstream(cluster).map(Statistic::HealthyMembers);
    }
    if let Some(cluster) = rest.strip_suffix(".membership_total") {
        return upstream(cluster).map(Statistic::TotalMembers);
    }
    let (cluster, class) = request_class(rest)?;
    Some(Statistic::Requests(Source::Cluster(upstream(cluster)?), class))
}

fn route(rest: &str) -> Option<Statistic> {
    let (host, rest) = rest.split_once('.')?;
    let rest = rest.strip_prefix("route.")?;
    if let Some(route) = rest.strip_suffix(LATENCY_SUFFIX) {
        let (mapping, side) = split_side(route)?;
        return Some(Statistic::Latency(mapping, side));
    }
    let (route, class) = request_class(rest)?;
    let (mapping, side) = split_side(route)?;
    let host = (host != VIRTUAL_HOST).then(|| Arc::from(host));
    Some(Statistic::Requests(Source::Route { mapping, side, host }, class))
}

fn request_class(rest: &str) -> Option<(&str, u8)> {
    let (owner, class) = rest.strip_suffix("xx")?.rsplit_once(".upstream_rq_")?;
    Some((owner, class.parse().ok()?))
}

fn upstream(stat_name: &str) -> Option<Upstream> {
    // with a dot it is a part of a cluster's statistics that we do not read
    let is_whole = !stat_name.contains('.');
    is_whole.then(|| Upstream::parse(&stat_name.replace('|', ":").replace('~', ".")).ok())?
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
    #[case("https://images.shop:8443+5f0c6a1e9b24d873")]
    fn a_services_statistics_lead_back_to_it(#[case] text: &str) {
        let upstream = Upstream::parse(text).unwrap();

        let name = format!("cluster.{}.membership_total", cluster_stat_name(&upstream));

        assert_eq!(parse(&name), Some(Statistic::TotalMembers(upstream)));
    }

    fn requests(mapping: &str, side: Side, host: Option<&str>) -> Statistic {
        let mapping = MappingName::parse(mapping).unwrap();
        Statistic::Requests(Source::Route { mapping, side, host: host.map(Into::into) }, 2)
    }

    #[rstest]
    #[case("vhost.gateway.route.user.upstream_rq_2xx", requests("user", Side::FIRST, None))]
    #[case("vhost.gateway.route.a.b@2.upstream_rq_2xx", requests("a.b", Side::at(1), None))]
    #[case(
        "vhost.*~example~com.route.user@10.upstream_rq_2xx",
        requests("user", Side::at(9), Some("*~example~com"))
    )]
    fn a_sides_statistics_lead_back_to_it(#[case] name: &str, #[case] expected: Statistic) {
        assert_eq!(parse(name), Some(expected));
    }

    #[test]
    fn the_name_of_a_side_is_read_as_it_is_written() {
        let mapping = MappingName::parse("a.b").unwrap();
        for side in (0..10).map(Side::at) {
            let (host, prefix) = (virtual_host("*.a.com"), route_stat_prefix(&mapping, side));

            let statistic = parse(&format!("vhost.{host}.route.{prefix}.upstream_rq_time"));

            assert_eq!(statistic, Some(Statistic::Latency(mapping.clone(), side)));
        }
    }

    #[test]
    fn a_mapping_that_is_named_like_a_statistic_is_no_other_statistic() {
        let name = MappingName::parse("a.upstream_rq_time").unwrap();

        let counted = parse("vhost.gateway.route.a.upstream_rq_time.upstream_rq_2xx");
        let latency = parse("vhost.gateway.route.a.upstream_rq_time.upstream_rq_time");
        let dots = parse("vhost.gateway.route.a.b.upstream_rq_5xx.upstream_rq_2xx");

        assert_eq!(counted, Some(requests(name.as_str(), Side::FIRST, None)));
        assert_eq!(latency, Some(Statistic::Latency(name, Side::FIRST)));
        assert_eq!(dots, Some(requests("a.b.upstream_rq_5xx", Side::FIRST, None)));
    }

    #[rstest]
    #[case("cluster.usersvc.upstream_cx_total")]
    #[case("cluster.usersvc.upstream_rq_time")]
    #[case("cluster.usersvc.external.upstream_rq_2xx")]
    #[case("cluster.usersvc+5f.upstream_rq_2xx")]
    #[case("vhost.gateway.route.a@1.upstream_rq_2xx")]
    #[case("vhost.gateway.route.a@b.upstream_rq_2xx")]
    #[case("vhost.gateway.vcluster.a.upstream_rq_2xx")]
    #[case("server.live")]
    #[case("")]
    fn a_foreign_statistic_is_none_of_ours(#[case] name: &str) {
        assert_eq!(parse(name), None);
    }
}
