//! What the numbers of a mapping and of all together are.

use app::api::series::Around;

use super::*;

#[test]
fn rates_percent_and_latency_are_those_of_their_time() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    fixture.flush_slow("one", "user", 8, (8, 100.0));
    fixture.tick();
    fixture.flush("one", "user", 8, 2);
    fixture.tick();

    let live = fixture.live("user");
    assert_eq!((live.rate, live.bad_rate, live.ok_percent), (Some(5.0), Some(1.0), Some(80.0)));
    let latency = live.latency.unwrap();
    assert_eq!(latency.samples, 8);
    assert!((70..=100).contains(&latency.p50_ms), "{latency:?}");

    for _ in 0..70 {
        fixture.flush("one", "user", 8, 2);
        fixture.tick();
    }

    let live = fixture.live("user");
    assert_eq!((live.rate, live.bad_rate), (Some(0.0), Some(0.0)));
    assert_eq!((live.ok_percent, live.latency), (None, None));
}

#[test]
fn the_totals_are_those_of_all_mappings() {
    let mut fixture = Fixture::new();
    for (name, service) in [("a", "service"), ("b", "service"), ("c", "other")] {
        fixture.apply(ChangeKind::Put(mapping(name, &format!("/{name}/"), service, "/")));
    }
    fixture.flush_slow("one", "a", 6, (6, 10.0));
    fixture.flush_slow("two", "b", 2, (2, 1_000.0));
    let totals = fixture.tick().totals;

    assert_eq!((totals.rate, totals.bad_rate), (Some(8.0), Some(0.0)));
    assert_eq!(totals.second.unwrap().upstream_ok, 8);
    assert_eq!(totals.ok_percent, Some(100.0));
    assert_eq!(totals.latency.unwrap().samples, 8);
    assert_eq!(totals.members, Some(Members { healthy_members: 1, total_members: 1 }));
    assert_eq!((totals.healthy, totals.idle, totals.pending), (2, 1, 3));
    let gateway = &fixture.tick.gateway;
    assert_eq!((gateway.mappings, gateway.services), (3, 2));
}

#[test]
fn the_counts_by_health_stay_right_whatever_comes_and_goes() {
    let mut fixture = Fixture::new();
    for step in 0_u64..40 {
        let name = format!("m{}", step % 7);
        match step % 5 {
            0 | 1 => fixture.put(&name, &format!("/{name}/{}/", step % 3)),
            2 => fixture.delete(&format!("m{}", step % 3)),
            _ => {}
        }
        if step % 11 < 6 {
            fixture.flush("one", &name, step * 3, step % 4 * step);
        }
        let totals = fixture.tick().totals;

        let count = |health: Health| {
            let lives = fixture.tick.entries.values().map(|entry| entry.live.health);
            u32::try_from(lives.filter(|one| *one == health).count()).unwrap()
        };
        assert_eq!(totals.healthy, count(Health::Healthy));
        assert_eq!(totals.degraded, count(Health::Degraded));
        assert_eq!(totals.failing, count(Health::Failing));
        assert_eq!(totals.idle, count(Health::Idle));
        assert_eq!(totals.stale, count(Health::Stale));
    }
}

#[test]
fn a_second_without_a_push_is_unknown_and_does_not_lower_the_rate() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    fixture.flush("one", "user", 10, 0);
    fixture.tick();

    let silent = fixture.tick();
    assert_eq!(silent.totals.second, None);
    assert_eq!(fixture.live("user").rate, Some(10.0));

    // it tells of two seconds
    fixture.flush("one", "user", 30, 0);
    let delta = fixture.tick();
    assert_eq!(delta.totals.second.unwrap().upstream_ok, 10);
    assert_eq!(fixture.live("user").rate, Some(10.0));
}

#[test]
fn nothing_is_known_of_rates_until_a_node_has_reported() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");

    let totals = fixture.tick().totals;

    assert_eq!((totals.rate, totals.second, totals.members), (None, None, None));
    assert_eq!(fixture.live("user").rate, None);
    fixture.flush("one", "user", 0, 0);
    fixture.tick();
    assert_eq!(fixture.live("user").rate, Some(0.0));
}

#[test]
fn what_a_node_counted_before_we_came_is_in_the_totals_and_in_no_rate() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    // it only reconnects
    fixture.nodes.insert(NodeId::reported("one"));
    fixture.flush("one", "user", 1_000, 0);
    fixture.tick();

    assert_eq!(fixture.live("user").counters.upstream_ok, 1_000);
    assert_eq!(fixture.live("user").rate, None);
    fixture.flush("one", "user", 1_004, 0);
    fixture.tick();
    assert_eq!(fixture.live("user").rate, Some(4.0));
}

