//! From which addresses clients may come.

use std::net::Ipv4Addr;

use http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};

use super::Bench;
use crate::support::until;

#[rstest]
#[case(json!({ "allow": ["127.0.0.2"] }), &[("127.0.0.1", false), ("127.0.0.2", true)])]
#[case(json!({ "deny": ["127.0.0.2"] }), &[("127.0.0.1", true), ("127.0.0.2", false)])]
#[case(
    json!({ "allow": ["127.0.0.0/8", "::1"], "deny": ["127.0.0.2/31"] }),
    &[("127.0.0.1", true), ("127.0.0.2", false), ("127.0.0.3", false), ("127.0.0.4", true)]
)]
#[case(json!({ "allow": ["2001:db8::/32"] }), &[("127.0.0.1", false)])]
#[case(json!({ "deny": ["0.0.0.0/0"] }), &[("127.0.0.1", false)])]
#[tokio::test]
async fn a_client_comes_by_its_address(#[case] rules: Value, #[case] clients: &[(&str, bool)]) {
    let bench = Bench::start().await;
    bench.map(json!({ "ip": rules })).await;
    let mut served = 0;

    for (client, may_come) in clients {
        // what a client says of itself does not count
        let claim = [("x-forwarded-for", "127.0.0.2"), ("x-real-ip", "127.0.0.2")];
        let answer = bench.get_from(client, "/m/x", &claim).await;

        let expected = if *may_come { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{client}: {answer}");
        served += u64::from(*may_come);
    }
    assert_eq!(bench.upstream.served(), served);
}

#[rstest]
#[case(json!({ "deny": ["192.0.2.0/24"] }), &[("192.0.2.7", false), ("192.0.3.7", true)])]
#[case(json!({ "allow": ["192.0.2.0/24"] }), &[("192.0.2.7", true), ("192.0.3.7", false)])]
#[case(json!({ "deny": ["0.0.0.0/0"] }), &[("192.0.2.7", false)])]
#[case(json!({ "allow": ["::/0"], "deny": ["192.0.2.7"] }), &[("192.0.2.7", false)])]
#[tokio::test]
async fn an_address_of_ipv4_is_the_same_as_ipv6(
    #[case] rules: Value,
    #[case] clients: &[(&str, bool)],
) {
    let bench = Bench::start().await;
    bench.set(json!({ "clients": { "trusted_hops": 1 } })).await;
    bench.map_as("probe", "/probe/", json!({ "ip": { "allow": ["192.0.2.255"] } })).await;
    until("the proxy is believed", async || {
        let by_proxy = [("x-forwarded-for", "192.0.2.255")];
        // a connection of its own: others stay with the settings that they began with
        let answer = bench.get_from("127.0.0.1", "/probe/", &by_proxy).await;
        (answer.status == StatusCode::OK).then_some(())
    })
    .await;
    bench.map(json!({ "ip": rules })).await;

    for (client, may_come) in clients {
        let bits = client.parse::<Ipv4Addr>().unwrap().to_bits();
        let (high, low) = (bits >> 16, bits & 0xffff);
        let forms = [
            (*client).to_owned(),
            format!("::ffff:{client}"),
            format!("0:0:0:0:0:FFFF:{high:x}:{low:x}"),
        ];
        for form in forms {
            let answer = bench.get_from("127.0.0.1", "/m/x", &[("x-forwarded-for", &form)]).await;

            let expected = if *may_come { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{form}: {answer}");
        }
    }
}

#[tokio::test]
async fn answers_of_the_gateway_and_other_mappings_have_rules_of_their_own() {
    let bench = Bench::start().await;
    bench.map(json!({ "respond": { "status": 200 }, "ip": { "deny": ["127.0.0.1"] } })).await;
    bench
        .map_as("r", "/r/", json!({ "redirect": { "path": "/" }, "ip": { "allow": ["::1"] } }))
        .await;
    bench.map_as("n", "/n/", json!({})).await;

    assert_eq!(bench.get("/m/x").await.status, StatusCode::FORBIDDEN);
    assert_eq!(bench.get("/r/x").await.status, StatusCode::FORBIDDEN);
    assert_eq!(bench.get("/n/x").await.status, StatusCode::OK);
    // and when the rules go, so does the refusal
    bench.map(json!({ "respond": { "status": 200 } })).await;
    assert_eq!(bench.get("/m/x").await.status, StatusCode::OK);
}
