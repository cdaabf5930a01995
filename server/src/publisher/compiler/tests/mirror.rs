//! Services that get copies of a mapping's requests.

use serde_json::json;

use super::*;
use crate::gateway::policy::Policy;

impl Bench {
    /// Commits the mapping `user` of the service `a`, whose requests are copied to another.
    fn copy_to(&mut self, service: &str) {
        self.revision += 1;
        let policy = json!({ "mirror": [{ "service": service }] });
        let plain = at_revision(self.revision, "user", "/user/", "a");
        let mut copied = Mapping::clone(&plain);
        copied.spec.policy = Policy::parse(policy.as_object().unwrap()).unwrap();
        let kind = ChangeKind::Put(Arc::new(copied));
        self.compiler.apply(&Change { revision: Revision(self.revision), kind });
        look_up(&mut self.compiler);
    }

    /// Returns the clusters without which a node must not have the routes.
    fn needed(&self) -> BTreeSet<String> {
        let routes = self.resource(Kind::Routes, "segment/user");
        routes.needs.iter().map(|name| name.as_ref().to_owned()).collect()
    }
}

#[test]
fn its_cluster_is_there_before_the_routes_and_goes_after_them() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "a");
    bench.publish();

    bench.copy_to("b");
    let copied = bench.publish();
    let needed = bench.needed();
    bench.put("user", "/user/", "a");
    let plain = bench.publish();

    assert_eq!(copied, ["cluster +b", "endpoints +b", "routes +segment/user"]);
    // the order within a publication goes by what is needed
    assert_eq!(needed, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    assert_eq!(plain, ["cluster -b", "endpoints -b", "routes +segment/user"]);
    assert_eq!(bench.needed(), BTreeSet::from(["a".to_owned()]));
}

#[test]
fn nothing_is_copied_before_the_other_service_is_known() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "a");
    bench.publish();

    bench.copy_to("slow");
    let before = bench.publish();
    let needed = bench.needed();
    bench.resolve("slow", somewhere());

    assert_eq!(before, Vec::<String>::new());
    assert_eq!(needed, BTreeSet::from(["a".to_owned()]));
    assert_eq!(bench.publish(), ["cluster +slow", "endpoints +slow", "routes +segment/user"]);
}
