//! Changes go in, resources come out; what a publication touches is compared as text.

mod backends;
mod consumers;
mod edge;
mod mirror;
mod protection;
mod quarantine;
mod same;
mod touched;

use std::collections::BTreeSet;

use app::api::live::ConfigState;

use super::*;
use crate::{gateway::table::tests::mapping, xds::node::NodeCount};

/// A compiler with a discovery that knows every service at once, save those named `slow…`.
struct Bench {
    compiler: Compiler,
    revision: u64,
    last: Published,
}

impl Bench {
    fn new() -> Self {
        let mut compiler = compiler();
        let last = compiler.publish().unwrap();
        Self { compiler, revision: 0, last }
    }

    /// Commits a mapping; returns it.
    fn put(&mut self, name: &str, prefix: &str, service: &str) -> Arc<Mapping> {
        self.revision += 1;
        let mapping = at_revision(self.revision, name, prefix, service);
        self.compiler.apply(&Change {
            revision: Revision(self.revision),
            kind: ChangeKind::Put(Arc::clone(&mapping)),
        });
        look_up(&mut self.compiler);
        mapping
    }

    fn delete(&mut self, name: &str) {
        self.revision += 1;
        let kind = ChangeKind::Delete(MappingName::parse(name).unwrap());
        self.compiler.apply(&Change { revision: Revision(self.revision), kind });
        look_up(&mut self.compiler);
    }

    fn resolve(&mut self, service: &str, endpoints: Endpoints) {
        self.compiler.resolve(&ServiceName::parse(service).unwrap(), endpoints);
    }

    /// Publishes as often as the publisher would; returns the resources that were touched.
    fn publish(&mut self) -> Vec<String> {
        let generation = self.last.generation;
        // as if time had passed: the tests that care about idle clusters do not come here
        for service in self.compiler.take_newly_idle() {
            self.compiler.drop_idle(&service);
        }
        look_up(&mut self.compiler);
        while let Some(published) = self.compiler.publish() {
            self.last = published;
            look_up(&mut self.compiler);
        }
        let touched = self.last.touched_since(generation).unwrap();
        let texts: BTreeSet<_> = touched.iter().map(|key| self.text(key)).collect();
        texts.into_iter().collect()
    }

    /// Returns the name of a resource with a sign that says whether it is there now.
    fn text(&self, key: &ResourceKey) -> String {
        let sign = if self.last.resources.get(key).is_some() { '+' } else { '-' };
        format!("{:?} {sign}{}", key.kind, key.name).to_lowercase()
    }

    /// Returns what is shown of a mapping: the service that its requests go to.
    fn shown(&self, name: &str) -> Option<&str> {
        let name = MappingName::parse(name).unwrap();
        self.last.shown.get(&name).map(|mapping| mapping.spec.service_text())
    }

    fn resource(&self, kind: Kind, name: &str) -> Arc<Resource> {
        let key = ResourceKey { kind, name: name.into() };
        Arc::clone(self.last.resources.get(&key).unwrap())
    }

    fn has(&self, kind: Kind, name: &str) -> bool {
        self.last.resources.get(&ResourceKey { kind, name: name.into() }).is_some()
    }

    fn state(&self, mapping: &Arc<Mapping>) -> ConfigState {
        self.last.config_state(mapping, &NodeCount { nodes: 1, ..NodeCount::default() })
    }

    fn warnings(&self, mapping: &Mapping) -> Vec<String> {
        self.last.warnings(mapping).into_iter().map(|warning| warning.code).collect()
    }
}

fn compiler() -> Compiler {
    Compiler::new(Addresses {
        http: "127.0.0.1:8080".parse().unwrap(),
        https: "127.0.0.1:8443".parse().unwrap(),
    })
}

fn at_revision(revision: u64, name: &str, prefix: &str, service: &str) -> Arc<Mapping> {
    let mapping = mapping(name, prefix, service, "/");
    Arc::new(Mapping { revision: Revision(revision), ..Mapping::clone(&mapping) })
}

fn somewhere() -> Endpoints {
    Endpoints::known(["127.0.0.1:9".parse().unwrap()])
}

fn unresolved() -> Endpoints {
    Endpoints::Unresolved { reason: "no such host".into() }
}

/// Does for the compiler what the publisher and discovery do.
fn look_up(compiler: &mut Compiler) {
    for service in compiler.take_wanted() {
        if !service.to_string().starts_with("slow") {
            compiler.resolve(&service, somewhere());
        }
    }
    compiler.take_unwanted();
}

