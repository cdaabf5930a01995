//! Change by change gives the same as all at once.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Every name has its prefixes, so that no two mappings collide; some share a shard, and one may
/// be the catch-all.
const NAMES: [(&str, [&str; 2]); 4] = [
    ("user", ["/user/", "/user/v2/"]),
    ("admin", ["/user/admin/", "/admin/"]),
    ("grue", ["/grue/", "/grue"]),
    ("all", ["/", "/all/"]),
];
const SERVICES: [&str; 4] = ["a", "b:8080", "https://a", "slow"];

#[derive(Debug, Clone)]
enum Step {
    Put { name: usize, prefix: usize, service: usize },
    Delete { name: usize },
    Publish,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..NAMES.len(), 0..2usize, 0..SERVICES.len())
            .prop_map(|(name, prefix, service)| Step::Put { name, prefix, service }),
        2 => (0..NAMES.len()).prop_map(|name| Step::Delete { name }),
        1 => Just(Step::Publish),
    ]
}

fn versions(published: &Published) -> BTreeMap<(Kind, String), String> {
    let of_kind = |kind| {
        published.resources.names(kind).map(move |name: &Arc<str>| {
            let key = ResourceKey { kind, name: Arc::clone(name) };
            let version = published.resources.get(&key).unwrap().version.as_str().to_owned();
            ((kind, name.to_string()), version)
        })
    };
    Kind::ALL.into_iter().flat_map(of_kind).collect()
}

proptest! {
    #[test]
    fn changes_one_by_one_give_what_loading_the_table_gives(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut bench = Bench::new();
        let mut loaded = compiler();

        for step in &steps {
            match step {
                Step::Put { name, prefix, service } => {
                    let (name, prefixes) = NAMES[*name];
                    bench.put(name, prefixes[*prefix], SERVICES[*service]);
                }
                Step::Delete { name } => bench.delete(NAMES[*name].0),
                Step::Publish => drop(bench.publish()),
            }
        }
        // both know all services and serve one layout in the end
        bench.resolve("slow", somewhere());
        bench.publish();
        bench.compiler.drop_inactive_layout();
        bench.publish();
        loaded.load(bench.last.table.clone());
        look_up(&mut loaded);
        loaded.resolve(&ServiceName::parse("slow").unwrap(), somewhere());
        let loaded = loaded.publish().unwrap();

        prop_assert_eq!(versions(&bench.last), versions(&loaded));
        prop_assert_eq!(bench.last.layout, loaded.layout);
        prop_assert_eq!(&bench.last.endpoints, &loaded.endpoints);
    }
}
