//! What the services among which a mapping's requests are shared have of their own.

use super::*;

/// Makes `user` share its requests.
fn share(fixture: &mut Fixture, services: &[(&str, u32)]) {
    let backend = |(text, weight): &(&str, u32)| Backend {
        service: Service::parse(text).unwrap(),
        weight: *weight,
    };
    let backends = Backends::new(services.iter().map(backend).collect()).unwrap();
    let mut shared = Mapping::clone(&mapping("user", "/user/", "service", "/"));
    shared.spec.backends = backends;
    fixture.apply(ChangeKind::Put(Arc::new(shared)));
}

/// A node reports what it has counted of the two sides, each time with a second's latency.
fn flush(fixture: &mut Fixture, first: u64, second: u64) {
    let name = MappingName::parse("user").unwrap();
    let sides = [(Side::FIRST, first), (Side::at(1), second)];
    let source = |side| Source::Route { mapping: name.clone(), side, host: None };
    let counts = sides.map(|(side, ok)| (source(side), Counts { ok, ..Counts::default() }));
    let latency = sides.map(|(side, _)| {
        let ms = if side == Side::FIRST { 10.0 } else { 1_000.0 };
        ((name.clone(), side), Buckets::read([(ms, 1)], 1))
    });
    let flush = Flush::of(NodeId::reported("one"));
    fixture.push(Flush { counts: counts.into(), latency: latency.into(), ..flush });
}

fn counted(fixture: &Fixture) -> (u64, Vec<u64>) {
    let live = fixture.live("user");
    let of_sides = live.sides.iter().map(|side| side.counters.upstream_ok);
    (live.counters.upstream_ok, of_sides.collect())
}

#[test]
fn each_side_has_numbers_of_its_own_and_the_mapping_their_sum() {
    let mut fixture = Fixture::new();
    share(&mut fixture, &[("service", 3), ("other", 1)]);
    flush(&mut fixture, 6, 2);

    fixture.tick();

    assert_eq!(counted(&fixture), (8, vec![6, 2]));
    let live = fixture.live("user");
    let told = |side: &app::api::live::LiveSide| {
        (side.service.clone(), side.weight, side.percent, side.rate, side.ok_percent)
    };
    assert_eq!(
        live.sides.iter().map(told).collect::<Vec<_>>(),
        [
            ("service".to_owned(), 3, 75.0, Some(6.0), Some(100.0)),
            ("other".to_owned(), 1, 25.0, Some(2.0), Some(100.0)),
        ]
    );
    let p95 = |place: usize| live.sides[place].latency.unwrap().p95_ms;
    assert!(p95(0) <= 10 && p95(1) > 500, "{:?}", live.sides);
    assert_eq!(live.latency.unwrap().samples, 2);
    assert_eq!(live.rate, Some(8.0));
}

#[test]
fn other_weights_keep_the_counts_and_another_service_begins_at_zero() {
    let mut fixture = Fixture::new();
    share(&mut fixture, &[("service", 99), ("other", 1)]);
    flush(&mut fixture, 6, 2);
    fixture.tick();

    share(&mut fixture, &[("service", 1), ("other", 99)]);
    flush(&mut fixture, 7, 9);
    fixture.tick();
    assert_eq!(counted(&fixture), (16, vec![7, 9]));
    share(&mut fixture, &[("service", 1), ("third", 99)]);
    fixture.tick();
    assert_eq!(counted(&fixture), (16, vec![7, 0]));
    flush(&mut fixture, 7, 12);
    fixture.tick();

    assert_eq!(counted(&fixture), (19, vec![7, 3]));
}

#[test]
fn a_canary_that_has_ended_leaves_the_mappings_count_whole() {
    let mut fixture = Fixture::new();
    share(&mut fixture, &[("service", 1), ("other", 1)]);
    flush(&mut fixture, 6, 2);
    fixture.tick();

    fixture.put("user", "/user/");
    // requests to the second that were under way
    flush(&mut fixture, 6, 5);
    fixture.tick();

    assert_eq!(counted(&fixture), (11, Vec::new()));
}

#[test]
fn of_a_services_clusters_the_fewest_healthy_count_and_a_mapping_has_those_that_it_uses() {
    let mut fixture = Fixture::new();
    share(&mut fixture, &[("service", 1), ("other", 1)]);
    fixture.put("plain", "/plain/");
    let members = |healthy_members| Members { healthy_members, total_members: 2 };
    let seen =
        [("service", members(2)), ("service+5f0c6a1e9b24d873", members(1)), ("other", members(2))];
    let seen = seen.map(|(text, members)| (Upstream::parse(text).unwrap(), members));
    let node = NodeId::reported("one");
    let flush = Flush { members: seen.into(), ..Flush::of(node) };
    fixture.board.take_in(Report::Flush(flush), &fixture.published.table, fixture.now);

    fixture.tick();

    let service = ServiceName::parse("service").unwrap();
    assert_eq!(fixture.tick.services[&service].members, Some(members(1)));
    assert_eq!(fixture.live("plain").members, Some(members(2)));
    let both = Members { healthy_members: 4, total_members: 4 };
    assert_eq!(fixture.live("user").members, Some(both));
}
