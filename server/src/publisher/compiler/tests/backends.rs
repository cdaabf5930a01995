//! Mappings whose requests several services share.

use super::*;
use crate::gateway::{
    backends::{Backend, Backends},
    service::Service,
};

impl Bench {
    /// Commits the mapping `user` with these services and weights.
    fn share(&mut self, services: &[(&str, u32)]) -> Arc<Mapping> {
        self.revision += 1;
        let backend = |(text, weight): &(&str, u32)| Backend {
            service: Service::parse(text).unwrap(),
            weight: *weight,
        };
        let backends = Backends::new(services.iter().map(backend).collect()).unwrap();
        let plain = at_revision(self.revision, "user", "/user/", services[0].0);
        let mut shared = Mapping::clone(&plain);
        shared.spec.backends = backends;
        let shared = Arc::new(shared);
        let kind = ChangeKind::Put(Arc::clone(&shared));
        self.compiler.apply(&Change { revision: Revision(self.revision), kind });
        look_up(&mut self.compiler);
        shared
    }
}

#[test]
fn it_is_shown_once_all_its_services_are_known_and_each_has_a_cluster() {
    let mut bench = Bench::new();
    let shared = bench.share(&[("a", 9), ("slow", 1)]);

    assert_eq!(bench.publish(), Vec::<String>::new());
    assert_eq!(bench.warnings(&shared), ["service-pending"]);
    bench.resolve("slow", somewhere());

    assert_eq!(
        bench.publish(),
        [
            "cluster +a",
            "cluster +slow",
            "endpoints +a",
            "endpoints +slow",
            "routes +segment/user",
            "scope +segment/user"
        ]
    );
    assert_eq!(bench.warnings(&shared), Vec::<String>::new());
}

#[test]
fn other_weights_change_the_routes_alone_and_one_without_weight_keeps_its_cluster() {
    let mut bench = Bench::new();
    bench.share(&[("a", 9), ("b", 1)]);
    bench.publish();

    bench.share(&[("a", 1), ("b", 0)]);

    assert_eq!(bench.publish(), ["routes +segment/user"]);
    let routes = bench.resource(Kind::Routes, "segment/user");
    assert_eq!(routes.needs.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["a"]);
    bench.share(&[("a", 1), ("c", 1)]);
    assert_eq!(
        bench.publish(),
        ["cluster +c", "cluster -b", "endpoints +c", "endpoints -b", "routes +segment/user"]
    );
}

#[test]
fn a_refused_cluster_puts_every_mapping_that_shares_with_it_into_quarantine() {
    let mut bench = Bench::new();
    let good = bench.put("user", "/user/", "a");
    bench.put("other", "/other/", "a");
    bench.publish();
    let shared = bench.share(&[("a", 1), ("b", 1)]);
    bench.publish();

    let cluster = bench.resource(Kind::Cluster, "b");
    bench.compiler.rejected(&cluster, &"no".into(), None);
    bench.publish();

    assert_eq!(bench.state(&shared), ConfigState::Rejected { reason: "no".to_owned() });
    let shown = |name: &str| Arc::clone(&bench.last.shown[&MappingName::parse(name).unwrap()]);
    assert!(Arc::ptr_eq(&shown("user"), &good));
    assert_eq!(bench.last.quarantined.len(), 1);
}