#[test]
fn the_overview_ranks_what_needs_attention_and_what_is_busy() {
    let mut fixture = Fixture::new();
    for index in 0..12 {
        let name = format!("m{index:02}");
        fixture.put(&name, &format!("/{name}/"));
    }
    // the first ten get more requests each; every second is failing, m01 is degraded
    for index in 0..10_u64 {
        let bad = if index % 2 == 0 { 10 + index } else { 0 };
        let bad = if index == 1 { 5 } else { bad };
        fixture.flush("one", &format!("m{index:02}"), 50 + index * 10 - bad, bad);
    }
    fixture.tick();

    let overview =
        |fixture: &Fixture| fixture.tick.seen(&Sight::All).overview(&fixture.tick).clone();
    let before = overview(&fixture);
    let of = |lives: &[LiveMapping]| {
        lives.iter().map(|live| live.mapping.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(&before.busiest), ["m09", "m08", "m07", "m06", "m05", "m04"]);
    assert_eq!(of(&before.worst), ["m08", "m06", "m04", "m02", "m00", "m01"]);
    fixture.delete("m08");
    fixture.tick();
    assert_eq!(of(&overview(&fixture).worst)[0], "m06");
}

#[test]
fn charts_and_trends_are_of_the_newest_tick() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    for second in 1..=5 {
        fixture.flush("one", "user", second * 2, 0);
        fixture.tick();
    }
    let user = MappingName::parse("user").unwrap();

    let of_user = fixture.board.series(Some(&user), Span::FiveMinutes);
    let of_all = fixture.board.series(None, Span::FiveMinutes);
    let unknown = MappingName::parse("unknown").unwrap();
    let of_none = fixture.board.series(Some(&unknown), Span::FiveMinutes);

    assert_eq!(
        of_user.requests.ok[294..],
        [None, Some(2.0), Some(2.0), Some(2.0), Some(2.0), Some(2.0)]
    );
    assert_eq!(of_all.requests, of_user.requests);
    assert_eq!(of_none.requests.ok[294..296], [None, Some(0.0)]);
    assert_eq!(fixture.board.recent(&user).requests, 10);
    assert_eq!(fixture.board.recent(&user).trend[29], Some(2.0));
}

#[test]
fn it_is_known_when_each_node_has_reported_last() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    fixture.flush("one", "user", 1, 0);
    fixture.now.at += chrono::TimeDelta::seconds(5);
    fixture.flush("two", "user", 1, 0);
    fixture.tick();

    let reported = |node: &str| fixture.tick.reported[&NodeId::reported(node)];
    assert_eq!(reported("one"), DateTime::UNIX_EPOCH);
    assert_eq!(reported("two"), fixture.now.at);
}

#[test]
fn a_tick_does_not_look_at_mappings_that_nothing_happened_to() {
    let mut fixture = Fixture::new();
    for index in 0..50 {
        fixture.put(&format!("m{index}"), &format!("/m{index}/"));
    }
    fixture.flush("one", "m1", 0, 0);
    fixture.tick();
    // nothing is under way any more
    fixture.board.unsettled.clear();
    fixture.flush("one", "m1", 3, 0);
    fixture.board.traffic.end_second(2, 1, |_| true);

    let last = &fixture.board.last;
    let same = Surroundings {
        published: Arc::clone(&last.published),
        members: last.members.clone(),
        nodes: last.nodes.clone(),
        is_stale: last.is_stale,
        has_rates: last.has_rates,
    };
    let touched = fixture.board.touched(&same);

    assert_eq!(touched.into_iter().collect::<Vec<_>>(), [MappingName::parse("m1").unwrap()]);
}

#[test]
fn a_change_is_measured_on_both_sides_and_a_move_is_one() {
    let mut fixture = Fixture::new();
    fixture.tick();
    fixture.put("user", "/user/");
    let mut ok = 0;
    let mut pass = |fixture: &mut Fixture, seconds: u64, bad: u64| {
        for _ in 0..seconds {
            ok += 3;
            fixture.flush("one", "user", ok, bad);
            fixture.tick();
        }
    };
    pass(&mut fixture, 20, 0);
    let created = Revision(fixture.published.table.revision().0);

    // it stands elsewhere in the match order, so it goes and comes
    fixture.put("user", "/people/a/");
    pass(&mut fixture, 10, 0);
    let moved = Revision(created.0 + 1);
    let [before, after] = fixture.board.around(moved).map(Option::unwrap);

    assert_eq!(fixture.board.around(created)[0], None);
    assert_eq!((before.ok_percent, before.requests / u64::from(before.seconds)), (100.0, 3));
    assert_eq!((after.seconds, after.requests), (7, 21));
    fixture.delete("user");
    fixture.tick();
    fixture.tick();
    let after = Around { seconds: 8, requests: 24, ..after };
    assert_eq!(fixture.board.around(moved), [Some(before), Some(after)]);
}

#[test]
fn what_was_there_when_the_server_began_is_no_change() {
    let mut fixture = Fixture::new();
    fixture.put("user", "/user/");
    for second in 1..20 {
        fixture.flush("one", "user", second, 0);
        fixture.tick();
    }

    assert_eq!(fixture.board.around(fixture.published.table.revision()), [None, None]);
}
