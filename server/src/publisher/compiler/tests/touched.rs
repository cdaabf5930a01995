//! A change costs what it touches, however large the table is.

use rstest::rstest;

use super::*;

/// Returns a bench with this many mappings, each in a shard of its own with its own service.
fn with_mappings(count: usize) -> Bench {
    let mut bench = Bench::new();
    for number in 0..count {
        bench.put(&format!("m{number}"), &format!("/m{number}/"), &format!("s{number}"));
    }
    bench.publish();
    bench
}

#[rstest]
#[case(1)]
#[case(1_000)]
fn a_change_touches_its_shard_and_its_services_and_nothing_else(#[case] mappings: usize) {
    let mut bench = with_mappings(mappings);

    bench.put("m0", "/m0/", "other");

    assert_eq!(
        bench.publish(),
        [
            "cluster +other",
            "cluster -s0",
            "endpoints +other",
            "endpoints -s0",
            "routes +segment/m0"
        ],
    );
}

#[rstest]
#[case(1)]
#[case(1_000)]
fn moved_endpoints_touch_one_resource(#[case] mappings: usize) {
    let mut bench = with_mappings(mappings);

    bench.resolve("s0", Endpoints::known(["127.0.0.1:10".parse().unwrap()]));

    assert_eq!(bench.publish(), ["endpoints +s0"]);
}

#[test]
fn one_mapping_of_a_shard_changes_the_routes_of_that_shard_alone() {
    let mut bench = Bench::new();
    bench.put("user", "/user/", "a");
    bench.put("admin", "/user/admin/", "b");
    bench.put("grue", "/grue/", "a");
    bench.publish();

    bench.put("admin", "/user/admin/", "a");

    assert_eq!(bench.publish(), ["cluster -b", "endpoints -b", "routes +segment/user"]);
}

#[test]
fn the_same_again_publishes_nothing() {
    let mut bench = with_mappings(1);

    bench.resolve("s0", somewhere());

    assert!(bench.compiler.publish().is_none());
}

#[test]
fn touched_since_covers_exactly_the_generations_between() {
    let mut bench = with_mappings(0);
    let before = bench.last.generation;
    bench.put("one", "/one/", "a");
    bench.publish();
    let between = bench.last.generation;
    bench.put("two", "/two/", "a");
    bench.publish();

    let since = |generation| {
        let touched = bench.last.touched_since(generation).unwrap();
        let names: BTreeSet<_> = touched.iter().map(|key| key.name.to_string()).collect();
        names.into_iter().collect::<Vec<_>>()
    };

    assert_eq!(since(before), ["a", "segment/one", "segment/two"]);
    assert_eq!(since(between), ["segment/two"]);
    assert_eq!(since(bench.last.generation), Vec::<String>::new());
}

#[test]
fn touched_since_says_nothing_of_what_is_too_long_ago_or_yet_to_come() {
    let mut bench = Bench::new();
    let long_ago = bench.last.generation;
    for port in 1..=u16::try_from(REMEMBERED_GENERATIONS).unwrap() + 1 {
        bench.put("one", "/one/", &format!("a:{port}"));
        bench.publish();
    }

    let generation = bench.last.generation;

    assert_eq!(bench.last.touched_since(long_ago), None);
    assert_eq!(bench.last.touched_since(generation + 1), None);
    assert!(bench.last.touched_since(long_ago + 1).is_some());
}

#[test]
fn a_cluster_outlives_its_last_mapping_until_it_is_given_up() {
    let mut bench = with_mappings(1);
    let service = Upstream::parse("s0").unwrap();

    bench.delete("m0");
    let kept = bench.compiler.publish().unwrap();
    bench.compiler.drop_idle(&service);
    look_up(&mut bench.compiler);
    let given_up = bench.compiler.publish().unwrap();

    let texts = |published: &Published, generation| -> Vec<String> {
        let touched = published.touched_since(generation).unwrap();
        touched.iter().map(|key| format!("{:?} {}", key.kind, key.name)).collect()
    };
    assert_eq!(texts(&kept, kept.generation - 1), ["Scope segment/m0", "Routes segment/m0"]);
    assert_eq!(texts(&given_up, kept.generation), ["Cluster s0", "Endpoints s0"]);
}

#[test]
fn a_service_that_is_used_again_is_not_given_up() {
    let mut bench = with_mappings(1);

    bench.delete("m0");
    bench.put("again", "/again/", "s0");
    bench.compiler.drop_idle(&Upstream::parse("s0").unwrap());

    let touched = bench.publish();
    assert!(touched.iter().all(|text| text.contains("segment/")), "{touched:?}");
    assert_eq!(touched.len(), 4, "the shard that goes, and the one that comes: {touched:?}");
}
