//! From which addresses clients may come.

use http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};

use super::Bench;

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
