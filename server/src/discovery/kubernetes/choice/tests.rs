//! Tests of the choice: conditions, ports, families, slices and hints.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::discovery::kubernetes::{
    facts::Fact,
    made::{self, endpoint, ready},
};

/// Returns `address`, or `!address` for an endpoint that is not ready, and `@zone`.
fn chosen(service: Fact, slices: Vec<Fact>, port: &str) -> Result<Vec<String>, String> {
    let Fact::Service(key, Some(service)) = service else { panic!("no Service") };
    let slices: Vec<_> = slices
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Slice(_, slice) => slice,
            Fact::Service(..) => None,
        })
        .collect();
    let port = match port.parse() {
        Ok(number) => Port::Number(number),
        Err(_no_number) => Port::Name(port.into()),
    };
    let target = target(&key, &service, &port).map_err(|reason| reason.to_string())?;
    let endpoints = endpoints(&service, slices.iter(), &target);
    let words = |endpoint: &Endpoint| {
        let ready = if endpoint.is_ready { "" } else { "!" };
        let zone = endpoint.zone.as_ref().map(|zone| format!("@{zone}")).unwrap_or_default();
        format!("{ready}{}{zone}", endpoint.address)
    };
    Ok(endpoints.all().iter().map(words).collect())
}

/// Returns what is chosen of one slice of a Service with the port 80.
fn of_endpoints(endpoints: Value) -> Vec<String> {
    let slice = made::slice("usersvc-1", "usersvc", endpoints);
    chosen(made::web_service("usersvc"), vec![slice], "80").unwrap()
}

#[test]
fn an_endpoint_is_reached_at_the_port_of_its_slice() {
    let by_number = of_endpoints(json!([ready("10.1.0.1")]));
    let slice = made::slice("usersvc-1", "usersvc", json!([ready("10.1.0.1")]));
    let by_name = chosen(made::web_service("usersvc"), vec![slice], "http").unwrap();

    assert_eq!(by_number, ["10.1.0.1:8080"]);
    assert_eq!(by_name, by_number);
}

#[test]
fn each_slice_says_what_the_name_of_the_port_means_for_its_endpoints() {
    let old = made::slice("usersvc-1", "usersvc", json!([ready("10.1.0.1")]));
    let new = made::slice_with(
        "usersvc-2",
        "usersvc",
        json!({ "ports": [{ "name": "http", "port": 9090 }], "endpoints": [ready("10.1.0.2")] }),
    );
    let without = made::slice_with(
        "usersvc-3",
        "usersvc",
        json!({ "ports": [{ "name": "grpc", "port": 9 }], "endpoints": [ready("10.1.0.3")] }),
    );

    let found = chosen(made::web_service("usersvc"), vec![old, new, without], "80").unwrap();

    assert_eq!(found, ["10.1.0.1:8080", "10.1.0.2:9090"]);
}

#[rstest]
// what is not known counts as ready
#[case(json!({}), &["10.1.0.1:8080"])]
#[case(json!({ "ready": true }), &["10.1.0.1:8080"])]
#[case(json!({ "ready": false }), &["!10.1.0.1:8080"])]
#[case(json!({ "ready": false, "serving": true }), &["!10.1.0.1:8080"])]
// `publishNotReadyAddresses`: ready whatever else is true
#[case(json!({ "ready": true, "serving": false, "terminating": true }), &["10.1.0.1:8080"])]
// nothing else is there
#[case(json!({ "ready": false, "serving": true, "terminating": true }), &["10.1.0.1:8080"])]
#[case(json!({ "ready": false, "serving": false, "terminating": true }), &[])]
#[case(json!({ "ready": false, "terminating": true }), &[])]
fn an_endpoint_alone_is_used_as_its_conditions_say(
    #[case] conditions: Value,
    #[case] expected: &[&str],
) {
    assert_eq!(of_endpoints(json!([endpoint("10.1.0.1", conditions)])), expected);
}

#[test]
fn what_is_about_to_end_is_used_only_while_nothing_else_is_ready() {
    let leaving =
        endpoint("10.1.0.1", json!({ "ready": false, "serving": true, "terminating": true }));
    let starting = endpoint("10.1.0.2", json!({ "ready": false }));

    let before = of_endpoints(json!([leaving, starting]));
    let after = of_endpoints(json!([leaving, starting, ready("10.1.0.3")]));

    assert_eq!(before, ["10.1.0.1:8080", "!10.1.0.2:8080"]);
    assert_eq!(after, ["!10.1.0.2:8080", "10.1.0.3:8080"]);
}

#[test]
fn an_endpoint_in_two_slices_is_one_in_the_better_state() {
    let starting = json!([endpoint("10.1.0.1", json!({ "ready": false }))]);
    let slices = vec![
        made::slice("usersvc-1", "usersvc", starting.clone()),
        made::slice("usersvc-2", "usersvc", json!([ready("10.1.0.1")])),
        made::slice("usersvc-3", "usersvc", starting),
    ];

    let found = chosen(made::web_service("usersvc"), slices, "80").unwrap();

    assert_eq!(found, ["10.1.0.1:8080"]);
}

