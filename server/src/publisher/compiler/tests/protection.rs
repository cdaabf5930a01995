//! Settings that matter to routes: only the mappings that ask for what they allow are rendered anew.

use app::api::gateway::{OnFailure, RateLimitService, Settings};
use prost::Message;
use serde_json::{Value, json};

use super::*;
use crate::{
    auth::names::TeamName,
    envoy::{json, proto::config::route::v3::RouteConfiguration},
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
    let revision = bench.last.settings.revision + 1;
    let settings = Arc::new(GatewaySettings { values, revision, ..GatewaySettings::default() });
    bench.compiler.set_edge(OpenEdge { settings, ..OpenEdge::default() });
}

/// Has `service` count, and requests fail or pass without it.
fn count_by(bench: &mut Bench, service: &str, fail: OnFailure) -> Vec<String> {
    let service = RateLimitService { service: service.to_owned(), fail, ..Default::default() };
    set(bench, Settings { rate_limit_service: Some(service), ..Settings::default() });
    bench.publish()
}

/// Returns the service that the routes of the mapping `limited` ask, with a `!` where requests fail
/// without it, and a `?` where nodes do not have its cluster.
fn counter(bench: &Bench) -> String {
    let routes = bench.resource(Kind::Routes, "segment/limited");
    let text = json::to_json(&RouteConfiguration::decode(&*routes.body.value).unwrap()).unwrap();
    let texts = |pointer: &str| {
        let mut found = Vec::new();
        find(&text, pointer, &mut found);
        found
    };
    let names = texts("cluster_name");
    let name = names[0].as_str().unwrap();
    let fails = if texts("failure_mode_deny").is_empty() { "" } else { "!" };
    let is_there = bench.has(Kind::Cluster, name) && routes.needs.iter().any(|it| **it == *name);
    let missing = if is_there { "" } else { "?" };
    format!("{}{fails}{missing}", name.split('+').next().unwrap())
}

/// Finds every value of a key, at any depth.
fn find(value: &Value, key: &str, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(key).cloned());
            fields.values().for_each(|value| find(value, key, found));
        }
        Value::Array(values) => values.iter().for_each(|value| find(value, key, found)),
        _ => {}
    }
}

fn limited() -> (Bench, Arc<Mapping>) {
    let mut bench = Bench::new();
    let limit = json!({ "global_rate_limit": { "descriptors": ["path"] } });
    let limited = put(&mut bench, "limited", limit);
    bench.publish();
    (bench, limited)
}

#[test]
fn who_counts_goes_on_until_the_next_is_known() {
    let (mut bench, _) = limited();
    count_by(&mut bench, "one", OnFailure::Open);
    assert_eq!(counter(&bench), "one");

    count_by(&mut bench, "slow-two", OnFailure::Closed);
    let meanwhile = counter(&bench);
    bench.resolve("slow-two", somewhere());
    bench.publish();
    let after = counter(&bench);
    set(&mut bench, Settings::default());
    bench.publish();
    count_by(&mut bench, "slow-three", OnFailure::Closed);

    // what becomes of requests without it is the gateway's word, and holds at once
    assert_eq!((meanwhile.as_str(), after.as_str()), ("one!", "slow-two!"));
    assert!(!bench.has(Kind::Cluster, "one"));
    // nobody counted when it was set
    assert_eq!(counter(&bench), "slow-three!?");
}

#[test]
fn who_can_not_be_reached_yet_is_replaced_by_nobody_else_twice() {
    let (mut bench, _) = limited();
    count_by(&mut bench, "one", OnFailure::Closed);
    count_by(&mut bench, "slow-two", OnFailure::Closed);
    count_by(&mut bench, "slow-three", OnFailure::Closed);
    assert_eq!(counter(&bench), "one!");

    bench.resolve("slow-three", somewhere());
    bench.publish();

    assert_eq!(counter(&bench), "slow-three!");
}

#[test]
fn a_refused_service_that_counts_gives_way_to_the_one_before_until_it_is_set_again() {
    let (mut bench, limited) = limited();
    count_by(&mut bench, "one", OnFailure::Closed);
    count_by(&mut bench, "two", OnFailure::Closed);
    let needs = bench.resource(Kind::Routes, "segment/limited").needs.clone();
    let name = needs.iter().find(|name| name.starts_with("two+")).unwrap();
    let cluster = bench.resource(Kind::Cluster, name);

    bench.compiler.rejected(&cluster, &"no such file".into(), None);
    bench.publish();
    let (meanwhile, warnings) = (counter(&bench), bench.warnings(&limited));
    let is_left = bench.has(Kind::Cluster, name);
    count_by(&mut bench, "two", OnFailure::Closed);

    assert_eq!((meanwhile.as_str(), is_left), ("one!", false));
    assert_eq!(warnings, ["limit-refused"]);
    assert_eq!(counter(&bench), "two!");
    assert_eq!(bench.warnings(&limited), [""; 0]);
    assert!(!Arc::ptr_eq(&bench.resource(Kind::Cluster, name), &cluster), "nodes are asked again");
    // what another node has said meanwhile is about the cluster of before
    bench.compiler.rejected(&cluster, &"no such file".into(), None);
    bench.publish();
    assert_eq!(counter(&bench), "two!");
}

#[test]
fn a_refused_service_that_counts_holds_nothing_else_back() {
    let (mut bench, limited) = limited();
    count_by(&mut bench, "one", OnFailure::Closed);
    let needs = bench.resource(Kind::Routes, "segment/limited").needs.clone();
    let name = needs.iter().find(|name| name.starts_with("one+")).unwrap();
    let cluster = bench.resource(Kind::Cluster, name);

    bench.compiler.rejected(&cluster, &"no such file".into(), None);
    bench.publish();

    assert_eq!(counter(&bench), "one!?");
    assert_eq!(&*bench.resource(Kind::Routes, "segment/limited").needs, ["a".into()]);
    assert_eq!(bench.last.quarantined.len(), 0);
    assert!(bench.last.warnings(&limited)[0].message.contains("no such file"));
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
fn routes_need_the_service_that_counts_once_its_cluster_is_there() {
    let mut bench = Bench::new();
    let limit = json!({ "global_rate_limit": { "descriptors": ["path"] } });
    let limited = put(&mut bench, "limited", limit);
    put(&mut bench, "plain", json!({}));
    bench.publish();
    let service = RateLimitService { service: "slow".to_owned(), ..RateLimitService::default() };
    let with = Settings { rate_limit_service: Some(service), ..Settings::default() };

    set(&mut bench, with);
    assert_eq!(bench.publish(), ["routes +segment/limited"]);
    let before = bench.resource(Kind::Routes, "segment/limited");
    bench.resolve("slow", somewhere());
    let touched = bench.publish();
    let after = bench.resource(Kind::Routes, "segment/limited");
    set(&mut bench, Settings::default());
    let without = bench.publish();

    let [cluster, endpoints, routes] = touched.as_slice() else { panic!("{touched:?}") };
    assert!(cluster.starts_with("cluster +slow+"), "{cluster}");
    assert!(endpoints.starts_with("endpoints +slow+"), "{endpoints}");
    assert_eq!(routes, "routes +segment/limited");
    assert_eq!((before.needs.len(), after.needs.len()), (1, 2));
    // while it is not there, Envoy does as `fail` says
    assert_eq!(before.version, after.version);
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
