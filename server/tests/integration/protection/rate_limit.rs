//! How often requests may come.

use http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Bench;
use crate::support::{client::Answer, until};

/// Sends requests one after another, and returns how many were served.
async fn served(bench: &Bench, requests: usize, path: &str, headers: &[(&str, &str)]) -> usize {
    let mut served = 0;
    for _ in 0..requests {
        let answer = bench.get_with(path, headers).await;
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => assert!(retry_after(&answer) >= 1),
            status => {
                assert!(status == StatusCode::OK || status.is_redirection(), "{answer}");
                served += 1;
            }
        }
    }
    served
}

fn retry_after(answer: &Answer) -> u64 {
    answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

#[rstest]
#[case(json!({ "requests": 5, "per": "day" }), 5)]
#[case(json!({ "requests": 7, "per": "hour" }), 7)]
#[case(json!({ "requests": 1000, "per": "day", "burst": 3 }), 3)]
#[case(json!({ "requests": 1, "per": "day", "burst": 4 }), 4)]
#[tokio::test]
async fn exactly_what_is_allowed_reaches_the_service(#[case] limit: Value, #[case] allowed: usize) {
    let bench = Bench::start().await;
    bench.map_as("other", "/other/", json!({})).await;
    bench.map(json!({ "rate_limit": limit })).await;

    let passed = served(&bench, 12, "/m/x", &[]).await;
    let elsewhere = served(&bench, 12, "/other/x", &[]).await;

    assert_eq!((passed, elsewhere), (allowed, 12));
    assert_eq!(bench.upstream.served(), u64::try_from(allowed).unwrap() + 12);
}

#[tokio::test]
async fn all_threads_of_a_node_count_together() {
    let bench = Bench::start().await;
    bench.map(json!({ "rate_limit": { "requests": 40, "per": "day" } })).await;

    let mut requests = JoinSet::new();
    for _ in 0..200 {
        let (client, url) = (bench.server.client.clone(), bench.server.gateway("/m/x"));
        requests.spawn(async move { client.get(&url).await.status });
    }
    let statuses = requests.join_all().await;

    let ok = statuses.iter().filter(|status| **status == StatusCode::OK).count();
    let refused = statuses.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS);
    assert_eq!((ok, refused.count()), (40, 160));
}

#[tokio::test]
async fn each_value_of_a_header_is_counted_apart() {
    let bench = Bench::start().await;
    bench
        .map(json!({ "rate_limit": { "requests": 3, "per": "day", "key": "header:X-User" } }))
        .await;

    let ada = served(&bench, 5, "/m/x", &[("x-user", "ada")]).await;
    let bob = served(&bench, 5, "/m/x", &[("x-user", "bob")]).await;
    let nobody = served(&bench, 5, "/m/x", &[]).await;
    let ada_again = served(&bench, 2, "/m/y", &[("x-user", "ada")]).await;

    assert_eq!([ada, bob, nobody, ada_again], [3, 3, 3, 0]);
}

#[tokio::test]
async fn each_client_is_counted_apart() {
    let bench = Bench::start().await;
    bench
        .map(json!({ "rate_limit": { "requests": 2, "per": "day", "key": "client_address" } }))
        .await;
    let mut statuses = Vec::new();

    // what a client says of itself does not count
    for address in ["127.0.0.1", "127.0.0.2"] {
        for claim in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
            let answer = bench.get_from(address, "/m/x", &[("x-forwarded-for", claim)]).await;
            statuses.push(answer.status.as_u16());
        }
    }

    assert_eq!(statuses, [200, 200, 429, 200, 200, 429]);
}

#[tokio::test]
async fn a_thousand_keys_are_remembered_and_the_oldest_makes_room() {
    let bench = Bench::start().await;
    bench
        .map(json!({ "rate_limit": { "requests": 1, "per": "day", "key": "header:x-user" } }))
        .await;
    let first = [("x-user", "first")];
    let fill = async |keys: std::ops::Range<usize>| {
        for key in keys {
            let key = key.to_string();
            assert_eq!(served(&bench, 1, "/m/x", &[("x-user", &key)]).await, 1);
        }
    };

    let begun = served(&bench, 2, "/m/x", &first).await;
    fill(0..999).await;
    let remembered = served(&bench, 1, "/m/x", &first).await;
    fill(999..1999).await;
    let forgotten = served(&bench, 2, "/m/x", &first).await;

    assert_eq!((begun, remembered, forgotten), (1, 0, 1));
}

#[tokio::test]
async fn clients_are_told_what_is_left_and_may_come_again() {
    let bench = Bench::start().await;
    bench.map(json!({ "rate_limit": { "requests": 2, "per": "second", "headers": true } })).await;

    let answer = bench.get("/m/x").await;
    let refused = until("a request is refused", async || {
        let answer = bench.get("/m/x").await;
        (answer.status == StatusCode::TOO_MANY_REQUESTS).then_some(answer)
    })
    .await;
    until("a request passes again", async || {
        (bench.get("/m/x").await.status == StatusCode::OK).then_some(())
    })
    .await;

    assert_eq!(answer.headers["x-ratelimit-limit"], "2");
    assert_eq!(answer.headers["x-ratelimit-remaining"], "1");
    assert_eq!(refused.headers["x-ratelimit-remaining"], "0");
    assert_eq!(refused.headers["x-ratelimit-reset"], "1");
    assert_eq!(retry_after(&refused), 1);
}

#[tokio::test]
async fn a_change_applies_at_once_and_begins_the_count_anew() {
    let bench = Bench::start().await;
    bench.map(json!({ "rate_limit": { "requests": 2, "per": "day" } })).await;

    let before = served(&bench, 4, "/m/x", &[]).await;
    bench.map(json!({ "rate_limit": { "requests": 5, "per": "day" } })).await;
    let raised = served(&bench, 8, "/m/x", &[]).await;
    bench.map(json!({ "rate_limit": { "requests": 1, "per": "day" } })).await;
    let lowered = served(&bench, 8, "/m/x", &[]).await;
    bench.map(json!({})).await;
    let without = served(&bench, 8, "/m/x", &[]).await;

    assert_eq!([before, raised, lowered, without], [2, 5, 1, 8]);
}

#[tokio::test]
async fn a_change_in_the_same_first_segment_begins_it_anew_and_another_does_not() {
    let bench = Bench::start().await;
    bench.map(json!({ "rate_limit": { "requests": 2, "per": "day" } })).await;

    let first = served(&bench, 3, "/m/x", &[]).await;
    bench.map_as("elsewhere", "/n/", json!({})).await;
    let kept = served(&bench, 3, "/m/x", &[]).await;
    bench.map_as("beside", "/m/beside/", json!({})).await;
    let anew = served(&bench, 3, "/m/x", &[]).await;

    assert_eq!([first, kept, anew], [2, 0, 2]);
}

#[rstest]
#[case(json!({ "respond": { "status": 200 } }))]
#[case(json!({ "redirect": { "path": "/elsewhere" } }))]
#[tokio::test]
async fn answers_of_the_gateway_are_limited_too(#[case] answer: Value) {
    let bench = Bench::start().await;
    let mut more = answer;
    more["rate_limit"] = json!({ "requests": 3, "per": "day" });
    bench.map(more).await;

    assert_eq!(served(&bench, 6, "/m/x", &[]).await, 3);
}