#[rstest]
#[case(json!(["IPv4", "IPv6"]), &["10.1.0.1:8080"])]
#[case(json!(["IPv6", "IPv4"]), &["[fd00::1]:8080"])]
#[case(json!(null), &["10.1.0.1:8080"])]
fn of_two_families_the_preferred_one_is_used(#[case] families: Value, #[case] expected: &[&str]) {
    let spec = json!({ "ports": [{ "name": "http", "port": 80 }], "ipFamilies": families });
    let v6 = json!({ "addressType": "IPv6", "endpoints": [ready("fd00::1")] });
    let slices = vec![
        made::slice("usersvc-1", "usersvc", json!([ready("10.1.0.1")])),
        made::slice_with("usersvc-2", "usersvc", v6),
    ];

    let found = chosen(made::service("usersvc", spec), slices, "80").unwrap();

    assert_eq!(found, expected);
}

#[test]
fn a_service_of_one_family_is_reached_by_what_it_has() {
    let v6 = json!({ "addressType": "IPv6", "endpoints": [ready("fd00::1")] });
    let spec = json!({ "ports": [{ "name": "http", "port": 80 }], "ipFamilies": ["IPv4"] });
    let slices = vec![made::slice_with("usersvc-1", "usersvc", v6)];

    let found = chosen(made::service("usersvc", spec), slices, "80").unwrap();

    assert_eq!(found, ["[fd00::1]:8080"]);
}

#[test]
fn the_only_port_needs_no_name() {
    let spec = json!({ "ports": [{ "port": 80, "targetPort": 8080 }] });
    let nameless =
        json!({ "ports": [{ "name": "", "port": 8080 }], "endpoints": [ready("10.1.0.1")] });
    let slices = vec![made::slice_with("usersvc-1", "usersvc", nameless)];

    let found = chosen(made::service("usersvc", spec), slices, "80").unwrap();

    assert_eq!(found, ["10.1.0.1:8080"]);
}

#[test]
fn a_headless_service_without_ports_is_reached_at_any_number() {
    let spec = json!({ "clusterIP": "None" });
    let portless = json!({ "ports": null, "endpoints": [ready("10.1.0.1")] });
    let slices = vec![made::slice_with("usersvc-1", "usersvc", portless)];

    let by_number = chosen(made::service("usersvc", spec.clone()), slices.clone(), "5432");
    let by_name = chosen(made::service("usersvc", spec), slices, "http");

    assert_eq!(by_number.unwrap(), ["10.1.0.1:5432"]);
    assert_eq!(
        by_name.unwrap_err(),
        "the Service `usersvc` in the namespace `shop` has no port named `http`; it has no ports \
         for TCP at all"
    );
}

#[test]
fn a_port_that_is_not_there_is_answered_with_those_that_are() {
    let port = |number: u16| json!({ "name": format!("p{number}"), "port": number });
    let udp = json!({ "name": "dns", "port": 53, "protocol": "UDP" });
    let two = json!({ "ports": [port(80), udp, port(81)] });
    let many = json!({ "ports": (1..=7).map(port).collect::<Vec<_>>() });

    let of_two = chosen(made::service("usersvc", two), Vec::new(), "53").unwrap_err();
    let of_many = chosen(made::service("usersvc", many), Vec::new(), "http").unwrap_err();

    assert_eq!(
        of_two,
        "the Service `usersvc` in the namespace `shop` has no port 53; it has 80 (`p80`), 81 (`p81`)"
    );
    assert!(of_many.ends_with("4 (`p4`), 5 (`p5`) and 2 more"), "{of_many}");
}

/// Returns an endpoint in a zone, hinted for others.
fn in_zone(ip: &str, zone: &str, hints: &[&str]) -> Value {
    let hints: Vec<_> = hints.iter().map(|zone| json!({ "name": zone })).collect();
    let mut endpoint = ready(ip);
    endpoint["zone"] = json!(zone);
    endpoint["hints"] = json!({ "forZones": hints });
    endpoint
}

#[test]
fn an_endpoint_belongs_to_the_zone_that_it_is_hinted_for() {
    let found = of_endpoints(json!([
        in_zone("10.1.0.1", "a", &["a"]),
        in_zone("10.1.0.2", "a", &["b"]),
        in_zone("10.1.0.3", "a", &["b", "a"]),
    ]));

    assert_eq!(found, ["10.1.0.1:8080@a", "10.1.0.2:8080@b", "10.1.0.3:8080@a"]);
}

#[test]
fn hints_do_not_hold_while_something_that_is_ready_has_none() {
    let hinted = in_zone("10.1.0.1", "a", &["a"]);
    let starting = endpoint("10.1.0.2", json!({ "ready": false }));

    let all_have = of_endpoints(json!([hinted, starting]));
    let one_has_none = of_endpoints(json!([hinted, ready("10.1.0.2")]));

    assert_eq!(all_have, ["10.1.0.1:8080@a", "!10.1.0.2:8080"]);
    assert_eq!(one_has_none, ["10.1.0.1:8080", "10.1.0.2:8080"]);
}

#[test]
fn addresses_that_nobody_could_connect_to_are_passed_over() {
    let found = of_endpoints(json!([
        ready("fd00::1"),
        ready("not an address"),
        { "addresses": [] },
        ready("10.1.0.1"),
    ]));

    assert_eq!(found, ["10.1.0.1:8080"]);
}