#[test]
fn a_mapping_whose_service_is_not_known_is_shown_once_it_is() {
    let mut bench = Bench::new();
    let user = bench.put("user", "/user/", "slow");

    let before = bench.publish();
    let warnings = bench.warnings(&user);
    bench.resolve("slow", somewhere());
    let after = bench.publish();

    assert_eq!(before, Vec::<String>::new());
    assert_eq!(warnings, ["service-pending"]);
    assert_eq!(
        after,
        ["cluster +slow", "endpoints +slow", "routes +segment/user", "scope +segment/user"]
    );
    assert_eq!(bench.warnings(&user), Vec::<String>::new());
}

#[test]
fn an_edit_to_an_unknown_service_leaves_the_old_version_shown_until_it_is_known() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "old");
    bench.publish();

    let edited = bench.put("user", "/user/", "slow");
    let before = bench.publish();
    let shown_before = bench.shown("user").map(str::to_owned);
    let state = bench.state(&edited);
    bench.resolve("slow", somewhere());
    let after = bench.publish();

    assert_eq!(before, Vec::<String>::new());
    assert_eq!(shown_before.as_deref(), Some("old"));
    assert_eq!(state, ConfigState::Pending { acked: 0, nodes: 1 });
    assert_eq!(
        after,
        [
            "cluster +slow",
            "cluster -old",
            "endpoints +slow",
            "endpoints -old",
            "routes +segment/user"
        ],
    );
}

#[test]
fn what_waits_for_discovery_gives_its_old_prefix_to_its_new_owner() {
    let mut bench = Bench::new();
    bench.put("first", "/old/", "a");
    bench.publish();
    bench.put("first", "/new/", "slow");
    bench.publish();

    bench.put("second", "/old/", "b");
    bench.publish();

    assert_eq!(bench.shown("first"), None);
    assert_eq!(bench.shown("second"), Some("b"));
}

#[test]
fn a_delete_removes_scope_and_routes_and_the_cluster_with_its_last_user() {
    let mut bench = Bench::new();
    bench.put("one", "/one/", "shared");
    bench.put("two", "/two/", "shared");
    bench.publish();

    bench.delete("one");
    let first = bench.publish();
    bench.delete("two");
    let last = bench.publish();

    assert_eq!(first, ["routes -segment/one", "scope -segment/one"]);
    assert_eq!(
        last,
        ["cluster -shared", "endpoints -shared", "routes -segment/two", "scope -segment/two"],
    );
    assert!(bench.last.endpoints.is_empty());
}

#[test]
fn a_second_mapping_of_a_service_touches_no_cluster() {
    let mut bench = Bench::new();
    bench.put("one", "/one/", "shared");
    bench.publish();

    bench.put("two", "/two/", "shared");

    assert_eq!(bench.publish(), ["routes +segment/two", "scope +segment/two"]);
}

#[test]
fn a_service_that_cannot_be_resolved_has_tentative_empty_endpoints_and_a_warning() {
    let mut bench = Bench::new();
    let user = bench.put("user", "/user/", "slow");
    bench.resolve("slow", unresolved());
    bench.publish();

    let endpoints = bench.resource(Kind::Endpoints, "slow");
    let warnings = bench.warnings(&user);
    bench.resolve("slow", somewhere());
    let found = bench.publish();

    assert!(endpoints.is_tentative);
    assert_eq!(warnings, ["service-unresolved"]);
    assert_eq!(found, ["endpoints +slow"]);
    assert!(!bench.resource(Kind::Endpoints, "slow").is_tentative);
}

#[test]
fn the_catch_all_switches_the_layout_and_both_are_served_until_one_is_dropped() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "a");
    bench.publish();

    bench.put("all", "/", "a");
    let switched = bench.publish();
    let both =
        ["segment/user", "character/u", "character/"].map(|name| bench.has(Kind::Routes, name));
    bench.compiler.drop_inactive_layout();
    let dropped = bench.publish();

    assert_eq!(bench.last.layout, Layout::Character);
    assert!(switched.contains(&"listener +gateway".to_owned()));
    assert_eq!(both, [true; 3]);
    assert_eq!(dropped, ["routes -segment/user", "scope -segment/user"]);
}

#[test]
fn a_change_while_both_layouts_are_served_touches_both() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "a");
    bench.put("all", "/", "a");
    bench.compiler.publish();
    bench.delete("all");
    bench.publish();

    bench.put("grue", "/grue/", "a");

    assert_eq!(
        bench.publish(),
        [
            "routes +character/g",
            "routes +segment/grue",
            "scope +character/g",
            "scope +segment/grue"
        ],
    );
}

#[test]
fn a_state_becomes_ready_once() {
    let mut bench = Bench::new();

    bench.compiler.set_ready();
    let ready = bench.compiler.publish();
    bench.compiler.set_ready();

    assert!(ready.unwrap().is_ready);
    assert!(bench.compiler.publish().is_none());
}
