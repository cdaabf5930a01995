//! Settings that matter to routes: only the mappings that ask for what they allow are rendered anew.

use app::api::gateway::{RateLimitService, Settings};
use serde_json::{Value, json};

use super::*;
use crate::{
    auth::names::TeamName,
    gateway::{
        edge::GatewaySettings,
        fields::{NameFrom, read_spec},
    },
};

/// Commits a mapping with more fields.
fn put(bench: &mut Bench, name: &str, more: Value) -> Arc<Mapping> {
    let mut body = json!({ "prefix": format!("/{name}/"), "service": "a" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let spec = read_spec(NameFrom::Url(name), body.as_object().unwrap(), |_| {
        Some(TeamName::default_team())
    })
    .unwrap();
    bench.revision += 1;
    let (revision, at) = (Revision(bench.revision), chrono::DateTime::UNIX_EPOCH);
    let mapping = Arc::new(Mapping { spec, revision, created_at: at, updated_at: at });
    bench.compiler.apply(&Change { revision, kind: ChangeKind::Put(Arc::clone(&mapping)) });
    look_up(&mut bench.compiler);
    mapping
}

fn set(bench: &mut Bench, values: Settings) {
    let settings = Arc::new(GatewaySettings { values, ..GatewaySettings::default() });
    bench.compiler.set_edge(OpenEdge { settings, ..OpenEdge::default() });
}

#[test]
fn allowing_faults_renders_the_mappings_that_have_some() {
    let mut bench = Bench::new();
    let faulty = put(&mut bench, "faulty", json!({ "fault": { "abort_status": 503 } }));
    put(&mut bench, "plain", json!({}));
    bench.publish();
    let off = bench.resource(Kind::Routes, "segment/faulty");
    assert_eq!(bench.warnings(&faulty), ["fault-without-effect"]);

    set(&mut bench, Settings { fault_injection: true, ..Settings::default() });
    assert_eq!(bench.publish(), ["routes +segment/faulty"]);
    assert_eq!(bench.warnings(&faulty), ["fault-injected"]);

    set(&mut bench, Settings::default());
    assert_eq!(bench.publish(), ["routes +segment/faulty"]);
    let off_again = bench.resource(Kind::Routes, "segment/faulty");
    assert_eq!(off.body, off_again.body);
}

#[test]
fn routes_name_the_service_that_counts_once_its_cluster_is_there() {
    let mut bench = Bench::new();
    let limit = json!({ "global_rate_limit": { "descriptors": ["path"] } });
    let limited = put(&mut bench, "limited", limit);
    put(&mut bench, "plain", json!({}));
    bench.publish();
    let service = RateLimitService { service: "slow".to_owned(), ..RateLimitService::default() };
    let with = Settings { rate_limit_service: Some(service), ..Settings::default() };

    set(&mut bench, with);
    assert_eq!(bench.publish(), [""; 0]);
    bench.resolve("slow", somewhere());
    let touched = bench.publish();
    let needs = bench.resource(Kind::Routes, "segment/limited").needs.len();
    set(&mut bench, Settings::default());
    let without = bench.publish();

    let [cluster, endpoints, routes] = touched.as_slice() else { panic!("{touched:?}") };
    assert!(cluster.starts_with("cluster +slow+"), "{cluster}");
    assert!(endpoints.starts_with("endpoints +slow+"), "{endpoints}");
    assert_eq!(routes, "routes +segment/limited");
    assert_eq!(needs, 2);
    assert_eq!(
        without,
        [
            cluster.replace(" +slow", " -slow"),
            endpoints.replace(" +slow", " -slow"),
            "routes +segment/limited".to_owned(),
        ]
    );
    assert_eq!(bench.warnings(&limited), ["limit-without-effect"]);
}
